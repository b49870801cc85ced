/** Rows of a list of any length, of which the engine is asked for the pages in sight and no others. */
import { useQueries } from '@tanstack/react-query';
import { useRef } from 'react';
import { libraryKey, queryClient } from '../engine.ts';

interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}
export interface Listing<T> {
  /** Says what is listed and in which order. */
  readonly key: readonly unknown[];
  readonly ask: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;
}

const pageRows = 100;

function pageKey(key: readonly unknown[], page: number): readonly unknown[] {
  return [libraryKey, 'window', ...key, page];
}

/** A row, where its page is here. */
export function rowAt<T>(key: readonly unknown[], n: number): T | undefined {
  const page = queryClient.getQueryData<Page<T>>(pageKey(key, Math.floor(n / pageRows)));
  return page?.rows[n % pageRows];
}

/** The pages that hold rows `first`–`last`. The total of the list before stands until this one's is known: nothing jumps. */
export function useWindow<T>({ key, ask }: Listing<T>, first: number, last: number) {
  const from = Math.floor(first / pageRows);
  const pages = Array.from({ length: Math.floor(last / pageRows) - from + 1 }, (_, n) => from + n);
  const asked = useQueries({
    queries: pages.map((page) => ({
      queryKey: pageKey(key, page),
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(page * pageRows, pageRows, signal),
      // Pages that were scrolled past are not held for long: a list may have a thousand.
      gcTime: 60_000,
    })),
  });
  const total = useRef<number | undefined>(undefined);
  total.current = asked.find(({ data }) => data)?.data?.total ?? total.current;
  return {
    total: total.current,
    row: (n: number): T | undefined => asked[Math.floor(n / pageRows) - from]?.data?.rows[n % pageRows],
    error: asked.find(({ error }) => error)?.error,
    retry: () => {
      for (const one of asked) if (one.error) void one.refetch();
    },
  };
}
