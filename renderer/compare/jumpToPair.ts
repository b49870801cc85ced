/** Shows two slices that match beside each other. */
import type { Explanation } from '../../native/contract/explain.ts';
import type { Hit } from '../../native/contract/model.ts';
import { hitSide, querySide } from './currentSides.ts';
import { setPlace, useLinked } from './linked.ts';
import { useSetup } from './setup.ts';
import { offsetOf } from './side.ts';

/** Of the query and of one hit; the other hits stay with the query. */
export function jumpToPair(
  hit: Hit,
  pair: Pick<Explanation['slices']['pairs'][number], 'query' | 'hit'>,
): void {
  useSetup.setState({ plane: 'axial' });
  const query = querySide();
  const other = hitSide(hit);
  if (!query || !other) return;
  const offsetMm = offsetOf(query, pair.query);
  setPlace('axial', { offsetMm });
  useLinked.setState(({ shiftsMm }) => ({
    shiftsMm: { ...shiftsMm, [hit.lesion]: offsetOf(other, pair.hit) - offsetMm },
  }));
}
