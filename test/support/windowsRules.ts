/**
 * The operations of the files layer under the rules of Windows: an open file is neither replaced nor removed, a folder cannot be
 * fsynced, names that differ in case are one, some are not allowed, and a scanner holds what was just written for a while.
 */
import { statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { operations, system } from '../../native/files/files.ts';

export interface WindowsRules {
  /** How often something was refused because a file was open, by the first folder below the home. */
  readonly refusals: readonly string[];
  /** Names that Windows would not take. */
  readonly badNames: readonly string[];
  /** How long the layer waited, in all (ms). */
  readonly waitedMs: () => number;
  /** Holds a file open, as another program does; the returned function lets go of it. */
  readonly hold: (path: string) => () => void;
  readonly stop: () => void;
}

/** As Microsoft has them in "Naming Files, Paths, and Namespaces", of a single name. */
export function isWindowsName(name: string): boolean {
  const device = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$/i;
  return (
    name.length > 0 &&
    name.length <= 255 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\x00-\x1f<>:"/\\|?*]/.test(name) &&
    !/[. ]$/.test(name) &&
    !device.test(name.split('.')[0].trimEnd())
  );
}

/** From now on these rules hold below `home`; a scanner holds each written file for so long (ms of waiting). */
export function underWindows(home: string, { scanMs = 0 } = {}): WindowsRules {
  const real = { ...operations };
  const open = new Map<string, number>();
  const scannedUntil = new Map<string, number>();
  const spelled = new Map<string, string>();
  const refusals: string[] = [];
  const badNames: string[] = [];
  let now = 0;
  const key = (path: unknown) => String(path).toLowerCase();
  const refuse = (code: string, path: unknown): never => {
    refusals.push(relative(home, String(path)).split(sep).slice(0, 2).join('/'));
    throw Object.assign(new Error(code), { code });
  };
  const isHeld = (path: unknown) => {
    const below = `${key(path)}${sep}`;
    const held = [
      ...open.keys(),
      ...[...scannedUntil].flatMap(([file, until]) => (until > now ? [file] : [])),
    ];
    return held.some((file) => file === key(path) || file.startsWith(below));
  };
  const hold = (path: string) => {
    open.set(key(path), (open.get(key(path)) ?? 0) + 1);
    return () => {
      const left = (open.get(key(path)) ?? 1) - 1;
      if (left > 0) open.set(key(path), left);
      else open.delete(key(path));
    };
  };
  /** A name that is made: whether it may be, and that it is no other spelling of one that is there. */
  const made = (path: unknown) => {
    for (const name of relative(home, String(path)).split(sep)) if (!isWindowsName(name)) badNames.push(name);
    const before = spelled.get(key(path));
    if (before !== undefined && before !== String(path)) badNames.push(`${before} and ${path} are one`);
    spelled.set(key(path), String(path));
  };

  system.windows = true;
  operations.open = async (path, flags, mode) => {
    const isWritten = flags === 'w' || flags === 'wx' || flags === 'r+';
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return refuse('EISDIR', path);
    if (flags === 'w' || flags === 'wx') made(path);
    const file = await real.open(path, flags, mode);
    const letGo = hold(String(path));
    const close = file.close.bind(file);
    file.close = async () => {
      await close();
      letGo();
      if (isWritten && scanMs > 0) scannedUntil.set(key(path), now + scanMs);
    };
    return file;
  };
  operations.rename = async (from, to) => {
    if (isHeld(from) || isHeld(to)) return refuse('EPERM', to);
    made(to);
    await real.rename(from, to);
    spelled.delete(key(from));
  };
  operations.unlink = async (path) => {
    if (isHeld(path)) return refuse('EBUSY', path);
    await real.unlink(path);
    spelled.delete(key(path));
  };
  operations.rm = async (path, options) => {
    if (isHeld(path)) return refuse('EBUSY', path);
    await real.rm(path, options);
    for (const name of spelled.keys())
      if (name === key(path) || name.startsWith(`${key(path)}${sep}`)) spelled.delete(name);
  };
  const mkdir = real.mkdir as (path: string) => Promise<undefined>;
  operations.mkdir = (async (path: string) => {
    made(path);
    return mkdir(path);
  }) as typeof operations.mkdir;
  operations.wait = async (ms) => {
    now += ms;
  };
  return {
    refusals,
    badNames,
    waitedMs: () => now,
    hold,
    stop: () => {
      Object.assign(operations, real);
      system.windows = process.platform === 'win32';
    },
  };
}
