/**
 * Brings back, after a restart or a crash, what was open: panes with their volumes, places and windows, the search and its open hits,
 * and unsaved marks. The user's profile keeps opaque ids and geometry alone; what is searched for, which may name a patient, and marks
 * are in the library.
 */
import { z } from 'zod';
import { planes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { idsOf, restored } from '../compare/comparison.ts';
import { mostHits } from '../compare/layouts.ts';
import { queryClient } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { restoreMarks, restoreSearch, startKeeping } from '../query/saved/keepSearch.ts';
import { searchQuery } from '../query/useSearch.ts';
import { type LayoutName, layoutNames, layouts } from '../viewer/layouts.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { keep, readKept } from './kept.ts';
import { openVolume, setFocus, useView, type ViewState } from './store.ts';

const id = z.string().max(64);
const hitIds = z.array(id).max(mostHits).readonly();
const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const windowSchema = z.object({ width: z.number().positive(), center: z.number() });
const pane = z.object({
  volume: id,
  plane: z.enum(planes),
  zoom: z.number().positive(),
  centre: triple.nullable(),
  slabMm: z.number().positive().nullable(),
  window: windowSchema.nullable(),
});
/** More than any layout has. */
const mostPanes = 16;

/** What belongs to the user, whatever library is open. */
const lookSchema = z.object({
  window: windowSchema,
  inverted: z.boolean(),
  outlines: z.boolean(),
  layout: z.enum(layoutNames),
  chosenLayouts: z.record(z.string().max(200), z.enum(layoutNames)),
  linked: z.boolean(),
  referenceLines: z.boolean(),
  seriesStrip: z.boolean(),
  cornerText: z.boolean(),
  identityHidden: z.boolean(),
});
type Look = z.infer<typeof lookSchema>;

/** What belongs to one library. */
const openedSchema = z.object({
  /** Of the library's folder, as 16 hexadecimal digits. */
  library: z.string(),
  volume: id.nullable(),
  lesion: id.nullable(),
  focus: triple,
  panes: z.array(pane).max(mostPanes),
  beside: z.array(z.object({ volume: id, at: triple, offsetMm: triple })).max(mostPanes),
  activePane: z.number().int().nonnegative(),
  maximised: z.boolean(),
  /** The rule by which they were hung. */
  hanging: z.string().max(200).nullable(),
  compare: z.object({ hits: hitIds, kept: hitIds, active: id }).nullable(),
});
type Opened = z.infer<typeof openedSchema>;

function lookOf(state: ViewState): Look {
  const { window, inverted, outlines, layout, chosenLayouts } = state;
  const { linked, referenceLines, seriesStrip, cornerText, identityHidden } = state;
  return {
    ...{ window, inverted, outlines, layout, chosenLayouts },
    ...{ linked, referenceLines, seriesStrip, cornerText, identityHidden },
  };
}

function openedOf(state: ViewState, library: string): Opened {
  const { row, lesion, focus, panes, beside, activePane, maximised, hanging, compare } = state;
  return {
    library,
    volume: row?.id ?? null,
    lesion: lesion?.id ?? null,
    focus,
    panes: [...panes],
    beside: Object.values(beside).map(({ row: { id: volume }, at, offsetMm }) => ({ volume, at, offsetMm })),
    activePane,
    maximised,
    hanging,
    compare: compare && idsOf(compare),
  };
}

/** A name for the library that does not tell where it lies: folders are named after people too. */
async function libraryName(folder: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(folder));
  return [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const saveAfterMs = 500;

/** The library that is open, by a name that tells nothing of it. */
export async function openLibraryName(): Promise<string> {
  const { folder } = await queryClient.ensureQueryData(infoQuery);
  return libraryName(folder);
}

/** Puts back the user's look, in either window before it shows anything: the mask for teaching is a part of it. */
export function putBackLook(): void {
  const look = readKept('look', lookSchema);
  if (look) useView.setState(look);
}

/** Puts back, when the library is known, what was open in it; then keeps that and the look up to date. For the first window. */
export async function startSession(): Promise<void> {
  const library = await openLibraryName();
  const opened = readKept('session', openedSchema);
  if (opened?.library === library) await restore(opened);
  else keep('session', null);
  void restoreMarks()
    .catch(() => undefined)
    .finally(startKeeping);

  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const state = useView.getState();
    keep('look', lookOf(state));
    keep('session', openedOf(state, library));
  };
  useView.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(save, saveAfterMs);
  });
  // What was changed just before the window is closed is kept too.
  window.addEventListener('pagehide', () => {
    if (timer !== undefined) save();
  });
}

/** The panes as they were; the open volume stands in for one that is gone. Nothing where they are not those of the layout. */
function panesOf(
  { panes, beside, activePane, maximised, hanging }: Opened,
  open: VolumeRow,
  others: readonly (VolumeRow | null)[],
  layout: LayoutName,
): Partial<ViewState> {
  const standing = beside.flatMap(({ at, offsetMm }, n) => {
    const row = others[n];
    return row ? [[row.id, { row, at, offsetMm }] as const] : [];
  });
  const known = new Set([open.id, ...standing.map(([one]) => one)]);
  const shown = panes.map((one) => (known.has(one.volume) ? one : { ...one, volume: open.id }));
  if (shown.length !== layouts[layout].panes || !shown.some((one) => one.volume === open.id)) return {};
  return {
    panes: shown,
    beside: Object.fromEntries(standing),
    activePane: Math.min(activePane, shown.length - 1),
    maximised,
    hanging,
  };
}

/** Opens what there still is, unless the user was faster; what is gone from the library is passed over. */
async function restore(opened: Opened): Promise<void> {
  const lesionOf = (one: string | null) =>
    one === null
      ? null
      : queryClient.fetchQuery(lesionQuery(one)).then(
          (found) => found.lesion,
          () => null,
        );
  const volumeOf = (one: string | null) =>
    one === null
      ? null
      : queryClient.fetchQuery(volumeQuery(one)).then(
          (found) => found.volume,
          () => null,
        );
  const volume = await volumeOf(opened.volume);
  const others = await Promise.all(opened.beside.map((one) => volumeOf(one.volume)));
  const lesion = await lesionOf(opened.lesion);
  const { row, lesion: chosen, subject: asked } = useView.getState();
  if (row || chosen || asked) return;
  if (volume) {
    const { window, layout } = useView.getState();
    openVolume(volume, lesion);
    setFocus(opened.focus);
    useView.setState({ window, ...panesOf(opened, volume, others, layout) });
  }
  await restoreSearch().catch(() => undefined);
  const { subject, options } = useView.getState();
  if (!subject || opened.compare === null) return;
  const hits = await queryClient.fetchQuery(searchQuery(subject, options)).then(
    (found) => found.hits,
    () => [],
  );
  if (useView.getState().subject === subject) useView.setState({ compare: restored(opened.compare, hits) });
}
