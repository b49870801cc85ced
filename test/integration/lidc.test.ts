import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '../../native/contract/engine.ts';
import type { ImportReport } from '../../native/contract/jobs.ts';
import { type LesionRow, metricNames } from '../../native/contract/model.ts';
import { openEngine, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();

describe.skipIf(!shared)(
  sharedGroup('the LIDC nodules'),
  () => {
    const data = join(shared ?? '', 'data/lidc-nodules');
    let library: string;

    beforeAll(async () => {
      library = await temporaryFolder();
      const report = await precedentJson<ImportReport>(
      'import', data, '--labels', join(data, 'labels.csv'), '--library', library,
    ); // biome-ignore format: one command
      expect(report.imported).toEqual({ patients: 96, studies: 96, volumes: 96, lesions: 96, reports: 0 });
      expect(report.warnings).toEqual([]);
    }, 180_000);
    afterAll(() => removeFolder(library));

    test.each([
      ['malignancy', 'benign=1-2,malignant=4-5', { benign: 16, malignant: 49 }],
      ['texture', 'nonsolid=1-2,part=3-4,solid=5', { nonsolid: 26, part: 25, solid: 45 }],
    ])('evaluate prints every figure for %s', async (field, classes, counts) => {
      const result = await precedentJson<Evaluation>(
      'evaluate', '--library', library, '--field', field, '--classes', classes,
    ); // biome-ignore format: one command
      expect(result.classes).toEqual(counts);
      for (const metrics of [result.methods.lesion, result.baselines.random, result.baselines.majority]) {
        expect(Object.keys(metrics).sort()).toEqual([...metricNames].sort());
        for (const { value, lo, hi } of Object.values(metrics)) expect(lo <= value && value <= hi).toBe(true);
      }
      // Similar nodules share a rating more often than nodules at random do, by more than the interval's width.
      expect(result.methods.lesion['macro-p@5'].lo).toBeGreaterThan(
        result.baselines.random['macro-p@5'].value,
      );
      if (field === 'malignancy') {
        expect(result.baselines.majority['p@5'].value).toBeCloseTo(0.754, 3);
        expect(result.baselines.majority['macro-p@5'].value).toBe(0.5);
      }
    });

    test('a drawn box finds its own lesion first in 90% of the nodules', async () => {
      const { engine } = await openEngine(library);
      const { rows } = await engine.call('lesions.list', { limit: 1000 });
      let first = 0;
      for (const row of rows) {
        const { volume } = await engine.call('volume.get', { volume: row.volume });
        const found = await engine.call('search.run', {
          query: { volume: row.volume, roi: grown(row, volume.spacingMm, volume.dims) },
          includeSamePatient: true,
          top: 1,
        });
        if (found.hits[0].lesion === row.id) first++;
      }
      console.log(`a box grown by 3 mm finds its own lesion first: ${first} of ${rows.length}`);
      expect(first).toBeGreaterThanOrEqual(0.9 * rows.length);
    });
  },
  300_000,
);

function grown(
  { boxIjk: b }: LesionRow,
  spacing: readonly number[],
  dims: readonly number[],
): [number, number, number, number, number, number] {
  const by = spacing.map((mm) => Math.ceil(3 / mm));
  const low = (a: 0 | 1 | 2) => Math.max(0, b[a] - by[a]);
  const high = (a: 0 | 1 | 2) => Math.min(dims[a] - 1, b[a + 3] + by[a]);
  return [low(0), low(1), low(2), high(0), high(1), high(2)];
}
