/** The encoder's manifest, encoder.json: what goes into its model, what comes out, and which file is meant. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import { measurementNames } from './measurements.ts';

export const planeNames = ['axial', 'coronal', 'sagittal'] as const;
export type PlaneName = (typeof planeNames)[number];

const positive = z.number().positive();
const name = z.string().min(1);

const scaleSchema = z.discriminatedUnion('kind', [
  /** A square of `margin` times the lesion's diameter (that of the sphere of its volume). */
  z.object({ kind: z.literal('tight'), margin: positive }),
  /** A square of `mm` millimetres, whatever the lesion's size. */
  z.object({ kind: z.literal('fieldOfView'), mm: positive }),
]);

const maxDim = 512;

export const manifestSchema = z
  .object({
    format: z.literal(1),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    title: name,
    licence: name,
    kind: z.enum(['fixed', 'trained']),
    model: z.object({
      file: z.string().regex(/^[\w-]+\.onnx$/, 'a plain file name ending in .onnx'),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    input: z.object({
      name,
      /** Of one lesion, without the batch axis: [scales × planes × windows, size, size]. */
      shape: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
      planes: z.array(z.enum(planeNames)).min(1),
      scales: z.array(scaleSchema).min(1),
      size: z.int().min(8).max(512),
      windows: z.array(z.object({ name: name.optional(), center: z.number(), width: positive })).min(1),
    }),
    output: z.object({ name, dim: z.int().positive() }),
    /** `weight` is the measurement's share among the measurements; each takes two dimensions of the embedding. */
    measurements: z.array(
      z.object({ name: z.enum(measurementNames), mean: z.number(), sd: positive, weight: z.number().min(0) }),
    ),
    normalisation: z.object({
      /** The shares of the model's output and of all measurements together in the embedding's squared norm. */
      outputWeight: z.number().min(0),
      measurementWeight: z.number().min(0),
      /** By what the measurements are shortened that depend on a mask, in the embedding of a region without one. */
      estimatedLength: z.number().min(0).max(1),
    }),
  })
  .superRefine((m, ctx) => {
    const { planes, scales, windows, size, shape } = m.input;
    const expected = [planes.length * scales.length * windows.length, size, size];
    if (expected.some((n, axis) => n !== shape[axis])) {
      ctx.addIssue({
        code: 'custom',
        path: ['input', 'shape'],
        message: `should be [${expected.join(', ')}]`,
      });
    }
    const { outputWeight, measurementWeight } = m.normalisation;
    const measured = m.measurements.reduce((sum, { weight }) => sum + weight, 0) * measurementWeight;
    if (!(outputWeight + measured > 0)) {
      ctx.addIssue({ code: 'custom', path: ['normalisation'], message: 'every weight is zero' });
    }
    if (embeddingDim(m) > maxDim) {
      ctx.addIssue({ code: 'custom', path: ['output', 'dim'], message: `embedding of more than ${maxDim}` });
    }
  });

export type Manifest = z.infer<typeof manifestSchema>;

/** The number of values of the encoder's embedding: the model's output and two per measurement. */
export function embeddingDim(manifest: Pick<Manifest, 'output' | 'measurements'>): number {
  return manifest.output.dim + 2 * manifest.measurements.length;
}

/**
 * Reads encoder.json from an encoder's folder and checks its model's SHA-256.
 * Throws `unreadable` when a file is missing or the manifest is not valid, `corrupt` when the model is another file.
 */
export async function loadManifest(dir: string): Promise<Manifest> {
  const path = join(dir, 'encoder.json');
  const manifest = parseManifest((await read(path)).toString('utf8'), path);
  await readModel(manifest, dir);
  return manifest;
}

/** The model's bytes, those whose SHA-256 was checked; throws as loadManifest does. */
export async function readModel({ model: named }: Pick<Manifest, 'model'>, dir: string): Promise<Uint8Array> {
  const path = join(dir, named.file);
  const model = await read(path);
  if (createHash('sha256').update(model).digest('hex') !== named.sha256) {
    throw new PrecedentError(
      'corrupt',
      'the model is not the one its manifest names (SHA-256 differs)',
      path,
      'install the encoder again',
    );
  }
  return model;
}

/** The text of an encoder.json as a manifest; throws `unreadable` naming the first field that is wrong. */
export function parseManifest(text: string, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PrecedentError('unreadable', 'the encoder manifest is not JSON', path);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PrecedentError(
    'unreadable',
    `the encoder manifest is not valid: ${issue.path.join('.') || 'document'}: ${issue.message}`,
    path,
    'see native/encoder/manifest.ts for the fields',
  );
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new PrecedentError(
        'unreadable',
        'the encoder lacks this file',
        path,
        'install the encoder again',
      );
    }
    throw PrecedentError.from(error);
  }
}
