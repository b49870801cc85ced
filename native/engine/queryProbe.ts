/** What is searched for, as the vectors and the words that methods compare. */
import { wordsOf } from '../catalog/captions.ts';
import type { SimpleQuery } from '../contract/engine.ts';
import { levels } from '../contract/levels.ts';
import type { Embedder, SliceVector } from '../encoder/embedder.ts';
import { crossedSlices, type EmbedRegion, type EmbedTiming } from '../encoder/voxelSource.ts';
import { lesionCaption } from '../lesion/caption.ts';
import { measureIn } from '../lesion/measureIn.ts';
import type { Probe } from '../retrieval/scope.ts';
import type { Mask, VoxelSource } from '../volume/volume.ts';
import type { Engine } from './engine.ts';
import { withImageFile } from './imageFile.ts';
import type { NeedPlan, Plan } from './methodSources.ts';
import { placed } from './placed.ts';

export interface QueryProbe {
  readonly probe: Probe;
  /** The identity key, where the query is of a patient. */
  readonly patient: string | undefined;
  readonly notes: readonly string[];
}

/** A region somewhere, and what of it the library has embedded already. */
interface Region {
  readonly region: EmbedRegion;
  readonly source: <T>(work: (source: VoxelSource) => Promise<T>) => Promise<T>;
  readonly lesion?: string;
  readonly volume?: string;
}

/** Throws `usage` or `not-found` for a query that cannot be, and what the readers and the encoders throw. */
export async function queryProbe(
  engine: Engine,
  query: SimpleQuery,
  plan: Plan,
  signal: AbortSignal,
  timing: EmbedTiming,
): Promise<QueryProbe> {
  const { library } = engine;
  if ('text' in query)
    return { probe: await wordsProbe(plan, query.text, signal), patient: undefined, notes: [] };
  if ('image' in query) {
    const image = engine.grants.take(query.image, 'read');
    const mask = query.mask === undefined ? undefined : engine.grants.take(query.mask, 'read');
    return withImageFile(engine, { image, mask, roi: query.roi }, signal, async (file) => {
      const found = file.regions.length;
      return {
        probe: await regionProbe(
          plan,
          { region: file.regions[0], source: (work) => work(file.source) },
          undefined,
          signal,
          timing,
        ),
        patient: file.patient,
        notes: found > 1 ? [`the image holds ${found} lesions; the first was searched for`] : [],
      };
    });
  }
  if ('lesion' in query) {
    const { id: lesion, volume, patient } = library.reads.lesion(query.lesion);
    const probe = await lesionProbe(engine, { lesion, volume }, plan, signal, timing);
    return { probe, patient, notes: [] };
  }
  const volume = library.reads.volume(query.volume);
  const region: Region = {
    region: placed(engine, query).region,
    source: (work) => engine.withVoxels(query.volume, work),
    volume: query.volume,
  };
  const words =
    plan.words && region.region.mask ? await captionOf(engine, query.volume, region.region.mask) : undefined;
  return {
    probe: await regionProbe(plan, region, words, signal, timing),
    patient: volume.patient,
    notes: [],
  };
}

/**
 * A lesion of the library, by its stored vectors and its caption.
 * @param timing of the vectors that are not stored and are made; null makes none
 */
export async function lesionProbe(
  engine: Engine,
  { lesion, volume }: { readonly lesion: string; readonly volume: string },
  plan: Plan,
  signal: AbortSignal,
  timing: EmbedTiming | null,
): Promise<Probe> {
  const { reads } = engine.library;
  const region: Region = {
    region: engine.library.lesionRegion(lesion),
    source: (work) => engine.withVoxels(volume, work),
    lesion,
    volume,
  };
  const words = plan.words ? wordsOf(reads.lesion(lesion)) : undefined;
  return regionProbe(plan, region, words, signal, timing);
}

/** What a drawn lesion would be captioned. */
async function captionOf(engine: Engine, volume: string, mask: Mask): Promise<string> {
  const measured = await engine.withVoxels(volume, (file) => measureIn(file, mask));
  return wordsOf({ caption: lesionCaption(measured) });
}

async function wordsProbe(plan: Plan, words: string, signal: AbortSignal): Promise<Probe> {
  const vectors = new Map<string, readonly Float32Array[]>();
  for (const [name, { need, embedder }] of plan.needs) {
    if (need.byText) vectors.set(name, await embedder.embedTexts([words], signal));
  }
  return { vectors, words };
}

async function regionProbe(
  plan: Plan,
  region: Region,
  words: string | undefined,
  signal: AbortSignal,
  timing: EmbedTiming | null,
): Promise<Probe> {
  const made = words === undefined ? undefined : await wordsProbe(plan, words, signal);
  const vectors = new Map(made?.vectors);
  for (const [name, need] of plan.needs) {
    if (need.need.byText) continue;
    const stored = storedVectors(need, region);
    const asStored = stored.length > 0 || timing === null;
    vectors.set(name, asStored ? stored : await newVectors(need, region, signal, timing));
  }
  return { vectors, words };
}

/** The vectors that the library has of a region: of its lesion, its volume, or all of its slices. */
function storedVectors({ need, index }: NeedPlan, { region, lesion, volume }: Region): Float32Array[] {
  const owner = levels[need.level].of === 'lesion' ? lesion : volume;
  if (owner === undefined) return [];
  if (need.level !== 'slice') return index.vectorsOf(owner);
  const crossed = crossedSlices(region);
  const slices = index.slicesOf(owner, crossed);
  return slices.length === crossed.length ? slices : [];
}

type Make = (
  embedder: Embedder,
  source: VoxelSource,
  region: EmbedRegion,
  pooling: string,
  signal: AbortSignal,
  timing: EmbedTiming,
) => Promise<readonly Float32Array[]>;

const vectorsOf = (slices: readonly SliceVector[]) => slices.map(({ vector }) => vector);

const make: Readonly<Record<Exclude<NeedPlan['need']['level'], 'caption'>, Make>> = {
  lesion: (embedder, source, region, _, signal, timing) => embedder.embed(source, [region], signal, timing),
  'lesion-slice': async (embedder, source, region, _, signal, timing) =>
    vectorsOf(await embedder.embedLesionSlices(source, region, signal, timing)),
  slice: async (embedder, source, region, _, signal, timing) =>
    vectorsOf(await embedder.embedSlices(source, crossedSlices(region), signal, timing)),
  volume: async (embedder, source, _, pooling, signal) => {
    const whole = (await embedder.embedWhole(source, signal)).volume.get(pooling);
    return whole ? [whole] : [];
  },
};

async function newVectors(
  { need, embedder, key }: NeedPlan,
  { region, source }: Region,
  signal: AbortSignal,
  timing: EmbedTiming,
): Promise<readonly Float32Array[]> {
  const { level } = need;
  if (level === 'caption') return [];
  return source((voxels) => make[level](embedder, voxels, region, key.pooling, signal, timing));
}
