/** The demonstration report: complete, self-contained, and safe with whatever text a label holds. */
import { describe, expect, test } from 'vitest';
import { type DemonstrationReport, writeDemonstrationReport } from '../../native/benchmark/report.ts';
import { type Metrics, metricNames } from '../../native/contract/model.ts';

const png = 'data:image/png;base64,iVBORw0KGgo=';
const hostile = `<script>alert("1")</script> & 'x'`;
const metrics = Object.fromEntries(
  metricNames.map((name, i) => [name, { value: 0.5 + i / 100, lo: 0.25, hi: 0.875 }]),
) as Metrics;
const lesion = {
  lesion: 'l1',
  name: hostile,
  patient: hostile,
  volumeMl: 1.234,
  diameterMm: 12.34,
  labels: { [hostile]: hostile },
  png,
};

const report: DemonstrationReport = {
  counts: { patients: 60, studies: 61, volumes: 62, lesions: 203 },
  encoder: hostile,
  queries: [{ query: lesion, hits: [{ ...lesion, rank: 1, score: 0.98765, png: `x" onerror="alert(1)` }] }],
  evaluation: {
    field: hostile,
    n: 190,
    skipped: 13,
    classes: { [hostile]: 203 },
    methods: { [hostile]: metrics },
    baselines: { random: metrics, majority: metrics },
    comparisons: [],
    confusion: {},
    calibration: {},
    encoder: 'e',
    trainedOn: false,
  },
  timings: { [hostile]: 1234, embedding: 56.7 },
};

describe('the report', () => {
  const page = writeDemonstrationReport(report);

  test('shows counts, scores, sizes, figures with intervals, and times', () => {
    for (const shown of [
      '>60<',
      '>203<',
      '0.988',
      '12.3 mm',
      '1.23 ml',
      '190 queries',
      '0.250–0.875',
      '1.2 s',
      '57 ms',
    ]) {
      expect(page).toContain(shown);
    }
    for (const name of metricNames) expect(page).toContain(`<th>${name}</th>`);
    expect(page.match(/<rect /g)).toHaveLength(3);
  });

  test('says what it may be used for', () => {
    expect(page).toContain('Research use, not for primary diagnosis');
  });

  test('escapes all text and lets only PNG data through as a picture', () => {
    expect(page).not.toMatch(/<script|onerror/);
    expect(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)/g)?.length).toBeGreaterThanOrEqual(8);
    expect(page.match(/<img /g)).toHaveLength(1);
    expect(page).toContain('no picture');
  });

  test('refers to nothing outside itself', () => {
    expect(page).not.toMatch(/https?:|url\(|<link|@import/);
  });

  test('does without an evaluation', () => {
    expect(writeDemonstrationReport({ ...report, evaluation: undefined })).not.toContain('Evaluation');
  });
});
