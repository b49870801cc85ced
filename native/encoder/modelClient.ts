/** One encoder's model as the engine sees it: asked of the inference process, however often that has to be started again. */
import type { InferenceContract, InputData, ModelState } from '../contract/inference.ts';
import type { ManagedProcess } from '../process/managed.ts';

export class ModelClient {
  readonly #inference: ManagedProcess<InferenceContract>;
  readonly #folders: { readonly encoder: string; readonly calibrations?: string | undefined };
  #state: ModelState | undefined;

  /** @param calibrations the folder for what this machine measures of models */
  constructor(
    inference: ManagedProcess<InferenceContract>,
    encoder: string,
    calibrations: string | undefined,
  ) {
    this.#inference = inference;
    this.#folders = { encoder, calibrations };
    inference.on('changed', (changed) => {
      if (changed.encoder === encoder) this.#state = changed.state;
    });
  }

  /** How it runs; undefined until it was opened. */
  get state(): ModelState | undefined {
    return this.#state;
  }

  /** Opens the model ahead of its first run, the first time on a machine with a calibration of a few seconds. */
  async open(): Promise<ModelState> {
    this.#state = await this.#inference.callAgain('open', () => this.#folders);
    return this.#state;
  }

  /** The outputs of `count` items, row by row. Throws what the model throws, `interrupted` when it cannot be run. */
  async run(inputs: InputData[], count: number, signal?: AbortSignal): Promise<Float32Array> {
    if (!this.#state) await this.open();
    const { output } = await this.#inference.callAgain(
      'run',
      (deaths) => ({ ...this.#folders, count, inputs, deaths }),
      { signal },
    );
    return output;
  }
}
