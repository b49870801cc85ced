/** The query before its hits, in the same window and at the same scale: what the cards beside it are held against. */
import type { Reconstruction } from '../../native/contract/model.ts';
import { ml, mm } from '../ui/format.ts';
import type { Subject } from '../ui/store.ts';
import { pictureSize } from './HitCard.tsx';
import { reconstructionWords } from './hitFacts.ts';
import { LesionPicture } from './LesionPicture.tsx';
import type { CardView } from './useCardView.ts';

interface QueryCardProps {
  readonly subject: Subject;
  readonly view: CardView;
  readonly asked: Reconstruction | undefined;
}

/** Nothing for words, which lie nowhere. */
export function QueryCard({ subject, view, asked }: QueryCardProps) {
  const { volume, measurements, title } = subject;
  if (volume === null || !measurements) return null;
  return (
    <figure className="query-card" data-testid="query-card" aria-label={`The query: ${title}`}>
      <LesionPicture
        volume={volume}
        boxIjk={measurements.boxIjk}
        {...view.of(measurements)}
        size={pictureSize}
      />
      <figcaption>
        <b>Query</b>
        <span className="hit-size">
          {mm(measurements.diameterMm)} · {ml(measurements.volumeMl)}
        </span>
        <span className="dim" data-testid="query-recon" title="Hits say this only where theirs differs">
          {(asked && reconstructionWords(asked).join(' · ')) || ' '}
        </span>
      </figcaption>
    </figure>
  );
}
