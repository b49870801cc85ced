/** The rankings that an evaluation is fed with: what a search with the library's vectors would show, down to the last hit. */
import { PrecedentError } from '../contract/errors.ts';
import { type Part, partQuery } from '../retrieval/part.ts';
import type { VectorStore } from '../vectors/store.ts';
import type { Ranking } from './evaluate.ts';

/**
 * Ranks by cosine similarity of the store's embeddings, or of one part of them, equal scores by ascending id; `lesions[i]` is the id of case i.
 * @throws PrecedentError `internal` when a lesion has no embedding in the store: leave it out of the cases.
 */
export function storeRanking(store: VectorStore, lesions: readonly string[], part?: Part): Ranking {
  const rows = lesions.map((lesion) => {
    const row = store.rowOf(lesion);
    if (row === undefined) throw new PrecedentError('internal', 'an evaluated lesion has no embedding');
    return row;
  });
  const caseOf = new Map(rows.map((row, i) => [row, i]));
  return (query, gallery) => {
    const vector = store.vectorOf(lesions[query]);
    if (!vector || gallery.length === 0) return [];
    const allowed = Int32Array.from(gallery, (i) => rows[i]).sort();
    const compared = part ? partQuery(vector, part).vector : vector;
    return store.search(compared, gallery.length, allowed).map(({ row }) => caseOf.get(row) ?? -1);
  };
}
