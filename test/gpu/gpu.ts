/**
 * `npm run test:gpu [-- --provider NAME] [--required]`: proves that a GPU's output equals the CPU's, on the built-in encoder and on a
 * convolutional network of middling size made here, and prints how much faster it is. Without such a GPU it says why it skips, and
 * ends well unless it is --required.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type InputData, providerName } from '../../native/contract/inference.ts';
import { createSession, runItems } from '../../native/encoder/execute.ts';
import { knownInputs } from '../../native/encoder/knownInput.ts';
import { loadManifest, readModel } from '../../native/encoder/manifest.ts';
import { type ModelSpec, modelSpec } from '../../native/encoder/model.ts';
import { modelPrecision } from '../../native/encoder/precision.ts';
import { disagreement } from '../../native/encoder/providers.ts';
import { onnxRuntime, type RuntimeSession } from '../../native/encoder/runtime.ts';
import { convolutionalModel } from './convolutional.ts';

const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: 'cuda' },
    required: { type: 'boolean', default: false },
  },
});
const provider = providerName.parse(values.provider);
/** Compared at one item and at several: kernels differ by the size of the batch. */
const batches = [1, 2, 16];

interface Subject {
  readonly spec: ModelSpec;
  readonly model: Uint8Array;
}

async function builtin(): Promise<Subject> {
  const folder = join(resolve(import.meta.dirname, '../..'), 'resources/encoders/builtin');
  const manifest = await loadManifest(folder);
  return { spec: modelSpec(manifest), model: await readModel(manifest, folder) };
}

/** Why the provider cannot be used here, or null. */
async function unusable({ spec, model }: Subject): Promise<string | null> {
  if (!onnxRuntime.backends().includes(provider)) return 'not in this build of ONNX Runtime';
  try {
    const session = await createSession(onnxRuntime, spec, model, provider, 1);
    await session.release();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Items a second, the best of a few runs after one to warm up. */
async function speed(session: RuntimeSession, spec: ModelSpec, inputs: InputData[], n: number) {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6; run++) {
    const started = performance.now();
    await runItems(session, spec, inputs, 0, n);
    if (run > 0) best = Math.min(best, performance.now() - started);
  }
  return (1000 * n) / best;
}

/** How many of the comparisons fail. */
async function compare({ spec, model }: Subject): Promise<number> {
  const cpu = await createSession(onnxRuntime, spec, model, 'cpu', availableParallelism());
  const gpu = await createSession(onnxRuntime, spec, model, provider, 1);
  let failures = 0;
  for (const n of batches) {
    const inputs = knownInputs(spec, n);
    const expected = await runItems(cpu, spec, inputs, 0, n);
    const output = await runItems(gpu, spec, inputs, 0, n);
    const wrong = disagreement(output, expected, spec.output.dim, modelPrecision(model));
    const worst = output.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
    if (wrong !== null) failures++;
    const [fast, slow] = [await speed(gpu, spec, inputs, n), await speed(cpu, spec, inputs, n)];
    console.log(
      `${wrong === null ? '✓' : '✗'} ${spec.id}, ${n} at a time: ${wrong ?? `equal to the CPU within ${worst.toExponential(1)}`}; ` +
        `${fast.toFixed(0)} a second on ${provider}, ${slow.toFixed(0)} on ${availableParallelism()} cores: ${(fast / slow).toFixed(1)} times as fast`,
    );
  }
  await cpu.release();
  await gpu.release();
  return failures;
}

const own = await builtin();
const reason = await unusable(own);
if (reason === null) {
  const failures = (await compare(own)) + (await compare(convolutionalModel()));
  console.log(failures === 0 ? `${provider} agrees with the CPU` : `${failures} comparisons failed`);
  process.exitCode = failures === 0 ? 0 : 1;
} else {
  console.log(`skipped: whether ${provider} equals the CPU was not tested here (${reason})`);
  process.exitCode = values.required ? 1 : 0;
}
