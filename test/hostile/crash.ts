/**
 * `npm run test:crash [-- --engine N --children N --app N --seed S --resume --only CASE --lanes N]`: kills (SIGKILL) the engine 800 times,
 * its inference and reader processes 150 times and the whole application 50 times at drawn moments, in everything that writes.
 * After each kill the library is opened again: it must be whole, hold every write that was acknowledged, and its index must
 * agree with its catalog. What is done is kept, and `--resume` goes on from there; a case that failed runs again alone by `--only`.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Outcome, planned, runCase, type Wanted } from './crash/run.ts';
import { makeTemplates } from './crash/templates.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: '800' },
    children: { type: 'string', default: '150' },
    app: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    only: { type: 'string' },
    resume: { type: 'boolean', default: false },
  },
});
const numbers = { engine: Number(values.engine), children: Number(values.children), app: Number(values.app) };
const [seed, lanes] = [Number(values.seed), Number(values.lanes)];

const stateFile = resolve(import.meta.dirname, '../../test-results/crash.json');
const stateSchema = z.object({
  wanted: z.object({ engine: z.number(), children: z.number(), app: z.number(), seed: z.number() }),
  minutes: z.number(),
  outcomes: z.array(
    z.object({
      name: z.string(),
      of: z.enum(['engine', 'children', 'app']),
      tally: z.record(z.string(), z.number()),
      failures: z.array(z.string()).readonly(),
    }),
  ),
});
type State = z.infer<typeof stateSchema>;

function begin(): State {
  const fresh: State = { wanted: { ...numbers, seed }, minutes: 0, outcomes: [] };
  if (!values.resume || !existsSync(stateFile)) return fresh;
  const kept = stateSchema.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
  return JSON.stringify(kept.wanted) === JSON.stringify(fresh.wanted) ? kept : fresh;
}

/** Gives the application a runtime and a screen; says why there is none. */
async function prepareApp(): Promise<{ stop: () => void } | string> {
  const { resolveRuntime } = await import('../../tools/runtime/resolve.mjs');
  const { startDisplay } = await import('../../tools/test/display.mjs');
  process.env.PRECEDENT_ELECTRON ??= (await resolveRuntime({ node: process.execPath })).path;
  const display = await startDisplay();
  if (display) process.env.DISPLAY = display.display;
  const { noAppReason } = await import('../e2e/support/app.ts');
  return noAppReason() ?? { stop: () => display?.stop() };
}

const what: Readonly<Record<keyof Wanted, string>> = {
  engine: 'kills of the engine',
  children: 'kills of inference and reader processes',
  app: 'kills of the whole application',
};

function sumOf(outcomes: readonly Outcome[], counted: string): number {
  return outcomes.reduce((sum, { tally }) => sum + (tally[counted] ?? 0), 0);
}

/** One line a number. */
function report({ outcomes, minutes }: State): void {
  let done = true;
  for (const of of Object.keys(what) as (keyof Wanted)[]) {
    const own = outcomes.filter((outcome) => outcome.of === of);
    const kills = sumOf(own, 'kills');
    done &&= kills >= numbers[of];
    console.log(`${kills} of ${numbers[of]} ${what[of]}`);
    const counted = new Set(own.flatMap(({ tally }) => Object.keys(tally)));
    for (const name of [...counted].sort())
      if (name !== 'kills') console.log(`  ${sumOf(own, name)} ${name}`);
  }
  const failures = outcomes.reduce((sum, outcome) => sum + outcome.failures.length, 0);
  console.log(`${minutes.toFixed(1)} minutes`);
  console.log(`${failures} failures`);
  process.exitCode = failures === 0 && (done || values.only !== undefined) ? 0 : 1;
}

const folder = mkdtempSync(join(tmpdir(), 'precedent-crash-'));
let stop: () => void = () => undefined;
try {
  const state = begin();
  const known = new Set(state.outcomes.map(({ name }) => name));
  const all = planned(numbers).filter(({ name }) =>
    values.only === undefined ? !known.has(name) : name === values.only,
  );
  if (all.some(({ kind }) => kind === 'app')) {
    const app = await prepareApp();
    if (typeof app === 'string') throw new Error(`the application cannot be started: ${app}`);
    stop = app.stop;
  }
  const started = performance.now();
  const minutesBefore = state.minutes;
  const templates = await makeTemplates(folder);
  console.log(
    `${all.length} cases; the libraries were made in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  const queue = [...all];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const outcome = await runCase(next, templates, seed);
      for (const failure of outcome.failures)
        console.log(
          `✗ ${failure}\n  again alone: npm run test:crash -- --seed ${seed} --only "${next.name}"`,
        );
      state.outcomes.push(outcome);
      state.minutes = minutesBefore + (performance.now() - started) / 60_000;
      if (values.only === undefined) {
        mkdirSync(dirname(stateFile), { recursive: true });
        writeFileSync(stateFile, JSON.stringify(state));
      }
      if (state.outcomes.length % 10 === 0)
        console.log(`${sumOf(state.outcomes, 'kills')} kills in ${state.minutes.toFixed(1)} minutes`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  report(state);
} finally {
  stop();
  rmSync(folder, { recursive: true, force: true });
}
// The window's driver would keep this process for minutes more.
process.exit();
