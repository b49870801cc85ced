/** Runs one batch of a model on a session, and says in one way what is wrong with a model, a batch or a run. */
import { PrecedentError } from '../contract/errors.ts';
import type { InputData, ProviderName } from '../contract/inference.ts';
import type { ModelSpec } from './model.ts';
import type { Feed, Runtime, RuntimeSession } from './runtime.ts';

/** Opens a model on a provider. Throws `unreadable` when it is no model or has other inputs or outputs than its manifest. */
export async function createSession(
  runtime: Runtime,
  spec: ModelSpec,
  model: Uint8Array,
  provider: ProviderName,
  threads: number,
): Promise<RuntimeSession> {
  let session: RuntimeSession;
  try {
    session = await runtime.create(model, provider, threads);
  } catch (error) {
    throw new PrecedentError('unreadable', `the model cannot be opened: ${firstLine(error)}`, spec.id);
  }
  const lacking = (names: readonly string[], wanted: string) => !names.includes(wanted);
  const input = spec.inputs.find(({ name }) => lacking(session.inputNames, name));
  const output = lacking(session.outputNames, spec.output.name) ? spec.output : undefined;
  const missing = input ?? output;
  if (!missing) return session;
  const { inputNames, outputNames } = session;
  await session.release();
  throw new PrecedentError(
    'unreadable',
    `the model has no "${missing.name}", only ${(input ? inputNames : outputNames).join(', ')}`,
    spec.id,
    'correct the manifest',
  );
}

/** Throws `usage` unless every input is there with `count` items, one after the other. */
export function checkInputs(spec: ModelSpec, inputs: readonly InputData[], count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new PrecedentError('usage', `a batch of ${count} cannot be run`, spec.id);
  }
  for (const wanted of spec.inputs) {
    const given = inputs.find(({ name }) => name === wanted.name);
    const length = count * itemLength(wanted.shape);
    const type = given?.data instanceof Float32Array ? 'float32' : 'int64';
    if (given?.data.length === length && type === wanted.type) continue;
    throw new PrecedentError(
      'usage',
      `a batch of ${count} needs ${length} values of ${wanted.type} for "${wanted.name}", not ${given?.data.length ?? 'none'}`,
      spec.id,
    );
  }
}

/**
 * The outputs of items `from` to `to`, one row of output.dim each. The inputs must have passed checkInputs.
 * Throws `limit` when memory ran out, `internal` when the run failed, `unreadable` when the output has another size.
 */
export async function runItems(
  session: RuntimeSession,
  spec: ModelSpec,
  inputs: readonly InputData[],
  from: number,
  to: number,
): Promise<Float32Array> {
  const feeds = spec.inputs.flatMap(({ name, type, shape }): Feed[] => {
    const data = inputs.find((input) => input.name === name)?.data;
    const each = itemLength(shape);
    return data
      ? [{ name, type, data: data.subarray(from * each, to * each), dims: [to - from, ...shape] }]
      : [];
  });
  let data: unknown;
  try {
    data = await session.run(feeds, spec.output.name);
  } catch (error) {
    const text = firstLine(error);
    throw new PrecedentError(
      outOfMemory.test(text) ? 'limit' : 'internal',
      `the model failed: ${text}`,
      spec.id,
    );
  }
  if (!(data instanceof Float32Array) || data.length !== (to - from) * spec.output.dim) {
    throw new PrecedentError('unreadable', "the model's output is not what its manifest says", spec.id);
  }
  return data;
}

/** How the providers say that memory ran out. */
const outOfMemory = /out[ _]?of[ _]?memory|allocate memory|bad_alloc|not enough memory|8007000e/i;

export function itemLength(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
