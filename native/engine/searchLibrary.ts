/** A search from the query as it was asked to the hits as they are shown. */
import type { z } from 'zod';
import type { Filter, SearchResult, SimpleQuery, searchParams } from '../contract/engine.ts';
import type { Hit, Reconstruction, VolumeRow } from '../contract/model.ts';
import { parseQueryText } from '../contract/queryText.ts';
import { contrastPhase } from '../dicom/contrastPhase.ts';
import type { EmbedTiming } from '../encoder/voxelSource.ts';
import { combine } from '../retrieval/combine.ts';
import { filterNames, type GalleryRow } from '../retrieval/gallery.ts';
import {
  defaultMethod,
  type Method,
  methodNamed,
  scoreKind,
  usesWords,
  wordsMethod,
} from '../retrieval/methods.ts';
import { rank } from '../retrieval/rank/rank.ts';
import { Scope } from '../retrieval/scope.ts';
import type { Scored } from '../retrieval/scored.ts';
import { type RankedHit, searchGallery } from '../retrieval/search.ts';
import type { Engine } from './engine.ts';
import { fusionWeights } from './fusionWeights.ts';
import { expectationOf } from './keptCalibrations.ts';
import type { Library } from './library.ts';
import { type Plan, planMethod, sourcesOf } from './methodSources.ts';
import { markedRows, movedProbe } from './movedProbe.ts';
import { refuseWithoutLesions } from './noLesions.ts';
import { type QueryProbe, queryProbe } from './queryProbe.ts';

/** One thing that is searched for, with all that its ranking takes. */
interface Part extends QueryProbe {
  readonly method: Method;
  readonly plan: Plan;
}

/** Throws `usage` or `not-found` for a query that cannot be, and what the readers and the encoders throw. */
export async function searchLibrary(
  engine: Engine,
  params: z.output<typeof searchParams>,
  signal: AbortSignal,
): Promise<SearchResult> {
  const started = performance.now();
  const { library } = engine;
  refuseWithoutLesions(library);
  const { query } = params;
  const timing: EmbedTiming = { readMs: 0, prepareMs: 0, inferMs: 0 };
  const where = [...params.where];
  const partOf = async (asked: SimpleQuery): Promise<Part> => {
    const method = methodFor(asked, params.method);
    const simple = 'text' in asked ? { text: filtersTaken(library, asked.text, where) } : asked;
    const lesion = 'lesion' in simple ? simple.lesion : undefined;
    const plan = await planMethod(engine, method, { encoder: params.encoder, lesion });
    const query = await queryProbe(engine, simple, plan, signal, timing);
    const weights = fusionWeights(library, method.name, encoderOf(plan));
    return { method, plan, ...query, probe: { ...query.probe, weights } };
  };
  const [like, unlike] = 'like' in query ? [query.like, query.unlike] : [[query], []];
  const parts: Part[] = [];
  for (const simple of [...like, ...unlike]) parts.push(await partOf(simple));
  const embedded = performance.now();
  const marks = params.feedback && markedRows(library.gallery(), params.feedback);
  if (marks) {
    for (const [at, part] of parts.slice(0, like.length).entries()) {
      parts[at] = { ...part, ...movedProbe(part, marks) };
    }
  }
  const rankPart = ({ method, plan, probe }: Part, rows: readonly GalleryRow[], k: number) =>
    rank(method, new Scope(sourcesOf(engine, plan.needs), rows), probe, k);
  const [first, ...others] = parts;
  const ranking =
    others.length === 0
      ? (rows: readonly GalleryRow[], k: number) => rankPart(first, rows, k)
      : (rows: readonly GalleryRow[]): Scored[] => {
          const lists = parts.map((part) => rankPart(part, rows, rows.length));
          const how = 'like' in query ? query.combine : 'and';
          return combine(lists.slice(0, like.length), lists.slice(like.length), how);
        };
  const { top, includeSamePatient, hitsPerPatient } = params;
  const patients = new Set(parts.flatMap(({ patient }) => patient ?? []));
  const gallery = library.gallery();
  const loaded = performance.now();
  const outcome = searchGallery(
    gallery,
    { patients, top, where, includeSamePatient, hitsPerPatient, findable: findableBy(parts) },
    ranking,
  );
  const searched = performance.now();
  const hits = outcome.hits.map((hit) => toHit(engine, hit));
  // Lesions of one patient are more alike than the experience with other patients says, and the scores of joined or moved
  // queries are others.
  const moved = marks !== undefined && marks.relevant.length + marks.irrelevant.length > 0;
  const comparable = others.length === 0 && !includeSamePatient && !moved;
  const experience = comparable
    ? expectationOf(library, first.method.name, first.plan, outcome.hits)
    : { notes: [] };
  const ended = performance.now();
  const notes = parts.flatMap((part) => [...part.notes, ...part.plan.notes]);
  return {
    method: first.method.name,
    scores: others.length === 0 ? scoreKind(first.method) : 'fused',
    encoder: encoderOf(first.plan),
    tookMs: {
      read: timing.readMs,
      prepare: timing.prepareMs,
      infer: timing.inferMs,
      query: embedded - started,
      load: loaded - embedded,
      search: searched - loaded,
      describe: ended - searched,
      total: ended - started,
    },
    hits,
    searched: outcome.searched,
    distributions: [...outcome.distributions],
    unproven: outcome.unproven,
    asked: askedOf(engine, like[0]),
    expected: experience.expected,
    notes: [...new Set([...notes, ...experience.notes])],
  };
}

