/** A method's ranking of the lesions in a scope: each way of ranking has its file beside this one. */
import type { Method } from '../methods.ts';
import type { Probe, Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';
import { rankFused } from './fusion.ts';
import { rankLate } from './late.ts';
import { rankNearest } from './nearest.ts';
import { rankSlices } from './slices.ts';
import { rankWords } from './words.ts';

/**
 * Lesions of the scope, the best first, each once: at least the first k where the method finds so many. A query without what
 * the method compares (words, slices) finds nothing.
 */
export function rank(method: Method, scope: Scope, probe: Probe, k: number): Scored[] {
  if (scope.rows.length === 0) return [];
  const most = Math.min(k, scope.rows.length);
  switch (method.how) {
    case 'nearest':
      return rankNearest(method, scope, probe, most);
    case 'slices':
      return rankSlices(method, scope, probe);
    case 'late':
      return rankLate(method, scope, probe);
    case 'words':
      return rankWords(scope, probe);
    case 'fusion':
      return rankFused(method, scope, probe, most);
  }
}
