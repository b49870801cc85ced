/** Rankings for an evaluation, and its result as a table with intervals. */
import type { Ranking } from '../../native/benchmark/evaluate.ts';
import type { MetricName, Metrics } from '../../native/contract/model.ts';
import { dot } from './models.ts';

const shown: readonly MetricName[] = ['p@5', 'macro-p@5', 'p@1', 'ap'];

const ordered = (gallery: Int32Array, score: (at: number) => number) => {
  const scores = new Map(Array.from(gallery, (at) => [at, score(at)]));
  return [...gallery].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
};

/** By dot product, the same as the cosine for vectors of one length. */
export function byRow(embeddings: readonly Float32Array[]): Ranking {
  return (query, gallery) => ordered(gallery, (at) => dot(embeddings[query], embeddings[at]));
}

/** By the nearest logarithm of the diameter. */
export function size(diameters: readonly number[]): Ranking {
  return (query, gallery) => ordered(gallery, (at) => -Math.abs(Math.log(diameters[query] / diameters[at])));
}

export function baseline({
  random,
  majority,
}: {
  random: Metrics;
  majority: Metrics;
}): Record<string, Metrics> {
  return { 'random order': random, 'majority first': majority };
}

export function printTable(title: string, rows: Readonly<Record<string, Metrics>>): void {
  console.log(title);
  console.log(`  ${''.padEnd(36)}${shown.map((name) => name.padEnd(22)).join('')}`);
  for (const [name, metrics] of Object.entries(rows)) {
    const cells = shown.map((metric) => {
      const { value, lo, hi } = metrics[metric];
      return `${value.toFixed(3)} [${lo.toFixed(3)}, ${hi.toFixed(3)}]`.padEnd(22);
    });
    console.log(`  ${name.padEnd(36)}${cells.join('')}`);
  }
  console.log('');
}
