/**
 * The half of 3D-MIR that needs images: the published tables, cut down to the cases whose volumes are there and labelled by
 * their own masks, and what was found for them as runs of the evaluation.
 */
import type { LesionRow, OrganContext } from '../../contract/model.ts';
import { interleave, reciprocalRank } from '../../retrieval/fuse.ts';
import type { Scored } from '../../retrieval/scored.ts';
import type { MirTable } from './data.ts';
import type { MirEntry, MirQuery, MirRun } from './evaluate.ts';
import { type MirLabels, type MirOrgan, mirOrgans } from './labels.ts';
import { mirQueryId } from './text.ts';

/** A volume of a library under the name of its case. */
export interface ImagedCase {
  readonly name: string;
  readonly volume: string;
  /** From its mask, by the rules of its organ; undefined without a mask. */
  readonly labels: MirLabels | undefined;
  /** The volume of its tumours as a part of its organ's (tumours included), where the mask has the organ. */
  readonly ofOrgan: number | undefined;
}

/** How the labels from the masks compare with the published ones. */
export interface LabelAgreement {
  readonly compared: number;
  /** Cases whose flag, group or count is another. */
  readonly differing: readonly {
    readonly organ: MirOrgan;
    readonly name: string;
    readonly published: MirLabels;
    readonly mask: MirLabels;
  }[];
  /** Among the cases of the same count, cm. */
  readonly largestSizeDifferenceCm: number;
}

const without: MirLabels = { numberTumors: 0, maxTumorSizeCm: 0, cancerFlag: 0, lesionGroup: -1 };

/**
 * The tables with the cases that are there, labels by their masks; cases of the organ's own data set without a mask are left
 * out, and so is an organ without a query or without anything to search. A case of another data set has no tumour in this
 * organ: so the benchmark adds lesion-free scans.
 */
export function imagedTables(
  tables: readonly MirTable[],
  cases: ReadonlyMap<string, ImagedCase>,
): MirTable[] {
  return tables
    .map(({ organ, cases: published, split }) => {
      const imaged = (all: MirTable['cases']) =>
        all.flatMap((one) => {
          const found = cases.get(one.name);
          const labels = isOwnCase(organ, one.name) ? found?.labels : without;
          return found && labels ? [{ ...one, labels }] : [];
        });
      return {
        organ,
        cases: imaged(published),
        split: { train: imaged(split.train), test: imaged(split.test) },
      };
    })
    .filter(({ split }) => split.train.length > 0 && split.test.length > 0);
}

export function labelAgreement(
  tables: readonly MirTable[],
  cases: ReadonlyMap<string, ImagedCase>,
): LabelAgreement {
  const pairs = tables.flatMap(({ organ, cases: published }) =>
    published.flatMap(({ name, labels }) => {
      const mask = isOwnCase(organ, name) ? cases.get(name)?.labels : undefined;
      return mask ? [{ organ, name, published: labels, mask }] : [];
    }),
  );
  const same = (a: MirLabels, b: MirLabels) =>
    a.cancerFlag === b.cancerFlag && a.lesionGroup === b.lesionGroup && a.numberTumors === b.numberTumors;
  const differences = pairs
    .filter(({ published, mask }) => published.numberTumors === mask.numberTumors)
    .map(({ published, mask }) => Math.abs(published.maxTumorSizeCm - mask.maxTumorSizeCm));
  return {
    compared: pairs.length,
    differing: pairs.filter(({ published, mask }) => !same(published, mask)),
    largestSizeDifferenceCm: Math.max(0, ...differences),
  };
}

/**
 * The volume of a case's lesions as a part of its organ's with them: a mask gives each voxel to one of the two. Undefined
 * where none of the lesions lies in or beside a mask of an organ of the benchmark.
 */
export function partOfOrgan(
  lesions: readonly (Pick<LesionRow, 'volumeMl'> & {
    readonly organs: readonly Pick<OrganContext, 'organ' | 'inside' | 'ofOrgan'>[];
  })[],
): number | undefined {
  const around = lesions.flatMap(({ volumeMl, organs }) =>
    organs
      .filter(({ organ }) => mirOrgans.some((name) => name === organ.toLowerCase()))
      .map(({ ofOrgan, inside }) => ({ volumeMl, ofOrgan, inside })),
  );
  if (around.length === 0) return undefined;
  const organMl = around[0].volumeMl / around[0].ofOrgan;
  const tumourMl = lesions.reduce((sum, { volumeMl }) => sum + volumeMl, 0);
  const insideMl = around.reduce((sum, { volumeMl, inside }) => sum + volumeMl * inside, 0);
  return tumourMl / (organMl + tumourMl - insideMl);
}

/** `liver_12` is of the liver's data set, in whatever organ's table it stands. */
export function isOwnCase(organ: MirOrgan, name: string): boolean {
  return name.startsWith(`${organ}_`);
}

export function mirImageQueries(
  tables: readonly MirTable[],
  cases: ReadonlyMap<string, ImagedCase>,
): MirQuery[] {
  return tables.flatMap(({ organ, split }) =>
    split.test.map(({ name, labels }) => ({
      id: mirQueryId(organ, name),
      case: name,
      organ,
      labels,
      ofOrgan: isOwnCase(organ, name) ? cases.get(name)?.ofOrgan : undefined,
    })),
  );
}

/** A case is found once, whatever organs list it. */
export function mirImageEntries(tables: readonly MirTable[]): MirEntry[] {
  const labels = new Map<string, Partial<Record<MirOrgan, MirLabels>>>();
  for (const { organ, split } of tables)
    for (const one of split.train) labels.set(one.name, { ...labels.get(one.name), [organ]: one.labels });
  return Array.from(labels, ([name, own]) => ({ id: name, case: name, labels: own }));
}

const ensembles: readonly {
  readonly name: string;
  readonly title: string;
  readonly fuse: (slices: readonly Scored[], captions: readonly Scored[]) => Scored[];
}[] = [
  {
    name: 'ensemble',
    title: 'slices by frequency and captions, interleaved as published',
    fuse: (slices, captions) => interleave([slices, captions], 'shortest'),
  },
  {
    name: 'rrf',
    title: 'slices by frequency and captions, by reciprocal rank',
    fuse: (slices, captions) => reciprocalRank([slices, captions]),
  },
];

/** A run of slices fused with each run of captions in the same index. @param prefix of the encoder's methods */
export function ensembleRuns(slices: MirRun, captions: readonly MirRun[], prefix: string): MirRun[] {
  return captions
    .filter(({ index }) => index === slices.index)
    .flatMap((caption) =>
      ensembles.map(({ name, title, fuse }): MirRun => {
        const lists = Array.from(slices.found, ([query, list]): [string, string[]] => {
          const fused = fuse(asScored(list), asScored(caption.found.get(query) ?? []));
          return [query, fused.map(({ id }) => id)];
        });
        return {
          name: `${prefix}${name} ${caption.name}`,
          title: `${title} (${caption.title})`,
          kind: 'search',
          leaked: caption.leaked ?? false,
          index: slices.index,
          found: new Map(lists),
          msPerQuery: (slices.msPerQuery ?? 0) + (caption.msPerQuery ?? 0),
        };
      }),
    );
}

/** A ranking without its scores, as scores of the same order. */
function asScored(ids: readonly string[]): Scored[] {
  return ids.map((id, at) => ({ id, score: -at }));
}
