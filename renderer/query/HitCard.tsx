/** A hit on a card: what a radiologist wants to know of it before opening it. */
import { VisuallyHidden } from '@mantine/core';
import { IconPinFilled } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { ScoreKind } from '../../native/contract/engine.ts';
import type { ReportExcerpt } from '../../native/contract/excerpts.ts';
import type { Expectation, Reconstruction } from '../../native/contract/model.ts';
import { openBeside } from '../compare/actions.ts';
import { isBeside } from '../compare/comparison.ts';
import { ml, mm } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { LabelLine } from '../ui/LabelLine.tsx';
import { MarkedText } from '../ui/MarkedText.tsx';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { useView } from '../ui/store.ts';
import { HitActions } from './HitActions.tsx';
import './hitCards.css';
import { differingWords, nearWords, personBand } from './hitFacts.ts';
import { markOf } from './hitMarks.ts';
import { LesionPicture } from './LesionPicture.tsx';
import { DiagnosisText } from './proofs.tsx';
import type { ShownHit } from './results.ts';
import { scoreText, scoreTitles } from './scores.ts';
import type { CardView } from './useCardView.ts';

/** In CSS pixels: the card of the query has the same. */
export const pictureSize = 104;

interface HitCardProps {
  readonly shown: ShownHit;
  readonly view: CardView;
  /** What the score is, where the search that runs found the hit. */
  readonly scores: ScoreKind;
  /** How the query's volume was reconstructed, where that is known. */
  readonly asked: Reconstruction | undefined;
  readonly expected: Expectation | undefined;
  readonly excerpt: ReportExcerpt | undefined;
}

export function HitCard({ shown, view, scores, asked, expected, excerpt }: HitCardProps) {
  const { hit, pinned, found } = shown;
  const identity = useIdentity();
  const open = useView(({ compare }) => isBeside(compare, hit.lesion));
  const active = useView(({ compare }) => compare?.active === hit.lesion);
  const mark = useView(({ subject }) => (subject ? markOf(subject.marks, hit.lesion) : null));
  const differs = differingWords(hit, asked);
  const near = found ? nearWords(expected, hit.rank) : null;
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
        aria-pressed={open}
        onClick={() => openBeside(hit)}
      >
        <span className="hit-picture">
          <LesionPicture volume={hit.volume} boxIjk={hit.boxIjk} {...view.of(hit)} size={pictureSize} />
          <span
            className="hit-rank"
            title={found ? undefined : 'Pinned in an earlier search; not among these hits'}
          >
            {pinned && <IconPinFilled size={10} aria-label="Pinned" />}
            {found ? (
              <>
                <VisuallyHidden>Hit </VisuallyHidden>
                {hit.rank}
              </>
            ) : (
              <VisuallyHidden>Not among these hits</VisuallyHidden>
            )}
          </span>
          <SourceMarks source={hit} />
          {/* Words of no weight, or none at all, rank nothing. */}
          {found && (scores !== 'words' || hit.score > 0) && (
            <span className="hit-score" title={scoreTitles[scores]}>
              <VisuallyHidden>{scoreTitles[scores]} </VisuallyHidden>
              {scoreText(hit.score, scores)}
            </span>
          )}
          {mark !== null && <VisuallyHidden>Marked as {mark ? 'like' : 'unlike'} it</VisuallyHidden>}
        </span>
        <span className="hit-text">
          <DiagnosisText diagnosis={hit.diagnosis} />
          <span className="hit-name" title={`${identity.whole(hit.patient)} · ${hit.name}`}>
            {identity.patient(hit.patient)} · {hit.name}
          </span>
          <span className="hit-line">
            <span className="hit-size">
              {mm(hit.diameterMm)} · {ml(hit.volumeMl)}
            </span>
            {!identity.hidden && (
              <span className="dim" data-testid="hit-person" title="Sex and age at the study">
                {personBand(hit)}
              </span>
            )}
          </span>
          {differs.length > 0 && (
            <span
              className="hit-differs"
              data-testid="hit-differs"
              data-other={asked !== undefined || undefined}
              title={`${asked ? 'Other than the query’s: ' : ''}${differs.join(', ')}`}
            >
              {differs.map((word) => (
                <span key={word}>{word}</span>
              ))}
            </span>
          )}
          {near && (
            <span className="hit-near" data-testid="hit-near" title={near.whole}>
              {near.short}
            </span>
          )}
          {/* Reports name people. */}
          {excerpt && !identity.hidden && (
            <span className="report-excerpt" data-testid="hit-excerpt" title={excerpt.title}>
              <MarkedText text={excerpt.excerpt} />
            </span>
          )}
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
