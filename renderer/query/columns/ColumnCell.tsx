/** A hit in the column of a method: small, with what it is and whether that is what the query is. */
import { VisuallyHidden } from '@mantine/core';
import type { MethodRow } from '../../../native/contract/engine.ts';
import type { Hit } from '../../../native/contract/model.ts';
import { openBeside } from '../../compare/actions.ts';
import { mm } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';
import { setSearchOptions } from '../../ui/store.ts';
import { LesionPicture } from '../LesionPicture.tsx';
import { scoreText, scoreTitles } from '../scores.ts';
import type { CardView } from '../useCardView.ts';
import { classOf } from './agreement.ts';

interface ColumnCellProps {
  readonly hit: Hit;
  readonly view: CardView;
  readonly method: MethodRow;
  readonly field: string | null;
  /** The query's class. */
  readonly wanted: string | undefined;
  /** In how many columns it stands, of how many. */
  readonly found: readonly [number, number];
  readonly pointed: boolean;
  readonly point: (lesion: string | null) => void;
}

export function ColumnCell({ hit, view, method, field, wanted, found, pointed, point }: ColumnCellProps) {
  const identity = useIdentity();
  const own = field === null ? undefined : classOf(hit, field);
  const agrees = wanted === undefined || own === undefined ? undefined : own === wanted;
  const score = scoreText(hit.score, method.scores);
  return (
    <li>
      <button
        type="button"
        className="column-cell"
        data-testid="column-cell"
        data-lesion={hit.lesion}
        data-pointed={pointed || undefined}
        data-agrees={agrees}
        onPointerEnter={() => point(hit.lesion)}
        onFocus={() => point(hit.lesion)}
        onClick={() => open(hit, method.name)}
      >
        <LesionPicture volume={hit.volume} boxIjk={hit.boxIjk} {...view.of(hit)} size={66} />
        <span className="column-text">
          <span className="hit-line">
            <b>
              <VisuallyHidden>{method.name}, hit </VisuallyHidden>
              {hit.rank}
            </b>
            <span className="dim" title={scoreTitles[method.scores]}>
              <VisuallyHidden>{scoreTitles[method.scores]} </VisuallyHidden>
              {score}
            </span>
          </span>
          <span className="column-class" data-agrees={agrees}>
            {agrees === undefined ? '' : agrees ? '✓ ' : '≠ '}
            <VisuallyHidden>{field ?? 'class'} </VisuallyHidden>
            {own ?? 'not known'}
            {agrees !== undefined && (
              <VisuallyHidden>{agrees ? ', as the query' : ', not as the query'}</VisuallyHidden>
            )}
          </span>
          <span className="dim">{identity.patient(hit.patient)}</span>
          <span className="dim">
            {found[0] > 1 ? `in ${found[0]} of ${found[1]}` : 'only here'} · {mm(hit.diameterMm)}
            <VisuallyHidden> {hit.name}</VisuallyHidden>
          </span>
        </span>
      </button>
    </li>
  );
}

/** The column's method becomes that of the search, so that the comparison steps along this column and explains by it. */
function open(hit: Hit, method: string): void {
  setSearchOptions({ method });
  openBeside(hit);
}
