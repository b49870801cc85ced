/**
 * Measures the built-in encoder by models that never saw the patients they are asked about (see tools/training/train.py):
 *   node tools/encoder/evaluate.ts MODELS [--only nodules|slices|robustness|speed]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseClasses } from '../../native/benchmark/classes.ts';
import { evaluate, type Ranking } from '../../native/benchmark/evaluate.ts';
import { loadManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { measuredRegion } from '../../native/encoder/measuredRegion.ts';
import { sampleVolume } from '../../native/encoder/sampling.ts';
import { createRandom } from '../../native/random.ts';
import { printFused } from './fused.ts';
import { type LabelledLesion, loadNodules, loadSlices } from './lidc.ts';
import { dot, foldOf, folds, LesionEncoder, partOf, requireUnseen } from './models.ts';
import { redrawn, thicker } from './redraw.ts';
import { baseline, byRow, printTable, size } from './tables.ts';

const { values: options, positionals } = parseArgs({
  options: { only: { type: 'string' } },
  allowPositionals: true,
});
const models = resolve(positionals[0]);
const root = resolve(import.meta.dirname, '../..');
const wanted = (what: string) => options.only === undefined || options.only === what;

const fields = {
  malignancy: 'benign=1-2,malignant=4-5',
  texture: 'nonsolid=1-2,part=3-4,solid=5',
} as const;

/** Each lesion by the model of its fold, which never saw its patient. */
async function crossFitted(kind: string, lesions: readonly LabelledLesion[]): Promise<Float32Array[]> {
  const embeddings: Float32Array[] = new Array(lesions.length);
  for (let fold = 0; fold < folds; fold++) {
    const encoder = await LesionEncoder.open(resolve(models, kind, String(fold)));
    for (const [n, { patient, volume, mask }] of lesions.entries()) {
      if (foldOf(patient) !== fold) continue;
      requireUnseen(encoder.manifest, `lidc-${kind}`, patient);
      embeddings[n] = await encoder.embed(volume, { box: mask.box, mask });
    }
    await encoder.close();
  }
  return embeddings;
}

async function nodules(): Promise<void> {
  const lesions = loadNodules();
  const fused = await crossFitted('nodules', lesions);
  const manifest = multiPlane(await loadManifest(resolve(models, 'nodules/0')));
  const filterBank = await fixedFilterBank(lesions);
  const methods: Record<string, Ranking> = {
    'fused (the one that counts)': byRow(fused),
    'learned part alone': byRow(fused.map((e) => partOf(e, manifest, 'learned'))),
    'measurements alone': byRow(fused.map((e) => partOf(e, manifest, 'measured'))),
    'fixed filter bank': byRow(filterBank),
    'raw 16³ pixels': byRow(lesions.map(rawPixels)),
    'size alone': size(
      lesions.map(({ volume, mask }) => measuredRegion(volume, { box: mask.box, mask }).diameterMm),
    ),
  };
  for (const [field, classes] of Object.entries(fields)) {
    const cases = lesions.map(({ patient, labels }) => ({ patient, value: labels[field] }));
    const result = await evaluate({ field, cases, classes: parseClasses(classes), methods });
    printTable(`LIDC nodules, ${field}: ${result.n} of ${JSON.stringify(result.classes)}, cross-fitted`, {
      ...result.methods,
      ...baseline(result.baselines),
    });
    await printFused(lesions, fused, manifest, field, parseClasses(classes));
  }
}

