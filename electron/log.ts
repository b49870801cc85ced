/**
 * What the application did and what failed, for a hospital's IT: a few small files that replace each other. A line names no
 * patient and no path; an error of our own is written with its kind and what it says, any other with its type and where it was thrown.
 */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PrecedentError } from '../native/contract/errors.ts';

/** The newest file has the first name; each older one the next. */
const names = ['precedent.log', 'precedent.1.log', 'precedent.2.log', 'precedent.3.log', 'precedent.4.log'];

export interface Log {
  /** Something that a user or the application did. */
  info(what: string): void;
  /** Something that failed, as well on stderr. */
  error(what: string): void;
}

/** The files that a folder of logs can hold, the newest first. */
export function logFiles(folder: string): string[] {
  return names.map((name) => join(folder, name));
}

/**
 * Opens the log in a folder of its own.
 * @param bytes how long a file becomes before the next is begun
 * @param now the time that a line carries, in UTC
 */
export function openLog(folder: string, bytes = 1_000_000, now = () => new Date()): Log {
  const files = logFiles(folder);
  const write = (level: string, what: string) => {
    const line = `${now().toISOString()} ${level} ${oneLine(what)}\n`;
    // A full disk must not stop a reading room because of its log.
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (size(files[0]) + Buffer.byteLength(line) > bytes) rotate(files);
      appendFileSync(files[0], line, { mode: 0o600 });
    } catch {}
  };
  return {
    info: (what) => write('info', what),
    error(what) {
      write('error', what);
      process.stderr.write(`${oneLine(what)}\n`);
    },
  };
}

const nowhere: Log = { info: () => undefined, error: (what) => process.stderr.write(`${oneLine(what)}\n`) };
let current = nowhere;

/** The application's own log; until `startLog` it only speaks on stderr. */
export const log: Log = { info: (what) => current.info(what), error: (what) => current.error(what) };

export function startLog(folder: string): void {
  current = openLog(folder);
}

/** What a log may say of anything that was thrown. */
export function loggable(thrown: unknown): string {
  if (thrown instanceof PrecedentError && thrown.kind !== 'internal') return `${thrown.kind}: ${thrown.what}`;
  const error = thrown instanceof PrecedentError || !(thrown instanceof Error) ? undefined : thrown;
  const code = error && 'code' in error ? ` ${String(error.code)}` : '';
  return `internal: ${error?.name ?? typeof thrown}${code}${thrownAt(thrown)}`;
}

/** The functions and lines of a stack, without its message and without the folders of this machine. */
function thrownAt(thrown: unknown): string {
  if (!(thrown instanceof Error) || !thrown.stack) return '';
  const frames = [...thrown.stack.matchAll(/^ {4}at (?:(?:async )?([\w.#<>]+) )?.*?([\w.-]+:\d+:\d+)\)?$/gm)];
  return frames.map(([, name, place]) => ` at ${name ? `${name} ` : ''}${place}`).join('');
}

function size(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function rotate(files: readonly string[]): void {
  rmSync(files[files.length - 1], { force: true });
  for (let n = files.length - 1; n > 0; n--) {
    if (size(files[n - 1]) > 0) renameSync(files[n - 1], files[n]);
  }
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 4000);
}
