/** Libraries of earlier schemas, and engines that are killed while they bring them to today's. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { schemaVersion } from '../../../native/catalog/database.ts';
import type { Case } from './cases.ts';
import { contents } from './imports.ts';
import { oldSchemas, schemaOf, writeOldLibrary } from './oldLibrary.ts';
import { Launch, type Session } from './session.ts';
import { checkWhole } from './whole.ts';

/** Kills on the way of one library to today's schema. */
const mostKills = 4;

export async function migration(one: Case): Promise<void> {
  const { templates } = one;
  for (let round = 0; one.kills < one.wanted; round++) {
    const random = one.random(`round ${round}`);
    const schema = random.pick(oldSchemas);
    const old = one.folder('old');
    rmSync(old, { recursive: true, force: true });
    writeOldLibrary(templates.builtin, old, schema);
    // The same file, brought over without a kill, says what must come of it and when.
    const undisturbed = await open(one, one.library(old));
    if (undisturbed === null) return;

    const library = one.library(old);
    for (let kills = 0; kills < mostKills && one.kills < one.wanted; kills++) {
      const launch = new Launch(library, templates.calibrations);
      await writing(launch, library);
      // The steps come first; the rest of the opening is longer.
      await sleep(random.next() ** 3 * undisturbed.migrateMs);
      await launch.kill('process');
      one.kills++;
      const reached = schemaOf(library, one.folder('schema.sqlite'));
      if (reached < schema || reached > schemaVersion) one.fail(`the schema is ${reached} of ${schema}`);
      one.count(`in the middle of: migration, ${whereIn(schema, reached)}`);
      // What the kill left is opened as a copy, so that the next kill meets it as well.
      const disturbed = await open(one, one.copyOf(library));
      for (const [part, text] of Object.entries(undisturbed.holds))
        if (disturbed && disturbed.holds[part] !== text)
          one.fail(`schema ${schema}: after the migration ${part} differ`);
      if (one.failures.length > 0) return;
      one.count('openings checked');
      if (reached === schemaVersion) break;
    }
  }
}

function whereIn(schema: number, reached: number): string {
  if (reached === schema) return 'before its first step was done';
  return reached < schemaVersion ? 'between two steps' : 'after its last step';
}

/** Waits until an engine writes to the catalog, or is over. */
async function writing({ opened }: Launch, library: string): Promise<void> {
  const log = join(library, 'catalog.sqlite-wal');
  const state = () => statSync(log, { throwIfNoEntry: false })?.mtimeMs;
  const before = state();
  let over = false;
  const end = () => {
    over = true;
  };
  opened.then(end, end);
  while (!over && state() === before) await sleep(1);
}

interface Brought {
  /** From the first write until the library is open. */
  readonly migrateMs: number;
  readonly holds: Readonly<Record<string, string>>;
}

/** Brings a library to today's schema; null where it is not whole then. */
async function open(one: Case, library: string): Promise<Brought | null> {
  const launch = new Launch(library, one.templates.calibrations);
  await writing(launch, library);
  const begun = performance.now();
  const engine = await launch.opened;
  const migrateMs = performance.now() - begun;
  try {
    const { problems } = await checkWhole(engine.ask);
    for (const problem of problems) one.fail(problem);
    if (problems.length > 0) return null;
    return { migrateMs, holds: await settledHoldings(engine) };
  } finally {
    await engine.close();
  }
}

/** Once what the old schema had no place for, the outlines of lesions and what captions tell of them, was made in the background. */
async function settledHoldings(session: Session): Promise<Readonly<Record<string, string>>> {
  for (let before = await holdings(session); ; ) {
    await sleep(200);
    const now = await holdings(session);
    if (now.outlined === now.all && JSON.stringify(now) === JSON.stringify(before)) return now;
    before = now;
  }
}

/** What a library holds, part by part. */
async function holdings({ ask }: Session): Promise<Readonly<Record<string, string>>> {
  const { rows } = await ask('lesions.list', { offset: 0, limit: 1000 });
  const { rows: volumes } = await ask('volumes.list', { offset: 0, limit: 1000 });
  const measured = await Promise.all(volumes.map(({ id }) => ask('annotations.list', { volume: id })));
  const parts = {
    all: rows.length,
    outlined: rows.filter(({ outline }) => outline !== undefined).length,
    volumes: [...(await contents(ask))],
    lesions: rows.map(({ id, name, labels, diagnosis, caption }) => [id, name, labels, diagnosis, caption]),
    marks: await ask('feedback.list', {}),
    searches: await ask('savedQueries.list', {}),
    measurements: measured,
    contentHash: (await ask('verify.run', {})).contentHash,
  };
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, JSON.stringify(part)]));
}
