/** Runs an encoder's model in ONNX Runtime on the first provider that is there, works and agrees with the CPU. */
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { PrecedentError } from '../contract/errors.ts';
import { type Manifest, readModel } from './manifest.ts';

// A provider whose libraries the machine lacks is an expected answer here, told by `refused`, not a line on stderr.
env.logLevel = 'fatal';

export const providerNames = ['cuda', 'tensorrt', 'dml', 'coreml', 'webgpu', 'cpu'] as const;
export type ProviderName = (typeof providerNames)[number];

/**
 * Tried in this order unless the caller names others. Not by default: tensorrt, which spends minutes building an
 * engine, and webgpu, which without a GPU runs on a software rasteriser and can crash when runs overlap.
 */
const defaultProviders: readonly ProviderName[] = ['cuda', 'dml', 'coreml'];

export interface SessionOptions {
  /** Providers to try, in order; `cpu` always ends the list. */
  readonly providers?: readonly ProviderName[];
  /** Threads within one operation on the CPU; no more than there are cores. Default 1. */
  readonly threads?: number;
}

/** Why a provider is not the one that runs. */
export interface RefusedProvider {
  readonly provider: ProviderName;
  readonly reason: string;
}

/** Embeddings of two providers must be this alike (cosine) for one library to hold both. */
const leastAgreement = 0.9995;

export class EncoderSession {
  readonly manifest: Manifest;
  readonly provider: ProviderName;
  readonly refused: readonly RefusedProvider[];
  readonly #session: InferenceSession;

  private constructor(
    manifest: Manifest,
    provider: ProviderName,
    refused: readonly RefusedProvider[],
    session: InferenceSession,
  ) {
    this.manifest = manifest;
    this.provider = provider;
    this.refused = refused;
    this.#session = session;
  }

  /**
   * Opens the model in `dir`, its SHA-256 checked. Creating and running a session block the event loop: this belongs in
   * a process of its own. Throws `unreadable` when the file is no model or not the manifest's, `corrupt` as readModel.
   */
  static async open(manifest: Manifest, dir: string, options: SessionOptions = {}): Promise<EncoderSession> {
    const model = await readModel(manifest, dir);
    const threads = options.threads ?? 1;
    const cpu = await createCpu(model, manifest, threads);
    const probe = knownInput(manifest);
    const expected = await execute(cpu, manifest, probe, 1);
    const present = new Set(listSupportedBackends().map(({ name }) => name));
    const refused: RefusedProvider[] = [];
    for (const provider of options.providers ?? defaultProviders) {
      if (provider === 'cpu') break;
      if (!present.has(provider)) {
        refused.push({ provider, reason: 'not in this build' });
        continue;
      }
      try {
        const session = await create(model, provider, threads);
        const agreement = cosine(await execute(session, manifest, probe, 1), expected);
        if (agreement >= leastAgreement) {
          await cpu.release();
          return new EncoderSession(manifest, provider, refused, session);
        }
        refused.push({ provider, reason: `disagrees with the CPU (cosine ${agreement.toFixed(4)})` });
        await session.release();
      } catch (error) {
        refused.push({ provider, reason: firstLine(error) });
      }
    }
    return new EncoderSession(manifest, 'cpu', refused, cpu);
  }

  /**
   * The outputs of `n` inputs laid end to end: n × shape values in, n × output.dim values out.
   * Throws `usage` when the batch has another length, `internal` when the runtime fails or gives another shape.
   */
  run(batch: Float32Array, n: number): Promise<Float32Array> {
    return execute(this.#session, this.manifest, batch, n);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function createCpu(model: Uint8Array, manifest: Manifest, threads: number): Promise<InferenceSession> {
  let session: InferenceSession;
  try {
    session = await create(model, 'cpu', threads);
  } catch (error) {
    throw new PrecedentError('unreadable', `the model cannot be opened: ${firstLine(error)}`, manifest.id);
  }
  for (const [names, wanted] of [
    [session.inputNames, manifest.input.name],
    [session.outputNames, manifest.output.name],
  ] as const) {
    if (!names.includes(wanted)) {
      throw new PrecedentError(
        'unreadable',
        `the model has no "${wanted}", only ${names.join(', ')}`,
        manifest.id,
        'correct the manifest',
      );
    }
  }
  return session;
}

function create(model: Uint8Array, provider: ProviderName, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Large arena allocations have crashed inside Electron; the batches here are small anyway.
    enableCpuMemArena: false,
    // Errors only: the choice of provider is reported by this class.
    logSeverityLevel: 3,
  });
}

async function execute(
  session: InferenceSession,
  manifest: Manifest,
  batch: Float32Array,
  n: number,
): Promise<Float32Array> {
  const { name, shape } = manifest.input;
  const [channels, height, width] = shape;
  const each = channels * height * width;
  if (!Number.isInteger(n) || n < 1 || batch.length !== n * each) {
    throw new PrecedentError(
      'usage',
      `a batch of ${n} needs ${n * each} values, not ${batch.length}`,
      manifest.id,
    );
  }
  let data: unknown;
  try {
    const result = await session.run({ [name]: new Tensor('float32', batch, [n, channels, height, width]) });
    data = result[manifest.output.name]?.data;
  } catch (error) {
    throw new PrecedentError('internal', `the model failed: ${firstLine(error)}`, manifest.id);
  }
  if (!(data instanceof Float32Array) || data.length !== n * manifest.output.dim) {
    throw new PrecedentError('unreadable', "the model's output is not what its manifest says", manifest.id);
  }
  return data;
}

/** A fixed picture with detail at every scale, for comparing providers: a sum of waves, 0…1. */
function knownInput(manifest: Manifest): Float32Array {
  const [channels, height, width] = manifest.input.shape;
  const input = new Float32Array(channels * height * width);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const waves =
          Math.sin(0.09 * x * (1 + (c % 5))) + Math.sin(0.31 * y + 0.13 * x) + Math.sin(1.3 * x - y);
        input[at++] = 0.5 + waves / 6;
      }
    }
  }
  return input;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    ab += a[at] * b[at];
    aa += a[at] * a[at];
    bb += b[at] * b[at];
  }
  return ab / Math.sqrt(aa * bb);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
