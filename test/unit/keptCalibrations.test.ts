/** What a library remembers of its scores: told while it holds, withheld with a reason when the library has become another. */
import { expect, test } from 'vitest';
import type { Answer } from '../../native/benchmark/calibration.ts';
import { expectationOf, keepCalibration } from '../../native/engine/keptCalibrations.ts';
import type { Plan } from '../../native/engine/methodSources.ts';
import type { GalleryRow } from '../../native/retrieval/gallery.ts';

const ranges = 'benign=1-2,malignant=4-5';
const of = { field: 'malignancy', ranges, chance: 0.5, trainedOn: false };

function library(lesions: number) {
  const settings = new Map<string, string>();
  const row = (n: number): GalleryRow => ({ lesion: `l${n}`, patient: `p${n}`, volume: `v${n}`, labels: { malignancy: n % 2 ? '1' : '5' } }); // biome-ignore format: one row
  const gallery = new Map(Array.from({ length: lesions }, (_, n) => [`l${n}`, row(n)]));
  return {
    gallery: () => gallery,
    reads: { setting: (name: string) => settings.get(name) },
    writes: { setSetting: (name: string, value: string) => settings.set(name, value) },
  } as unknown as Parameters<typeof keepCalibration>[0];
}

function plan(version: string): Plan {
  const key = { encoder: 'e', version, preprocessing: 'h', level: 'lesion', pooling: '', dim: 2 };
  return { needs: new Map([['lesion', { key }]]), notes: [] } as unknown as Plan;
}

/** Scores of 0.5 to 1, of which the higher half shares the class. */
const answers: Answer[] = Array.from({ length: 40 }, (_, n) => ({
  patient: `p${n}`,
  hits: Array.from({ length: 10 }, (_, at) => ({ patient: `h${at}`, score: 1 - at / 20, shared: at < 5 })),
}));
const hit = (score: number, malignancy = '5') => ({
  score,
  row: { lesion: 'x', patient: 'x', volume: 'x', labels: { malignancy } },
});
const near = [1, 0.97, 0.95, 0.93, 0.9].map((score) => hit(score));

test('the chance of each hit with a class, their mean, and what it rests on', () => {
  const kept = library(40);
  expect(expectationOf(kept, 'lesion', plan('1'), near)).toEqual({ notes: [] });
  keepCalibration(kept, 'lesion', plan('1'), answers, of);
  const { expected, notes } = expectationOf(kept, 'lesion', plan('1'), [...near, hit(0.8, '3')]);
  expect(notes).toEqual([]);
  expect(expected).toMatchObject({ field: 'malignancy', chance: 0.5 });
  expect(expected?.hits).toHaveLength(6);
  expect(expected?.hits[5]).toBeNull();
  // Ten groups of 40: the answers' scores fall in steps, and the upper five share the class.
  expect(expected?.near).toEqual([...Array.from({ length: 5 }, () => ({ shared: 40, of: 40 })), null]);
  const known = expected?.hits.flatMap((chance) => chance ?? []) ?? [];
  expect(expected?.precision).toBeCloseTo(known.reduce((sum, chance) => sum + chance, 0) / 5, 12);
  expect(expected?.precision).toBeGreaterThan(0.75);
  expect(expected?.pairs).toBe(120);
  expect(expectationOf(kept, 'lesion-measured', plan('1'), near)).toEqual({ notes: [] });
});

test('few hits, far hits, and hits that are worth no more than chance are warned of', () => {
  const kept = library(40);
  keepCalibration(kept, 'lesion', plan('1'), answers, { ...of, trainedOn: true });
  const { expected, notes } = expectationOf(kept, 'lesion', plan('1'), [0.6, 0.58, 0.55].map((score) => hit(score))); // biome-ignore format: one search
  expect(expected?.precision).toBeLessThan(0.5);
  expect(notes).toEqual([
    expect.stringMatching(/^few hits \(3\)/),
    expect.stringMatching(/farther than that of 19 in 20 lesions/),
    expect.stringMatching(/trained on patients here/),
    expect.stringMatching(/hardly more often than random lesions: \d+%, by chance 50%/),
  ]);
});

test('another generation of the encoder, or many lesions more or fewer, make it stale', () => {
  const kept = library(40);
  keepCalibration(kept, 'lesion', plan('1'), answers, of);
  const stale = { notes: [expect.stringMatching(/evaluate it again/)] };
  expect(expectationOf(kept, 'lesion', plan('2'), near)).toEqual(stale);
  const grown = (lesions: number) => ({ ...kept, gallery: library(lesions).gallery });
  expect(expectationOf(grown(48), 'lesion', plan('1'), near).expected).toBeDefined();
  expect(expectationOf(grown(49), 'lesion', plan('1'), near)).toEqual(stale);
  expect(expectationOf(grown(31), 'lesion', plan('1'), near)).toEqual(stale);
});

test('what another version kept in another form is no calibration, and is replaced', () => {
  const kept = library(40);
  kept.writes.setSetting('calibrations', JSON.stringify({ lesion: { field: 'malignancy' } }));
  expect(expectationOf(kept, 'lesion', plan('1'), near)).toEqual({ notes: [] });
  keepCalibration(kept, 'lesion', plan('1'), answers, of);
  expect(expectationOf(kept, 'lesion', plan('1'), near).expected).toBeDefined();
});
