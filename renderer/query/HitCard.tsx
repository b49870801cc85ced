/** A hit on a card: what a radiologist wants to know of it before opening it. */
import { IconPinFilled } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { ScoreKind } from '../../native/contract/engine.ts';
import type { Hit } from '../../native/contract/model.ts';
import { openBeside } from '../compare/actions.ts';
import { isBeside } from '../compare/comparison.ts';
import { ml, mm, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { LabelLine } from '../ui/LabelLine.tsx';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { useView } from '../ui/store.ts';
import { Thumbnail } from '../ui/Thumbnail.tsx';
import { HitActions } from './HitActions.tsx';
import { markOf } from './hitMarks.ts';
import { DiagnosisText } from './proofs.tsx';
import type { ShownHit } from './results.ts';
import { scoreText, scoreTitles } from './scores.ts';

/** @param scores what the score is, where the search that runs found the hit */
export function HitCard({ shown, scores }: { shown: ShownHit; scores: ScoreKind }) {
  const { hit, pinned, found } = shown;
  const identity = useIdentity();
  const open = useView(({ compare }) => isBeside(compare, hit.lesion));
  const active = useView(({ compare }) => compare?.active === hit.lesion);
  const mark = useView(({ subject }) => (subject ? markOf(subject.marks, hit.lesion) : null));
  const card = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!active) return;
    card.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    // Keys on the strip are about the card that has the focus: it goes with the steps through the hits.
    if (document.activeElement?.matches('.hit-card')) card.current?.focus();
  }, [active]);
  return (
    <div
      className="hit-box"
      data-pinned={pinned || undefined}
      data-mark={mark === null ? undefined : mark ? 'like' : 'unlike'}
    >
      <button
        ref={card}
        type="button"
        className="hit-card"
        data-testid="hit-card"
        data-lesion={hit.lesion}
        data-rank={hit.rank}
        data-open={open}
        aria-label={`${found ? `Hit ${hit.rank}` : 'Pinned lesion'}: ${hit.name}${found ? `, ${scoreTitles[scores].toLowerCase()} ${scoreText(hit.score, scores)}` : ', not among these hits'}.${mark === null ? '' : mark ? ' Marked as like it.' : ' Marked as unlike it.'} Compare side by side.`}
        aria-pressed={open}
        onClick={() => openBeside(hit)}
      >
        <span className="hit-picture">
          <Thumbnail lesion={hit.lesion} size={104} />
          <span
            className="hit-rank"
            title={found ? undefined : 'Pinned in an earlier search; not among these hits'}
          >
            {pinned && <IconPinFilled size={10} aria-label="Pinned" />}
            {found && hit.rank}
          </span>
          <SourceMarks source={hit} />
          {/* Words of no weight, or none at all, rank nothing. */}
          {found && (scores !== 'words' || hit.score > 0) && (
            <span className="hit-score" title={scoreTitles[scores]}>
              {scoreText(hit.score, scores)}
            </span>
          )}
        </span>
        <span className="hit-text">
          <DiagnosisText diagnosis={hit.diagnosis} />
          <span className="hit-name" title={`${identity.whole(hit.patient)} · ${hit.name}`}>
            {identity.patient(hit.patient)} · {hit.name}
          </span>
          <span className="hit-size">
            {mm(hit.diameterMm)} · {ml(hit.volumeMl)}
          </span>
          <span className="dim hit-recon" title={reconstruction(hit)}>
            {reconstruction(hit) || ' '}
          </span>
          <LabelLine
            labels={hit.labels}
            diagnosis={hit.diagnosis?.diagnosis}
            className="hit-labels"
            most={3}
          />
        </span>
      </button>
      <HitActions hit={hit} mark={mark} pinned={pinned} found={found} />
    </div>
  );
}

function reconstruction(hit: Hit): string {
  return [hit.sliceThicknessMm ? thickness(hit.sliceThicknessMm) : '', hit.kernel ?? '', hit.contrast ?? '']
    .filter(Boolean)
    .join(' · ');
}
