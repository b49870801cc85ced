/**
 * The evaluation of 3D-MIR: what methods found for each test case becomes figures for flag and group, per organ and macro,
 * beside baselines, with intervals and paired tests. It alone knows labels; methods are given none.
 */

import type { Figure } from '../../contract/model.ts';
import type { TieGroup } from '../metrics.ts';
import { type PairedTest, PatientBootstrap } from '../patientBootstrap.ts';
import { type Arithmetic, expectedMirFigures, majorityOrder, randomOrder, sizeOrder } from './baselines.ts';
import type { MirLabels, MirOrgan } from './labels.ts';
import { correctedFigures, type MirFigures, mirMetricNames, releasedFigures } from './metrics.ts';

export const mirTargets = ['flag', 'group'] as const;
export type MirTarget = (typeof mirTargets)[number];
export const arithmetics = ['corrected', 'released'] as const satisfies readonly Arithmetic[];
type MirMetric = (typeof mirMetricNames)[number];

/** `organ`: only the training cases of the query's organ are searched; `mixed`: those of all organs together. */
const mirIndexes = ['organ', 'mixed'] as const;
export type MirIndexName = (typeof mirIndexes)[number];

/** Something that can be found. It has labels in each organ that lists its case among the training cases. */
export interface MirEntry {
  readonly id: string;
  /** The case, which is its patient: a query never finds its own. */
  readonly case: string;
  readonly labels: Readonly<Partial<Record<MirOrgan, MirLabels>>>;
}

export interface MirQuery {
  readonly id: string;
  readonly case: string;
  readonly organ: MirOrgan;
  readonly labels: MirLabels;
  /** The volume of its tumours as a part of the organ's, where the organ has a mask. */
  readonly ofOrgan?: number | undefined;
}

/** `baseline`: to measure by; `reader`: shows what the captions give away, no way to search. */
export type MirKind = 'search' | 'baseline' | 'reader';

/** What a method found. */
export interface MirRun {
  readonly name: string;
  readonly title: string;
  readonly kind: MirKind;
  /** Its input states what the labels are made of. */
  readonly leaked?: boolean;
  readonly index: MirIndexName;
  /** Query → entries, the best first; queries that the method cannot answer are missing. */
  readonly found: ReadonlyMap<string, readonly string[]>;
  /** Without it flag and group; a method whose query tells the flag can only be measured by the group. */
  readonly targets?: readonly MirTarget[];
  readonly msPerQuery?: number;
}

/** Macro and organ → interval. */
type MirIntervals = Readonly<Record<string, Figure>>;
type MirFigureTable = Readonly<Record<Arithmetic, Readonly<Record<MirMetric, MirIntervals>>>>;

export interface MirMethodResult
  extends Pick<MirRun, 'name' | 'title' | 'kind' | 'leaked' | 'index' | 'msPerQuery'> {
  readonly queries: number;
  readonly figures: Readonly<Partial<Record<MirTarget, MirFigureTable>>>;
  /** Corrected figures of the group for queries of a stratum of lesion-to-organ size. */
  readonly strata: Readonly<Partial<Record<MirMetric, MirIntervals>>>;
}

export interface MirComparison extends PairedTest {
  readonly index: MirIndexName;
  readonly a: string;
  readonly b: string;
  readonly target: MirTarget;
  /** Of the corrected figures. */
  readonly metric: MirMetric;
}

interface MirStratum {
  readonly name: string;
  readonly queries: number;
}

export interface MirResults {
  readonly methods: readonly MirMethodResult[];
  readonly comparisons: readonly MirComparison[];
  readonly strata: readonly MirStratum[];
  /** How many queries have nothing of their group to find in their organ; they count as 0. */
  readonly withoutRelevant: number;
}

export interface MirEvaluation {
  readonly queries: readonly MirQuery[];
  readonly entries: readonly MirEntry[];
  readonly runs: readonly MirRun[];
  /** Names of methods or baselines to be compared, in every index that has both. */
  readonly pairs: readonly (readonly [string, string])[];
}

