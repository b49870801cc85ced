/** Where a method's vectors come from in this library: which encoder made them, under which key, and what makes a query's. */
import type { StoredKey } from '../catalog/embeddings.ts';
import { PrecedentError } from '../contract/errors.ts';
import { levels } from '../contract/levels.ts';
import type { Embedder } from '../encoder/embedder.ts';
import type { LevelIndex } from '../retrieval/levelIndex.ts';
import { type Method, methodNamed, type Need, needsOf, usesWords } from '../retrieval/methods.ts';
import { type Part, partNamed } from '../retrieval/part.ts';
import { needName, type Sources } from '../retrieval/scope.ts';
import type { Encoders } from './encoders.ts';
import type { Engine } from './engine.ts';

/** One need of a method, as this library meets it. */
interface MetNeed {
  readonly need: Need;
  readonly key: StoredKey;
  readonly part: Part | undefined;
  /** Makes the query's vectors. */
  readonly embedder: Embedder;
  /** What the user should know, such as that an older version answers. */
  readonly notes: readonly string[];
}
export interface NeedPlan extends MetNeed {
  readonly index: LevelIndex;
}
/** What a method searches, by `needName`. */
interface Resolved<T extends MetNeed> {
  readonly needs: ReadonlyMap<string, T>;
  /** Whether words are compared: those that were typed, or the caption of what is searched for. */
  readonly words: boolean;
  readonly notes: readonly string[];
}
export type Plan = Resolved<NeedPlan>;

export interface PlanOptions {
  /** The encoder that the user named: then it makes all vectors. */
  readonly encoder?: string | undefined;
  /** The query, where it is a lesion of the library whose stored vector does. */
  readonly lesion?: string | undefined;
  /** Only what the encoder itself has embedded, though an older version is complete. */
  readonly own?: boolean;
}

/**
 * What a method searches, its vectors loaded. A fusion does without the methods that cannot run here and says so.
 * @throws PrecedentError `usage` with the reason why the method cannot run here, `not-found` for an unknown encoder
 */
export async function planMethod(engine: Engine, method: Method, options: PlanOptions): Promise<Plan> {
  const { needs: met, words, notes } = resolve(engine, method, options);
  const needs = new Map<string, NeedPlan>();
  for (const [name, need] of met) needs.set(name, { ...need, index: await engine.library.index(need.key) });
  return { needs, words, notes };
}

/** As `planMethod`, without loading anything. */
function resolve(engine: Engine, method: Method, options: PlanOptions): Resolved<MetNeed> {
  const needs = new Map<string, MetNeed>();
  const words = usesWords(method);
  if (method.how !== 'fusion') {
    for (const need of needsOf(method)) needs.set(needName(need), meet(engine, need, options));
    return { needs, words, notes: [...needs.values()].flatMap(({ notes }) => notes) };
  }
  const notes: string[] = [];
  const refusals: PrecedentError[] = [];
  for (const name of method.of) {
    try {
      const own = resolve(engine, methodNamed(name), options);
      for (const [key, value] of own.needs) needs.set(key, value);
      notes.push(...own.notes);
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      if (error.kind !== 'usage') throw error;
      refusals.push(error);
      notes.push(`without ${name}: ${error.what}`);
    }
  }
  if (refusals.length === method.of.length) throw refusals[0];
  return { needs, words, notes: [...new Set(notes)] };
}

/** What rankings may search. */
export function sourcesOf({ library }: Engine, needs: Plan['needs']): Sources {
  return {
    needs,
    words: (text) => library.captions.find(text).map(({ lesion, score }) => ({ id: lesion, score })),
  };
}

/** Why a method cannot run here, or null. */
export function refusal(engine: Engine, method: Method, options: PlanOptions): string | null {
  try {
    resolve(engine, method, options);
    return null;
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (error.kind !== 'usage') throw error;
    return error.todo ? `${error.what}: ${error.todo}` : error.what;
  }
}

