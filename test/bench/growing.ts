/**
 * How well a mark grows into the lesion: Dice against outlined lesions from a jittered ellipse on the largest slice.
 *   node test/bench/growing.ts                     the shipped model (it was trained on lidc and sarcoma)
 *   node test/bench/growing.ts --cross-validate    models that have not seen the lesions they are measured on (5 folds)
 *   node test/bench/growing.ts --train             trains the model anew and writes native/lesion/growModel.ts; with
 *                                                  --cross-validate both, on the same samples
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { growLesion } from '../../native/lesion/grow.ts';
import { growModel, type Layer } from '../../native/lesion/growModel.ts';
import { growScene } from '../../native/lesion/growScenes.ts';
import { type CellSamples, sampleCells, trainGrowModel } from '../../native/lesion/growTrain.ts';
import { transplantIntoLung } from '../../native/lesion/growTransplant.ts';
import { markEllipsoid } from '../../native/lesion/markRegion.ts';
import { dice } from '../../native/lesion/mask.ts';
import { createRandom } from '../../native/random.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';
import { type Case, datasets, jitteredMark, readCases } from './growingCases.ts';
import { acceptance, type Measured, percentile } from './growingFigures.ts';

const folds = 5;
const cellsPerMark = 2500;
const sceneCount = 120;
/** How often each outlined mass is set into lung. */
const transplants = 12;
/** Marks on each scene, and on each mass set into lung. */
const madeMarks: Readonly<Record<string, number>> = { scene: 2, transplant: 1 };

function trainingMarks({ set }: Case): number {
  return datasets.find((d) => d.set === set)?.trainingMarks ?? madeMarks[set] ?? 0;
}

/** Synthetic scenes take part in every training, in none of the measurements. */
const scenes: readonly Case[] = Array.from({ length: sceneCount }, (_, n) => ({
  set: 'scene',
  patient: `scene ${n}`,
  ...growScene(n, createRandom(1, `growing-scene-${n}`).next),
}));

const samplesOf = new Map<Case, readonly CellSamples[]>();

/** The samples of a patient's lesion and, of a mass, those of the same mass set into lung. */
function patientSamples(c: Case): readonly CellSamples[] {
  const known = samplesOf.get(c);
  if (known) return known;
  const samples = markedSamples(c);
  for (let n = 0; c.set === 'sarcoma' && n < transplants; n++) {
    const patient = `${c.patient} ${n}`;
    const random = createRandom(1, `growing-transplant-${patient}`).next;
    const made = transplantIntoLung(c.volume, c.mask, random);
    samples.push(...markedSamples({ set: 'transplant', patient, ...made }));
  }
  samplesOf.set(c, samples);
  return samples;
}

function markedSamples(c: Case): CellSamples[] {
  const random = createRandom(1, `growing-${c.set}-${c.patient}`).next;
  return Array.from({ length: trainingMarks(c) }, () =>
    sampleCells(c.volume, c.mask, jitteredMark(c.mask, random), cellsPerMark, random),
  );
}

function train(cases: readonly Case[]): Layer[] {
  const samples = [...cases, ...scenes].flatMap(patientSamples);
  return trainGrowModel(samples, createRandom(1, 'growing-training').next);
}

/** `modelOf` gives the model to use for a case, so that a fold can use the one that has not seen it. */
function report(title: string, cases: readonly Case[], modelOf: (c: Case) => readonly Layer[]): void {
  console.log(title);
  for (const { set, marks } of datasets) {
    const random = createRandom(2, `growing-${set}`).next;
    const measured: Measured[] = [];
    const times: number[] = [];
    for (const c of cases.filter((x) => x.set === set)) {
      for (let n = 0; n < marks; n++) {
        const mark = jitteredMark(c.mask, random);
        const start = performance.now();
        const grown = growLesion(c.volume, mark, modelOf(c));
        times.push(performance.now() - start);
        const plain = markEllipsoid(c.volume, mark);
        measured.push({
          patient: c.patient,
          grown: dice(grown.mask, c.mask),
          ellipsoid: plain ? dice(plain, c.mask) : 0,
        });
      }
    }
    for (const line of acceptance(set, measured)) console.log(line);
    const ms = (p: number) => percentile(times, p).toFixed(0);
    console.log(`  growing alone, in memory  median ${ms(0.5)} ms, 95th percentile ${ms(0.95)} ms`);
  }
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
  const trainable = cases.filter((c) => trainingMarks(c) > 0);
  const asked = (flag: string) => process.argv.includes(flag);
  const shipped = asked('--train') ? train(trainable) : growModel;
  if (asked('--train')) {
    await writeFile(resolve(import.meta.dirname, '../../native/lesion/growModel.ts'), modelSource(shipped));
    console.log('native/lesion/growModel.ts written; format it with npm run format');
  }
  if (asked('--cross-validate')) {
    const foldOf = (c: Case) => trainable.indexOf(c) % folds;
    const models = Array.from({ length: folds }, (_, fold) =>
      train(trainable.filter((c) => foldOf(c) !== fold)),
    );
    report(
      'each lesion by a model that has not seen its patient (lung1 by the shipped one, which never saw it)',
      cases,
      (c) => models[foldOf(c)] ?? shipped,
    );
  } else if (!asked('--train')) {
    report('the shipped model, which was TRAINED on lidc and sarcoma, not on lung1', cases, () => shipped);
  }
}
