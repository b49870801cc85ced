/** Tries the providers of this machine on a model and measures how fast it runs on those that are right. */
import { PrecedentError } from '../contract/errors.ts';
import type { ProviderName, RefusedProvider } from '../contract/inference.ts';
import type { Calibration, Calibrations, Way } from './calibrations.ts';
import { createSession, runItems } from './execute.ts';
import { knownInputs } from './knownInput.ts';
import type { Machine } from './machine.ts';
import type { ModelSpec } from './model.ts';
import { modelPrecision } from './precision.ts';
import { disagreement, providerRules } from './providers.ts';
import type { Runtime, RuntimeSession } from './runtime.ts';
import type { Watch } from './trialWatch.ts';

export interface Trial {
  readonly runtime: Runtime;
  readonly machine: Machine;
  readonly spec: ModelSpec;
  readonly model: Uint8Array;
  readonly calibrations: Calibrations;
  /** Providers that are tried and no others; null: the rules decide. */
  readonly asked: ReadonlySet<string> | null;
  /** Milliseconds of a clock. */
  readonly now: () => number;
  /** Ends the process when the trial of a provider hangs. */
  readonly watched: Watch;
}

/** So long may measuring a model on one provider take; a slow model is measured by fewer candidates. */
const budgetMs = 2000;
/** Each candidate runs for so long, at least twice. */
const sampleMs = 60;
/** More threads or a larger batch must be faster by so much: they cost memory, and others need the cores as well. */
const worthwhile = 1.1;
/** On the CPU a batch gains little, and the last bits of an embedding would depend on its neighbours. */
const worthwhileBatchOnCpu = 1.5;
const largestBatch = 32;
/** Of a trial: two, so that a provider that mixes up the items of a batch is found out. */
const probes = 2;

/**
 * The providers that are right, the fastest first, the CPU always among them; and why the others are not. Trials that an
 * earlier calibration refused are not repeated, and each is written down before it begins: a provider that takes the
 * process down twice, or hangs until it is ended, is not tried again. Throws `unreadable` when the model does not run on the CPU.
 */
export async function calibrate(trial: Trial, before: Calibration): Promise<Calibration> {
  const { spec, runtime, calibrations } = trial;
  const { struck } = before;
  const ways: Way[] = [];
  const refused: RefusedProvider[] = [...before.refused];
  const cpu = await createSession(runtime, spec, trial.model, 'cpu', trial.machine.cores);
  const expected = await runItems(cpu, spec, knownInputs(spec, probes), 0, probes).finally(() =>
    cpu.release(),
  );
  ways.push(await fastestOnCpu(trial));
  for (const { provider, unasked, patienceS } of providerRules) {
    if (refused.some((one) => one.provider === provider)) continue;
    const refuse = (reason: string) => refused.push({ provider, reason });
    const not = trial.asked
      ? trial.asked.has(provider)
        ? null
        : 'not among the PRECEDENT_PROVIDERS'
      : unasked(trial.machine);
    if (!runtime.backends().includes(provider)) refuse('not in this build');
    else if (not !== null) refuse(not);
    else {
      try {
        await calibrations.write({ refused, ways: [], struck, trying: { provider, pid: process.pid } });
      } catch {
        refuse('its trial could not be written down');
        continue;
      }
      const found = await trial.watched(1000 * patienceS, () => tryProvider(trial, provider, expected));
      if (typeof found === 'string') refuse(found);
      else ways.push(found);
    }
  }
  ways.sort((a, b) => b.perSecond - a.perSecond);
  return { refused, ways, struck };
}

/** How fast the provider is, or why it is refused. */
async function tryProvider(
  trial: Trial,
  provider: ProviderName,
  expected: Float32Array,
): Promise<Way | string> {
  const { runtime, spec, model } = trial;
  try {
    const session = await createSession(runtime, spec, model, provider, 1);
    try {
      const output = await runItems(session, spec, knownInputs(spec, probes), 0, probes);
      const wrong = disagreement(output, expected, spec.output.dim, modelPrecision(model));
      if (wrong !== null) return wrong;
      const single = await rate(trial, session, 1);
      return { provider, threads: 1, ...(await bestBatch(trial, session, single, worthwhile)) };
    } finally {
      await session.release();
    }
  } catch (error) {
    return PrecedentError.from(error).what;
  }
}

/** Threads are doubled while that is worthwhile, then the batch. One core is left to the engine, which prepares the next items. */
async function fastestOnCpu(trial: Trial): Promise<Way> {
  const { runtime, machine, spec, model, now } = trial;
  const started = now();
  let best: { threads: number; perSecond: number } | null = null;
  for (const threads of doubled(Math.max(1, machine.cores - 1))) {
    const session = await createSession(runtime, spec, model, 'cpu', threads);
    const perSecond = await rate(trial, session, 1).finally(() => session.release());
    if (best && perSecond < worthwhile * best.perSecond) break;
    best = { threads, perSecond };
    if (now() - started > budgetMs) break;
  }
  const { threads, perSecond } = best ?? { threads: 1, perSecond: 1 };
  const session = await createSession(runtime, spec, model, 'cpu', threads);
  const batch = await bestBatch(trial, session, perSecond, worthwhileBatchOnCpu).finally(() =>
    session.release(),
  );
  return { provider: 'cpu', threads, ...batch };
}

/** The batch is doubled while that is worthwhile, fits into memory and into the time. */
async function bestBatch(
  trial: Trial,
  session: RuntimeSession,
  single: number,
  gain: number,
): Promise<{ batch: number; perSecond: number }> {
  const started = trial.now();
  let best = { batch: 1, perSecond: single };
  for (const batch of doubled(largestBatch).slice(1)) {
    if (trial.now() - started > budgetMs) break;
    let perSecond: number;
    try {
      perSecond = await rate(trial, session, batch);
    } catch (error) {
      if (PrecedentError.from(error).kind === 'limit') break;
      throw error;
    }
    // One step that is not worth it may lie before one that is; two do not.
    if (perSecond >= gain * best.perSecond) best = { batch, perSecond };
    else if (batch > 2 * best.batch) break;
  }
  return best;
}

/** Items a second at a batch size: the fastest of a few runs after one that warms up, since others use this machine too. */
async function rate({ spec, now }: Trial, session: RuntimeSession, batch: number): Promise<number> {
  const inputs = knownInputs(spec, batch);
  const begun = now();
  await runItems(session, spec, inputs, 0, batch);
  const warmUp = now() - begun;
  let fastest = Number.POSITIVE_INFINITY;
  // A slow model is not run three times to know that it is slow.
  for (let total = 0, runs = 0; warmUp <= sampleMs ? total < sampleMs || runs < 2 : runs < 1; runs++) {
    const started = now();
    await runItems(session, spec, inputs, 0, batch);
    const took = now() - started;
    total += took;
    fastest = Math.min(fastest, took);
  }
  return (1000 * batch) / Math.max(fastest, 0.001);
}

/** 1, 2, 4, … and `most` itself. */
function doubled(most: number): number[] {
  const steps: number[] = [];
  for (let n = 1; n < most; n *= 2) steps.push(n);
  return [...steps, most];
}
