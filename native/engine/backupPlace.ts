/** In which folder a library's backups lie. It is said beside the catalog, not in it, since the catalog may be damaged. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Policy } from '../contract/policy.ts';
import { ensureFolder, readFileBytes, writeFileAtomic } from '../files/files.ts';
import type { Layout } from '../files/layout.ts';
import { catalogKey, unlockCopies } from '../files/unlocked.ts';
import { type BackupPlace, listBackups } from './backups.ts';

const settings = z.object({ library: z.string(), folder: z.string().optional() });

function settingsPath({ backups }: Layout): string {
  return join(backups, 'settings.json');
}

/** The library's own folder unless another was chosen, by the administrator or else by the user. */
export async function backupPlace(
  layout: Layout,
  { backupsFolder }: Pick<Policy, 'backupsFolder'>,
): Promise<Required<BackupPlace>> {
  const { library, folder } = await readSettings(layout);
  return { library, folder: withCopies(layout, backupsFolder ?? folder ?? layout.backups) };
}

/** A folder with copies of the catalog. Those of an encrypted library that is open are read with its key from now on. */
export function withCopies({ catalog }: Layout, folder: string): string {
  const key = catalogKey(catalog);
  if (key && catalogKey(folder) === undefined) unlockCopies(folder, key);
  return folder;
}

/** @param folder undefined for the library's own */
export async function setBackupFolder(layout: Layout, folder: string | undefined): Promise<void> {
  await write(layout, { ...(await readSettings(layout)), folder });
}

async function readSettings(layout: Layout): Promise<z.infer<typeof settings>> {
  try {
    return settings.parse(JSON.parse(new TextDecoder().decode(await readFileBytes(settingsPath(layout)))));
  } catch {
    // Backups that are here already are this library's.
    const [newest] = await listBackups({ folder: layout.backups });
    const fresh = { library: newest?.library ?? randomUUID() };
    await write(layout, fresh);
    return fresh;
  }
}

async function write(layout: Layout, content: z.infer<typeof settings>): Promise<void> {
  await ensureFolder(layout.backups);
  await writeFileAtomic(settingsPath(layout), Buffer.from(`${JSON.stringify(content)}\n`));
}
