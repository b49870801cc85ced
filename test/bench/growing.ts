/**
 * How well a mark grows into the lesion: Dice against outlined lesions from a jittered ellipse on the largest slice.
 *   node test/bench/growing.ts                     the shipped model (it was trained on lidc and sarcoma)
 *   node test/bench/growing.ts --cross-validate    models that have not seen the lesions they are measured on (5 folds)
 *   node test/bench/growing.ts --train             trains the model anew and writes native/lesion/growModel.ts
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Mark } from '../../native/contract/mark.ts';
import { rasterizeRoi } from '../../native/dicom/rasterize.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { readSeries } from '../../native/dicom/volume.ts';
import { growLesion } from '../../native/lesion/grow.ts';
import { growModel, type Layer } from '../../native/lesion/growModel.ts';
import { growScene } from '../../native/lesion/growScenes.ts';
import { type CellSamples, sampleCells, trainGrowModel } from '../../native/lesion/growTrain.ts';
import { markEllipsoid } from '../../native/lesion/markRegion.ts';
import { dice } from '../../native/lesion/mask.ts';
import { readNifti, readNiftiMask } from '../../native/nifti/nifti.ts';
import { createRandom } from '../../native/random.ts';
import { boxDims, type Mask, type Volume } from '../../native/volume/volume.ts';
import { findUnder } from '../support/findUnder.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

interface Case {
  readonly set: string;
  readonly volume: Volume;
  readonly mask: Mask;
}

/** Per dataset: the ROI that is the lesion, how often each lesion is marked, how often for training (0: never). */
const datasets = [
  { set: 'lidc', folder: 'lidc-nodules', roi: '', marks: 3, trainingMarks: 5 },
  { set: 'sarcoma', folder: 'sarcoma-dicom', roi: 'GTV_Mass_CT', marks: 5, trainingMarks: 16 },
  { set: 'lung1', folder: 'lung1-dicom', roi: 'GTV-1', marks: 20, trainingMarks: 0 },
] as const;

const jitter = 0.2;
const folds = 5;
const cellsPerMark = 1500;
const sceneCount = 60;

async function readCases(data: string, { set, folder, roi }: (typeof datasets)[number]): Promise<Case[]> {
  const cases: Case[] = [];
  if (roi === '') {
    const names = (await readdir(resolve(data, folder))).filter((f) => f.endsWith('_mask.nii.gz')).sort();
    for (const name of names) {
      const { volume } = readNifti(await readFile(resolve(data, folder, name.replace('_mask', ''))));
      const { labels } = readNiftiMask(await readFile(resolve(data, folder, name)), volume);
      cases.push({ set, volume, mask: labels[0].mask });
    }
    return cases;
  }
  for (const series of (await findUnder([resolve(data, folder)])).series) {
    const { volume } = (await readSeries(series.files)).volumes[0];
    for (const { path } of series.regions) {
      const found = readRtstruct(await readFile(path)).rois.find((r) => r.name === roi);
      const filled = found && rasterizeRoi(found, volume);
      if (filled) cases.push({ set, volume, mask: filled.mask });
    }
  }
  return cases;
}

/** The bounding ellipse of the mask on its largest axial slice (k), centre and half axes each off by up to ±`jitter` of a half axis. */
function jitteredMark(mask: Mask, random: () => number): Mark {
  const [ni, nj, nk] = boxDims(mask.box);
  let [slice, most] = [0, 0];
  for (let k = 0; k < nk; k++) {
    const area = mask.bits.subarray(k * ni * nj, (k + 1) * ni * nj).reduce((sum, b) => sum + b, 0);
    if (area > most) [slice, most] = [k, area];
  }
  let [i0, j0, i1, j1] = [ni, nj, -1, -1];
  for (let p = 0; p < ni * nj; p++) {
    if (mask.bits[slice * ni * nj + p] === 0) continue;
    [i0, i1] = [Math.min(i0, p % ni), Math.max(i1, p % ni)];
    [j0, j1] = [Math.min(j0, Math.floor(p / ni)), Math.max(j1, Math.floor(p / ni))];
  }
  const off = () => jitter * (2 * random() - 1);
  const [a, b] = [(i1 - i0 + 1) / 2, (j1 - j0 + 1) / 2];
  const u = mask.box[0] + (i0 + i1) / 2 + off() * a;
  const w = mask.box[1] + (j0 + j1) / 2 + off() * b;
  const [ra, rb] = [a * (1 + off()), b * (1 + off())];
  const corners = [
    [u - ra, w - rb],
    [u + ra, w + rb],
  ] as const;
  return { plane: 'axial', slice: mask.box[2] + slice, shape: { kind: 'ellipse', corners } };
}

