/** The rows of a paged list that are here, narrowed by the panel's search text. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';

interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/** `text` is what a row is found by. While a search text stands, the remaining pages are fetched as well. */
export function useAllRows<T>(
  list: UseInfiniteQueryResult<InfiniteData<Page<T>>>,
  search: string,
  text: (row: T) => string,
) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const words = search.trim().toLowerCase();
  useEffect(() => {
    if (words && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [words, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const all = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `text` is the same function of the row at every render
  const rows = useMemo(() => {
    if (!words) return all;
    const parts = words.split(/\s+/);
    return all.filter((row) => {
      const searched = text(row).toLowerCase();
      return parts.every((part) => searched.includes(part));
    });
  }, [all, words]);
  const more = hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined;
  return { rows, total: data?.pages.at(-1)?.total ?? 0, more };
}
