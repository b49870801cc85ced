/** Trains the model of `growModel.ts` from outlined lesions: cells around jittered marks, seeded, so that a run can be repeated. */
import type { Mark } from '../contract/mark.ts';
import { boxDims, type Mask, type Volume } from '../volume/volume.ts';
import { cellFeatures, featureNames } from './growFeatures.ts';
import { cellCoordinate, cellsPerAxis, sampleField } from './growField.ts';
import type { Layer } from './growModel.ts';
import { markRegion } from './markRegion.ts';

/** Rows of features, and 1 where the cell's centre lies in the lesion. */
export interface CellSamples {
  readonly inputs: Float32Array;
  readonly targets: Uint8Array;
}

/** `count` cells around a mark, drawn evenly within 2.2 half extents; cells outside the volume are drawn half as often. */
export function sampleCells(
  volume: Volume,
  mask: Mask,
  mark: Mark,
  count: number,
  random: () => number,
): CellSamples {
  const region = markRegion(volume, mark);
  const features = cellFeatures(sampleField(volume, region), region);
  const inputs = new Float32Array(count * featureNames.length);
  const targets = new Uint8Array(count);
  const axes = [region.inPlane[0], region.inPlane[1], region.normal];
  const [ni, nj] = boxDims(mask.box);
  const n = cellsPerAxis;
  for (let s = 0; s < count; ) {
    const v = Math.floor(random() * n * n * n);
    if (features[2][v] > 2.2) continue;
    const cell = [v % n, Math.floor(v / n) % n, Math.floor(v / (n * n))];
    const voxel = [0, 0, 0];
    for (let a = 0; a < 3; a++) {
      const axis = axes[a];
      const mm = cellCoordinate(cell[a]) * region.radiiMm[axis];
      voxel[axis] = Math.round(region.center[axis] + mm / volume.spacing[axis]);
    }
    if (voxel.some((c, a) => c < 0 || c >= volume.dims[a]) && random() < 0.5) continue;
    const inBox = voxel.every((c, a) => c >= mask.box[a] && c <= mask.box[a + 3]);
    const [i, j, k] = voxel.map((c, a) => c - mask.box[a]);
    targets[s] = inBox ? mask.bits[i + ni * (j + nj * k)] : 0;
    for (let f = 0; f < features.length; f++) inputs[s * features.length + f] = features[f][v];
    s++;
  }
  return { inputs, targets };
}

const hidden = 16;
/** Large, and few epochs: smaller batches fit the training's kinds of lesion closer and others worse. */
const batch = 2048;
const peakRate = 4e-3;
/** The share of the steps in which the rate rises. */
const warmUp = 0.05;
const decay = 1e-3;

