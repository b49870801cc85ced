/**
 * One model at work: opened on the fastest provider that is right on this machine, moved to the next one when that fails, with a
 * batch that halves when memory runs out. Its runs must not overlap.
 */
import { PrecedentError } from '../contract/errors.ts';
import type { InputData, ModelState, RefusedProvider } from '../contract/inference.ts';
import { calibrate, type Trial } from './calibrate.ts';
import type { Calibration, Way } from './calibrations.ts';
import { checkInputs, createSession, runItems } from './execute.ts';
import type { RuntimeSession } from './runtime.ts';

interface Options extends Omit<Trial, 'model'> {
  /** Reads the model's bytes, which are not kept. */
  readonly load: () => Promise<Uint8Array>;
  /** It runs otherwise than before; `dropped` is the provider that failed, where that is why. */
  readonly onChange: (state: ModelState, dropped?: RefusedProvider) => void;
}

interface At {
  readonly session: RuntimeSession;
  readonly way: Way;
}

/** A provider other than the CPU at whose run the process died so often is taken to have killed it. */
const fatalDeaths = 2;

export class RunningModel {
  readonly #options: Options;
  #calibration: Calibration;
  #at: At;

  private constructor(options: Options, calibration: Calibration, at: At) {
    this.#options = options;
    this.#calibration = calibration;
    this.#at = at;
  }

  /**
   * Opens the model as it ran fastest before on this machine; the first time the providers are tried.
   * Throws `unreadable` when the model does not run on the CPU or is not the one described, and what `load` throws.
   */
  static async open(options: Options): Promise<RunningModel> {
    const { calibrations, machine } = options;
    const before = await calibrations.read();
    if (before.ways.length > 0) {
      const { at, calibration } = await openFastest(options, before);
      if (calibration !== before) await calibrations.write(calibration).catch(() => undefined);
      return new RunningModel(options, calibration, at);
    }
    const model = await options.load();
    if (before.trying) {
      const { provider } = before.trying;
      const way: Way = { provider: 'cpu', threads: machine.cores, batch: 1, perSecond: 1 };
      const refused = [...before.refused, { provider, reason: 'another process is trying it' }];
      const session = await createSession(options.runtime, options.spec, model, 'cpu', way.threads);
      return new RunningModel(options, { ...before, refused, ways: [way] }, { session, way });
    }
    const measured = await calibrate({ ...options, model }, before);
    const { at, calibration } = await openFastest(options, measured);
    await calibrations.write(calibration).catch(() => undefined);
    return new RunningModel(options, calibration, at);
  }

  get state(): ModelState {
    const { provider, threads, batch } = this.#at.way;
    const { refused } = this.#calibration;
    return { provider, threads, batch, refused: [...refused], dim: this.#options.spec.output.dim };
  }

  /**
   * Rows of output.dim for `count` items, batch by batch. `deaths` is how often the process died at this request before.
   * Throws `usage` when the inputs do not fit, `limit` when not even one item fits into memory, `internal` when the CPU fails too.
   */
  async run(inputs: readonly InputData[], count: number, deaths = 0): Promise<Float32Array> {
    const { spec } = this.#options;
    checkInputs(spec, inputs, count);
    if (deaths >= fatalDeaths && this.#at.way.provider !== 'cpu') {
      await this.#drop('the process died when it ran the model');
    }
    const { dim } = spec.output;
    const output = new Float32Array(count * dim);
    for (let from = 0; from < count; ) {
      const { session, way } = this.#at;
      const to = Math.min(count, from + way.batch);
      try {
        const rows = await runItems(session, spec, inputs, from, to);
        if (way.provider !== 'cpu' && !rows.every(Number.isFinite)) {
          throw new PrecedentError('internal', 'gave values that are not numbers');
        }
        output.set(rows, from * dim);
        from = to;
      } catch (error) {
        await this.#recover(PrecedentError.from(error), to - from);
      }
    }
    return output;
  }

  async close(): Promise<void> {
    await this.#at.session.release();
  }

  /** Makes the next attempt another one than that which failed with `size` items, or throws. */
  async #recover(error: PrecedentError, size: number): Promise<void> {
    if (error.kind === 'limit' && size > 1) {
      await this.#shrink(Math.floor(size / 2));
      return;
    }
    if (this.#at.way.provider === 'cpu') throw error;
    await this.#drop(error.what);
  }

  async #shrink(batch: number): Promise<void> {
    const { session, way } = this.#at;
    const smaller = { ...way, batch };
    this.#at = { session, way: smaller };
    const ways = this.#calibration.ways.map((one) => (one.provider === way.provider ? smaller : one));
    await this.#remember({ ...this.#calibration, ways });
    this.#options.onChange(this.state);
  }

  async #drop(reason: string): Promise<void> {
    const { session, way } = this.#at;
    const dropped: RefusedProvider = { provider: way.provider, reason };
    await session.release().catch(() => undefined);
    const { at, calibration } = await openFastest(this.#options, without(this.#calibration, dropped));
    this.#at = at;
    await this.#remember(calibration);
    this.#options.onChange(this.state, dropped);
  }

  async #remember(calibration: Calibration): Promise<void> {
    this.#calibration = calibration;
    await this.#options.calibrations.write(calibration).catch(() => undefined);
  }
}

/** The session of the fastest way that can be opened; those that cannot are refused in the calibration that comes back. */
async function openFastest(
  { runtime, spec, load }: Pick<Options, 'runtime' | 'spec' | 'load'>,
  calibration: Calibration,
): Promise<{ at: At; calibration: Calibration }> {
  const [way] = calibration.ways;
  if (!way) throw new PrecedentError('internal', 'no provider runs the model', spec.id);
  const model = await load();
  try {
    const session = await createSession(runtime, spec, model, way.provider, way.threads);
    return { at: { session, way }, calibration };
  } catch (error) {
    if (way.provider === 'cpu') throw error;
    const { what } = PrecedentError.from(error);
    const others = without(calibration, { provider: way.provider, reason: what });
    return openFastest({ runtime, spec, load }, others);
  }
}

function without(calibration: Calibration, dropped: RefusedProvider): Calibration {
  return {
    ...calibration,
    refused: [...calibration.refused, dropped],
    ways: calibration.ways.filter(({ provider }) => provider !== dropped.provider),
  };
}
