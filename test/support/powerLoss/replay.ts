/** Records a session once and replays power cuts in it: each makes the disk anew as the cut could leave it, and opens what is there. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../../native/random.ts';
import { engineHere } from '../engineHere.ts';
import { beginSession, contentOf, libraryOf, settled, sha256, steps } from '../session.ts';
import { Disk } from './disk.ts';
import { type LogPlace, type Recording, Tape } from './tape.ts';

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
  for (const { run } of steps) {
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
    return { during: steps[step].name, problems: ['the library is lost'] };
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
      if (!allowed.includes(verified.contentHash) && (isAfter || steps[step].isOne))
        problems.push('something that was acknowledged is lost, or half there');
    } finally {
      await here.close();
    }
  } catch (thrown) {
    problems.push(`it cannot be opened: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
  return { during: steps[step].name, problems };
}

/**
 * The catalog as SQLite leaves it: all commits up to the last file operation, and of those until the next one as much as
 * arrived, the last page torn. Nothing of the log that was committed is missing: each commit waits for the disk.
 */
function writeCatalog(
  { events, parts }: RecordedSession,
  last: number,
  whole: boolean,
  root: string,
  random: Random,
): void {
  const from = events[last].log;
  if (from === null) return;
  const to = whole ? from : (events[last + 1]?.log ?? from);
  const { part, at } = placeBetween(parts, from, to, random);
  const { log, catalog } = parts[part];
  const torn = Buffer.from(Array.from({ length: random.int(0, 5000) }, () => random.int(0, 255)));
  const next = parts[part + 1]?.catalog;
  // All of the log is on the disk before any of it is taken into the catalog, in which order whatsoever.
  const isTakenIn = part < to.part && at === log.length && next !== undefined && random.next() < 0.5;
  writeFileSync(join(root, 'catalog.sqlite'), isTakenIn ? mixed(catalog, next, random) : catalog);
  writeFileSync(join(root, 'catalog.sqlite-wal'), Buffer.concat([log.subarray(0, at), torn]));
}

/** Any place between two, each part as likely as another, and where it ends as likely as anywhere else in it. */
function placeBetween(parts: Recording['parts'], from: LogPlace, to: LogPlace, random: Random): LogPlace {
  const part = random.int(from.part, to.part);
  const first = part === from.part ? from.at : 0;
  const end = part === to.part ? to.at : parts[part].log.length;
  return { part, at: part < to.part && random.next() < 0.5 ? end : random.int(first, end) };
}

/** The catalog's file with some pages as they are to be; it may have its new length already. */
function mixed(before: Buffer, after: Buffer, random: Random): Buffer {
  const pageBytes = before.readUInt16BE(16);
  const file = Buffer.alloc(random.next() < 0.5 ? before.length : Math.max(before.length, after.length));
  before.copy(file);
  for (let at = 0; at < Math.min(file.length, after.length); at += pageBytes)
    if (random.next() < 0.5) after.copy(file, at, at, at + pageBytes);
  return file;
}
