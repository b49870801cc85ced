/** The one file that opens ONNX Runtime: what this build has, and sessions of a model on one provider. */
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { ProviderName } from '../contract/inference.ts';
import type { ModelInput } from './model.ts';

/** One input of a batch: `dims` with the batch axis first. */
export interface Feed {
  readonly name: string;
  readonly type: ModelInput['type'];
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}
export interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** The values of one output, undefined when it is not there. Never two at once: WebGPU does not survive it. */
  run(feeds: readonly Feed[], output: string): Promise<unknown>;
  release(): Promise<void>;
}
export interface Runtime {
  readonly version: string;
  /** The providers of this build; whether the machine can run them is another matter. */
  backends(): readonly string[];
  /** Throws when the provider is there but cannot be used: ONNX Runtime then falls back to nothing. */
  create(model: Uint8Array, provider: ProviderName, threads: number): Promise<RuntimeSession>;
}

// Without this it reports to its makers over the network, keeps what it could not send in the user's cache, and gives the machine
// an id. Read at the first session.
process.env.ORT_DISABLE_TELEMETRY = '1';
// A provider whose libraries the machine lacks is an expected answer, told by its reason, not a line on stderr.
env.logLevel = 'fatal';

/** Calls block the event loop: this belongs in a process of its own. */
export const onnxRuntime: Runtime = {
  version: env.versions.node ?? env.versions.common,
  backends: () => listSupportedBackends().map(({ name }) => name),
  create: async (model, provider, threads) => {
    const session = await InferenceSession.create(model, {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Large arena allocations have crashed inside Electron; the batches here are small anyway.
      enableCpuMemArena: false,
      logSeverityLevel: 3,
    });
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: async (feeds, output) => {
        const tensors = feeds.map(({ name, type, data, dims }) => [name, tensor(type, data, dims)]);
        return (await session.run(Object.fromEntries(tensors), [output]))[output]?.data;
      },
      release: () => session.release(),
    };
  },
};

function tensor(type: Feed['type'], data: Feed['data'], dims: readonly number[]): Tensor {
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(data, BigInt), [...dims]);
  return new Tensor('float32', data instanceof Float32Array ? data : Float32Array.from(data), [...dims]);
}
