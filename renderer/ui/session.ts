/**
 * Brings back, after a restart or a crash, what was open: volume, place, layout, window, the search and its open hit, and unsaved
 * marks. The user's profile keeps opaque ids and geometry alone; what is searched for, which may name a patient, and marks are in the library.
 */
import { z } from 'zod';
import { planes } from '../../native/contract/mark.ts';
import { mostHits } from '../compare/layouts.ts';
import { queryClient } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { restoreMarks, restoreSearch, startKeeping } from '../query/saved/keepSearch.ts';
import { searchQuery } from '../query/useSearch.ts';
import { layoutNames } from '../viewer/layouts.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { keep, readKept } from './kept.ts';
import { openVolume, setFocus, useView, type ViewState } from './store.ts';

const id = z.string().max(64);
const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const pane = z.object({ zoom: z.number().positive(), centre: triple.nullable() });

/** What belongs to the user, whatever library is open. */
const lookSchema = z.object({
  window: z.object({ width: z.number().positive(), center: z.number() }),
  inverted: z.boolean(),
  outlines: z.boolean(),
  layout: z.enum(layoutNames),
  maximised: z.enum(planes).nullable(),
  slabMm: z.number().positive().nullable(),
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
  panes: z.object({ axial: pane, coronal: pane, sagittal: pane }),
  compare: z
    .object({ hits: z.array(id).min(1).max(mostHits), kept: z.array(id).max(mostHits), active: id })
    .nullable(),
});
type Opened = z.infer<typeof openedSchema>;

function lookOf(state: ViewState): Look {
  const { window, inverted, outlines, layout, maximised, slabMm, cornerText, identityHidden } = state;
  return { window, inverted, outlines, layout, maximised, slabMm, cornerText, identityHidden };
}

function openedOf(state: ViewState, library: string): Opened {
  const { row, lesion, focus, panes, compare } = state;
  return {
    library,
    volume: row?.id ?? null,
    lesion: lesion?.id ?? null,
    focus,
    panes,
    compare: compare && {
      hits: compare.hits.map(({ lesion: hit }) => hit),
      kept: [...compare.kept],
      active: compare.active,
    },
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

/** Puts back the user's look at once and, when the library is known, what was open in it; then keeps both up to date. */
export async function startSession(): Promise<void> {
  const look = readKept('look', lookSchema);
  if (look) useView.setState(look);
  const library = await openLibraryName();
  const opened = readKept('session', openedSchema);
  if (opened?.library === library) await restore(opened);
  else keep('session', null);
  void restoreMarks()
    .catch(() => undefined)
    .finally(startKeeping);

  let timer: ReturnType<typeof setTimeout> | undefined;
  useView.subscribe((state) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      keep('look', lookOf(state));
      keep('session', openedOf(state, library));
    }, saveAfterMs);
  });
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
  const volume =
    opened.volume === null
      ? null
      : await queryClient.fetchQuery(volumeQuery(opened.volume)).then(
          (found) => found.volume,
          () => null,
        );
  const lesion = await lesionOf(opened.lesion);
  const { row, lesion: chosen, subject: asked } = useView.getState();
  if (row || chosen || asked) return;
  if (volume) {
    const { window } = useView.getState();
    openVolume(volume, lesion);
    setFocus(opened.focus);
    useView.setState({ window, panes: opened.panes });
  }
  await restoreSearch().catch(() => undefined);
  const { subject, options } = useView.getState();
  if (!subject || opened.compare === null) return;
  const hits = await queryClient.fetchQuery(searchQuery(subject, options)).then(
    (found) => found.hits,
    () => [],
  );
  const { hits: beside, kept, active } = opened.compare;
  const there = beside.flatMap((lesion) => hits.find((one) => one.lesion === lesion) ?? []);
  if (there[0] && useView.getState().subject === subject)
    useView.setState({
      compare: {
        hits: there,
        kept: kept.filter((lesion) => there.some((one) => one.lesion === lesion)),
        active: there.some((one) => one.lesion === active) ? active : there[0].lesion,
      },
    });
}
