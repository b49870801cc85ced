/** Ranks whole volumes by the vectors that the library has of them: what a benchmark evaluates. It reads no labels. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MirIndex, type MirItem } from '../benchmark/mir/methods.ts';
import type { EngineContract, VolumeRankings } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Level, levels } from '../contract/levels.ts';
import type { ParsedParams } from '../contract/rpc.ts';
import type { Embedder } from '../encoder/embedder.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { aggregate } from '../retrieval/aggregate.ts';
import type { VectorStore } from '../vectors/store.ts';
import { fromFloat16 } from '../volume/float16.ts';
import type { Engine } from './engine.ts';
import type { Library } from './library.ts';

/** The volumes of a query and a gallery by the name of their patient, by which equal scores rank. */
interface Names {
  readonly gallery: ReadonlyMap<string, string>;
  readonly queries: ReadonlyMap<string, string>;
}
interface Ranked {
  readonly method: string;
  readonly level: Level;
  /** Patients of the gallery. */
  readonly names: readonly string[];
}
/** What methods that share a search find for a query, by its patient; nothing where it has no vector. */
type Search = (query: string) => readonly Ranked[];
/** Undefined where the encoder makes no such vectors, or none are there. */
type Source = (library: Library, embedder: Embedder, names: Names) => Promise<Search | undefined>;

/** Throws `usage` where two volumes of a patient are searched, or the encoder has embedded nothing of them. */
export async function rankVolumes(
  { library, encoders }: Engine,
  params: ParsedParams<EngineContract, 'bench.rank'>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<VolumeRankings[]> {
  const embedder = encoders.named(params.encoder);
  const names = {
    gallery: byPatient(library, params.gallery),
    queries: byPatient(library, params.queries),
  };
  const results: VolumeRankings[] = [];
  for (const [at, source] of sources.entries()) {
    const search = await source(library, embedder, names);
    if (!search) continue;
    const methods = new Map<string, VolumeRankings>();
    let [tookMs, answered, asked] = [0, 0, 0];
    for (const [patient, query] of names.queries) {
      await nextTurn();
      throwIfCancelled(signal);
      const started = performance.now();
      const found = search(patient);
      if (found.length > 0) {
        tookMs += performance.now() - started;
        answered++;
      }
      for (const { method, level, names: patients } of found) {
        const result = methods.get(method) ?? { method, level, msPerQuery: 0, found: [] };
        methods.set(method, result);
        result.found.push({ query, volumes: patients.flatMap((name) => names.gallery.get(name) ?? []) });
      }
      onProgress({
        done: at * params.queries.length + ++asked,
        total: sources.length * params.queries.length,
      });
    }
    for (const result of methods.values()) results.push({ ...result, msPerQuery: tookMs / answered });
  }
  if (results.length > 0) return results;
  const { encoder } = embedder.key;
  const todo = `run \`encoders embed --library … --encoder ${encoder} --levels …\``;
  throw new PrecedentError('usage', `nothing of these volumes is embedded by ${encoder}`, undefined, todo);
}

function byPatient({ reads }: Library, volumes: readonly string[]): Map<string, string> {
  const named = new Map(volumes.map((volume) => [reads.volume(volume).patient, volume]));
  if (named.size === volumes.length) return named;
  throw new PrecedentError('usage', 'a patient has several of the volumes to be ranked');
}

/** The slice and the pooled-volume methods of 3D-MIR, from the vectors of whole slices. */
const bySlices: Source = async ({ embeddings }, embedder, { gallery, queries }) => {
  if (!makes(embedder, 'slice')) return undefined;
  const wanted = new Set([...gallery.values(), ...queries.values()]);
  const slices = new Map<string, Float32Array[]>();
  for (const { owner, vector: bytes } of embeddings.rows(embedder.keysOf('slice')[0])) {
    if (!wanted.has(owner)) continue;
    const vector = fromFloat16(bytes);
    const own = slices.get(owner) ?? [];
    slices.set(owner, own);
    // A slice without a direction is near to nothing.
    if (vector.some((value) => value !== 0)) own.push(vector);
  }
  const items = (volumes: ReadonlyMap<string, string>): MirItem[] =>
    Array.from(volumes, ([name, volume]) => ({ name, slices: slices.get(volume) ?? [] })).filter(
      (item) => item.slices.length > 0,
    );
  const searched = items(gallery);
  if (searched.length === 0) return undefined;
  const index = new MirIndex(searched);
  const asked = new Map(items(queries).map((item) => [item.name, item]));
  return (query) => {
    const item = asked.get(query);
    return Array.from(item ? index.rankings(item) : [], ([method, names]) => ({
      method,
      level: method.startsWith('volume-') ? 'volume' : 'slice',
      names,
    }));
  };
};

/** Lesion by lesion: a volume is as near as the nearest of its lesions is to any of the query's. */
const byLesions: Source = async (library, embedder, names) => {
  if (!makes(embedder, 'lesion')) return undefined;
  const lesions = [...library.gallery().values()].map(({ lesion, volume }) => ({ id: lesion, volume }));
  return nearest('lesion', await library.vectors({ ...embedder.key, dim: embedder.dim }), lesions, names);
};

/** By the one vector of a volume, from an encoder of volumes; those of slices are pooled by 3D-MIR's methods. */
const byVolumes: Source = async (library, embedder, names) => {
  if (embedder.manifest.kind !== 'volume') return undefined;
  const [key] = embedder.keysOf('volume');
  const volumes = [...names.gallery.values(), ...names.queries.values()].map((id) => ({ id, volume: id }));
  return nearest('volume', await library.vectors({ ...key, dim: embedder.dim }), volumes, names);
};

const sources: readonly Source[] = [bySlices, byVolumes, byLesions];

function makes({ manifest }: Embedder, level: Level): boolean {
  return levels[level].kinds.includes(manifest.kind);
}

/** Searches a store of vectors that each belong to a volume. */
function nearest(
  level: Level,
  store: VectorStore,
  vectors: readonly { readonly id: string; readonly volume: string }[],
  { gallery, queries }: Names,
): Search | undefined {
  const ofVolume = Map.groupBy(
    vectors.filter(({ id }) => store.rowOf(id) !== undefined),
    ({ volume }) => volume,
  );
  const patientOf = new Map<string, string>();
  for (const [patient, volume] of gallery)
    for (const { id } of ofVolume.get(volume) ?? []) patientOf.set(id, patient);
  if (patientOf.size === 0) return undefined;
  return (query) => {
    const others = store.rowsOf([...patientOf].flatMap(([id, patient]) => (patient === query ? [] : [id])));
    const own = [...new Set((ofVolume.get(queries.get(query) ?? '') ?? []).map(({ id }) => id))];
    if (own.length === 0 || others.length === 0) return [];
    const lists = own.flatMap((id) => {
      const vector = store.vectorOf(id);
      return vector ? [store.search(vector, others.length, others)] : [];
    });
    const hits = lists.map((list) =>
      list.map(({ id, score }) => ({ owner: patientOf.get(id) ?? '', score })),
    );
    return [{ method: level, level, names: aggregate(hits, 'max').map(({ id }) => id) }];
  };
}
