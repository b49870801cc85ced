/** The evaluation page's proposals for classes, what it refuses, and its verdict in words. */
import { describe, expect, test } from 'vitest';
import { parseClasses } from '../../native/benchmark/classes.ts';
import type { Evaluation } from '../../native/contract/engine.ts';
import { type Metrics, metricNames } from '../../native/contract/model.ts';
import {
  classCounts,
  classesProblem,
  classesText,
  evaluable,
  type FieldValues,
  proposedClasses,
} from '../../renderer/benchmark/classes.ts';
import { verdict } from '../../renderer/benchmark/verdict.ts';

const field = (name: string, counts: Readonly<Record<string, number>>): FieldValues => ({
  name,
  values: Object.entries(counts).map(([value, count]) => ({ value, count })),
});
const malignancy = field('malignancy', { 3: 31, 1: 2, 2: 14, 4: 31, 5: 18 });

describe('classes', () => {
  test('of a grade are proposed without its middle, and counted', () => {
    const rows = proposedClasses(malignancy);
    expect(rows && classesText(rows)).toBe('benign=1-2,malignant=4-5');
    expect(classCounts(malignancy, rows)).toEqual({
      classes: new Map([
        ['malignant', 49],
        ['benign', 16],
      ]),
      none: 31,
    });
    expect(proposedClasses(field('grade', { 1: 4, 6: 4 }))).toEqual([
      { name: 'low', from: 1, to: 3 },
      { name: 'high', from: 4, to: 6 },
    ]);
  });

  test('of other numbers are proposed as two halves, and are what the engine reads', () => {
    const rows = proposedClasses(field('size', { '-2.5': 3, '4': 3, '8.25': 4, '30': 2 }));
    expect(rows).toEqual([
      { name: 'low', from: -2.5, to: 4 },
      { name: 'high', from: 8.25, to: 30 },
    ]);
    expect(parseClasses(classesText(rows ?? []))).toEqual(rows);
    // Most of the lesions have the highest value: there is still something on both sides.
    expect(proposedClasses(field('flag', { 0: 1, 1: 99 }))).toEqual([
      { name: 'low', from: 0, to: 0 },
      { name: 'high', from: 1, to: 1 },
    ]);
  });

  test('of words are the words', () => {
    const kind = field('kind', { cyst: 3, tumour: 4 });
    expect(proposedClasses(kind)).toBeNull();
    expect([...classCounts(kind, null).classes]).toEqual([
      ['cyst', 3],
      ['tumour', 4],
    ]);
  });

  test('that cannot be evaluated are refused with the reason', () => {
    const row = (name: string, from: number, to: number) => ({ name, from, to });
    expect(classesProblem([row('a', 1, 2), row('b', 3, 4)])).toBeNull();
    expect(classesProblem([row('a', 1, 2), row('b', 3, 4), row('a', 5, 6)])).toBeNull();
    expect(classesProblem([row('a', 1, 2)])).toMatch(/two classes/);
    expect(classesProblem([row('a', 1, 2), row('a', 3, 4)])).toMatch(/two classes/);
    expect(classesProblem([row('a', 1, 2), row(' ', 3, 4)])).toMatch(/needs a name/);
    expect(classesProblem([row('a', 1, 2), row('b=c', 3, 4)])).toMatch(/no equals sign/);
    expect(classesProblem([row('a', 1, 2), row('b', 4, 3)])).toMatch(/wrong way/);
    expect(classesProblem([row('a', 1, 3), row('b', 3, 4)])).toMatch(/overlap/);
  });

  test('need a label with at least two values that describes a lesion', () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`n${n}`, 1]));
    const numbers = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [String(n), 1]));
    const fields = [malignancy, field('one', { a: 9 }), field('split', { a: 1, b: 1 }), field('name', names), field('hu', numbers)]; // biome-ignore format: a list
    expect(evaluable(fields).map(({ name }) => name)).toEqual(['malignancy', 'hu']);
  });
});

describe('the verdict', () => {
  const metrics = (value: number, lo: number, hi: number) =>
    Object.fromEntries(metricNames.map((name) => [name, { value, lo, hi }])) as Metrics;
  const evaluation: Evaluation = {
    field: 'malignancy',
    ranges: 'benign=1-2,malignant=4-5',
    n: 65,
    skipped: 0,
    classes: { benign: 16, malignant: 49 },
    methods: { lesion: metrics(0.757, 0.68, 0.82), fused: metrics(0.8, 0.7, 0.9) },
    baselines: { random: metrics(0.49, 0.4, 0.5), majority: metrics(0.6, 0.5, 0.7) },
    comparisons: [],
    confusion: {},
    calibration: {},
    encoder: 'e',
    trainedOn: false,
  };

  test('gives the share with its interval, beside random and the commonest class', () => {
    const { better, sentences } = verdict(evaluation, 'lesion');
    expect(better).toBe(true);
    expect(sentences[0]).toBe(
      'Of the five nearest lesions, 76% [68–82] share the class of malignancy; five at random would give 49%, always guessing the commonest (malignant) 60%.',
    );
    expect(sentences[1]).toContain('more often than chance');
    expect(sentences[2]).toBe('The highest figure is that of fused, 80% [70–90].');
    expect(verdict(evaluation, 'fused').sentences).toHaveLength(2);
  });

  test('does not claim more than the interval allows', () => {
    const methods = { lesion: metrics(0.62, 0.59, 0.66) };
    const { better, sentences } = verdict({ ...evaluation, methods }, 'lesion');
    expect(better).toBe(false);
    expect(sentences[1]).toContain('no more than chance can explain');
  });
});
