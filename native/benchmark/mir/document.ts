/** What a run of the 3D-MIR benchmark gives: the document that its JSON, tables and page are written from. */
import type { MirTable } from './data.ts';
import {
  evaluateMir,
  type MirEvaluation,
  type MirIndexName,
  type MirResults,
  type MirRun,
} from './evaluate.ts';
import {
  type ImagedCase,
  imagedTables,
  type LabelAgreement,
  labelAgreement,
  mirImageEntries,
  mirImageQueries,
} from './images.ts';
import type { MirOrgan } from './labels.ts';
import { checkRules, type RuleCheck } from './rules.ts';
import { captionSets, mirTextEntries, mirTextQueries, mirTextRuns, statedSets, wordForWord } from './text.ts';

export interface MirDocument extends MirResults {
  readonly benchmark: '3dmir';
  readonly half: 'text' | 'images';
  /** Of the images, where there are any. */
  readonly encoder?: string;
  readonly organs: readonly {
    readonly organ: MirOrgan;
    readonly queries: number;
    readonly withTumour: number;
    readonly gallery: number;
  }[];
  /** What a reader of the figures has to know, a sentence each. */
  readonly notes: readonly string[];
  readonly rules: readonly RuleCheck[];
  readonly agreement?: LabelAgreement;
  /** Query → the first ten entries, by index and method. */
  readonly rankings: readonly {
    readonly index: MirIndexName;
    readonly method: string;
    readonly query: string;
    readonly found: readonly string[];
  }[];
}

const rankingDepth = 10;

/** Evaluates what was found, and puts beside it what is known of the published labels. */
export function mirDocument(
  evaluation: MirEvaluation,
  about: Pick<MirDocument, 'half' | 'encoder' | 'notes' | 'rules' | 'agreement'>,
): MirDocument {
  const { queries, entries, runs } = evaluation;
  const organs = [...new Set(queries.map(({ organ }) => organ))].map((organ) => {
    const own = queries.filter((query) => query.organ === organ);
    return {
      organ,
      queries: own.length,
      withTumour: own.filter(({ labels }) => labels.cancerFlag === 1).length,
      gallery: entries.filter(({ labels }) => labels[organ] !== undefined).length,
    };
  });
  return {
    benchmark: '3dmir',
    ...about,
    organs,
    ...evaluateMir(evaluation),
    rankings: runs.flatMap(({ index, name, found }) =>
      Array.from(found, ([query, ids]) => ({
        index,
        method: name,
        query,
        found: ids.slice(0, rankingDepth),
      })),
    ),
  };
}

/** Where captions are searched: what their figures are worth. */
function captionNotes(tables: readonly MirTable[]): string[] {
  const known = captionSets.filter((set) => !statedSets.has(set));
  return [
    'Captions V1, and those that our own rule makes from count and size, state what flag and group are made of. Their figures are leaked: they measure reading, not finding. The baseline “size” reads the true sizes too.',
    ...known
      .map((set) => ({ set, ...wordForWord(tables, set) }))
      .filter(({ repeated }) => repeated > 0)
      .map(
        ({ set, repeated, without }) =>
          `${set}: the captions of ${repeated} of the ${without} queries without a tumour stand word for word with another training case of their organ, so that one sentence tells the flag.`,
      ),
  ];
}

/** The half that needs no images. */
export function textDocument(tables: readonly MirTable[]): MirDocument {
  return mirDocument(
    {
      queries: mirTextQueries(tables),
      entries: mirTextEntries(tables),
      runs: mirTextRuns(tables),
      pairs: [
        ...captionSets.flatMap((set) => [
          [`${set}/bm25`, `${set}/tfidf`] as const,
          [`${set}/bm25-pairs`, `${set}/tfidf`] as const,
        ]),
        ...captionSets
          .filter((set) => !statedSets.has(set))
          .map((set) => [`${set}/bm25`, 'majority'] as const),
      ],
    },
    {
      half: 'text',
      notes: captionNotes(tables),
      rules: tables.map(checkRules),
    },
  );
}

/** The half with images: what was found for the cases that are there. */
export function imageDocument(
  published: readonly MirTable[],
  cases: ReadonlyMap<string, ImagedCase>,
  runs: readonly MirRun[],
  encoder: string,
): MirDocument {
  const tables = imagedTables(published, cases);
  const count = (all: readonly MirTable[]) =>
    all.reduce((sum, { split }) => sum + split.train.length + split.test.length, 0);
  const names = [...new Set(runs.filter(({ kind }) => kind === 'search').map(({ name }) => name))];
  return mirDocument(
    {
      queries: mirImageQueries(tables, cases),
      entries: mirImageEntries(tables),
      runs,
      pairs: names.flatMap((a, at) => [
        [a, 'majority'] as const,
        ...names.slice(at + 1).map((b) => [a, b] as const),
      ]),
    },
    {
      half: 'images',
      encoder,
      notes: [
        `${count(tables)} of the ${count(published)} cases of the splits are there; labels come from their masks by the published rules.`,
        'A lesion’s own vector needs its mask, which tells the flag: such methods are measured by the group alone, on the cases with a tumour.',
        ...captionNotes(tables),
      ],
      rules: published.map(checkRules),
      agreement: labelAgreement(published, cases),
    },
  );
}