type Figures = Readonly<Record<Arithmetic, MirFigures>>;
/** The figures of a query's ranking of its gallery, undefined where there is none. */
type Scorer = (query: MirQuery, target: MirTarget, gallery: readonly MirEntry[]) => Figures | undefined;
/** One number for each query, NaN where there is no ranking. */
type Values = Readonly<Record<MirTarget, Record<Arithmetic, Record<MirMetric, Float64Array>>>>;
type Measured = Omit<MirRun, 'found'> & { readonly values: Values };

export function evaluateMir({ queries, entries, runs, pairs }: MirEvaluation): MirResults {
  const byOrgan = new PatientBootstrap(queries.map((query) => ({ patient: query.case, group: query.organ })));
  const strata = sizeStrata(queries);
  const stratumOf = (id: string) => strata.find((stratum) => stratum.queries.has(id))?.name;
  const bySize = new PatientBootstrap(
    queries.map((query) => ({ patient: query.case, group: stratumOf(query.id) ?? '' })),
  );
  const inStrata = (values: Float64Array): MirIntervals => {
    const means = bySize.means(values);
    return Object.fromEntries(strata.flatMap(({ name }) => (means[name] ? [[name, means[name]]] : [])));
  };
  const measured: Measured[] = [];
  for (const index of mirIndexes.filter((name) => runs.some((run) => run.index === name))) {
    const galleries = queries.map((query) => galleryOf(index, query, entries));
    const measure = (run: Omit<MirRun, 'found' | 'index'>, scorer: Scorer) =>
      measured.push({
        ...run,
        index,
        values: valuesOf(queries, galleries, scorer, run.targets ?? mirTargets),
      });
    for (const { found, ...run } of runs) if (run.index === index) measure(run, foundScorer(found));
    for (const { name, title, scorer } of baselines) measure({ name, title, kind: 'baseline' }, scorer);
  }
  return {
    methods: measured.map(({ values, targets = mirTargets, ...run }) => ({
      name: run.name,
      title: run.title,
      kind: run.kind,
      leaked: run.leaked ?? false,
      index: run.index,
      msPerQuery: run.msPerQuery,
      queries: values.group.corrected.ap.filter((value) => !Number.isNaN(value)).length,
      figures: Object.fromEntries(targets.map((target) => [target, figureTable(byOrgan, values[target])])),
      strata: mapMetrics((metric) => inStrata(values.group.corrected[metric])),
    })),
    comparisons: pairs.flatMap(([a, b]) => compared(byOrgan, measured, a, b)),
    strata: strata.map(({ name, queries: members }) => ({ name, queries: members.size })),
    withoutRelevant: queries.filter((query) =>
      galleryOf('organ', query, entries).every((entry) => !isRelevant(entry, query, 'group')),
    ).length,
  };
}

function galleryOf(index: MirIndexName, query: MirQuery, entries: readonly MirEntry[]): MirEntry[] {
  return entries.filter(
    (entry) => entry.case !== query.case && (index === 'mixed' || entry.labels[query.organ] !== undefined),
  );
}

const labelOf: Readonly<Record<MirTarget, (labels: MirLabels) => number>> = {
  flag: ({ cancerFlag }) => cancerFlag,
  group: ({ lesionGroup }) => lesionGroup,
};

/** Whether the entry has the query's label in the query's organ. */
function isRelevant({ labels }: MirEntry, query: MirQuery, target: MirTarget): boolean {
  const own = labels[query.organ];
  return own !== undefined && labelOf[target](own) === labelOf[target](query.labels);
}

function foundScorer(found: MirRun['found']): Scorer {
  return (query, target, gallery) => {
    const ids = found.get(query.id);
    if (!ids) return undefined;
    const relevant = new Set(gallery.filter((entry) => isRelevant(entry, query, target)).map(({ id }) => id));
    const relevance = ids.map((id) => relevant.has(id));
    return { released: releasedFigures(relevance), corrected: correctedFigures(relevance, relevant.size) };
  };
}

const baselines: readonly { name: string; title: string; scorer: Scorer }[] = [
  baseline('random', 'random order (expectation)', (_query, _target, _gallery, relevance) =>
    randomOrder(relevance),
  ),
  baseline('majority', 'always the most frequent label', (query, target, gallery, relevance) =>
    majorityOrder(
      gallery.map(({ labels }) => classOf(labels, query.organ, target)),
      relevance,
    ),
  ),
  baseline(
    'size',
    'nearest largest size first (reads the true sizes)',
    (query, _target, gallery, relevance) =>
      sizeOrder(
        gallery.map(({ labels }) => sizeOf(labels, query.organ)),
        query.labels.maxTumorSizeCm,
        relevance,
      ),
  ),
];