/** Two hidden layers of ReLU units on standardised inputs, binary cross-entropy, Adam with decoupled decay, cosine rate after a warm-up. */
export function trainGrowModel(samples: readonly CellSamples[], random: () => number, epochs = 3): Layer[] {
  const width = featureNames.length;
  const total = samples.reduce((sum, s) => sum + s.targets.length, 0);
  const { mean, deviation } = moments(samples, width);
  const sizes = [width, hidden, hidden, 1];
  const layers = [0, 1, 2].map((l) => {
    // Small to begin with: large ones stay in part, and mislead where the training never went.
    const scale = 1 / Math.sqrt(sizes[l]);
    const weights = Float64Array.from({ length: sizes[l] * sizes[l + 1] }, () => (2 * random() - 1) * scale);
    return { weights: parameter(weights), bias: parameter(new Float64Array(sizes[l + 1])) };
  });
  const values = sizes.map((size) => new Float64Array(size));
  const errors = sizes.map((size) => new Float64Array(size));
  const steps = Math.floor((epochs * total) / batch);
  for (let step = 0; step < steps; step++) {
    for (let b = 0; b < batch; b++) {
      const { inputs, targets } = samples[Math.floor(random() * samples.length)];
      const row = Math.floor(random() * targets.length);
      for (let f = 0; f < width; f++) values[0][f] = (inputs[row * width + f] - mean[f]) / deviation[f];
      for (let l = 0; l < 3; l++) {
        const [from, to, w] = [values[l], values[l + 1], layers[l].weights.value];
        to.set(layers[l].bias.value);
        for (let a = 0, p = 0; a < from.length; a++) {
          const x = from[a];
          if (x === 0) p += to.length;
          else for (let o = 0; o < to.length; o++) to[o] += w[p++] * x;
        }
        if (l < 2) for (let o = 0; o < to.length; o++) if (to[o] < 0) to[o] = 0;
      }
      errors[3][0] = (1 / (1 + Math.exp(-values[3][0])) - targets[row]) / batch;
      for (let l = 2; l >= 0; l--) {
        const [from, error, back] = [values[l], errors[l + 1], errors[l]];
        const { weights, bias } = layers[l];
        for (let o = 0; o < error.length; o++) bias.gradient[o] += error[o];
        for (let a = 0, p = 0; a < from.length; a++) {
          // A unit that ReLU silenced passes nothing on, neither forwards nor backwards.
          if (from[a] === 0) {
            back[a] = 0;
            p += error.length;
            continue;
          }
          let sum = 0;
          for (let o = 0; o < error.length; o++, p++) {
            sum += weights.value[p] * error[o];
            weights.gradient[p] += from[a] * error[o];
          }
          back[a] = sum;
        }
      }
    }
    const done = step / steps;
    const fall = (1 + Math.cos((Math.PI * (done - warmUp)) / (1 - warmUp))) / 2;
    const rate = peakRate * (done < warmUp ? done / warmUp : fall);
    for (const { weights, bias } of layers) {
      adam(weights, rate, step + 1, decay);
      adam(bias, rate, step + 1, 0);
    }
  }
  return layers.map(({ weights, bias }, l) => {
    const rows = Array.from({ length: sizes[l] }, (_, a) => [
      ...weights.value.subarray(a * sizes[l + 1], (a + 1) * sizes[l + 1]),
    ]);
    if (l > 0) return { bias: [...bias.value], weights: rows };
    // The standardisation becomes part of the first layer, so that the model takes features as they are.
    const scaled = rows.map((row, a) => row.map((w) => w / deviation[a]));
    return {
      bias: [...bias.value].map((b, o) => scaled.reduce((sum, row, a) => sum - row[o] * mean[a], b)),
      weights: scaled,
    };
  });
}

interface Parameter {
  readonly value: Float64Array;
  readonly gradient: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function parameter(value: Float64Array): Parameter {
  const like = () => new Float64Array(value.length);
  return { value, gradient: like(), first: like(), second: like() };
}

function adam(
  { value, gradient, first, second }: Parameter,
  rate: number,
  step: number,
  shrink: number,
): void {
  const c1 = 1 - 0.9 ** step;
  const c2 = 1 - 0.999 ** step;
  for (let p = 0; p < value.length; p++) {
    const g = gradient[p];
    first[p] = 0.9 * first[p] + 0.1 * g;
    second[p] = 0.999 * second[p] + 0.001 * g * g;
    value[p] -= rate * (first[p] / c1 / (Math.sqrt(second[p] / c2) + 1e-8) + shrink * value[p]);
    gradient[p] = 0;
  }
}

function moments(
  samples: readonly CellSamples[],
  width: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  const total = samples.reduce((sum, s) => sum + s.targets.length, 0);
  for (const { inputs } of samples)
    for (let p = 0; p < inputs.length; p++) mean[p % width] += inputs[p] / total;
  for (const { inputs } of samples) {
    for (let p = 0; p < inputs.length; p++)
      deviation[p % width] += (inputs[p] - mean[p % width]) ** 2 / total;
  }
  return { mean, deviation: deviation.map((x) => Math.sqrt(x) + 1e-6) };
}
