/** An inference process whose CUDA never answers, as a driver that hangs: the thread that called it is blocked for good. */
import { onnxRuntime } from '../../native/encoder/runtime.ts';
import { serveInference } from '../../native/encoder/serveInference.ts';
import { watched } from '../../native/encoder/trialWatch.ts';

const patienceMs = 300;

serveInference(
  {
    ...onnxRuntime,
    backends: () => ['cpu', 'cuda'],
    create: async (model, provider, threads) => {
      if (provider === 'cuda') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return onnxRuntime.create(model, provider, threads);
    },
  },
  (_limitMs, work) => watched(patienceMs, work),
);