function baseline(
  name: string,
  title: string,
  order: (
    query: MirQuery,
    target: MirTarget,
    gallery: readonly MirEntry[],
    relevance: readonly boolean[],
  ) => readonly TieGroup[],
) {
  const scorer: Scorer = (query, target, gallery) => {
    const relevance = gallery.map((entry) => isRelevant(entry, query, target));
    return expectedMirFigures(order(query, target, gallery, relevance));
  };
  return { name, title, scorer };
}

/** The label in the query's organ; of what is not listed there, its labels elsewhere. */
function classOf(labels: MirEntry['labels'], organ: MirOrgan, target: MirTarget): string {
  const own = labels[organ];
  if (own) return String(labelOf[target](own));
  return Object.entries(labels)
    .map(([other, label]) => `${other} ${labelOf[target](label)}`)
    .join(', ');
}

/** The largest size in the query's organ; of what is not listed there, that elsewhere. */
function sizeOf(labels: MirEntry['labels'], organ: MirOrgan): number {
  const own = labels[organ];
  return Math.max(...(own ? [own] : Object.values(labels)).map(({ maxTumorSizeCm }) => maxTumorSizeCm));
}

function valuesOf(
  queries: readonly MirQuery[],
  galleries: readonly (readonly MirEntry[])[],
  scorer: Scorer,
  targets: readonly MirTarget[],
): Values {
  const of = (target: MirTarget) => {
    const figures = queries.map((query, at) =>
      targets.includes(target) ? scorer(query, target, galleries[at]) : undefined,
    );
    const all = (arithmetic: Arithmetic) =>
      mapMetrics((metric) => Float64Array.from(figures, (one) => one?.[arithmetic][metric] ?? Number.NaN));
    return { released: all('released'), corrected: all('corrected') };
  };
  return { flag: of('flag'), group: of('group') };
}

function figureTable(bootstrap: PatientBootstrap, values: Values[MirTarget]): MirFigureTable {
  const of = (arithmetic: Arithmetic) => mapMetrics((metric) => bootstrap.means(values[arithmetic][metric]));
  return { released: of('released'), corrected: of('corrected') };
}

function mapMetrics<T>(of: (metric: MirMetric) => T): Record<MirMetric, T> {
  return { 'p@3': of('p@3'), 'p@5': of('p@5'), 'p@10': of('p@10'), ap: of('ap') };
}

function compared(
  bootstrap: PatientBootstrap,
  measured: readonly Measured[],
  a: string,
  b: string,
): MirComparison[] {
  return mirIndexes.flatMap((index) => {
    const [one, other] = [a, b].map((name) =>
      measured.find((run) => run.index === index && run.name === name),
    );
    if (!one || !other) return [];
    return mirTargets.flatMap((target) =>
      mirMetricNames.flatMap((metric) => {
        const test = bootstrap.compare(
          one.values[target].corrected[metric],
          other.values[target].corrected[metric],
        );
        return test ? [{ index, a, b, target, metric, ...test }] : [];
      }),
    );
  });
}

interface Stratum {
  readonly name: string;
  readonly queries: ReadonlySet<string>;
}

/** Three groups of as many queries each, by the part of the organ that is tumour; none where fewer than six are known. */
function sizeStrata(queries: readonly MirQuery[]): Stratum[] {
  const known = queries.flatMap(({ id, ofOrgan }) => (ofOrgan === undefined ? [] : [{ id, ofOrgan }]));
  if (known.length < 6) return [];
  const sorted = known.toSorted((a, b) => a.ofOrgan - b.ofOrgan);
  const percent = (part: number) => `${(100 * part).toPrecision(2)} %`;
  return [0, 1, 2].map((third) => {
    const [from, to] = [third, third + 1].map((n) => Math.round((n * sorted.length) / 3));
    const members = sorted.slice(from, to);
    const range = `${percent(members[0].ofOrgan)} to ${percent(members[members.length - 1].ofOrgan)}`;
    return { name: `${range} of the organ`, queries: new Set(members.map(({ id }) => id)) };
  });
}
