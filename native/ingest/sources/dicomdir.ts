/** Says which files a DICOMDIR names (PS3.3 annex F, PS3.10 section 8), without leaving the folder that it lies in. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { PrecedentError } from '../../contract/errors.ts';
import type { Skipped } from '../../contract/reader.ts';
import { ascii, items, parseDataSet, uint16 } from '../../dicom/dataset.ts';
import { withOpened } from './openedFile.ts';
import { byCodeUnit } from './reasons.ts';

export const dicomdirSopClass = '1.2.840.10008.1.3.10';
const maxDicomdirBytes = 128 * 2 ** 20;
const maxComponents = 64;
/** Record In-use Flag (0004,1410) of a record that was taken out of use. */
const notInUse = 0;

export function isDicomdirName(name: string): boolean {
  return /^dicomdir\.?$/i.test(name);
}

/**
 * The files that a DICOMDIR names and that are there, each once, in its order.
 * `skipped` lists what it names but is not there, and how often it names something outside of its folder.
 * @throws PrecedentError `unreadable` or `limit` when it cannot be read itself
 */
export function expandDicomdir(path: string): { files: string[]; skipped: Skipped[] } {
  const root = dirname(path);
  const realRoot = realpathSync.native(root);
  const find = finder(root);
  const files = new Set<string>();
  const missing = new Set<string>();
  let outside = 0;
  for (const components of namedFiles(path)) {
    if (!components.every(isInside) || components.length > maxComponents) {
      outside++;
      continue;
    }
    const file = find(components);
    const real = file && realFile(file);
    if (!file || !real) missing.add(join(root, ...components));
    else if (isWithin(realRoot, real)) files.add(file);
    else outside++;
  }
  const skipped = [...missing].map((file) => ({
    path: file,
    reason: 'named in the DICOMDIR but not there',
  }));
  if (outside > 0) skipped.push({ path, reason: `names files outside of its folder (${outside})` });
  return { files: [...files], skipped };
}

/** Referenced File ID (0004,1500) of each record in use, as the names of folders and file that it consists of. */
function namedFiles(path: string): string[][] {
  const bytes = withOpened(path, (file) => {
    if (file.bytes > maxDicomdirBytes) throw new PrecedentError('limit', 'the DICOMDIR is too large');
    return file.beginning(file.bytes);
  });
  const { dataSet, complete } = parseDataSet(bytes);
  if (!complete) throw new PrecedentError('unreadable', 'the DICOMDIR is damaged or cut off');
  return items(dataSet, 'x00041220')
    .filter((record) => uint16(record, 'x00041410') !== notInUse)
    .flatMap((record) => ascii(record, 'x00041500') ?? [])
    .map((id) => id.split('\\').map((component) => component.trim()));
}

function isInside(component: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL ends a name for the system
  return component !== '' && component !== '.' && component !== '..' && !/[/:\x00]/.test(component);
}

/** Where links lead to a file in the end; nothing where they lead nowhere or to no file. */
function realFile(path: string): string | undefined {
  try {
    const real = realpathSync.native(path);
    return statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(realRoot: string, real: string): boolean {
  return real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}

/**
 * Finds names under a folder as ISO 9660 media and their copies spell them: in upper or lower case, with a version
 * (`;1`) or a trailing dot. Each folder is listed once.
 */
function finder(root: string): (components: readonly string[]) => string | undefined {
  const listings = new Map<string, ReadonlyMap<string, string>>();
  const listing = (folder: string): ReadonlyMap<string, string> => {
    const known = listings.get(folder);
    if (known) return known;
    const names = new Map<string, string>();
    for (const name of list(folder)) {
      names.set(plainName(name), names.get(plainName(name)) ?? name);
      names.set(name, name);
    }
    listings.set(folder, names);
    return names;
  };
  return (components) => {
    let path = root;
    for (const component of components) {
      const names = listing(path);
      const name = names.get(component) ?? names.get(plainName(component));
      if (name === undefined) return undefined;
      path = join(path, name);
    }
    return path;
  };
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort(byCodeUnit);
  } catch {
    return [];
  }
}

function plainName(name: string): string {
  return name.replace(/;\d+$/, '').replace(/\.$/, '').toLowerCase();
}
