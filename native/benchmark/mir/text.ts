/** The half of 3D-MIR that needs no images: each organ's test captions search its training captions, by organ and all together. */

import { countCaption } from '../../lesion/caption.ts';
import { ranked } from '../../retrieval/scored.ts';
import { type CaptionMethod, captionMethods } from './captionMethods.ts';
import { type MirCase, type MirTable, publishedCaptions } from './data.ts';
import type { MirEntry, MirQuery, MirRun } from './evaluate.ts';
import type { MirOrgan } from './labels.ts';

/** `own`: as Precedent captions a study, from count and size. */
export const captionSets = [...publishedCaptions, 'own'] as const;
type CaptionSet = (typeof captionSets)[number];

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
    split.test.map(({ name, labels }) => ({ id: mirQueryId(organ, name), case: name, organ, labels })),
  );
}

/** A caption is about an organ: a case that several organs list is as many entries. */
export function mirTextEntries(tables: readonly MirTable[]): MirEntry[] {
  return tables.flatMap(({ organ, split }) =>
    split.train.map(({ name, labels }) => ({
      id: mirQueryId(organ, name),
      case: name,
      labels: { [organ]: labels },
    })),
  );
}

/**
 * Every caption method, or those that are named, on every caption set that there is, in both indexes.
 * @param found `id`: a caption is found; `case`: its case is, which has one in each organ that lists it
 */
export function mirTextRuns(
  tables: readonly MirTable[],
  found: 'id' | 'case' = 'id',
  methods: readonly CaptionMethod[] = captionMethods,
): MirRun[] {
  const organs = tables.map(({ organ, split }) => ({
    train: split.train.map((one) => captioned(organ, one)),
    test: split.test.map((one) => captioned(organ, one)),
  }));
  const all = { train: organs.flatMap(({ train }) => train), test: organs.flatMap(({ test }) => test) };
  const given = captionSets.filter((set) => all.train.some(({ caption }) => caption[set] !== ''));
  return given.flatMap((set) =>
    methods
      .filter(({ kind }) => kind !== 'reader' || statedSets.has(set))
      .flatMap(({ name, title, kind, index }): MirRun[] => {
        const run = { name: `${set}/${name}`, title: `${captionTitles[set]}: ${title}`, kind };
        const leaked = statedSets.has(set);
        return [
          { ...run, leaked, index: 'organ', ...searched(organs, set, found, index) },
          { ...run, leaked, index: 'mixed', ...searched([all], set, found, index) },
        ];
      }),
  );
}

function captioned(organ: MirOrgan, { name, labels, captions }: MirCase): Captioned {
  return {
    id: mirQueryId(organ, name),
    case: name,
    caption: {
      ...captions,
      own: countCaption(organ, labels.numberTumors, labels.maxTumorSizeCm * 10),
    },
  };
}

function searched(
  parts: readonly Part[],
  set: CaptionSet,
  found: 'id' | 'case',
  index: CaptionMethod['index'],
): Pick<MirRun, 'found' | 'msPerQuery'> {
  const lists = new Map<string, string[]>();
  let tookMs = 0;
  for (const { train, test } of parts) {
    const search = index(train.map(({ caption }) => caption[set]));
    for (const query of test) {
      const started = performance.now();
      const scores = search(query.caption[set]);
      const others = train.flatMap((entry, at) =>
        entry.case === query.case ? [] : [{ id: entry[found], score: scores[at] }],
      );
      const ids = ranked(others).map(({ id }) => id);
      tookMs += performance.now() - started;
      lists.set(query.id, ids);
    }
  }
  return { found: lists, msPerQuery: tookMs / Math.max(1, lists.size) };
}

/** A case is a query of every organ that lists it among its test cases. */
export function mirQueryId(organ: MirOrgan, name: string): string {
  return `${organ}/${name}`;
}

/**
 * How many queries without a tumour there are, and of how many the caption stands as it is with another training case of
 * their organ.
 */
export function wordForWord(
  tables: readonly MirTable[],
  set: CaptionSet,
): { without: number; repeated: number } {
  let [without, repeated] = [0, 0];
  for (const { organ, split } of tables) {
    const train = split.train.map((one) => captioned(organ, one));
    for (const query of split.test.filter(({ labels }) => labels.cancerFlag === 0)) {
      const caption = captioned(organ, query).caption[set];
      without++;
      if (train.some((one) => one.case !== query.name && one.caption[set] === caption)) repeated++;
    }
  }
  return { without, repeated };
}
