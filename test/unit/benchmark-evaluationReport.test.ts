/** An evaluation as HTML, CSV and JSON: complete, self-contained, and safe with whatever text a label holds. */
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { evaluationFormats } from '../../native/benchmark/evaluationReport.ts';
import type { Evaluation } from '../../native/contract/engine.ts';
import { type Metrics, metricNames } from '../../native/contract/model.ts';

const hostile = `<script>alert("1")</script> & 'x'`;
const metrics = Object.fromEntries(
  metricNames.map((name, i) => [name, { value: 0.5 + i / 100, lo: 0.25, hi: 0.875 }]),
) as Metrics;
const evaluation: Evaluation = {
  field: hostile,
  ranges: hostile,
  queries: { field: 'split', value: hostile },
  n: 190,
  skipped: 13,
  classes: { [hostile]: 150, other: 53 },
  methods: { [hostile]: metrics, lesion: metrics },
  baselines: { random: metrics, majority: metrics },
  comparisons: [
    { method: hostile, other: 'lesion', 'p@5': { value: -0.0125, lo: -0.03, hi: 0.01 }, ap: metrics.ap },
  ],
  confusion: { lesion: { [hostile]: { [hostile]: 3, other: 1 }, other: {} } },
  calibration: {
    lesion: {
      bins: [{ lo: 0.5, hi: 0.6, n: 130, expected: 0.55, observed: 0.6, lo95: 0.4, hi95: 0.7 }],
      ece: { value: 0.019, lo: 0.018, hi: 0.087 },
    },
  },
  encoder: hostile,
  trainedOn: true,
};

describe('the page', () => {
  const page = evaluationFormats['.html'](evaluation);

  test('shows figures with intervals, differences, calibration and classes of hits, and what it may be used for', () => {
    const shown = ['Research use, not for primary diagnosis', 'was trained on patients of this library', '190 lesions', '0.250–0.875', '−0.013', 'mean error 0.019 (0.018–0.087)', '<td>75%</td><td>25%</td>', '<td>–</td>', 'only where split = ']; // biome-ignore format: a list
    for (const text of shown) expect(page).toContain(text);
    // Two plots of two methods and two baselines, and one bin.
    expect(page.match(/<circle /g)).toHaveLength(9);
  });

  test('holds no element that came out of a label, and refers to nothing outside', () => {
    expect(page).not.toContain('<script>');
    expect(page).not.toMatch(/(src|href)=/);
    expect(page).toContain("default-src 'none'");
  });
});

test('the table holds every figure of every method and baseline', () => {
  const rows: Record<string, string>[] = parse(evaluationFormats['.csv'](evaluation), { columns: true });
  expect(rows).toHaveLength(4 * metricNames.length);
  expect(rows[2]).toMatchObject({ field: hostile, method: hostile, metric: 'p@5', value: '0.52', 'low 95%': '0.25', queries: '190' }); // biome-ignore format: one row
  for (const row of rows) expect(row.use).toContain('not for primary diagnosis');
});

test('JSON is the evaluation itself, and what it may be used for', () => {
  const { use, ...rest } = JSON.parse(evaluationFormats['.json'](evaluation));
  expect(rest).toEqual(evaluation);
  expect(use).toContain('not for primary diagnosis');
});
