/**
 * Query and hits as surfaces, in the place of their slices: lesion and organ, turned and zoomed together, at one physical scale
 * around each lesion's centre.
 */
import { Button, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Hit, LesionRow, Measurements } from '../../native/contract/model.ts';
import { colors } from '../ui/colors.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { ml } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import { hasWebgl } from '../viewer/cornerstone.ts';
import { gridOf } from '../viewer/grid.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { fittedScale, reachMm } from './fit.ts';
import { useOrganOf } from './organ.ts';
import { type Orientation, standardViews, turned } from './orientation.ts';
import { type ShownSurface, SurfacePane } from './SurfacePane.tsx';
import { surfaceQuery } from './surfaces.ts';
import './surface.css';

const organLook = { color: '#c9b39b', opacity: 0.3 } as const;
/** Radians for each CSS pixel of a drag, and for each press of an arrow key. */
const turnByPixel = 0.008;
const turnByKey = Math.PI / 18;
const zoomByKey = 1.15;
/** The scale's bounds, in mm for each CSS pixel. */
const [finest, coarsest] = [0.02, 5];

/** What every side shows alike. A scale of null fits what is shown. */
interface Linked {
  readonly orientation: Orientation;
  readonly mmPerPixel: number | null;
}
const front: Linked = { orientation: standardViews[0], mmPerPixel: null };

/** @param nameOf how a hit is called over its picture */
export function SurfaceView({ hits, nameOf }: { hits: readonly Hit[]; nameOf: (hit: Hit) => string }) {
  const subject = useView((s) => s.subject);
  const [linked, setLinked] = useState(front);
  const [organs, setOrgans] = useState(true);
  const [reaches, setReaches] = useState<Readonly<Record<string, number>>>({});
  const [size, setSize] = useState({ width: 0, height: 0 });
  const panes = useRef<HTMLDivElement>(null);
  const onReach = useCallback(
    (id: string, mm: number) => setReaches((known) => (known[id] === mm ? known : { ...known, [id]: mm })),
    [],
  );
  useEffect(() => {
    panes.current?.querySelector<HTMLElement>('.surface-pane')?.focus();
  }, []);
  if (!hasWebgl())
    return (
      <div className="viewer-empty" data-testid="surface-no-webgl">
        <Empty
          title="No surfaces on this machine"
          text="The graphics driver offers no WebGL 2, without which surfaces cannot be drawn. Slices and searches need none."
        />
      </div>
    );

  const queryId = subject?.measurements ? 'query' : null;
  const shown = [queryId, ...hits.map(({ lesion }) => lesion)].filter((id) => id !== null);
  const reach = Math.max(10, ...shown.map((id) => reaches[id] ?? 0));
  const fitted = fittedScale(reach, size.width, size.height);
  const mmPerPixel = linked.mmPerPixel ?? fitted;
  const turn = (right: number, down: number) =>
    setLinked((now) => ({ ...now, orientation: turned(now.orientation, right, down) }));
  const zoom = (factor: number) =>
    setLinked((now) => ({
      ...now,
      mmPerPixel: Math.min(coarsest, Math.max(finest, (now.mmPerPixel ?? fitted) * factor)),
    }));
  const face = (orientation: Orientation) => setLinked((now) => ({ ...now, orientation }));
  const fit = () => setLinked((now) => ({ ...now, mmPerPixel: null }));
  const actions: Readonly<Record<string, () => void>> = {
    ...Object.fromEntries(standardViews.map((view) => [view.key, () => face(view)])),
    ArrowLeft: () => turn(-turnByKey, 0),
    ArrowRight: () => turn(turnByKey, 0),
    ArrowUp: () => turn(0, -turnByKey),
    ArrowDown: () => turn(0, turnByKey),
    PageUp: () => zoom(1 / zoomByKey),
    PageDown: () => zoom(zoomByKey),
    Home: fit,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    const act =
      ctrlKey || metaKey || altKey ? undefined : actions[key.length === 1 ? key.toLowerCase() : key];
    if (!act) return;
    // Else the same key would act on the window as well.
    event.preventDefault();
    act();
  };
  const pane = {
    organs,
    orientation: linked.orientation,
    mmPerPixel,
    onTurn: (right: number, down: number) => turn(right * turnByPixel, down * turnByPixel),
    onZoom: zoom,
    onSize: (width: number, height: number) => setSize({ width, height }),
    onKeyDown,
    onReach,
  };
  return (
    <div className="surfaces" data-testid="surface-view">
      <div className="surface-head">
        <span className="dim">Surfaces, seen from</span>
        {standardViews.map((view) => (
          <Button
            key={view.key}
            size="compact-xs"
            variant="default"
            title={`${view.name} (${view.key.toUpperCase()}, while a surface has the focus)`}
            data-testid={`surface-${view.key}`}
            onClick={() => face(view)}
          >
            {view.name}
          </Button>
        ))}
        <Button size="compact-xs" variant="default" data-testid="surface-fit" onClick={fit}>
          Fit <kbd>Home</kbd>
        </Button>
        <span className="spacer" />
        <Switch
          size="xs"
          label="Organ"
          data-testid="surface-organ"
          checked={organs}
          onChange={(event) => setOrgans(event.currentTarget.checked)}
        />
      </div>
      <div className="surface-panes" ref={panes}>
        {subject?.measurements && subject.volume !== null && (
          <SurfaceSide
            {...pane}
            id="query"
            testId="surface-query"
            title="Query"
            color={colors.query}
            volume={subject.volume}
            lesionId={subject.lesion?.id ?? null}
            mask={subject.mask}
            lesion={subject.measurements}
          />
        )}
        {hits.map((hit, n) => (
          <SurfaceSide
            {...pane}
            // A pane keeps its canvas when another hit comes into it.
            // biome-ignore lint/suspicious/noArrayIndexKey: a pane is known by its place
            key={n}
            id={hit.lesion}
            testId="surface-hit"
            title={nameOf(hit)}
            color={colors.hit}
            volume={hit.volume}
            lesionId={hit.lesion}
            mask={null}
            lesion={hit}
          />
        ))}
      </div>
    </div>
  );
}

