/** The methods of the library, and which of them cannot run in it. */
import { queryOptions } from '@tanstack/react-query';
import { callEngine, libraryKey } from '../engine.ts';

export const methodsQuery = queryOptions({
  queryKey: [libraryKey, 'methods'],
  queryFn: ({ signal }) => callEngine('methods.list', {}, { signal }),
});
