/** Does one thing to a library while one file operation fails, and looks at what that leaves. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PrecedentError } from '../../native/contract/errors.ts';
import { type Fault, injectFault } from './faults.ts';
import { beginSession, NothingCame, resumeSession, type Session, settled, steps } from './session.ts';

/** The steps that touch files. */
export const faultySteps: readonly string[] = [
  'import', 'import with copies', 'import of an archive, de-identified', 'a lesion drawn', 'a search', 'an encoder added',
  'its embedding', 'a newer version of it', 'exports', 'a lesion removed', 'an encoder removed',
]; // biome-ignore format: one list

/** What a user may be told failed: everything else is a fault of ours. */
const understood = new Set(['storage', 'not-found', 'unreadable', 'corrupt', 'refused']);
const old = 'what lay there before';

/** Homes as they are before each step, kept beside the one that is used. */
export async function homesBefore(home: string): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  let session = await beginSession(home);
  for (const [n, { name, run }] of steps.entries()) {
    await session.here.close();
    const copy = `${home}-${n}`;
    cpSync(home, copy, { recursive: true });
    kept.set(name, copy);
    session = await resumeSession(home);
    await run(session);
    await settled(session.here);
  }
  await session.here.close();
  return kept;
}

export interface FaultRun {
  /** Calls of the step; with a fault at a number beyond them nothing is struck. */
  readonly calls: number;
  readonly struck: boolean;
  /** What the user was told. */
  readonly told: string | null;
  readonly problems: readonly string[];
}

/** Runs a step on a copy of the home before it, with a fault at its call number `at`. */
export async function runWithFault(
  home: string,
  before: ReadonlyMap<string, string>,
  name: string,
  at: number,
  fault: Fault,
): Promise<FaultRun> {
  const step = steps.find((one) => one.name === name);
  const copy = before.get(name);
  if (!step || copy === undefined) throw new Error(`there is no step ${name}`);
  rmSync(home, { recursive: true, force: true });
  cpSync(copy, home, { recursive: true });
  const files = name === 'exports' ? [join(home, 'mask.nii.gz'), join(home, 'teaching.zip')] : [];
  for (const path of files) writeFileSync(path, old);
  const problems: string[] = [];
  let session = await resumeSession(home);
  try {
    const injected = injectFault(at, fault);
    const thrown = await failure(session, step.run, () => injected.stop());
    const told = thrown === null ? null : tellingOf(thrown, problems);
    if (
      thrown === null &&
      injected.struck() &&
      (fault.code === 'ENOSPC' || fault.code === 'EROFS') &&
      name === 'exports'
    )
      problems.push('nothing was said of a disk that took nothing');
    for (const path of files) if (!isWhole(path)) problems.push(`${basename(path)} is damaged`);
    // Only what could not be removed either stays.
    const isStuck = fault.code !== 'ENOSPC' && fault.code !== 'short' && fault.code !== 'EMFILE';
    const left = readdirSync(home).filter((file) => /\.(tmp|partial)$/.test(file));
    if (left.length > 0 && !isStuck) problems.push(`left behind: ${left.join(', ')}`);
    if (injected.struck()) {
      // What could not be removed goes at the next opening.
      await session.here.close();
      session = await resumeSession(home);
      await settled(session.here);
      const verified = await session.here.call('verify.run', { repair: false });
      problems.push(...verified.problems.map(({ what, where }) => `${what} (${where})`));
      if (thrown !== null) await again(session, step.run, home, problems);
    }
    return { calls: injected.calls(), struck: injected.struck(), told, problems };
  } finally {
    await session.here.close();
  }
}

async function failure(
  session: Session,
  run: (session: Session) => Promise<unknown>,
  after: () => void,
): Promise<unknown> {
  try {
    await run(session);
    await settled(session.here);
    return null;
  } catch (thrown) {
    return thrown;
  } finally {
    after();
  }
}

function tellingOf(thrown: unknown, problems: string[]): string {
  if (thrown instanceof NothingCame) {
    if (thrown.reasons.length === 0) problems.push('nothing was said of why nothing came');
    checkWords(thrown.message, problems);
    return thrown.message;
  }
  const error = PrecedentError.from(thrown);
  const { message } = error;
  if (!understood.has(error.kind)) problems.push(`told as ${error.kind}: ${message}`);
  if (error.todo === undefined) problems.push(`says nothing of what to do: ${message}`);
  checkWords(message, problems);
  return message;
}

function checkWords(message: string, problems: string[]): void {
  if (/CANARY|\n|\bE[A-Z]{3,}\b/.test(message)) problems.push(`no plain words: ${message}`);
}

/** An exported file is what it was or what it was to become. */
function isWhole(path: string): boolean {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1') === old) return true;
  if (path.endsWith('.zip')) return bytes.includes('PK\x05\x06', bytes.length - 22, 'latin1');
  try {
    return gunzipSync(bytes).length > 0;
  } catch {
    return false;
  }
}

/** Once the disk is well, the same works. */
async function again(
  session: Session,
  run: (session: Session) => Promise<unknown>,
  home: string,
  problems: string[],
): Promise<void> {
  if (existsSync(join(home, 'teaching'))) rmSync(join(home, 'teaching'), { recursive: true });
  try {
    await run(session);
    await settled(session.here);
    const { problems: left } = await session.here.call('verify.run', { repair: false });
    problems.push(...left.map(({ what, where }) => `afterwards: ${what} (${where})`));
  } catch (thrown) {
    // The first time it was done before something failed.
    const { kind, message } = PrecedentError.from(thrown);
    if (thrown instanceof NothingCame || kind === 'not-found' || kind === 'refused') return;
    problems.push(`afterwards: ${message}`);
  }
}