const samplesOf = new Map<Case, CellSamples[]>();

function caseSamples(c: Case, marks: number, stream: string): CellSamples[] {
  const known = samplesOf.get(c);
  if (known) return known;
  const random = createRandom(1, stream).next;
  const samples = Array.from({ length: marks }, () =>
    sampleCells(c.volume, c.mask, jitteredMark(c.mask, random), cellsPerMark, random),
  );
  samplesOf.set(c, samples);
  return samples;
}

/** Synthetic scenes take part in every training, in none of the measurements. */
const scenes: readonly Case[] = Array.from({ length: sceneCount }, (_, n) => ({
  set: 'scene',
  ...growScene(n, createRandom(1, `growing-scene-${n}`).next),
}));

function train(cases: readonly Case[]): Layer[] {
  const samples: CellSamples[] = [];
  for (const [n, c] of [...cases, ...scenes].entries()) {
    const marks = c.set === 'scene' ? 3 : (datasets.find((d) => d.set === c.set)?.trainingMarks ?? 0);
    samples.push(...caseSamples(c, marks, `growing-${c.set}-${n}`));
  }
  return trainGrowModel(samples, createRandom(1, 'growing-training').next);
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** `modelOf` gives the model to use for a case, so that a fold can use the one that has not seen it. */
function report(title: string, cases: readonly Case[], modelOf: (c: Case) => readonly Layer[]): void {
  const rows = [];
  for (const { set, marks } of datasets) {
    const random = createRandom(2, `growing-${set}`).next;
    const ours: number[] = [];
    const ellipsoid: number[] = [];
    const times: number[] = [];
    for (const c of cases.filter((x) => x.set === set)) {
      for (let n = 0; n < marks; n++) {
        const mark = jitteredMark(c.mask, random);
        const start = performance.now();
        const grown = growLesion(c.volume, mark, modelOf(c));
        times.push(performance.now() - start);
        ours.push(dice(grown.mask, c.mask));
        const plain = markEllipsoid(c.volume, mark);
        ellipsoid.push(plain ? dice(plain, c.mask) : 0);
      }
    }
    const figures = (values: readonly number[]) => ({
      median: quantile(values, 0.5).toFixed(3),
      p10: quantile(values, 0.1).toFixed(3),
    });
    const ms = {
      'ms median': times.length && Math.round(quantile(times, 0.5)),
      'ms max': Math.round(Math.max(...times)),
    };
    rows.push({ dataset: set, marks: ours.length, method: 'grown', ...figures(ours), ...ms });
    rows.push({ dataset: set, marks: ours.length, method: 'ellipsoid of the mark', ...figures(ellipsoid) });
  }
  console.log(title);
  console.table(rows);
}

function modelSource(model: readonly Layer[]): string {
  const row = (values: readonly number[]) => `[${values.map((x) => Number(x.toPrecision(4))).join(', ')}]`;
  const layer = ({ bias, weights }: Layer) =>
    `{ bias: ${row(bias)}, weights: [\n${weights.map((r) => `${row(r)},\n`).join('')}] },\n`;
  return `/** The trained weights of the model that grows a mark; written by \`node test/bench/growing.ts --train\`, not by hand. */

/** One fully connected layer: output = bias + Σ weights[input]·value. */
export interface Layer {
  readonly bias: readonly number[];
  /** One row per input. */
  readonly weights: readonly (readonly number[])[];
}

/** Two hidden layers with ReLU, then the log-odds of lesion. Inputs in the order of \`featureNames\`. */
export const growModel: readonly Layer[] = [
${model.map(layer).join('')}];
`;
}

const shared = sharedDir();
if (!shared) {
  console.log(`skipped: ${sharedMissing}`);
} else {
  const cases: Case[] = [];
  for (const dataset of datasets) cases.push(...(await readCases(resolve(shared, 'data'), dataset)));
  if (process.argv.includes('--train')) {
    await writeFile(
      resolve(import.meta.dirname, '../../native/lesion/growModel.ts'),
      modelSource(train(cases)),
    );
    console.log('native/lesion/growModel.ts written; format it with npm run format');
  } else if (process.argv.includes('--cross-validate')) {
    const foldOf = (c: Case) => cases.indexOf(c) % folds;
    const models = Array.from({ length: folds }, (_, fold) => train(cases.filter((c) => foldOf(c) !== fold)));
    report('Dice, each lesion by a model that has not seen it', cases, (c) => models[foldOf(c)]);
  } else {
    report('Dice of the shipped model (trained on lidc and sarcoma, not on lung1)', cases, () => growModel);
  }
}