/** The method that was named, where it can compare what is asked; words alone are compared with words. */
function methodFor(query: SimpleQuery, name: string | undefined): Method {
  const method = methodNamed(name ?? ('text' in query ? wordsMethod : defaultMethod));
  return 'text' in query && !usesWords(method) ? methodNamed(wordsMethod) : method;
}

/** The encoder whose vectors are searched first; `none` for words alone. */
function encoderOf({ needs }: Plan): string {
  return [...needs.values()].at(0)?.key.encoder ?? 'none';
}

/** The words of a typed text; its filters are added to the others. */
function filtersTaken(library: Library, text: string, where: Filter[]): string {
  const asked = parseQueryText(text, filterNames(library.gallery()));
  where.push(...asked.where);
  return asked.words;
}

/** Whether at least one method has something of a lesion to compare. */
function findableBy(parts: readonly Part[]): ((row: GalleryRow) => boolean) | undefined {
  if (parts.some(({ method }) => usesWords(method))) return undefined;
  const indexes = [
    ...new Set(parts.flatMap(({ plan }) => [...plan.needs.values()].map(({ index }) => index))),
  ];
  return ({ lesion, volume }) => indexes.some((index) => index.has(lesion) || index.has(volume));
}

function toHit({ library }: Engine, { rank: place, score, row }: RankedHit): Hit {
  const lesion = library.reads.lesion(row.lesion);
  const described = library.reads.volume(row.volume);
  const { patient, volume, name, labels, diagnosis, volumeMl, diameterMm, meanHu, centerMm, boxIjk } = lesion;
  return {
    rank: place, score, lesion: row.lesion, patient, volume, name, labels, diagnosis, volumeMl, diameterMm, meanHu, centerMm, boxIjk,
    ...reconstructionOf(described), sex: row.fields?.sex, age: row.numbers?.age, lossy: described.lossy, interpolated: described.interpolated,
  }; // biome-ignore format: one line a group of fields
}

function reconstructionOf({ sliceThicknessMm, kernel, contrast, description }: VolumeRow): Reconstruction {
  return { sliceThicknessMm, kernel, contrast, phase: contrastPhase(description, contrast) };
}

/** How the volume of a query was reconstructed; of words and image files nothing is known. */
function askedOf({ library }: Engine, query: SimpleQuery): Reconstruction | undefined {
  if ('text' in query || 'image' in query) return undefined;
  const volume = 'lesion' in query ? library.reads.lesion(query.lesion).volume : query.volume;
  return reconstructionOf(library.reads.volume(volume));
}
