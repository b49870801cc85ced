/** The evaluation of 3D-MIR on rankings that can be worked out by hand. */
import { describe, expect, test } from 'vitest';
import { expectedMirFigures, majorityOrder, sizeOrder } from '../../native/benchmark/mir/baselines.ts';
import {
  evaluateMir,
  type MirEntry,
  type MirQuery,
  type MirRun,
} from '../../native/benchmark/mir/evaluate.ts';
import type { MirLabels } from '../../native/benchmark/mir/labels.ts';
import { correctedFigures, releasedFigures } from '../../native/benchmark/mir/metrics.ts';
import { checkRules } from '../../native/benchmark/mir/rules.ts';
import { PatientBootstrap } from '../../native/benchmark/patientBootstrap.ts';

const labels = (lesionGroup: number, maxTumorSizeCm = 0): MirLabels => ({
  numberTumors: lesionGroup < 0 ? 0 : 1,
  maxTumorSizeCm,
  cancerFlag: lesionGroup < 0 ? 0 : 1,
  lesionGroup,
});
const liver = (name: string, group: number, cm = 0): MirEntry => ({
  id: name,
  case: name,
  labels: { liver: labels(group, cm) },
});
const entries: MirEntry[] = [
  liver('a', 1, 1),
  liver('b', 2, 3),
  liver('c', 2, 4),
  { id: 'd', case: 'd', labels: { liver: labels(-1), lung: labels(3, 9) } },
  { id: 'e', case: 'e', labels: { lung: labels(3, 8) } },
];
const query = (name: string, organ: MirQuery['organ'], group: number, cm = 0): MirQuery => ({
  id: `${organ}/${name}`,
  case: name,
  organ,
  labels: labels(group, cm),
});
const search = (found: Record<string, string[]>, more: Partial<MirRun> = {}): MirRun => ({
  name: 'search',
  title: 'a search',
  kind: 'search',
  index: 'organ',
  found: new Map(Object.entries(found)),
  ...more,
});

describe('figures', () => {
  const queries = [query('x', 'liver', 2, 3.5), query('y', 'liver', -1), query('z', 'lung', 3, 9)];
  const result = evaluateMir({
    queries,
    entries,
    runs: [
      search({ 'liver/x': ['b', 'a', 'c'], 'liver/y': ['d', 'a'], 'lung/z': ['e', 'd'] }),
      search(
        { 'liver/x': ['e', 'b'], 'liver/y': ['d'], 'lung/z': ['d', 'a', 'b', 'c', 'e'] },
        { index: 'mixed' },
      ),
      search({ 'liver/x': ['b'] }, { name: 'partly', targets: ['group'] }),
    ],
    pairs: [['search', 'partly']],
  });
  const figure = (index: string, name: string) =>
    result.methods.find((method) => method.index === index && method.name === name);

  test('are means over the queries of an organ and then over the organs', () => {
    const { released, corrected } = figure('organ', 'search')?.figures.group ?? expect.fail();
    expect(corrected['p@3'].liver.value).toBeCloseTo((2 / 3 + 1 / 3) / 2, 12);
    expect(corrected['p@3'].lung.value).toBeCloseTo(2 / 3, 12);
    expect(corrected['p@3'].macro.value).toBeCloseTo((0.5 + 2 / 3) / 2, 12);
    expect(corrected.ap.liver.value).toBeCloseTo(((1 + 2 / 3) / 2 + 1) / 2, 12);
    // A list of two is averaged over two.
    expect(released['p@3'].liver.value).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
    expect(released['p@3'].lung.value).toBe(1);
  });

  test('a hit counts with the label it has in the organ of the query', () => {
    const { corrected } = figure('mixed', 'search')?.figures.group ?? expect.fail();
    // d is without a tumour in the liver and of group 3 in the lung, e is not of the liver.
    expect(corrected.ap.liver.value).toBeCloseTo((1 / 2 / 2 + 1) / 2, 12);
    expect(corrected.ap.lung.value).toBeCloseTo((1 + 2 / 5) / 2, 12);
  });

  test('a method is measured on the queries and labels that it can answer', () => {
    const partly = figure('organ', 'partly') ?? expect.fail();
    expect(partly.queries).toBe(1);
    expect(Object.keys(partly.figures)).toEqual(['group']);
    expect(Object.keys(partly.figures.group?.corrected.ap ?? {})).toEqual(['macro', 'liver']);
    const compared = result.comparisons.filter(({ target }) => target === 'group');
    expect(compared.map(({ metric, difference }) => [metric, difference.value])).toEqual([
      ['p@3', expect.closeTo(1 / 3, 12)],
      ['p@5', expect.closeTo(1 / 5, 12)],
      ['p@10', expect.closeTo(1 / 10, 12)],
      ['ap', expect.closeTo(1 / 3, 12)],
    ]);
    expect(result.comparisons.some(({ target }) => target === 'flag')).toBe(false);
  });

  test('baselines stand beside each index', () => {
    const of = (index: string, name: string) => figure(index, name)?.figures.group?.corrected['p@3'];
    expect(of('organ', 'random')?.lung.value).toBeCloseTo(2 / 3, 12);
    expect(of('organ', 'random')?.liver.value).toBeCloseTo((2 / 4 + 1 / 4) / 2, 12);
    expect(of('mixed', 'random')?.lung.value).toBeCloseTo(2 / 5, 12);
    // Group 2 is the most frequent: both places before, and a third at random, find it.
    expect(of('organ', 'majority')?.liver.value).toBeCloseTo((2 / 3 + 1 / 2 / 3) / 2, 12);
    // 3.5 cm: b and c, then a; 0 cm: d, a, b.
    expect(of('organ', 'size')?.liver.value).toBeCloseTo((2 / 3 + 1 / 3) / 2, 12);
  });

  test('nobody finds their own case, in no index', () => {
    const own = evaluateMir({
      queries: [query('a', 'liver', 1, 1), query('d', 'liver', 2)],
      entries,
      runs: [search({ 'liver/a': ['a', 'b'], 'liver/d': [] })],
      pairs: [],
    });
    const [method] = own.methods;
    expect(method.figures.group?.corrected['p@3'].liver.value).toBe(0);
    expect(own.withoutRelevant).toBe(1);
  });
});

