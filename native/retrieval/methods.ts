/** The table of methods: how hits are found and ranked. A new method is a new row; a new way (`how`) is a file in rank/. */
import type { ScoreKind } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Level, levels } from '../contract/levels.ts';
import type { Aggregation } from './aggregate.ts';

/** Vectors that a method searches, and what it compares them with. */
export interface Need {
  readonly level: Level;
  /** How the slices of a volume are joined. */
  readonly pooling?: 'median' | 'max' | 'mean' | 'std';
  /** The part of the embedding that is compared (see the encoder's manifest); all of it where none is named. */
  readonly part?: string;
  /** The query is its words, embedded by the text encoder that shares the images' space; else its region. */
  readonly byText?: true;
}

interface Common {
  readonly name: string;
  /** One sentence for the user. */
  readonly title: string;
}
/** One vector of the query against one of each lesion or volume. */
export interface NearestMethod extends Common {
  readonly how: 'nearest';
  readonly need: Need;
}
/** Each slice of the query against every slice, the hits of all of them joined to lesions or volumes. */
export interface SlicesMethod extends Common {
  readonly how: 'slices';
  readonly need: Need;
  readonly by: Aggregation;
}
/** The first hits of another method, ranked again by their slices. */
export interface LateMethod extends Common {
  readonly how: 'late';
  readonly need: Need;
  readonly of: string;
}
/** Words against captions, labels, diagnoses and reports. */
interface WordsMethod extends Common {
  readonly how: 'words';
}
/** The lists of several methods as one. */
export interface FusionMethod extends Common {
  readonly how: 'fusion';
  readonly of: readonly string[];
  readonly by: 'interleave' | 'reciprocalRank' | 'weighted';
}
export type Method = NearestMethod | SlicesMethod | LateMethod | WordsMethod | FusionMethod;

export const defaultMethod = 'lesion';
/** What an evaluation compares with every other method. */
export const comparedMethod = 'fused';
/** For what is asked in words alone. */
export const wordsMethod = 'caption';

const aggregations = [
  ['freq', 'frequency', 'counts how often its slices are among them'],
  ['max', 'max', 'takes its best slice'],
  ['sum', 'sum', 'adds the scores of its slices'],
] as const;
const poolings = [
  ['median', 'median'],
  ['max', 'max'],
  ['avg', 'mean'],
  ['std', 'std'],
] as const;

export const methods: readonly Method[] = [
  {
    name: defaultMethod,
    how: 'nearest',
    need: { level: 'lesion' },
    title: 'Compares the lesions as 3D crops, each by one embedding',
  },
  {
    name: 'lesion-learned',
    how: 'nearest',
    need: { level: 'lesion', part: 'learned' },
    title: 'Compares what the network sees, without the measurements',
  },
  {
    name: 'lesion-measured',
    how: 'nearest',
    need: { level: 'lesion', part: 'measured' },
    title: 'Compares the IBSI measurements alone',
  },
  {
    name: 'lesion-late',
    how: 'late',
    need: { level: 'lesion-slice' },
    of: defaultMethod,
    title: 'Ranks the first lesions again by their best matching slices (late interaction)',
  },
  ...aggregations.map(
    ([short, by, says]): Method => ({
      name: `lesion-slice-${short}`,
      how: 'slices',
      need: { level: 'lesion-slice' },
      by,
      title: `Finds the nearest crops of lesions to each slice of the lesion and ${says}`,
    }),
  ),
  ...aggregations.map(
    ([short, by, says]): Method => ({
      name: `slice-${short}`,
      how: 'slices',
      need: { level: 'slice' },
      by,
      title: `Finds the nearest whole slices to each slice of the region and, for a volume, ${says}`,
    }),
  ),
  ...poolings.map(
    ([short, pooling]): Method => ({
      name: `volume-${short}`,
      how: 'nearest',
      need: { level: 'volume', pooling },
      title: `Compares whole volumes by the ${pooling === 'std' ? 'standard deviation' : pooling} of their slices`,
    }),
  ),
  {
    name: wordsMethod,
    how: 'words',
    title: 'Compares words with captions, labels, diagnoses and reports (BM25)',
  },
  {
    name: 'caption-encoder',
    how: 'nearest',
    need: { level: 'caption', byText: true },
    title: 'Compares words with captions by a text encoder',
  },
  {
    name: 'caption-slices',
    how: 'slices',
    need: { level: 'slice', byText: true },
    by: 'frequency',
    title: 'Finds the slices nearest to words, in a space that images and texts share',
  },
  {
    name: 'ensemble',
    how: 'fusion',
    of: ['slice-freq', 'caption-slices'],
    by: 'interleave',
    title: 'Interleaves the hits by slices with those by words, as published for 3D-MIR',
  },
  {
    name: 'lesion-words',
    how: 'fusion',
    of: [defaultMethod, wordsMethod],
    by: 'reciprocalRank',
    title: 'Joins the hits by lesion with those by words (reciprocal rank fusion)',
  },
  {
    name: comparedMethod,
    how: 'fusion',
    of: [defaultMethod, 'lesion-learned', 'lesion-measured', wordsMethod],
    by: 'weighted',
    title: 'Adds the scores of the methods for lesions, with weights fitted on this library',
  },
];

/** @throws PrecedentError `usage` for an unknown name. */
export function methodNamed(name: string): Method {
  const method = methods.find((candidate) => candidate.name === name);
  if (method) return method;
  const known = methods.map((candidate) => candidate.name).join(', ');
  throw new PrecedentError('usage', `there is no method "${name}"`, undefined, `choose one of: ${known}`);
}

/** The vectors that a method needs, those of the methods that it builds on included. */
export function needsOf(method: Method): Need[] {
  switch (method.how) {
    case 'nearest':
    case 'slices':
      return [method.need];
    case 'late':
      return [...needsOf(methodNamed(method.of)), method.need];
    case 'words':
      return [];
    case 'fusion':
      return method.of.flatMap((name) => needsOf(methodNamed(name)));
  }
}

/** Whether a method compares words, and so needs some. */
export function usesWords(method: Method): boolean {
  switch (method.how) {
    case 'words':
      return true;
    case 'nearest':
    case 'slices':
      return method.need.byText === true;
    case 'late':
      return usesWords(methodNamed(method.of));
    case 'fusion':
      return method.of.some((name) => usesWords(methodNamed(name)));
  }
}

const slicesScores: Readonly<Record<Aggregation, ScoreKind>> = {
  frequency: 'count',
  max: 'cosine',
  sum: 'sum',
};

/** What the scores of a method's hits are. */
export function scoreKind(method: Method): ScoreKind {
  switch (method.how) {
    case 'nearest':
    case 'late':
      return 'cosine';
    case 'slices':
      return slicesScores[method.by];
    case 'words':
      return 'words';
    case 'fusion':
      return method.by === 'weighted' ? 'fused' : 'rank';
  }
}

/** Whether a score means the same for every query, as a cosine does; ranks, counts, and scores scaled list by list do not. */
export function scoresCompare(method: Method): boolean {
  return scoreKind(method) === 'cosine';
}

/** Whether marks on hits move the vectors of a need: one of the query against one of each lesion or volume (see feedback.ts). */
export function learnable({ level, byText }: Need): boolean {
  return !levels[level].slices && byText !== true;
}
