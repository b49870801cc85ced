/**
 * Brings back, after a restart or a crash, what was open: volume, place, layout, window, the search for a lesion and its open hit. The
 * user's profile keeps opaque ids and geometry alone; words and filters, which may name a patient, are not kept.
 */
import { z } from 'zod';
import { planes } from '../../native/contract/mark.ts';
import { idsOf, restored } from '../compare/comparison.ts';
import { mostHits } from '../compare/layouts.ts';
import { queryClient } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { searchQuery } from '../query/useSearch.ts';
import { layoutNames } from '../viewer/layouts.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { keep, readKept } from './kept.ts';
import { findLike, openVolume, setFocus, useView, type ViewState } from './store.ts';

const id = z.string().max(64);
const beside = z.array(id).max(mostHits).readonly();
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
  search: z
    .object({
      lesion: id,
      marks: z.array(z.object({ hit: id, relevant: z.boolean().nullable() })).max(10_000),
      method: z.string().max(100).nullable(),
      includeSamePatient: z.boolean(),
      hitsPerPatient: z.number().int().positive(),
      top: z.number().int().positive(),
    })
    .nullable(),
  compare: z.object({ hits: beside, kept: beside, active: id }).nullable(),
});
type Opened = z.infer<typeof openedSchema>;

function lookOf(state: ViewState): Look {
  const { window, inverted, outlines, layout, maximised, slabMm, cornerText, identityHidden } = state;
  return { window, inverted, outlines, layout, maximised, slabMm, cornerText, identityHidden };
}

function openedOf(state: ViewState, library: string): Opened {
  const { row, lesion, focus, panes, subject, options, compare } = state;
  const { method, includeSamePatient, hitsPerPatient, top } = options;
  return {
    library,
    volume: row?.id ?? null,
    lesion: lesion?.id ?? null,
    focus,
    panes,
    search:
      subject?.lesion && subject.also.length === 0
        ? {
            lesion: subject.lesion.id,
            marks: [...subject.marks],
            method,
            includeSamePatient,
            hitsPerPatient,
            top,
          }
        : null,
    compare: compare && idsOf(compare),
  };
}

/** A name for the library that does not tell where it lies: folders are named after people too. */
async function libraryName(folder: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(folder));
  return [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const saveAfterMs = 500;

/** Puts back the user's look at once and, when the library is known, what was open in it; then keeps both up to date. */
export async function startSession(): Promise<void> {
  const look = readKept('look', lookSchema);
  if (look) useView.setState(look);
  const { folder } = await queryClient.ensureQueryData(infoQuery);
  const library = await libraryName(folder);
  const opened = readKept('session', openedSchema);
  if (opened?.library === library) await restore(opened);
  else keep('session', null);

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
  const searched = await lesionOf(opened.search?.lesion ?? null);
  if (!opened.search || !searched || useView.getState().subject) return;
  const { marks, method, includeSamePatient, hitsPerPatient, top } = opened.search;
  useView.setState(({ options }) => ({
    options: { ...options, method, includeSamePatient, hitsPerPatient, top },
  }));
  findLike(searched);
  const { subject, options } = useView.getState();
  if (!subject) return;
  const marked = { ...subject, marks };
  useView.setState({ subject: marked });
  if (opened.compare === null) return;
  const hits = await queryClient.fetchQuery(searchQuery(marked, options)).then(
    (found) => found.hits,
    () => [],
  );
  if (useView.getState().subject === marked) useView.setState({ compare: restored(opened.compare, hits) });
}
