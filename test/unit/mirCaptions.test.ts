/** Captions of 3D-MIR: the ways to compare them, and that none of these sees a label. */
import { describe, expect, test } from 'vitest';
import { readCaption, statedLikeness } from '../../native/benchmark/mir/captionReader.ts';
import { leaveOneOut, type MirCase, type MirTable } from '../../native/benchmark/mir/data.ts';
import type { MirLabels } from '../../native/benchmark/mir/labels.ts';
import { captionSets, mirTextRuns, statedSets, wordForWord } from '../../native/benchmark/mir/text.ts';
import { tfidfIndex } from '../../native/benchmark/mir/tfidf.ts';
import { TextIndex } from '../../native/catalog/textIndex.ts';
import { countCaption } from '../../native/lesion/caption.ts';

describe('BM25', () => {
  const texts = [
    'Calcification in the left renal vein',
    'A mass in the right lung',
    'The left renal vein holds calcifications',
    'Renal calcification, vein left',
    'No finding',
  ];
  const find = (text: string, among = texts, by?: 'pairs') => {
    const index = new TextIndex(among);
    const found = index.like(text, by);
    index.close();
    return found;
  };

  test('the same text comes first, other forms of a word are found, texts without a word of it are not', () => {
    const found = find('calcification in the left renal vein');
    expect(found[0].at).toBe(0);
    expect(found.map(({ at }) => at).sort()).toEqual([0, 1, 2, 3]);
    expect(found.map(({ score }) => score)).toEqual(
      found.map(({ score }) => score).toSorted((a, b) => b - a),
    );
  });

  test('of the same words, those in the same order come first where pairs count', () => {
    const among = ['vein of a renal kind', 'a kind of renal vein', 'liver', 'lung', 'colon', 'bone'];
    const [first, second] = find('renal vein', among);
    expect(first.score).toBe(second.score);
    expect(find('renal vein', among, 'pairs').map(({ at }) => at)).toEqual([1, 0]);
  });

  test.each(['', ' .,;', '"', 'NEAR(a b', 'a OR "', '* ^ words:x', '\u0000', '{a} - b'])(
    'the text %j is words, never syntax',
    (text) => {
      for (const by of [undefined, 'pairs'] as const) expect(() => find(text, texts, by)).not.toThrow();
    },
  );

  test('a very long text is cut, not refused', () => {
    const long = Array.from({ length: 5000 }, (_, n) => `w${n}`).join(' ');
    expect(find(long, ['w1 w2', 'other'])).toHaveLength(1);
  });
});

// Worked out by hand: idf of a word in one of two texts is ln(3/2) + 1, of one in both 1.
test('TF-IDF: words and pairs, smoothed, unit length', () => {
  const search = tfidfIndex(['red lesion', 'blue lesion']);
  const rare = Math.log(3 / 2) + 1;
  const scores = search('red lesion a');
  expect(scores[0]).toBeCloseTo(1, 12);
  expect(scores[1]).toBeCloseTo(1 / (2 * rare ** 2 + 1), 12);
  expect([...search('unknown')]).toEqual([0, 0]);
});

test.each([
  [
    '"This 3D volume depicts a liver with 7 tumors, the largest of which measures 2.44 centimeters"',
    'liver',
    7,
    2.44,
  ],
  ['This lung 3D volume reveals a single tumor measuring 1.92 cm, a concern', 'lung', 1, 1.92],
  ['An image of the pancreas with one tumor present, the largest of 6.45 centimeters', 'pancreas', 1, 6.45],
  ['The colon is in healthy condition', 'colon', 0, 0],
  ['A normal image of the liver with no tumors detected', 'liver', 0, 0],
  [countCaption('colon', 3, 44), 'colon', 3, 4.4],
  [countCaption('lung', 1, 21), 'lung', 1, 2.1],
  [countCaption('liver', 0, 0), 'liver', 0, 0],
] as const)('the reader reads %j', (caption, organ, numberTumors, cm) => {
  expect(readCaption(caption)).toEqual({ organ, numberTumors, cm });
});

