/** Joins a model's output and the measurements into one embedding of length one. */
import { PrecedentError } from '../contract/errors.ts';
import { embeddingDim, type ImageManifest } from './manifest.ts';
import { measurementTable } from './measurements.ts';
import type { EncoderInput } from './preprocess.ts';

/**
 * The embedding of one lesion, embeddingDim values with L2 norm 1: the output at length √outputWeight, then of every
 * measurement the cosine and sine of an angle, at lengths whose squares are its share of measurementWeight. The angle
 * rises with the measurement from −π/2 to π/2, so two embeddings' dot product is a weighted mean of the outputs' cosine
 * and of the cosines of the angles' differences: an outlier cannot drown the rest, and nothing needs a population to be
 * centred on. Without a mask the measurements that depend on one are estimates and are shortened by estimatedLength.
 * Throws `internal` when the output has the wrong length, is constant, or anything is not finite.
 */
export function combine(
  output: Float32Array,
  { measurements, estimated }: Pick<EncoderInput, 'measurements' | 'estimated'>,
  manifest: ImageManifest,
): Float32Array {
  const unit = normaliseOutput(output, manifest);
  if (measurements.length !== manifest.measurements.length || !measurements.every(Number.isFinite)) {
    throw new PrecedentError('internal', 'a measurement of the lesion is not a number', manifest.id);
  }
  const { outputWeight, measurementWeight, estimatedLength } = manifest.normalisation;
  const total = manifest.measurements.reduce((sum, { weight }) => sum + weight, 0);
  const embedding = new Float32Array(embeddingDim(manifest));
  for (let at = 0; at < unit.length; at++) embedding[at] = unit[at] * Math.sqrt(outputWeight);
  for (const [m, { name, mean, sd, weight }] of manifest.measurements.entries()) {
    const z = (measurements[m] - mean) / sd;
    const angle = ((Math.PI / 2) * z) / Math.sqrt(1 + z * z);
    const certain = !estimated || measurementTable[name].where === 'ball';
    const length = Math.sqrt((measurementWeight * weight) / (total || 1)) * (certain ? 1 : estimatedLength);
    embedding[unit.length + 2 * m] = length * Math.cos(angle);
    embedding[unit.length + 2 * m + 1] = length * Math.sin(angle);
  }
  return unitLength(embedding, manifest);
}

/** The model's output at length 1. Throws as combine does. */
function normaliseOutput(output: Float32Array, manifest: ImageManifest): Float32Array {
  if (output.length !== manifest.output.dim) {
    throw new PrecedentError('internal', `the model gave ${output.length} values`, manifest.id);
  }
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of output) {
    if (!Number.isFinite(value)) {
      throw new PrecedentError('internal', 'the model gave values that are not numbers', manifest.id);
    }
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (most - least <= 1e-6 * Math.max(1, Math.abs(most))) {
    throw new PrecedentError('internal', 'the model gave a constant output', manifest.id);
  }
  return unitLength(output, manifest);
}

function unitLength(vector: Float32Array, manifest: ImageManifest): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(norm > 0 && Number.isFinite(norm))) {
    throw new PrecedentError('internal', 'an embedding cannot be brought to length one', manifest.id);
  }
  return vector.map((value) => value / norm);
}