test('strata are three equal parts of the queries whose organ is known', () => {
  const sized = Array.from({ length: 7 }, (_, n) => ({
    ...query(`q${n}`, 'liver', n < 3 ? 1 : 2),
    ofOrgan: n < 6 ? (n + 1) / 100 : undefined,
  }));
  const result = evaluateMir({
    queries: sized,
    entries,
    runs: [search(Object.fromEntries(sized.map(({ id }) => [id, ['b', 'c']])))],
    pairs: [],
  });
  expect(result.strata).toEqual([
    { name: '1.0 % to 2.0 % of the organ', queries: 2 },
    { name: '3.0 % to 4.0 % of the organ', queries: 2 },
    { name: '5.0 % to 6.0 % of the organ', queries: 2 },
  ]);
  const values = Object.values(result.methods[0].strata['p@3'] ?? {}).map(({ value }) => value);
  expect(values).toEqual([0, expect.closeTo(1 / 3, 12), expect.closeTo(2 / 3, 12)]);
});

describe('baselines by expectation', () => {
  test('are the mean over all orders of what is tied, in both arithmetics', () => {
    const orders = [
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ];
    const expected = expectedMirFigures([{ size: 3, relevant: 1 }]);
    for (const metric of ['p@3', 'p@5', 'p@10', 'ap'] as const) {
      const mean = (of: (order: boolean[]) => number) =>
        orders.reduce((sum, order) => sum + of(order), 0) / 3;
      expect(expected.released[metric]).toBeCloseTo(
        mean((order) => releasedFigures(order)[metric]),
        12,
      );
      expect(expected.corrected[metric]).toBeCloseTo(
        mean((order) => correctedFigures(order, 1)[metric]),
        12,
      );
    }
  });

  test('a ranking without ties has the figures of its list', () => {
    const relevance = [false, true, true, false, false, true, false, true, false, false, true, false];
    const groups = relevance.map((relevant) => ({ size: 1, relevant: Number(relevant) }));
    const { released, corrected } = expectedMirFigures(groups);
    for (const metric of ['p@3', 'p@5', 'p@10', 'ap'] as const) {
      expect(released[metric]).toBeCloseTo(releasedFigures(relevance)[metric], 12);
      expect(corrected[metric]).toBeCloseTo(correctedFigures(relevance, 5)[metric], 12);
    }
  });

  test('order by frequency and by size', () => {
    expect(majorityOrder(['a', 'b', 'b', 'c'], [true, true, false, false])).toEqual([
      { size: 2, relevant: 1 },
      { size: 2, relevant: 1 },
    ]);
    expect(sizeOrder([1, 5, 3, 3], 3, [false, true, true, false])).toEqual([
      { size: 2, relevant: 1 },
      { size: 2, relevant: 1 },
    ]);
  });
});