test('the reader reads nothing where nothing is stated, and such a caption is not found', () => {
  for (const caption of ['', 'Calcification in the left optic nerve', 'The liver shows a mass'])
    expect(readCaption(caption)).toBeUndefined();
  expect(statedLikeness(readCaption('no tumors in the liver'), undefined)).toBeNaN();
});

const none: MirLabels = { numberTumors: 0, maxTumorSizeCm: 0, cancerFlag: 0, lesionGroup: -1 };
function table(change: (labels: MirLabels, at: number) => MirLabels): MirTable {
  const made = (n: number): MirCase => {
    const labels: MirLabels =
      n % 4 === 0
        ? none
        : { numberTumors: n % 3 || 3, maxTumorSizeCm: n, cancerFlag: 1, lesionGroup: 1 + (n % 3) };
    const words = n % 4 === 0 ? 'The liver is in healthy condition' : `Mass ${n % 5} in the left vein ${n}`;
    return {
      name: `liver_${n}`,
      labels: change(labels, n),
      captions: { V1: words, V2: `scan ${words}`, V3: words },
    };
  };
  const cases = Array.from({ length: 20 }, (_, n) => made(n));
  return { organ: 'liver', cases, split: { train: cases.slice(0, 14), test: cases.slice(14) } };
}

test('no method sees a label: other labels change no ranking of captions that were not made from them', () => {
  const lists = (tables: readonly MirTable[]) =>
    mirTextRuns(tables)
      .filter(({ name }) => !name.startsWith('own/'))
      .map(({ name, index, found }) => ({ name, index, found: [...found] }));
  const asTheyAre = lists([table((labels) => labels)]);
  const others = lists([
    table((_, at) => ({
      numberTumors: at,
      maxTumorSizeCm: 50 - at,
      cancerFlag: at % 2 === 0 ? 1 : 0,
      lesionGroup: at,
    })),
  ]);
  expect(others).toEqual(asTheyAre);
  const names = ['V1', 'V2', 'V3'].flatMap((set) =>
    ['bm25', 'bm25-pairs', 'tfidf', ...(set === 'V1' ? ['reader'] : [])].map((method) => `${set}/${method}`),
  );
  expect([...new Set(asTheyAre.map(({ name }) => name))]).toEqual(names);
  for (const { found } of asTheyAre) expect(found.some(([, ids]) => ids.length > 0)).toBe(true);
});

test('the captions that are made from the labels are marked as leaked', () => {
  for (const { name, leaked } of mirTextRuns([table((labels) => labels)]))
    expect(leaked, name).toBe(/^(V1|own)\//.test(name));
  expect([...statedSets]).toEqual(captionSets.filter((set) => set === 'V1' || set === 'own'));
});

test('a caption set that is empty is left out', () => {
  const { organ, cases, split } = table((labels) => labels);
  const without = (all: readonly MirCase[]) =>
    all.map((one) => ({ ...one, captions: { V1: 'x', V2: '', V3: '' } }));
  const tables = [{ organ, cases, split: { train: without(split.train), test: without(split.test) } }];
  const sets = mirTextRuns(tables).map(({ name }) => name.split('/')[0]);
  expect([...new Set(sets)]).toEqual(['V1', 'own']);
});

test('captions that stand word for word in the training part are counted', () => {
  const tables = [table((labels) => labels)];
  expect(wordForWord(tables, 'V2')).toEqual({ without: 1, repeated: 1 });
  // Those of the training part are not found at themselves.
  expect(wordForWord(leaveOneOut(tables), 'V2')).toEqual({ without: 4, repeated: 4 });
  expect(
    wordForWord(
      leaveOneOut([{ ...tables[0], split: { train: tables[0].cases.slice(0, 3), test: [] } }]),
      'V2',
    ),
  ).toEqual({ without: 1, repeated: 0 });
});
