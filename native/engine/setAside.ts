/**
 * What lies in set-aside: a dated folder for each catalog that was replaced, with the private copies of originals that only it knew
 * of, and beside each copy a record of what it is known by.
 */
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { knowsAny, type Names } from '../catalog/deletions.ts';
import { commitFile, ensureFolder, findFiles, readFileBytes, writeFileAtomic } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { backupWork } from './backupWork.ts';

const recorded = z.array(z.string());
const originalsName = 'originals';
const recordEnding = '.json';

/** Moves a volume's private copies there. @param names none where no catalog says what they are of */
export async function setCopiesAside(
  layout: Layout,
  aside: string,
  volume: string,
  names: readonly string[] | undefined,
): Promise<void> {
  const folder = join(aside, originalsName);
  await ensureFolder(folder);
  if (names)
    await writeFileAtomic(join(folder, `${volume}${recordEnding}`), Buffer.from(JSON.stringify(names)));
  await commitFile(join(layout.originals, volume), join(folder, volume));
}

/**
 * The paths of each thing that holds what has these names, or of which nobody can say: a damaged catalog, copies that no catalog
 * knew. A catalog that is sound and knows none of them is another's, and so are copies that are recorded as another's.
 */
export async function setAsideHolding({ setAside }: Layout, names: Names): Promise<string[][]> {
  const holding: string[][] = [];
  const files = (await findFiles(setAside)).map((path) => relative(setAside, path).split(sep));
  const isCopy = ([, part, volume]: readonly string[]) => part === originalsName && volume !== undefined;
  const copies = files.filter(isCopy).map(([dated, , name]) => join(setAside, dated, originalsName, name));
  // Of a record that was cut off while it was written too.
  const copyOf = (path: string) => join(dirname(path), basename(path).split('.')[0]);
  for (const [copy, own] of Map.groupBy(copies, copyOf)) {
    const known = await readRecord(`${copy}${recordEnding}`);
    if (!known || known.some((name) => names.has(name))) holding.push([...new Set([...own, copy])]);
  }
  const others = files.filter((parts) => !isCopy(parts));
  for (const [dated, own] of Map.groupBy(others, ([name]) => name)) {
    const catalog = join(setAside, dated, 'catalog.sqlite');
    if (!(await mayHold(catalog, names))) continue;
    // Reading it may have left these.
    const beside = own[0].length > 1 ? [`${catalog}-wal`, `${catalog}-shm`] : [];
    holding.push([...new Set([...own.map((parts) => join(setAside, ...parts)), ...beside])]);
  }
  return holding;
}

async function mayHold(catalog: string, names: Names): Promise<boolean> {
  if (knowsAny(catalog, names) !== false) return true;
  return backupWork({ catalog }).then(
    () => false,
    () => true,
  );
}

/** Undefined for none, and for one that cannot be read. */
async function readRecord(path: string): Promise<readonly string[] | undefined> {
  try {
    return recorded.parse(JSON.parse(new TextDecoder().decode(await readFileBytes(path))));
  } catch {
    return undefined;
  }
}
