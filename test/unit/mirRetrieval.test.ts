/** The methods and metrics of 3D-MIR and the file of embeddings, by what must hold for any cases and by worked examples. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMirEmbeddings } from '../../native/benchmark/mir/embeddings.ts';
import { MirIndex, type MirItem, mirMethodNames } from '../../native/benchmark/mir/methods.ts';
import { correctedFigures, releasedFigures } from '../../native/benchmark/mir/metrics.ts';
import { mirRetrieval } from '../../native/benchmark/mir/retrieval.ts';
import { shuffled } from './retrieval.fixtures.ts';

// An index takes several blocks of 4 MiB however few its rows.
fc.configureGlobal({ numRuns: 15 });

const dim = 3;
const vector = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: dim, maxLength: dim })
  .filter((values) => values.some((value) => value !== 0))
  .map((values) => Float32Array.from(values));
const item = (name: string): fc.Arbitrary<MirItem> =>
  fc.record({
    name: fc.constant(name),
    slices: fc.array(vector, { minLength: 1, maxLength: 4 }),
    caption: vector,
  });
const train = fc
  .integer({ min: 1, max: 14 })
  .chain((n) => fc.tuple(...Array.from({ length: n }, (_, at) => item(`case ${at}`))));

describe('the methods', () => {
  test('do not depend on the order of the cases', () => {
    fc.assert(
      fc.property(train, item('query'), fc.nat(1000), (cases, query, seed) => {
        const other = new MirIndex(shuffled(cases, seed)).rankings(query);
        expect(other).toEqual(new MirIndex(cases).rankings(query));
      }),
    );
  });

  test('find each case once where there are more hits than slices', () => {
    fc.assert(
      fc.property(train, item('query'), (cases, query) => {
        const rankings = new MirIndex(cases, 1000).rankings(query);
        const all = cases.map(({ name }) => name).sort();
        expect([...rankings.keys()]).toEqual(mirMethodNames);
        for (const [method, names] of rankings) {
          // A volume whose slices have no direction together is not found by it.
          const found = method.startsWith('volume') ? all.filter((name) => names.includes(name)) : all;
          expect(names.toSorted()).toEqual(found);
        }
      }),
    );
  });

  test('never find a case of the query’s name, and otherwise what an index without it finds', () => {
    fc.assert(
      fc.property(train, item('query'), (cases, query) => {
        expect(new MirIndex([...cases, query]).rankings(query)).toEqual(new MirIndex(cases).rankings(query));
      }),
    );
  });

  test('without a caption, neither captions nor the ensemble are searched', () => {
    const slices = [Float32Array.of(1, 0, 0)];
    const rankings = new MirIndex([{ name: 'a', slices }]).rankings({ name: 'b', slices });
    expect([...rankings.keys()]).toEqual(mirMethodNames.slice(0, 7));
    expect(rankings.get('slice-freq')).toEqual(['a']);
  });

  test('a volume whose slices are all the same has no deviation to be found by, nor to search with', () => {
    const [x, y] = [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)];
    const same = { name: 'same', slices: [x, x] };
    const differs = { name: 'differs', slices: [x, y] };
    const index = new MirIndex([same, differs]);
    expect(index.rankings({ name: 'query', slices: [y, x] }).get('volume-std')).toEqual(['differs']);
    expect(index.rankings({ name: 'query', slices: [y, y] }).get('volume-std')).toEqual([]);
    expect(index.rankings({ name: 'query', slices: [y, y] }).get('volume-avg')).toEqual(['differs', 'same']);
  });

  test('of equal slices, those of the first cases by name are found', () => {
    const slices = [Float32Array.of(1, 0, 0)];
    const names = Array.from({ length: 12 }, (_, at) => `case ${String(at).padStart(2, '0')}`);
    const index = new MirIndex(
      names.map((name) => ({ name, slices })),
      3,
    );
    expect(index.rankings({ name: 'query', slices }).get('slice-freq')).toEqual(names.slice(0, 3));
  });

  test('cases of one name, and cases without any slice, are refused', () => {
    const slices = [Float32Array.of(1)];
    expect(
      () =>
        new MirIndex([
          { name: 'a', slices },
          { name: 'a', slices },
        ]),
    ).toThrow('the same name');
    expect(() => new MirIndex([{ name: 'a', slices: [] }])).toThrow('has a slice');
  });
});

describe('the metrics', () => {
  const relevance = (text: string) => Array.from(text, (one) => one === '1');

  test.each([
    ['1010000000', { 'p@3': 2 / 3, 'p@5': 2 / 5, 'p@10': (2 + 2 / 5) / 11, ap: (1 + 2 / 3) / 2 }],
    ['10', { 'p@3': 1 / 2, 'p@5': 1 / 2, 'p@10': (1 + 1 / 2) / 3, ap: 1 }],
    ['0000000000111', { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: 0 }],
    ['', { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: 0 }],
  ])('released: %s', (text, figures) => {
    expect(releasedFigures(relevance(text))).toEqual(figures);
  });

  test.each([
    ['1010000000', 4, { 'p@3': 2 / 3, 'p@5': 2 / 5, 'p@10': 2 / 10, ap: (1 + 2 / 3) / 4 }],
    ['10', 1, { 'p@3': 1 / 3, 'p@5': 1 / 5, 'p@10': 1 / 10, ap: 1 }],
    ['0000000000011', 2, { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: (1 / 12 + 2 / 13) / 2 }],
    ['', 3, { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: 0 }],
    ['00', 0, { 'p@3': 0, 'p@5': 0, 'p@10': 0, ap: 0 }],
  ])('corrected: %s of %i relevant', (text, relevant, figures) => {
    expect(correctedFigures(relevance(text), relevant)).toEqual(figures);
  });

  const list = fc.array(fc.boolean(), { maxLength: 30 });

  test('are between 0 and 1, and agree on P@3 and P@5 of a full list', () => {
    fc.assert(
      fc.property(list, fc.nat(5), (hits, missed) => {
        const corrected = correctedFigures(hits, hits.filter(Boolean).length + missed);
        const released = releasedFigures(hits);
        for (const value of [...Object.values(corrected), ...Object.values(released)]) {
          expect(value >= 0 && value <= 1).toBe(true);
        }
        if (hits.length >= 5) expect(released['p@5']).toBe(corrected['p@5']);
        if (hits.length >= 3) expect(released['p@3']).toBe(corrected['p@3']);
      }),
    );
  });

  test('corrected are 1 when everything relevant comes first, at least k of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 20 }), fc.nat(20), (relevant, others) => {
        const hits = Array.from({ length: relevant + others }, (_, at) => at < relevant);
        const figures = correctedFigures(hits, relevant);
        for (const value of Object.values(figures)) expect(value).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('a file of embeddings', () => {
  const file = {
    dim: 2,
    train: ['a', 'b'],
    test: ['c'],
    labels: { a: { flag: 1, group: 2 }, b: { flag: 0, group: -1 }, c: { flag: 1, group: 1 } },
    slices: { a: [[1, 0]], b: [[0, 1]], c: [[1, 0.1]] },
    caption: { a: [1, 0], b: [0, 1], c: [0, 1] },
  };

  test('is searched by every method; without captions by seven', () => {
    const results = mirRetrieval(readMirEmbeddings(JSON.stringify(file)));
    expect([...results.keys()]).toEqual(mirMethodNames);
    expect(results.get('slice-max')?.top10).toEqual({ c: ['a', 'b'] });
    expect(results.get('slice-max')?.metrics.flag.corrected).toEqual({
      'p@3': 1 / 3,
      'p@5': 1 / 5,
      'p@10': 1 / 10,
      ap: 1,
    });
    expect(results.get('slice-max')?.metrics.group.corrected.ap).toBe(0);
    expect(results.get('caption')?.top10).toEqual({ c: ['a', 'b'] });
    const { caption: _, ...without } = file;
    expect([...mirRetrieval(readMirEmbeddings(JSON.stringify(without))).keys()]).toEqual(
      mirMethodNames.slice(0, 7),
    );
  });

  test('a case that is searched for and among the searched is neither found nor missed', () => {
    const both = { ...file, train: ['a', 'b', 'c'] };
    const result = mirRetrieval(readMirEmbeddings(JSON.stringify(both))).get('slice-max');
    expect(result?.top10).toEqual({ c: ['a', 'b'] });
    expect(result?.metrics.flag.corrected.ap).toBe(1);
  });

  test.each([
    ['no JSON', '{"dim": 2,', 'the embeddings: it is not JSON'],
    [
      'NaN, as Python writes it',
      '{"slices": {"c": [[NaN, 1]]}}',
      'the embeddings: a value is NaN or infinite',
    ],
    [
      'another dimension',
      { slices: { ...file.slices, b: [[0, 1], [1]] } },
      'train[1], slice 1: 1 values instead of 2',
    ],
    [
      'another dimension of a caption',
      { caption: { ...file.caption, c: [1, 2, 3] } },
      'test[0], caption: 3 values instead of 2',
    ],
    ['a value that is no number', { slices: { ...file.slices, c: [[null, 1]] } }, 'slices.….0.0: '],
    [
      'a value beyond single precision',
      { slices: { ...file.slices, c: [[1e300, 1]] } },
      'test[0], slice 0: a value is beyond',
    ],
    [
      'a vector of zeros',
      { slices: { ...file.slices, c: [[0, 0]] } },
      'test[0], slice 0: all values are zero',
    ],
    ['a case without slices', { slices: { ...file.slices, c: [] } }, 'test[0]: the case has no slices'],
    ['an unknown case', { test: ['constructor'] }, 'test[0]: "slices" does not know the case'],
    [
      'a case without a caption',
      { caption: { a: [1, 0], b: [0, 1] } },
      'test[0]: "caption" does not know the case',
    ],
    [
      'a case without labels',
      { labels: { a: file.labels.a, b: file.labels.b } },
      'test[0]: "labels" does not know the case',
    ],
    ['a label that is missing', { labels: { ...file.labels, c: { flag: 1 } } }, 'labels.….group: '],
    ['a case listed twice', { train: ['a', 'b', 'a'] }, 'train: a case is listed twice'],
    ['no test case', { test: [] }, 'test: '],
    ['no dimension', { dim: undefined }, 'dim: '],
  ])('with %s is refused in one line that names no case', (_, change, message) => {
    const text = typeof change === 'string' ? change : JSON.stringify({ ...file, ...change });
    const secret = text.replaceAll('"c"', '"DOE^JOHN"');
    let thrown = '';
    try {
      readMirEmbeddings(secret);
    } catch (error) {
      thrown = String(error);
    }
    expect(thrown).toContain(message);
    expect(thrown).toContain('docs/retrieval.md');
    expect(thrown).not.toContain('DOE');
    expect(thrown).not.toContain('\n');
  });
});
