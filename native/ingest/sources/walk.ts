/** Finds every file under some paths. Nothing is opened but folders, and a DICOMDIR that was itself chosen. */
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FoundFile, Skipped } from '../../contract/reader.ts';
import { codeOf } from '../../files/errorCode.ts';
import { expandDicomdir, isDicomdirName } from './dicomdir.ts';
import { pace } from './pace.ts';
import { byCodeUnit, reasonOf } from './reasons.ts';

interface Options {
  readonly signal?: AbortSignal;
  /** Files found so far, of which the total is not known. */
  readonly onProgress?: (progress: { done: number; total: number }) => void;
  readonly limits?: typeof walkLimits;
}
export interface Walked {
  readonly files: FoundFile[];
  readonly skipped: Skipped[];
}
/** Something to look at; `real` is its path without links where a folder's listing has told that it is a file. */
interface Entry {
  readonly path: string;
  readonly depth: number;
  readonly real?: string;
}

export const walkLimits = { depth: 64, files: 1_000_000 };

/**
 * All files under files and folders, in the order of their names by code unit; what is reached twice, by a link or
 * otherwise, is found once. A chosen DICOMDIR stands for the files that it names.
 * @throws PrecedentError `cancelled`; nothing else: what cannot be read is skipped
 */
export async function walkPaths(
  paths: readonly string[],
  { signal, onProgress, limits = walkLimits }: Options = {},
): Promise<Walked> {
  const files: FoundFile[] = [];
  const skipped: Skipped[] = [];
  const rest = pace(signal, () => onProgress?.({ done: files.length, total: files.length }));
  const walkedFolders = new Set<string>();
  /** Real paths of files found otherwise than in the listing of their folder. */
  const linkedFiles = new Set<string>();

  const found = (path: string, stats: Stats) =>
    files.push({ path, bytes: stats.size, mtimeMs: stats.mtimeMs });
  const visitFolder = ({ path, depth }: Entry, real: string): Entry[] => {
    if (walkedFolders.has(real)) return [];
    if (depth > limits.depth) {
      skipped.push({ path, reason: 'folders are nested too deeply' });
      return [];
    }
    const entries = readdirSync(path, { withFileTypes: true });
    walkedFolders.add(real);
    return entries
      .sort((a, b) => byCodeUnit(b.name, a.name))
      .map((entry) => ({
        path: join(path, entry.name),
        depth: depth + 1,
        real: entry.isFile() ? join(real, entry.name) : undefined,
      }));
  };
  /** Looks at one entry; for a folder gives its entries, the last of them first. */
  const visit = (entry: Entry): Entry[] => {
    const { path } = entry;
    if (entry.real !== undefined) {
      if (!linkedFiles.has(entry.real)) found(path, lstatSync(path));
      return [];
    }
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isDirectory()) {
      skipped.push({ path, reason: 'not a regular file' });
      return [];
    }
    const real = realpathSync.native(path);
    if (stats.isDirectory()) return visitFolder(entry, real);
    if (walkedFolders.has(dirname(real)) || linkedFiles.has(real)) return [];
    linkedFiles.add(real);
    if (entry.depth > 0 || !isDicomdirName(basename(path))) found(path, stats);
    else {
      const named = expandDicomdir(path);
      skipped.push(...named.skipped);
      return named.files.map((file) => ({ path: file, depth: 1 })).reverse();
    }
    return [];
  };

  const pending: Entry[] = paths.map((path) => ({ path: resolve(path), depth: 0 })).reverse();
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    await rest();
    if (files.length >= limits.files) {
      const reason = `more than ${limits.files.toLocaleString('en')} files: from here on they are left out`;
      skipped.push({ path: entry.path, reason });
      break;
    }
    try {
      for (const next of visit(entry)) pending.push(next);
    } catch (thrown) {
      skipped.push({ path: entry.path, reason: whyNot(entry.path, thrown) });
    }
  }
  onProgress?.({ done: files.length, total: files.length });
  return { files, skipped };
}

function whyNot(path: string, thrown: unknown): string {
  if (codeOf(thrown) !== 'ENOENT') return reasonOf(thrown);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return 'a link that leads nowhere';
  // Node replaces what is not UTF-8 in a name, and then the name is not that of the file any more.
  return basename(path).includes('\ufffd') ? 'its name is not valid UTF-8; rename it' : reasonOf(thrown);
}