describe('the bootstrap by patient', () => {
  const queries = Array.from({ length: 40 }, (_, n) => ({
    patient: `p${n % 20}`,
    group: n < 20 ? 'a' : 'b',
  }));
  const bootstrap = new PatientBootstrap(queries);

  test('figures that are all the same have no width; what has no figure has no interval', () => {
    const means = bootstrap.means(
      Float64Array.from(queries, ({ group }) => (group === 'a' ? 0.5 : Number.NaN)),
    );
    expect(means).toEqual({ macro: { value: 0.5, lo: 0.5, hi: 0.5 }, a: { value: 0.5, lo: 0.5, hi: 0.5 } });
  });

  test('patients are drawn whole: a patient’s queries in two groups move together', () => {
    const same = Float64Array.from(queries, (_, n) => (n % 20 < 10 ? 1 : 0));
    const opposed = Float64Array.from(queries, (_, n) => (n % 20 < 10 === n < 20 ? 1 : 0));
    const width = ({ macro }: Record<string, { lo: number; hi: number }>) => macro.hi - macro.lo;
    expect(width(bootstrap.means(same))).toBeGreaterThan(0.3);
    expect(width(bootstrap.means(opposed))).toBeLessThan(1e-12);
  });

  test('the same is no difference; what is better for every patient is one', () => {
    const low = Float64Array.from(queries, (_, n) => (n % 7) / 10);
    const equal = bootstrap.compare(low, low) ?? expect.fail();
    expect(equal).toEqual({ difference: { value: 0, lo: 0, hi: 0 }, p: 1 });
    const better = bootstrap.compare(
      low.map((value) => value + 0.1),
      low,
    );
    expect(better?.difference.lo).toBeCloseTo(0.1, 12);
    expect(better?.p).toBeLessThan(0.001);
    const chance = bootstrap.compare(
      low.map((value, n) => value + (n % 2 === 0 ? 0.1 : -0.1)),
      low,
    );
    expect(chance?.p).toBeGreaterThan(0.5);
    expect(bootstrap.compare(low, new Float64Array(queries.length).fill(Number.NaN))).toBeUndefined();
  });
});

test('the check of the rules lists what they do not reproduce, and counts what they do not decide', () => {
  const made = (name: string, numberTumors: number, maxTumorSizeCm: number, lesionGroup: number) => ({
    name,
    labels: { numberTumors, maxTumorSizeCm, cancerFlag: 1 as const, lesionGroup },
    captions: { V1: '', V2: '', V3: '' },
  });
  const cases = [
    made('fits', 1, 1.5, 1),
    made('boundary', 1, 2, 2),
    made('wrong', 1, 1.5, 3),
    made('flag', 0, 0, -1),
  ];
  const check = checkRules({ organ: 'liver', cases, split: { train: [], test: [] } });
  expect(check).toMatchObject({ organ: 'liver', cases: 4, withTumour: 3, undecided: 1 });
  expect(check.exceptions).toEqual([
    { organ: 'liver', name: 'wrong', numberTumors: 1, maxTumorSizeCm: 1.5, flag: { published: 1, rule: 1 }, group: { published: 3, rule: 1 } },
    { organ: 'liver', name: 'flag', numberTumors: 0, maxTumorSizeCm: 0, flag: { published: 1, rule: 0 }, group: { published: -1, rule: -1 } },
  ]); // biome-ignore format: one line a case
});
