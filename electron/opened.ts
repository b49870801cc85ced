/**
 * What the application was opened with, by a file manager, an icon or a second start: a marker opens the library folder in
 * which it lies, everything else waits to be imported until the window asks.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { PrecedentError } from '../native/contract/errors.ts';
import { writeFileAtomic } from '../native/files/files.ts';

/** A marker names no folder, so that none can lead elsewhere. */
const marker = z.object({ format: z.literal('precedent-library'), version: z.literal(1) });
const markerSuffix = '.precedent';
const MAX_MARKER_BYTES = 4096;

/** What a second start hands over to the first. */
export const openedPaths = z.object({
  opened: z.array(z.string().max(4096).refine(isAbsolute)).max(10_000),
});

export interface Opened {
  /** The library folder to open, or null where none was named. */
  readonly library: string | null;
  readonly sources: readonly string[];
}

/** Absolute paths, by what is done with them. Throws `not-found` or `unreadable` for what is neither there nor a marker. */
export function sortOpened(paths: readonly string[]): Opened {
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) throw new PrecedentError('not-found', 'there is no such file or folder');
  const isMarker = (path: string) => extname(path).toLowerCase() === markerSuffix && statSync(path).isFile();
  const markers = paths.filter(isMarker);
  return {
    library: markers.map(libraryOfMarker).at(-1) ?? null,
    sources: paths.filter((path) => !isMarker(path)),
  };
}

function libraryOfMarker(path: string): string {
  const small = statSync(path).size <= MAX_MARKER_BYTES;
  const known = small && marker.safeParse(parsed(readFileSync(path, 'utf8'))).success;
  if (!known || !existsSync(join(dirname(path), 'catalog.sqlite'))) {
    throw new PrecedentError(
      'unreadable',
      'this file does not lie in a library of Precedent',
      basename(path),
      'open the library folder instead',
    );
  }
  return dirname(path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Puts a marker into a library folder that has none; named after the folder. Throws `storage` where it cannot be written. */
export async function markLibrary(folder: string): Promise<void> {
  if ((await readdir(folder)).some((name) => name.endsWith(markerSuffix))) return;
  const path = join(folder, `${basename(folder)}${markerSuffix}`);
  await writeFileAtomic(
    path,
    Buffer.from(`${JSON.stringify({ format: 'precedent-library', version: 1 })}\n`),
  );
}
