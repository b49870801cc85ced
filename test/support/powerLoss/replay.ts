/** Records a session once and replays power cuts in it: each makes the disk anew as the cut could leave it, and opens what is there. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../../native/random.ts';
import { engineHere } from '../engineHere.ts';
import { beginSession, contentOf, libraryOf, settled, sha256, steps } from '../session.ts';
import { Disk } from './disk.ts';
import { type Recording, Tape } from './tape.ts';

const recorded = steps.filter(({ truncatesLog }) => !truncatesLog);

export interface RecordedSession extends Recording {
  readonly home: string;
  /** What the catalog held before all steps. */
  readonly empty: string;
  /** After each step: what the catalog held, and the files exported by then with their SHA-256. */
  readonly marks: readonly { readonly content: string; readonly exported: ReadonlyMap<string, string> }[];
}

/** Runs every step once, in a folder that does not exist yet and whose files are given up afterwards. */
export async function recordSession(home: string): Promise<RecordedSession> {
  const tape = new Tape();
  tape.start();
  const marks: { content: string; exported: ReadonlyMap<string, string> }[] = [];
  const session = await beginSession(home);
  const { here } = session;
  tape.followCatalog(here.engine.library.db, libraryOf(home));
  const empty = contentOf(here);
  for (const { run } of recorded) {
    await run(session);
    await settled(here);
    marks.push({ content: contentOf(here), exported: new Map(session.exported) });
    tape.mark(marks.length - 1);
  }
  const recording = tape.stop();
  await here.close();
  return { ...recording, home, empty, marks };
}

export interface Replayed {
  /** The step that the power was cut in, or after. */
  readonly during: string;
  /** What is wrong afterwards. */
  readonly problems: readonly string[];
}

/** Every tenth replay cuts the power right after a step, when all that was asked for was acknowledged. */
const everyAfterStep = 10;

/**
 * Cuts the power at a moment drawn by the number of the replay, and checks what is left of library and exports.
 * @param syncs false for a disk that puts nothing down when it is asked to: then something must be wrong
 */
export async function replayPowerCut(
  session: RecordedSession,
  number: number,
  { syncs = true } = {},
): Promise<Replayed> {
  const { events, home, marks } = session;
  const random = createRandom(number, 'power cut');
  const ends = events.flatMap(({ kind }, at) => (kind === 'mark' ? [at] : []));
  // Long steps are no more likely than short ones.
  const step = random.int(0, marks.length - 1);
  const isAfter = number % everyAfterStep === 0;
  const last = isAfter ? ends[step] : random.int(ends[step - 1] ?? 0, ends[step] - 1);
  const disk = new Disk(home);
  for (const event of events.slice(0, last + 1)) if (syncs || event.kind !== 'sync') disk.apply(event);
  disk.cut(random);
  rmSync(home, { recursive: true, force: true });
  disk.writeOut();
  const root = libraryOf(home);
  // The processes that held the library are gone with the power.
  if (existsSync(root))
    for (const name of readdirSync(root)) if (/^lock\./.test(name)) rmSync(join(root, name));
  if (events[last].log !== null && !existsSync(root))
    return { during: recorded[step].name, problems: ['the library is lost'] };
  writeCatalog(session, last, isAfter, root, random);

  const problems: string[] = [];
  for (const [path, hash] of marks[isAfter ? step : step - 1]?.exported ?? [])
    if (!existsSync(path) || sha256(readFileSync(path)) !== hash)
      problems.push('an exported file is lost or torn');
  try {
    const here = await engineHere(root);
    try {
      here.engine.goOn();
      await settled(here);
      const verified = await here.call('verify.run', { repair: false });
      problems.push(...verified.problems.map(({ what, where }) => `${what} (${where})`));
      const { content } = marks[step];
      const allowed = isAfter ? [content] : [marks[step - 1]?.content ?? session.empty, content];
      if (!allowed.includes(verified.contentHash) && (isAfter || recorded[step].isOne))
        problems.push('something that was acknowledged is lost, or half there');
    } finally {
      await here.close();
    }
  } catch (thrown) {
    problems.push(`it cannot be opened: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
  return { during: recorded[step].name, problems };
}

/**
 * The catalog as SQLite leaves it: all commits up to the last file operation, and of those until the next one as much as
 * arrived, the last page torn. Nothing of the log that was committed is missing: each commit waits for the disk.
 */
function writeCatalog(
  { events, catalog, log }: RecordedSession,
  last: number,
  whole: boolean,
  root: string,
  random: Random,
): void {
  const from = events[last].log;
  if (from === null) return;
  const to = whole ? from : (events[last + 1]?.log ?? from);
  const end = random.int(from, to ?? from);
  const torn = Buffer.from(Array.from({ length: random.int(0, 5000) }, () => random.int(0, 255)));
  writeFileSync(join(root, 'catalog.sqlite'), catalog);
  writeFileSync(join(root, 'catalog.sqlite-wal'), Buffer.concat([log.subarray(0, end), torn]));
}
