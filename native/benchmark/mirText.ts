/** The half of 3D-MIR that needs no images: each organ's test captions search its training captions, by organ and all together. */

import { ranked } from '../retrieval/scored.ts';
import { type CaptionMethod, captionMethods } from './captionMethods.ts';
import { mirCaption } from './mirCaption.ts';
import { type MirCase, type MirTable, publishedCaptions } from './mirData.ts';
import type { MirEntry, MirQuery, MirRun } from './mirEvaluate.ts';
import type { MirOrgan } from './mirLabels.ts';

/** `own`: made by Precedent's rule from count and size, as a measured case would have it. */
export const captionSets = [...publishedCaptions, 'own'] as const;
export type CaptionSet = (typeof captionSets)[number];

/** Those that state the true count and size, and with them flag and group. */
export const statedSets: ReadonlySet<CaptionSet> = new Set(['V1', 'own']);

/** What a caption set is, in words for a report. */
const captionTitles: Readonly<Record<CaptionSet, string>> = {
  V1: 'captions V1',
  V2: 'captions V2',
  V3: 'captions V3',
  own: 'captions by our rule from count and size',
};

/** What is left of a case once its captions are made; a method gets the captions alone. */
interface Captioned {
  readonly id: string;
  readonly case: string;
  readonly caption: Readonly<Record<CaptionSet, string>>;
}
interface Part {
  readonly train: readonly Captioned[];
  readonly test: readonly Captioned[];
}

export function mirTextQueries(tables: readonly MirTable[]): MirQuery[] {
  return tables.flatMap(({ organ, split }) =>
    split.test.map(({ name, labels }) => ({ id: idOf(organ, name), case: name, organ, labels })),
  );
}

/** A caption is about an organ: a case that several organs list is as many entries. */
export function mirTextEntries(tables: readonly MirTable[]): MirEntry[] {
  return tables.flatMap(({ organ, split }) =>
    split.train.map(({ name, labels }) => ({
      id: idOf(organ, name),
      case: name,
      labels: { [organ]: labels },
    })),
  );
}

/** Every caption method on every caption set, in both indexes. */
export function mirTextRuns(tables: readonly MirTable[]): MirRun[] {
  const organs = tables.map(({ organ, split }) => ({
    train: split.train.map((one) => captioned(organ, one)),
    test: split.test.map((one) => captioned(organ, one)),
  }));
  const all = { train: organs.flatMap(({ train }) => train), test: organs.flatMap(({ test }) => test) };
  return captionSets.flatMap((set) =>
    captionMethods
      .filter(({ kind }) => kind !== 'reader' || statedSets.has(set))
      .flatMap(({ name, title, kind, index }): MirRun[] => {
        const run = { name: `${set}/${name}`, title: `${captionTitles[set]}: ${title}`, kind };
        const leaked = statedSets.has(set);
        return [
          { ...run, leaked, index: 'organ', ...searched(organs, set, index) },
          { ...run, leaked, index: 'mixed', ...searched([all], set, index) },
        ];
      }),
  );
}

function captioned(organ: MirOrgan, { name, labels, captions }: MirCase): Captioned {
  return {
    id: idOf(organ, name),
    case: name,
    caption: { ...captions, own: mirCaption(organ, labels) },
  };
}

function searched(
  parts: readonly Part[],
  set: CaptionSet,
  index: CaptionMethod['index'],
): Pick<MirRun, 'found' | 'msPerQuery'> {
  const found = new Map<string, string[]>();
  let tookMs = 0;
  for (const { train, test } of parts) {
    const search = index(train.map(({ caption }) => caption[set]));
    for (const query of test) {
      const started = performance.now();
      const scores = search(query.caption[set]);
      const others = train.flatMap((entry, at) =>
        entry.case === query.case ? [] : [{ id: entry.id, score: scores[at] }],
      );
      const ids = ranked(others).map(({ id }) => id);
      tookMs += performance.now() - started;
      found.set(query.id, ids);
    }
  }
  return { found, msPerQuery: tookMs / Math.max(1, found.size) };
}

function idOf(organ: MirOrgan, name: string): string {
  return `${organ}/${name}`;
}