async function fixedFilterBank(lesions: readonly LabelledLesion[]): Promise<Float32Array[]> {
  const folder = mkdtempSync(join(tmpdir(), 'filter-bank-'));
  try {
    execFileSync(process.execPath, [resolve(root, 'tools/encoder/writeFilterBank.mjs'), folder]);
    const encoder = await LesionEncoder.open(folder);
    const embeddings: Float32Array[] = [];
    for (const { volume, mask } of lesions)
      embeddings.push(await encoder.embed(volume, { box: mask.box, mask }));
    await encoder.close();
    return embeddings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** 16³ HU, clipped, of a cube of twice the lesion's diameter; centred and of length 1. */
function rawPixels({ volume, mask }: LabelledLesion): Float32Array {
  const { center, diameterMm } = measuredRegion(volume, { box: mask.box, mask });
  const step = (2 * diameterMm) / 16;
  const steps = [[step, 0, 0], [0, step, 0], [0, 0, step]] as const; // biome-ignore format: a matrix
  const [x, y, z] = center.map((c) => c - 7.5 * step);
  const hu = sampleVolume(volume, { dims: [16, 16, 16], origin: [x, y, z], steps }, 2);
  const clipped = hu.map((value) => Math.min(400, Math.max(-1000, value)));
  const mean = clipped.reduce((sum, value) => sum + value, 0) / clipped.length;
  const centred = clipped.map((value) => value - mean);
  const norm = Math.sqrt(dot(centred, centred)) || 1;
  return centred.map((value) => value / norm);
}

async function slices(): Promise<void> {
  const lesions = loadSlices(readFileSync(resolve(models, 'slices/hu.i16')));
  const embeddings = await crossFitted('slices', lesions);
  const manifest = multiPlane(await loadManifest(resolve(models, 'slices/0')));
  const learned = embeddings.map((e) => partOf(e, manifest, 'learned'));
  const diameters = lesions.map(({ labels }) => Number(labels.EquivDiameter) * Number(labels.PixelSpacing));
  const cases = lesions.map(({ patient, labels }, n) => ({
    patient,
    value: labels.malignancy,
    fold: foldOf(patient),
    n,
  }));
  const strata = {
    all: [0, Infinity],
    '< 6 mm': [0, 6],
    '6–10 mm': [6, 10],
    '> 10 mm': [10, Infinity],
  } as const;
  for (const [name, [from, to]] of Object.entries(strata)) {
    // Queries of the stratum; a gallery is the held-out patients of the same fold, embedded by the same model.
    const perFold = await Promise.all(
      Array.from({ length: folds }, (_, fold) => {
        const inFold = cases.filter((item) => item.fold === fold);
        const queries = inFold.map(({ n, ...item }) => ({
          ...item,
          query: diameters[n] >= from && diameters[n] < to,
        }));
        const pick = <T>(of: readonly T[]) => inFold.map(({ n }) => of[n]);
        return evaluate({
          field: 'malignancy',
          cases: queries,
          classes: parseClasses(fields.malignancy),
          methods: {
            'learned part (the one that counts)': byRow(pick(learned)),
            fused: byRow(pick(embeddings)),
            'size alone': size(pick(diameters)),
          },
        });
      }),
    );
    for (const [fold, result] of perFold.entries()) {
      printTable(
        `LIDC slices, malignancy, ${name}, held-out fold ${fold}: ${result.n} of ${JSON.stringify(result.classes)}`,
        {
          ...result.methods,
          ...baseline(result.baselines),
        },
      );
    }
    const mean = (method: string) => {
      const all = perFold.map(({ methods }) => methods[method]['p@5'].value);
      return (all.reduce((sum, value) => sum + value, 0) / all.length).toFixed(3);
    };
    const names = Object.keys(perFold[0].methods);
    console.log(
      `LIDC slices, ${name}, mean P@5 of the folds: ${names.map((m) => `${m} ${mean(m)}`).join(', ')}\n`,
    );
  }
}

/** Whether a lesion's own embedding stays first among all: 30 boxes drawn anew for each nodule, and thicker slices. */
async function robustness(): Promise<void> {
  const lesions = loadNodules();
  const random = createRandom(1, 'redrawn boxes');
  const first: Record<string, [own: number, all: number]> = {};
  for (let fold = 0; fold < folds; fold++) {
    const encoder = await LesionEncoder.open(resolve(models, 'nodules', String(fold)));
    const gallery: Float32Array[] = [];
    for (const { volume, mask } of lesions)
      gallery.push(await encoder.embed(volume, { box: mask.box, mask }));
    const count = (what: string, own: number, query: Float32Array) => {
      const score = dot(query, gallery[own]);
      first[what] ??= [0, 0];
      first[what][1]++;
      if (gallery.every((other, at) => at === own || dot(query, other) < score)) first[what][0]++;
    };
    for (const [n, lesion] of lesions.entries()) {
      if (foldOf(lesion.patient) !== fold) continue;
      requireUnseen(encoder.manifest, 'lidc-nodules', lesion.patient);
      for (let draw = 0; draw < 30; draw++) {
        const box = redrawn(lesion.mask.box, lesion.volume, random);
        count(
          '30 boxes drawn anew (size ±30%, shift ±20%), without a mask',
          n,
          await encoder.embed(lesion.volume, { box }),
        );
      }
      for (const mm of [3, 5]) {
        for (let from = 0; from < mm; from++) {
          const { volume, mask } = thicker(lesion, mm, from);
          const query = await encoder.embed(volume, { box: mask.box, mask });
          if (from === 0) count(`slices of ${mm} mm instead of 1 mm`, n, query);
          count(`slices of ${mm} mm, cut in each of the ${mm} ways`, n, query);
        }
      }
    }
    await encoder.close();
  }
  for (const [what, [own, all]] of Object.entries(first))
    console.log(`own lesion first, ${what}: ${own} of ${all} (${((100 * own) / all).toFixed(1)}%)`);
}

async function speed(): Promise<void> {
  const lesions = loadNodules();
  const encoder = await LesionEncoder.open(resolve(root, 'resources/encoders/builtin'));
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1].toFixed(1);
  for (const by of ['mask', 'box']) {
    const embed = ({ volume, mask }: LabelledLesion) =>
      encoder.embed(volume, by === 'mask' ? { box: mask.box, mask } : { box: mask.box });
    for (const lesion of lesions.slice(0, 20)) await embed(lesion);
    encoder.times.splice(0);
    for (const lesion of lesions) await embed(lesion);
    const prepare = median(encoder.times.map(([p]) => p));
    const model = median(encoder.times.map(([, m]) => m));
    console.log(
      `time per lesion by its ${by} on one thread, median of ${lesions.length}: preparation ${prepare} ms, model ${model} ms`,
    );
  }
  await encoder.close();
}

if (wanted('nodules')) await nodules();
if (wanted('slices')) await slices();
if (wanted('robustness')) await robustness();
if (wanted('speed')) await speed();
