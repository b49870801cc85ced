/**
 * Whether the catalog is what it was when it was closed. SQLite keeps no checksums of its pages, so a flipped bit in a value
 * is no damage to it; a hash of the closed file, its seal, shows every one. While the catalog is open, and after a crash,
 * there is no such hash, and SQLite's own check of the file's structure has to do.
 */
import { z } from 'zod';
import { quickCheck } from '../catalog/backup.ts';
import { PrecedentError } from '../contract/errors.ts';
import {
  fileExists,
  folderBytes,
  listFolder,
  readFileBytes,
  sha256OfFile,
  writeFileAtomic,
} from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { catalogKey } from '../files/unlocked.ts';

/** What the audit of a catalog is to say that took another's place: only its next opening can write it. */
const replacement = z.object({
  action: z.enum(['restored', 'restore.accept']),
  user: z.string(),
  detail: z.record(z.string(), z.string()),
});
export type Replacement = z.infer<typeof replacement>;

const seal = z.discriminatedUnion('state', [
  z.object({ state: z.literal('closed'), bytes: z.number().int(), sha256: z.string() }),
  /** Written before the catalog is: whoever finds it there, the catalog was not closed. */
  z.object({ state: z.literal('open'), replacement: replacement.optional() }),
  /** Damage that was met while it was open. */
  z.object({ state: z.literal('damaged'), why: z.string() }),
]);
type Seal = z.infer<typeof seal>;

/** `changed`: whole as far as SQLite can tell, but not the file that was closed. */
export type CatalogState =
  | { readonly state: 'new' }
  | { readonly state: 'sound'; readonly schema: number }
  | { readonly state: 'changed' | 'damaged'; readonly why: string };

const changed = 'the catalog is not as it was when it was closed';

/** Reads the catalog and writes nothing. Throws `refused` where it is sound and the library's key is another than its own. */
export async function inspectCatalog(layout: Layout): Promise<CatalogState> {
  if ((await folderBytes(layout.catalog)) === 0) {
    const emptied = await holdsMore(layout);
    return emptied ? { state: 'damaged', why: 'the catalog is missing' } : { state: 'new' };
  }
  const known = await readSeal(layout);
  if (known?.state === 'damaged') return known;
  const closed = known?.state === 'closed' ? known : undefined;
  const asClosed = closed !== undefined && (await isAsClosed(layout, closed));
  const { problem, schema } = quickCheck(layout.catalog, asClosed);
  if (problem !== undefined && asClosed && catalogKey(layout.catalog))
    throw new PrecedentError(
      'refused',
      'the key in it is not that of this library',
      'key.json',
      'put its copy from beside the backups in its place',
    );
  if (problem !== undefined) return { state: 'damaged', why: problem };
  if (!closed || asClosed) return { state: 'sound', schema };
  return { state: 'changed', why: changed };
}

/** What the seal says against the catalog, whatever key that is encrypted with. */
export async function sealProblem(layout: Layout): Promise<string | undefined> {
  const known = await readSeal(layout);
  if (known?.state === 'damaged') return known.why;
  if (known?.state === 'closed' && !(await isAsClosed(layout, known))) return changed;
  return undefined;
}

/** Whether a library without a catalog once had one. */
export async function holdsMore({ originals, voxels, backups, encoders }: Layout): Promise<boolean> {
  for (const folder of [originals, voxels, backups, encoders])
    if ((await listFolder(folder)).some((name) => name !== 'settings.json')) return true;
  return false;
}

/** Undefined for none, and for one that cannot be read: that is no fault of the catalog. */
async function readSeal(layout: Layout): Promise<Seal | undefined> {
  try {
    return seal.parse(JSON.parse(new TextDecoder().decode(await readFileBytes(layout.seal))));
  } catch {
    return undefined;
  }
}

async function isAsClosed(layout: Layout, { bytes, sha256 }: Seal & { state: 'closed' }): Promise<boolean> {
  if ((await folderBytes(layout.catalog)) !== bytes) return false;
  return (await sha256OfFile(layout.catalog)) === sha256;
}

function writeSeal(layout: Layout, content: Seal): Promise<void> {
  return writeFileAtomic(layout.seal, Buffer.from(`${JSON.stringify(content)}\n`));
}

/**
 * To be called before a catalog is written to; it is on the disk then. Returns what its audit still has to say, which is kept
 * until `replacementTold`.
 */
export async function breakSeal(layout: Layout): Promise<Replacement | undefined> {
  const known = await readSeal(layout);
  const kept = known?.state === 'open' ? known.replacement : undefined;
  await writeSeal(layout, { state: 'open', replacement: kept });
  return kept;
}

export function replacementTold(layout: Layout): Promise<void> {
  return writeSeal(layout, { state: 'open' });
}

/** From now on the catalog is one that nobody has looked at, and its next opening writes into its audit where it comes from. */
export function markReplaced(layout: Layout, by: Replacement): Promise<void> {
  return writeSeal(layout, { state: 'open', replacement: by });
}

/** To be called when the catalog has been closed. What is still in its log is not in the file: then it stays unsealed. */
export async function sealCatalog(layout: Layout): Promise<void> {
  if ((await folderBytes(layout.catalog)) === 0 || (await fileExists(`${layout.catalog}-wal`))) return;
  const bytes = await folderBytes(layout.catalog);
  await writeSeal(layout, { state: 'closed', bytes, sha256: await sha256OfFile(layout.catalog) });
}

/** From now on the library opens to be read only, until it is restored. */
export function markDamaged(layout: Layout, why: string): Promise<void> {
  return writeSeal(layout, { state: 'damaged', why });
}
