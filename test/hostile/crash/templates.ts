/** The libraries that every case begins with a copy of, made once, and what undisturbed imports give. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../../../native/random.ts';
import { type Contents, contents, importSource } from './imports.ts';
import { changesByHand, type Known } from './kinds.ts';
import { openEngine, type RunningEngine } from './session.ts';
import { type Source, type Sources, writeSources } from './sources.ts';
import { checkWhole } from './whole.ts';

export interface Templates {
  readonly folder: string;
  readonly sources: Sources;
  readonly known: Known;
  /** A few lesions, embedded by the built-in encoder; something of every kind was changed by hand. */
  readonly builtin: string;
  /** The same, and a tiny encoder is the default, so that embedding costs next to nothing. */
  readonly tiny: string;
  /** What undisturbed libraries hold, by source. */
  readonly truth: ReadonlyMap<string, Contents>;
  /** The content hash of `tiny` with everything imported that is to be. */
  readonly completeHash: string;
  /** Where all engines keep what they measure of models. */
  readonly calibrations: string;
}

/** How often each kind of change is made before the first kill. */
const changesBefore = 6;

export async function makeTemplates(folder: string): Promise<Templates> {
  const sources = await writeSources(join(folder, 'sources'));
  const calibrations = process.env.PRECEDENT_CALIBRATIONS ?? join(folder, 'calibrations');
  const truth = new Map<string, Contents>();
  const builtin = join(folder, 'builtin');

  const first = await openEngine(builtin, calibrations);
  await importAll(first, sources.base, truth);
  const known = await knownOf(first, sources);
  for (const work of changesByHand(known))
    for (let n = 0; n < changesBefore; n++) await work.step(first, createRandom(n, work.name));
  await settle(first);
  await first.close();

  const tiny = join(folder, 'tiny');
  cpSync(builtin, tiny, { recursive: true });
  const second = await openEngine(tiny, calibrations);
  await second.ask('encoders.add', { folder: second.grant(sources.encoders['tiny-planes']) });
  await second.ask('encoders.setDefault', { encoder: 'tiny-planes' });
  await settle(second);
  await second.close();

  const complete = join(folder, 'complete');
  cpSync(tiny, complete, { recursive: true });
  const third = await openEngine(complete, calibrations);
  await importAll(third, sources.further, truth);
  const completeHash = await settle(third);
  await third.close();
  return { folder, sources, known, builtin, tiny, truth, completeHash, calibrations };
}

async function importAll(
  engine: RunningEngine,
  sources: readonly Source[],
  truth: Map<string, Contents>,
): Promise<void> {
  for (const source of sources) {
    const before = await contents(engine.ask);
    await importSource(engine, source);
    const after = await contents(engine.ask);
    truth.set(source.name, new Map([...after].filter(([path]) => !before.has(path))));
  }
}

async function knownOf({ ask }: RunningEngine, { encoders }: Sources): Promise<Known> {
  const { rows } = await ask('volumes.list', { offset: 0, limit: 1000 });
  const { lesions } = await ask('library.lesionIds', {});
  return { lesions, volumes: rows.map(({ id, dims }) => ({ id, dims })), encoders };
}

/** Waits until all is embedded; returns the hash of what the catalog says. */
async function settle({ ask }: RunningEngine): Promise<string> {
  const { problems, contentHash } = await checkWhole(ask);
  if (problems.length > 0) throw new Error(`an undisturbed library is not whole: ${problems.join('; ')}`);
  return contentHash;
}
