/** What the inference process does: owns every model, whose calls block, and nothing else. Runs follow one another: WebGPU needs that. */
import { type InferenceContract, inferenceContract, type ModelState } from '../contract/inference.ts';
import { runChild } from '../process/child.ts';
import type { Server } from '../process/serve.ts';
import { calibrationFile, nothingRemembered } from './calibrations.ts';
import { thisMachine } from './machine.ts';
import { loadManifest, readModel } from './manifest.ts';
import { modelSpec } from './model.ts';
import { askedProviders } from './providers.ts';
import { RunningModel } from './runningModel.ts';
import type { Runtime } from './runtime.ts';
import type { Watch } from './trialWatch.ts';

interface Folders {
  readonly encoder: string;
  readonly calibrations?: string | undefined;
}

/** Serves the engine on models in `runtime`; `watched` ends this process when the trial of a provider hangs. */
export function serveInference(runtime: Runtime, watched: Watch): void {
  const machine = thisMachine();
  const asked = askedProviders(process.env.PRECEDENT_PROVIDERS);
  const models = new Map<string, Promise<RunningModel>>();
  let last: Promise<unknown> = Promise.resolve();
  let server: Server<InferenceContract> | undefined;

  /** After everything that was asked for before. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  const model = (folders: Folders): Promise<RunningModel> => {
    const open = models.get(folders.encoder) ?? openModel(folders);
    models.set(folders.encoder, open);
    open.catch(() => models.delete(folders.encoder));
    return open;
  };

  const openModel = async ({ encoder, calibrations }: Folders): Promise<RunningModel> => {
    const manifest = await loadManifest(encoder);
    const spec = modelSpec(manifest);
    const key = {
      machine: [machine.fingerprint, ...(asked ? ['only', ...asked] : [])].join('; '),
      runtime: runtime.version,
      model: spec.sha256,
    };
    return RunningModel.open({
      runtime,
      machine,
      spec,
      calibrations: calibrations === undefined ? nothingRemembered : calibrationFile(calibrations, key),
      asked,
      now: () => performance.now(),
      watched,
      load: () => readModel(manifest, encoder),
      onChange: (state: ModelState, dropped) => server?.emit('changed', { encoder, state, dropped }),
    });
  };

  runChild(
    inferenceContract,
    {
      open: (folders) => inTurn(async () => (await model(folders)).state),
      run: ({ count, inputs, deaths, ...folders }, { progress }) =>
        inTurn(async () => {
          const open = await model(folders);
          progress({ begun: true });
          // What is sent leaves with the event loop, which the run is about to block.
          await new Promise((resolve) => setImmediate(resolve));
          const started = performance.now();
          const output = await open.run(inputs, count, deaths);
          return { output, ms: performance.now() - started };
        }),
    },
    (serving) => {
      server = serving;
    },
  );
}
