/** The measurements of the open study: shown at once as they are changed, kept by the engine, taken back and done again. */
import { queryOptions } from '@tanstack/react-query';
import { create } from 'zustand';
import type { Annotation, AnnotationShape } from '../../native/contract/annotations.ts';
import { planeAxes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { comparisonElsewhere, openVolume, paneFor, setFocus, setPane, useView } from '../ui/store.ts';
import { gridOf } from '../viewer/grid.ts';
import { middleOf, sliceOf } from './geometry.ts';

/** What a measurement was and is; null where it was not there. */
interface Change {
  readonly before: AnnotationShape | null;
  readonly after: AnnotationShape | null;
}
interface MeasureState {
  readonly selected: string | null;
  readonly past: readonly Change[];
  readonly future: readonly Change[];
}
export const useMeasurements = create<MeasureState>(() => ({ selected: null, past: [], future: [] }));

const rowKey = (row: VolumeRow | null) => [libraryKey, 'annotations', row?.patient, row?.study] as const;

export function annotationsQuery(row: VolumeRow | null) {
  return queryOptions({
    queryKey: rowKey(row),
    queryFn: ({ signal }) => callEngine('annotations.list', { volume: row?.id ?? '' }, { signal }),
    enabled: row !== null,
  });
}

export function newAnnotationId(): string {
  return `ann-${crypto.randomUUID()}`;
}

export function select(id: string | null): void {
  useMeasurements.setState({ selected: id });
}

/** Adds a measurement, moves or names it; selects it. */
export function saveAnnotation(after: AnnotationShape): void {
  change({ before: find(after.id), after });
}

export function removeSelected(): void {
  const before = find(useMeasurements.getState().selected);
  if (before?.volume === useView.getState().row?.id && before) change({ before, after: null });
}

function change(done: Change): void {
  apply(done.after, done.before);
  useView.setState({ lastChange: 'annotation' });
  useMeasurements.setState(({ past }) => ({ past: [...past.slice(-99), done], future: [] }));
}

/** Takes back the last change in the open volume; false where there is none. */
export function undoAnnotation(): boolean {
  const { past, future } = useMeasurements.getState();
  const last = past.findLast(isHere);
  if (!last) return false;
  useMeasurements.setState({ past: past.filter((each) => each !== last), future: [last, ...future] });
  apply(last.before, last.after);
  return true;
}

/** Does again what was taken back last in the open volume; false where there is nothing. */
export function redoAnnotation(): boolean {
  const { past, future } = useMeasurements.getState();
  const next = future.find(isHere);
  if (!next) return false;
  useMeasurements.setState({ past: [...past, next], future: future.filter((each) => each !== next) });
  apply(next.after, next.before);
  return true;
}

function isHere({ before, after }: Change): boolean {
  return (after ?? before)?.volume === useView.getState().row?.id;
}

function find(id: string | null): Annotation | null {
  const { row } = useView.getState();
  return queryClient.getQueryData(annotationsQuery(row).queryKey)?.find((each) => each.id === id) ?? null;
}

/** Requests in the order in which they were made: a removal must not overtake the saving before it. */
let line: Promise<unknown> = Promise.resolve();
let changes = 0;

/** Puts a measurement in the place of another, on the screen at once and in the library. */
function apply(now: AnnotationShape | null, before: AnnotationShape | null): void {
  const { row } = useView.getState();
  const { queryKey } = annotationsQuery(row);
  const id = (now ?? before)?.id;
  if (id === undefined) return;
  void queryClient.cancelQueries({ queryKey });
  queryClient.setQueryData(queryKey, (rows: readonly Annotation[] = []): Annotation[] => {
    if (!now) return rows.filter((each) => each.id !== id);
    // Who drew it and when is the engine's to say; until it answers nothing stands there.
    if (!rows.some((each) => each.id === id)) return [...rows, { ...now, author: '', createdAt: '' }];
    return rows.map((each) => (each.id === id ? { ...each, ...now } : each));
  });
  select(now ? id : null);
  const mine = ++changes;
  line = line
    .then(async () => {
      if (now) await callEngine('annotations.save', { annotation: now });
      else await callEngine('annotations.remove', { annotation: id });
    })
    .catch((error: unknown) => failed('The measurement was not kept in the library', error))
    // What the library says now is older than the screen while another change waits.
    .then(() => (mine === changes ? queryClient.invalidateQueries({ queryKey }) : undefined));
}

/** Shows a measurement of the open study, opening its volume where another is open. */
export async function jumpTo({ id, volume, plane, points }: Annotation): Promise<void> {
  try {
    if (useView.getState().row?.id !== volume)
      openVolume((await callEngine('volume.get', { volume })).volume, null);
    const { row } = useView.getState();
    if (row?.id !== volume) return;
    const grid = gridOf(row);
    const focus = middleOf(points);
    focus[planeAxes(grid.direction, plane).normal] = sliceOf(points, plane, grid);
    setFocus(focus);
    const place = paneFor(plane);
    // A magnified pane may show another part of the slice.
    if (useView.getState().panes[place]?.centre) setPane(place, { centre: focus });
    useView.setState({ activePane: place, compare: comparisonElsewhere() });
    select(id);
  } catch (error) {
    failed('The measurement could not be shown', error);
  }
}