function meet(engine: Engine, need: Need, options: PlanOptions): MetNeed {
  const { library, encoders } = engine;
  const maker = makerOf(engine, need, options.encoder);
  if (need.level === 'lesion' && !options.own) return meetByLesions(engine, need, maker, options);
  const key = keyOf(maker, need);
  if (!library.embeddings.holds(key)) throw notEmbedded(need, maker);
  const missing = library.missing(key);
  const { of } = levels[need.level];
  return {
    need,
    key,
    part: partOf(need, maker),
    embedder: need.byText ? textEncoder(encoders, maker) : maker,
    notes:
      missing > 0 ? [`${missing} ${of}s are not embedded at level ${need.level} and could not be found`] : [],
  };
}

/** Lesions are answered by the vectors that were complete last, while those of a new encoder are made. */
function meetByLesions(
  { library, encoders }: Engine,
  need: Need,
  asked: Embedder,
  { encoder: named, lesion }: PlanOptions,
): MetNeed {
  const own = { key: { ...asked.key, dim: asked.dim }, embedder: asked, note: undefined };
  const serving = encoders.serving(asked);
  // A new vector needs an encoder that is still here: where the older one is gone, what the new one has embedded is searched.
  const answers = serving.embedder || (lesion !== undefined && library.embeddings.holds(serving.key, lesion));
  const { key, embedder = asked, note } = answers ? serving : own;
  const missing = library.missing(key);
  return {
    need,
    key,
    part: partOf(need, embedder),
    embedder,
    notes: [
      named === undefined ? encoders.standIn : undefined,
      note,
      missing > 0 ? `${missing} lesions are not embedded yet and could not be found` : undefined,
    ].filter((text) => text !== undefined),
  };
}

function partOf({ part }: Need, { manifest }: Embedder): Part | undefined {
  return part === undefined ? undefined : partNamed(part, manifest.id, manifest.output.parts);
}

/** The encoder that makes a level's vectors: the one that was named, or else the default, or else one that has embedded something. */
function makerOf({ library, encoders }: Engine, need: Need, asked: string | undefined): Embedder {
  const makes = (embedder: Embedder) =>
    embedder.levels.includes(need.level) && (!need.pooling || keyNamed(embedder, need) !== undefined);
  const named = encoders.named(asked);
  if (makes(named)) return named;
  if (asked !== undefined) {
    const what = `the encoder ${asked} makes no vectors of level ${need.level}`;
    const made = named.levels.join(', ');
    throw new PrecedentError('usage', what, undefined, `it makes: ${made}; name another, or none`);
  }
  // What somebody added before what came with the installation.
  const builtin = (embedder: Embedder) => Number(encoders.isBuiltin(embedder.manifest.id));
  const others = encoders
    .all()
    .filter((embedder) => makes(embedder) && embedder !== encoders.shape)
    .sort((a, b) => builtin(a) - builtin(b));
  const maker = others.find((embedder) => library.embeddings.holds(keyOf(embedder, need))) ?? others.at(0);
  if (maker) return maker;
  const kinds = levels[need.level].kinds.join(' or ');
  throw new PrecedentError(
    'usage',
    `no encoder here makes vectors of level ${need.level}`,
    undefined,
    `add one of kind ${kinds} with \`encoders add\``,
  );
}

function keyNamed(embedder: Embedder, { level, pooling }: Need) {
  return embedder.keysOf(level).find((key) => pooling === undefined || key.pooling === pooling);
}

function keyOf(embedder: Embedder, need: Need): StoredKey {
  return { ...(keyNamed(embedder, need) ?? embedder.keysOf(need.level)[0]), dim: embedder.dim };
}

/** The encoder of words into an image encoder's space; a text encoder is its own. */
function textEncoder(encoders: Encoders, embedder: Embedder): Embedder {
  if (embedder.manifest.kind === 'text') return embedder;
  const { id, sharedSpace } = embedder.manifest;
  const partner = encoders
    .all()
    .find(
      ({ manifest }) =>
        manifest.kind === 'text' && (manifest.id === sharedSpace || manifest.sharedSpace === id),
    );
  if (partner) return partner;
  const todo = sharedSpace ? `add ${sharedSpace} with \`encoders add\`` : 'add a text encoder that names it';
  throw new PrecedentError('usage', `${id} shares its space with no text encoder here`, undefined, todo);
}

function notEmbedded({ level }: Need, { key }: Embedder): PrecedentError {
  const todo = `run \`encoders embed --library … --encoder ${key.encoder} --levels ${level}\``;
  return new PrecedentError('usage', `nothing is embedded at level ${level}`, key.encoder, todo);
}
