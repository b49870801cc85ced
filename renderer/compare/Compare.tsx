/**
 * Query and hits side by side: the same window, plane and scale, and one scroll position, counted in mm from each lesion's
 * centre. Only the box around each lesion is loaded.
 */
import { useQuery } from '@tanstack/react-query';
import type { Hit } from '../../native/contract/model.ts';
import { useResults } from '../query/results.ts';
import { scoreText, scoreTitles } from '../query/scores.ts';
import { useSearch } from '../query/useSearch.ts';
import { SurfaceView } from '../surface/SurfaceView.tsx';
import { colors } from '../ui/colors.ts';
import { Failure } from '../ui/Empty.tsx';
import { type Subject, useView } from '../ui/store.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { activate } from './actions.ts';
import { CompareBar } from './CompareBar.tsx';
import { ComparePane, type MapOver } from './ComparePane.tsx';
import { activeHit, type Comparison } from './comparison.ts';
import { useFlicker, useFlickerClock } from './flicker.ts';
import { HitCorner } from './HitCorner.tsx';
import { shapeOf } from './layouts.ts';
import { useLinked } from './linked.ts';
import { Panels } from './Panels.tsx';
import { commonFieldMm } from './scale.ts';
import { useSetup } from './setup.ts';
import { useMap } from './useMap.ts';
import './compare.css';

export function Compare({ comparison }: { comparison: Comparison }) {
  useFlickerClock();
  const subject = useView((s) => s.subject);
  const surface = useView((s) => s.surface);
  const explaining = useSetup((s) => s.panel === 'why' && !s.folded);
  const axial = useSetup((s) => s.plane === 'axial');
  const flicker = useFlicker();
  const shiftsMm = useLinked((s) => s.shiftsMm);
  const { search } = useSearch();
  const found = search.data?.hits ?? [];
  // Marks may have given them other ranks and scores since they were opened.
  const hits = comparison.hits.map(
    (opened) => found.find(({ lesion }) => lesion === opened.lesion) ?? opened,
  );
  const active = activeHit({ ...comparison, hits });
  const pinned = useResults((s) => s.pinned);
  const nameOf = (hit: Hit) => {
    if (found.includes(hit)) return `Hit ${hit.rank}`;
    return pinned.some(({ lesion }) => lesion === hit.lesion) ? 'Pinned lesion' : 'Earlier hit';
  };
  // Words have no picture: the hits are shown alone.
  const pictured = subject?.measurements ? subject : null;
  const map = useMap(active, explaining && pictured !== null);
  const flickers = flicker.on && pictured !== null;
  const commonMm = commonFieldMm([
    pictured?.measurements?.diameterMm ?? 0,
    ...hits.map(({ diameterMm }) => diameterMm),
  ]);
  const panes = flickers ? 1 : hits.length + (pictured ? 1 : 0);
  const [rows, columns] = shapeOf(panes);
  const stateOf = (hit: Hit) => {
    if (!flickers) return 'shown';
    if (hit !== active) return 'away';
    return flicker.hit ? 'shown' : 'under';
  };
  const scores = search.data?.scores;
  const said =
    found.includes(active) && scores
      ? ` of ${found.length}${scores === 'words' ? '' : ` · ${scoreTitles[scores].toLowerCase()} ${scoreText(active.score, scores)}`}`
      : '';
  return (
    <section className="compare" data-testid="compare-view" aria-label="Query and hits side by side">
      <CompareBar hit={active} name={nameOf(active)} said={said} pictured={pictured !== null} />
      {surface ? (
        <SurfaceView hits={hits} nameOf={nameOf} />
      ) : (
        <div
          className="compare-panes"
          data-shape={`${rows}x${columns}`}
          data-flicker={flickers || undefined}
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
          }}
        >
          {pictured && (
            <QueryPane
              subject={pictured}
              commonMm={commonMm}
              map={map.over('query')}
              state={flickers && flicker.hit ? 'under' : 'shown'}
            />
          )}
          {hits.map((hit, n) => (
            <HitPane
              // A pane stays where it is when another hit comes into it.
              // biome-ignore lint/suspicious/noArrayIndexKey: a pane is known by its place
              key={n}
              place={n}
              hit={hit}
              name={nameOf(hit)}
              commonMm={commonMm}
              shiftMm={axial ? (shiftsMm[hit.lesion] ?? 0) : 0}
              map={hit === active ? map.over('hit') : null}
              active={hits.length > 1 && hit === active}
              kept={comparison.kept.includes(hit.lesion)}
              alone={hits.length === 1}
              state={stateOf(hit)}
            />
          ))}
        </div>
      )}
      <Panels
        subject={subject}
        hits={hits.map((hit) => ({ hit, name: nameOf(hit) }))}
        active={active}
        explains={pictured !== null}
        map={map}
      />
    </section>
  );
}

interface Shared {
  readonly commonMm: number;
  readonly map: MapOver | null;
  readonly state: 'shown' | 'under' | 'away';
}

function QueryPane({ subject, ...shared }: Shared & { subject: Subject }) {
  const lesion = useQuery(lesionQuery(subject.lesion?.id ?? null));
  const volume = useQuery(volumeQuery(subject.volume));
  const { measurements } = subject;
  if (volume.error) return <Broken error={volume.error} />;
  if (!measurements || subject.volume === null) return null;
  return (
    <ComparePane
      {...shared}
      id="compare-query"
      testId="compare-query"
      volume={subject.volume}
      lesion={measurements}
      mask={subject.mask ?? lesion.data?.mask ?? null}
      shiftMm={0}
      title="Query"
      color={colors.query}
      active={false}
    />
  );
}

interface HitPaneProps extends Shared {
  readonly place: number;
  readonly hit: Hit;
  readonly name: string;
  readonly shiftMm: number;
  readonly active: boolean;
  readonly kept: boolean;
  readonly alone: boolean;
}

function HitPane({ place, hit, name, kept, alone, ...shared }: HitPaneProps) {
  const lesion = useQuery(lesionQuery(hit.lesion));
  const volume = useQuery(volumeQuery(hit.volume));
  const error = lesion.error ?? volume.error;
  if (error) return <Broken error={error} />;
  return (
    <ComparePane
      {...shared}
      id={`compare-hit-${place}`}
      testId="compare-hit"
      volume={hit.volume}
      lesion={hit}
      mask={lesion.data?.mask ?? null}
      title={name}
      color={colors.hit}
      onActive={() => activate(hit.lesion)}
    >
      <HitCorner hit={hit} name={name} kept={kept} alone={alone} />
    </ComparePane>
  );
}

function Broken({ error }: { error: Error }) {
  return (
    <div className="compare-cell" data-state="shown">
      <Failure error={error} />
    </div>
  );
}
