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

    test('what a hit is worth holds for patients it was not learned from, and is said of searches once it is kept', async () => {
      const { engine } = await openEngine(library);
      const asked = { field: 'malignancy', classes: 'benign=1-2,malignant=4-5', methods: ['lesion'] };
      const { calibration } = await engine.call('evaluate.run', { ...asked, keep: true });
      const { bins, ece } = calibration.lesion;
      console.log(
        `mean error of the expected share: ${ece.value.toFixed(3)} (${ece.lo.toFixed(3)}–${ece.hi.toFixed(3)})`,
      );
      expect(bins.map(({ n }) => n)).toEqual([130, 130, 130, 130, 130]);
      expect(ece.value).toBeLessThanOrEqual(0.1);
      for (const { observed, lo95, hi95 } of bins) expect(lo95 <= observed && observed <= hi95).toBe(true);

      const [row] = (await engine.call('lesions.list', {})).rows;
      const found = await engine.call('search.run', { query: { lesion: row.id } });
      const { expected } = found;
      expect(expected).toMatchObject({ field: 'malignancy' });
      expect(expected?.pairs).toBeGreaterThanOrEqual(30);
      const rated = found.hits.map(({ labels }) => labels.malignancy !== '3');
      expect(expected?.hits.map((chance) => chance !== null)).toEqual(rated);
      const known = expected?.hits.flatMap((chance) => chance ?? []) ?? [];
      // The nearer, the likelier.
      expect(known).toEqual([...known].sort((a, b) => b - a));
      expect(found.notes.join()).toContain('trained on patients here');
      // Scores of another method are others, and those of the patient's own lesions no experience.
      for (const other of [{ method: 'lesion-measured' }, { includeSamePatient: true }]) {
        const without = await engine.call('search.run', { query: { lesion: row.id }, ...other });
        expect([without.expected, without.notes]).toEqual([undefined, []]);
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
