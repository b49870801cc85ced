/** An encoder's model on one provider with given threads, without trials and calibration: for tools, benchmarks and tests. */
import type { InputData, ProviderName } from '../contract/inference.ts';
import { checkInputs, createSession, runItems } from './execute.ts';
import { type Manifest, readModel } from './manifest.ts';
import { type ModelSpec, modelSpec } from './model.ts';
import { onnxRuntime, type RuntimeSession } from './runtime.ts';

export interface SessionOptions {
  readonly provider?: ProviderName;
  /** Threads within one operation on the CPU; no more than there are cores. Default 1. */
  readonly threads?: number;
}

export class EncoderSession {
  readonly manifest: Manifest;
  readonly #spec: ModelSpec;
  readonly #session: RuntimeSession;

  private constructor(manifest: Manifest, spec: ModelSpec, session: RuntimeSession) {
    this.manifest = manifest;
    this.#spec = spec;
    this.#session = session;
  }

  /** Opens the model in `dir`, its SHA-256 checked. Throws `unreadable` when it is not the manifest's, `corrupt` as readModel. */
  static async open(
    manifest: Manifest,
    dir: string,
    { provider = 'cpu', threads = 1 }: SessionOptions = {},
  ): Promise<EncoderSession> {
    const spec = modelSpec(manifest);
    const session = await createSession(onnxRuntime, spec, await readModel(manifest, dir), provider, threads);
    return new EncoderSession(manifest, spec, session);
  }

  /**
   * The outputs of `n` items: rows of output.dim, end to end. A lone array is the model's only input.
   * Throws `usage` when an input has another length, `internal` when the runtime fails, `unreadable` when the output has.
   */
  async run(batch: Float32Array | readonly InputData[], n: number): Promise<Float32Array> {
    const inputs = batch instanceof Float32Array ? [{ name: this.#spec.inputs[0].name, data: batch }] : batch;
    checkInputs(this.#spec, inputs, n);
    return runItems(this.#session, this.#spec, inputs, 0, n);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
