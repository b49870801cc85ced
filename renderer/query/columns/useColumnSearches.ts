/** The search that runs, by each of the methods that stand side by side. */
import { useQueries, useQuery } from '@tanstack/react-query';
import type { MethodRow, SearchResult } from '../../../native/contract/engine.ts';
import type { Hit } from '../../../native/contract/model.ts';
import { useView } from '../../ui/store.ts';
import { methodsQuery } from '../methodsQuery.ts';
import { useResults } from '../results.ts';
import { searchQuery } from '../useSearch.ts';
import { useColumns } from './columnsStore.ts';

export interface MethodColumn {
  readonly method: MethodRow;
  readonly result: SearchResult | undefined;
  /** The first rows of them. */
  readonly hits: readonly Hit[];
  readonly error: unknown;
  /** Why it has no hits of its own. */
  readonly refusal: string | undefined;
}

export function useColumnSearches(): {
  readonly columns: readonly MethodColumn[];
  readonly methods: readonly MethodRow[];
} {
  const subject = useView((s) => s.subject);
  const options = useView((s) => s.options);
  const hidden = useResults((s) => s.hidden);
  const { methods: chosen, rows } = useColumns();
  const methods = useQuery(methodsQuery).data ?? [];
  const shown = methods.filter(({ name, refusal }) =>
    chosen ? chosen.includes(name) : refusal === undefined,
  );
  const able = shown.filter(({ refusal }) => refusal === undefined);
  const searches = useQueries({
    queries: able.map(({ name }) =>
      searchQuery(subject, { ...options, method: name, top: Math.max(rows, options.top) }, hidden),
    ),
  });
  const columns = shown.map((method): MethodColumn => {
    const at = able.indexOf(method);
    const search = at < 0 ? undefined : searches[at];
    // The engine asks words of another method where this one compares none.
    const own = search?.data?.method === method.name;
    const result = own ? search?.data : undefined;
    return {
      method,
      result,
      hits: result?.hits.slice(0, rows) ?? [],
      error: search?.error,
      refusal: method.refusal ?? (search?.data && !own ? 'compares no words' : undefined),
    };
  });
  // Those that cannot answer are told of only where they were asked for.
  return { columns: columns.filter(({ refusal }) => chosen || refusal === undefined), methods };
}