interface SurfaceSideProps {
  readonly id: string;
  readonly testId: string;
  readonly title: string;
  readonly color: string;
  readonly volume: string;
  /** Null for what was marked and is not in the library; then its mask is given. */
  readonly lesionId: string | null;
  readonly mask: Mask | null;
  readonly lesion: Pick<Measurements, 'boxIjk' | 'centerMm' | 'volumeMl'>;
  readonly organs: boolean;
  readonly orientation: Orientation;
  readonly mmPerPixel: number;
  readonly onTurn: (right: number, down: number) => void;
  readonly onZoom: (factor: number) => void;
  readonly onSize: (width: number, height: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onReach: (id: string, mm: number) => void;
}

function SurfaceSide(props: SurfaceSideProps) {
  const { id, title, color, volume, lesionId, lesion, organs, onReach, ...pane } = props;
  const identity = useIdentity();
  const found = useQuery(lesionQuery(lesionId));
  const row = useQuery(volumeQuery(volume)).data?.volume;
  const grid = useMemo(() => (row ? gridOf(row) : null), [row]);
  const mask = props.mask ?? found.data?.mask ?? null;
  const known: LesionRow | null | undefined = lesionId === null ? null : found.data?.lesion;
  const organ = useOrganOf(volume, known, known === undefined ? null : mask);
  const lesionSurface = useQuery(surfaceQuery(mask, grid));
  const organSurface = useQuery(surfaceQuery((organs && organ?.mask) || null, grid));

  const box = (organs && organ?.row.boxIjk) || lesion.boxIjk;
  useEffect(() => {
    if (grid) onReach(id, reachMm(box, grid, lesion.centerMm));
  }, [grid, box, lesion.centerMm, id, onReach]);

  const surfaces = useMemo(() => {
    const all: ShownSurface[] = [];
    if (lesionSurface.data) all.push({ mesh: lesionSurface.data, look: { color, opacity: 1 } });
    if (organs && organSurface.data) all.push({ mesh: organSurface.data, look: organLook });
    return all;
  }, [lesionSurface.data, organSurface.data, organs, color]);

  const error = found.error ?? lesionSurface.error ?? organSurface.error;
  const awaited = lesionSurface.isPending || (organs && (organ === undefined || organSurface.isLoading));
  return (
    <SurfacePane
      {...pane}
      label={`${title}, surface of the lesion${organ && organs ? ` in ${organ.row.name}` : ''}`}
      surfaces={surfaces}
      centre={lesion.centerMm}
      ready={!awaited && !error}
    >
      <div className="pane-text top-left">
        <b style={{ color }}>{title}</b>
        <div>{row ? identity.whole(row.patient) : ''}</div>
        <div className="dim">
          {ml(lesion.volumeMl)}
          {organ && ` in ${organ.row.name}`}
          {organ === null && ' · no organ mask'}
        </div>
      </div>
      {error ? (
        <div className="surface-state">
          <Failure error={error} />
        </div>
      ) : (
        awaited && (
          <div className="surface-state">
            <Loading text="Making the surface" />
          </div>
        )
      )}
    </SurfacePane>
  );
}
