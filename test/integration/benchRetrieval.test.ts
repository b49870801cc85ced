/** `bench retrieval` against the rankings and metrics that the published evaluation gives for the same embeddings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { precedent, precedentJson } from '../support/precedent.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

type Metrics = Record<'flag' | 'group', Record<'released' | 'corrected', Record<string, number>>>;
type Results = Record<string, { top10: Record<string, string[]>; metrics: Metrics }>;

const shared = sharedDir();

describe.skipIf(!shared)(sharedGroup('bench retrieval'), () => {
  const file = join(shared ?? '', 'oracles/3dmir/retrieval.json');

  test('finds the same cases by all nine methods, and computes the same metrics, released and corrected', async () => {
    const { expected } = JSON.parse(readFileSync(file, 'utf8')) as { expected: Results };
    const { results } = await precedentJson<{ results: Results }>('bench', 'retrieval', '--input', file);
    expect(Object.keys(expected)).toHaveLength(9);
    expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
    for (const [method, { top10, metrics }] of Object.entries(expected)) {
      expect(results[method].top10, method).toEqual(top10);
      for (const label of ['flag', 'group'] as const) {
        for (const kind of ['released', 'corrected'] as const) {
          const figures = Object.entries(metrics[label][kind]);
          expect(figures.length).toBeGreaterThanOrEqual(3);
          for (const [name, value] of figures) {
            const ours = results[method].metrics[label][kind][name];
            expect(Math.abs(ours - value), `${method} ${label} ${kind} ${name}`).toBeLessThanOrEqual(1e-6);
          }
        }
      }
    }
  });

  test('prints a table for people', async () => {
    const { code, stdout } = await precedent('bench', 'retrieval', '--input', file);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1 + 9 * 2 * 2);
    expect(lines[1]).toMatch(/^slice-freq +flag +released +0\.722 +0\.750 +0\.742 +0\.781$/);
  });
});
