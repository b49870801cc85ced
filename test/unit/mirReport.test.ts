/** The report of 3D-MIR: complete, self-contained, and safe with whatever a name holds. */
import { expect, test } from 'vitest';
import { mirCsv } from '../../native/benchmark/mir/csv.ts';
import { mirDocument } from '../../native/benchmark/mir/document.ts';
import type { MirEntry, MirRun } from '../../native/benchmark/mir/evaluate.ts';
import type { MirLabels } from '../../native/benchmark/mir/labels.ts';
import { writeMirReport } from '../../native/benchmark/mir/report.ts';

const hostile = `<script>alert("1")</script> & 'x'`;
const labels = (n: number): MirLabels => ({
  numberTumors: n,
  maxTumorSizeCm: n,
  cancerFlag: n > 0 ? 1 : 0,
  lesionGroup: n || -1,
});
const entries = [0, 1, 2].map(
  (n): MirEntry => ({ id: `e${n}`, case: `e${n}`, labels: { liver: labels(n) } }),
);
const queries = Array.from({ length: 6 }, (_, n) => ({
  id: `liver/${hostile}${n}`,
  case: `q${n}`,
  organ: 'liver' as const,
  labels: labels(n % 3),
  ofOrgan: (n + 1) / 50,
}));
const run = (name: string, more: Partial<MirRun> = {}): MirRun => ({
  name,
  title: hostile,
  kind: 'search',
  index: 'organ',
  found: new Map(queries.map(({ id }) => [id, ['e2', 'e0']])),
  msPerQuery: 1.25,
  ...more,
});
const exception = {
  organ: 'liver' as const,
  name: hostile,
  numberTumors: 1,
  maxTumorSizeCm: 2,
  flag: { published: 1, rule: 1 },
  group: { published: 3, rule: 1 },
};
const document = mirDocument(
  {
    queries,
    entries,
    runs: [run(hostile), run('told', { leaked: true }), run(hostile, { index: 'mixed' })],
    pairs: [[hostile, 'majority'], [hostile, 'told']],
  }, // biome-ignore format: one line a field
  {
    half: 'images',
    encoder: hostile,
    notes: [hostile],
    rules: [{ organ: 'liver', cases: 3, withTumour: 2, undecided: 0, exceptions: [exception] }],
    agreement: {
      compared: 2,
      differing: [{ organ: 'liver', name: hostile, published: labels(1), mask: labels(2) }],
      largestSizeDifferenceCm: 0.25,
    },
  },
);
const page = writeMirReport(document);

test('whatever a name holds is text', () => {
  expect(page).not.toMatch(/<script|<img|https?:|url\(/i);
  expect(page).not.toContain(`'x'`);
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
  expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'`);
});

test('it opens with its use and its main result: the best search that is not leaked, beside guessing', () => {
  const [head] = page.split('One index an organ');
  expect(head).toContain('Research use, not for primary diagnosis');
  const { value } = document.methods[0].figures.group?.corrected['p@3'].macro ?? expect.fail();
  expect(head).toContain(`<strong>${value.toFixed(2)}</strong>`);
  expect(head).toMatch(/by the best search without a leak, &lt;script/);
  expect(head.match(/<svg/g)).toHaveLength(2);
});

test('every part is there: both arithmetics, organs, strata, tests, rules with exceptions, labels from masks, time', () => {
  const parts = [
    /Corrected: P@k divides by k/, /Released: the published arithmetic/, /One mixed index/, /Organ by organ/,
    /Tumour 2\.0 % to 4\.0 % of the organ, 2 queries/, /Paired tests/, /1 of 2 cm, published flag 1 and group 3, by the rule 1 and 1/,
    /1 of 2 cases have the published count, flag and group/, /from the mask 2 of 2 cm, group 2/, /1\.25 ms/,
  ]; // biome-ignore format: some to a line
  for (const part of parts) expect(page).toMatch(part);
  const figures = document.methods.length * 2 * 2 * 4;
  expect(page.match(/<td>\d\.\d{3}<small>/g)?.length).toBeGreaterThanOrEqual(figures);
  expect(page).not.toMatch(/NaN|undefined/);
});

test('the tables hold one fact a row, with quotes where a cell needs them', () => {
  const tables = mirCsv(document);
  expect(Object.keys(tables)).toEqual([
    'figures.csv', 'comparisons.csv', 'strata.csv', 'speed.csv', 'rankings.csv', 'rules.csv',
  ]); // biome-ignore format: one row
  const rows = (name: string) => tables[name].trimEnd().split('\r\n');
  // Method × label × arithmetic × metric × (macro, liver).
  expect(rows('figures.csv')).toHaveLength(1 + document.methods.length * 2 * 2 * 4 * 2);
  expect(rows('rankings.csv')[1]).toBe(
    `organ,"${hostile.replaceAll('"', '""')}","liver/${hostile.replaceAll('"', '""')}0",1,e2`,
  );
  expect(rows('rankings.csv')).toHaveLength(1 + 3 * queries.length * 2);
  expect(rows('speed.csv')).toHaveLength(1 + 3);
  expect(rows('comparisons.csv')).toHaveLength(1 + (2 + 1) * 2 * 4);
});
