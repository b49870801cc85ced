import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '../../native/contract/engine.ts';
import type { Simulation } from '../../native/contract/feedback.ts';
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

    test('marks of a user who knows the classes bring more of the same to the unmarked hits', async () => {
      const result = await precedentJson<Simulation>(
      'bench', 'feedback', '--library', library, '--field', 'malignancy', '--classes', 'benign=1-2,malignant=4-5', '--draws', '40',
    ); // biome-ignore format: one command
      const { change } = result;
      console.log(`3 marks change P@10 of the unmarked by ${change.value} (${change.lo} to ${change.hi})`);
      expect([result.n, result.skipped, result.draws]).toEqual([65, 0, 40]);
      expect(change.lo).toBeGreaterThan(0);
      expect(result.after.value - result.before.value).toBeCloseTo(change.value, 10);
    });

    test('marks move the hits, are kept for the user, and go with what was marked', async () => {
      const { engine } = await openEngine(library);
      const { rows } = await engine.call('lesions.list', { limit: 1 });
      const query = { lesion: rows[0].id };
      const before = await engine.call('search.run', { query });
      expect(before.scores).toBe('cosine');
      const lesions = before.hits.map(({ lesion }) => lesion);
      const feedback = { relevant: [lesions[4]], irrelevant: [lesions[0]] };
      const after = await engine.call('search.run', { query, feedback });
      const place = (hits: typeof after.hits, lesion: string) =>
        hits.findIndex((hit) => hit.lesion === lesion);
      expect(place(after.hits, lesions[4])).toBeLessThan(4);
      expect(place(after.hits, lesions[0])).not.toBe(0);
      expect((await engine.call('search.run', { query })).hits).toEqual(before.hits);
      await engine.call('feedback.mark', { query, hit: lesions[4], relevant: true, method: 'lesion' });
      await engine.call('feedback.mark', { query, hit: lesions[0], relevant: false, method: 'lesion' });
      const region = { volume: rows[0].volume, roi: rows[0].boxIjk };
      await engine.call('feedback.mark', {
        query: region,
        hit: lesions[1],
        relevant: true,
        method: 'lesion',
      });
      expect(await engine.call('feedback.list', { query })).toMatchObject([
        { lesion: query.lesion, hit: lesions[4], relevant: true },
        { lesion: query.lesion, hit: lesions[0], relevant: false },
      ]);
      expect(await engine.call('feedback.list', { query: region })).toMatchObject([
        { boxIjk: rows[0].boxIjk },
      ]);
      await engine.call('feedback.clear', { query });
      await engine.call('feedback.mark', {
        query: region,
        hit: lesions[1],
        relevant: null,
        method: 'lesion',
      });
      expect(await engine.call('feedback.list', {})).toEqual([]);
    });

    test('a hit is explained by slices, measurements and a map; a lesion is like itself in everything', async () => {
      const { engine } = await openEngine(library);
      const { rows } = await engine.call('lesions.list', { limit: 1 });
      const query = { lesion: rows[0].id };
      const [first] = (await engine.call('search.run', { query, top: 1 })).hits;
      const { slices, measures, sample } = await engine.call('search.explain', { query, hit: first.lesion });
      expect(sample).toBe(60);
      expect(slices.by).toBe('place');
      const crossed = ({ boxIjk: b }: { boxIjk: readonly number[] }, k: number) => k >= b[2] && k <= b[5];
      for (const pair of slices.pairs)
        expect(crossed(rows[0], pair.query) && crossed(first, pair.hit)).toBe(true);
      const named = new Map(measures.map((measure) => [measure.name, measure]));
      expect(named.get('diameterMm')).toMatchObject({ query: rows[0].diameterMm, hit: first.diameterMm });
      for (const name of [
        'volumeMl',
        'meanHu',
        'sdHu',
        'sliceThicknessMm',
        'morph_sphericity',
        'szm_zs_entr',
      ]) {
        expect(named.get(name)?.percentile, name).toBeGreaterThanOrEqual(0);
      }
      const own = await engine.call('search.explain', { query, hit: rows[0].id });
      expect(own.measures.map(({ percentile }) => percentile)).toEqual(own.measures.map(() => 0));
      // The same voxels as a region measure the same.
      const { mask } = await engine.call('lesion.get', { lesion: rows[0].id });
      const region = { volume: rows[0].volume, mask };
      const drawn = await engine.call('search.explain', { query: region, hit: rows[0].id });
      expect(drawn.measures.find(({ name }) => name === 'morph_sphericity')?.percentile).toBe(0);
      const map = await engine.call('search.similarityMap', { query, hit: first.lesion });
      expect(map.cosine).toBeCloseTo(first.score, 2);
      for (const side of [map.query, map.hit]) {
        expect(side.values).toHaveLength(side.columns * side.rows);
        expect(Math.max(...side.values.map(Math.abs))).toBeGreaterThan(1e-3);
      }
      const stop = new AbortController();
      const cut = engine.call('search.similarityMap', { query, hit: first.lesion }, { signal: stop.signal });
      setTimeout(() => stop.abort(), 50);
      await expect(cut).rejects.toThrow(/cancelled/);
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
