/**
 * The backups of a library's catalog: made, checked, listed, removed. A backup is a copy of the catalog and, beside it, a
 * manifest; one without a manifest was cut off and counts for nothing.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type BackupKind, type BackupManifest, backupManifest } from '../contract/backups.ts';
import { PrecedentError } from '../contract/errors.ts';
import {
  commitFile,
  contentSize,
  ensureFolder,
  fileExists,
  listFolder,
  readFileBytes,
  removeFile,
  removeTemporaries,
  sha256OfFile,
  syncFile,
  writeFileAtomic,
} from '../files/files.ts';
import { readKeyFile, writeKeyFile } from '../files/keyFile.ts';
import { catalogKey } from '../files/unlocked.ts';
import { supersededBackups } from './backupRotation.ts';
import { backupWork } from './backupWork.ts';

/** Where backups lie, and of which library. Without a library those of all are listed. */
export interface BackupPlace {
  readonly folder: string;
  readonly library?: string;
}

/** The newest first. */
export async function listBackups({ folder, library }: BackupPlace): Promise<BackupManifest[]> {
  const found: BackupManifest[] = [];
  for (const file of await listFolder(folder)) {
    if (!file.endsWith('.json')) continue;
    const manifest = await readManifest(join(folder, file));
    if (manifest && file === `${manifest.name}.json` && (library ?? manifest.library) === manifest.library)
      found.push(manifest);
  }
  return found.sort((a, b) => b.at.localeCompare(a.at) || b.name.localeCompare(a.name));
}

/** Undefined for what is no manifest, or no sound one. */
async function readManifest(path: string): Promise<BackupManifest | undefined> {
  try {
    return backupManifest.parse(JSON.parse(new TextDecoder().decode(await readFileBytes(path))));
  } catch {
    return undefined;
  }
}

export function backupPath({ folder }: BackupPlace, name: string): string {
  return join(folder, `${name}.sqlite`);
}

function manifestPath({ folder }: BackupPlace, name: string): string {
  return join(folder, `${name}.json`);
}

/**
 * Copies the catalog, checks the copy and writes its manifest; then removes what it supersedes. Throws `corrupt` where the
 * catalog is damaged, `storage`.
 */
export async function makeBackup(
  place: Required<BackupPlace>,
  catalog: string,
  kind: BackupKind,
): Promise<BackupManifest> {
  await ensureFolder(place.folder);
  // Others may be writing theirs into the same folder now.
  const whose = place.library.replaceAll(/\W/g, '').slice(0, 8);
  for (const own of [`-${whose}-`, 'settings.json.']) await removeTemporaries(place.folder, own);
  const at = new Date().toISOString();
  const name = await freeName(place, `${at.slice(0, 19).replaceAll(':', '-')}-${whose}-${kind}`);
  const path = backupPath(place, name);
  const temporary = `${path}.tmp`;
  try {
    const facts = await backupWork({ catalog, copyTo: temporary });
    await syncFile(temporary);
    await commitFile(temporary, path);
    const manifest: BackupManifest = { name, library: place.library, kind, at, verifiedAt: at, ...facts };
    await writeManifest(place, manifest);
    const keyFile = await readKeyFile(dirname(catalog));
    // Without it a backup of an encrypted library would be worth nothing elsewhere.
    if (keyFile) await writeKeyFile(place.folder, keyFile, keyCopyName(place.library, catalogKey(catalog)));
    for (const old of supersededBackups(await listBackups(place))) await removeBackup(place, old);
    return manifest;
  } catch (error) {
    await removeFile(temporary);
    throw error;
  }
}

/**
 * The copy of a library's key file beside its backups. It tells one key from another: a library that was decrypted and encrypted
 * again has a new one, and older backups need theirs.
 */
export function keyCopyName(library: string, key: Uint8Array | undefined): string {
  const which = key && createHash('sha256').update('which key ').update(key).digest('hex').slice(0, 8);
  return `key-${[library, ...(which ? [which] : [])].join('-')}.json`;
}

async function freeName(place: BackupPlace, wanted: string): Promise<string> {
  let name = wanted;
  for (let n = 2; await fileExists(backupPath(place, name)); n++) name = `${wanted}-${n}`;
  return name;
}

async function writeManifest(place: BackupPlace, manifest: BackupManifest): Promise<void> {
  await writeFileAtomic(
    manifestPath(place, manifest.name),
    Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
  );
}

/** Throws `not-found`. */
async function findBackup(place: BackupPlace, name: string): Promise<BackupManifest> {
  const found = (await listBackups(place)).find((one) => one.name === name);
  if (!found) throw new PrecedentError('not-found', 'there is no such backup', undefined, 'list the backups');
  return found;
}

/** Reads a backup in full and notes that it is sound. Throws `corrupt` where it is not what was written. */
export async function verifyBackup(place: BackupPlace, name: string): Promise<BackupManifest> {
  const manifest = await findBackup(place, name);
  const facts = await backupWork({ catalog: backupPath(place, name) });
  if (facts.sha256 !== manifest.sha256 || facts.rowsHash !== manifest.rowsHash)
    throw new PrecedentError('corrupt', 'the backup is not what was written', name, 'use another one');
  const verified = { ...manifest, verifiedAt: new Date().toISOString() };
  await writeManifest(place, verified);
  return verified;
}

/** Notes that a backup was encrypted or decrypted: the same catalog in other bytes. */
export async function noteRecoded(place: BackupPlace, name: string): Promise<void> {
  const manifest = await findBackup(place, name);
  const path = backupPath(place, name);
  const [sha256, bytes] = [await sha256OfFile(path), await contentSize(path)];
  await writeManifest(place, { ...manifest, sha256, bytes });
}

/** The manifest first: a backup that was cut off while it is removed is none. */
export async function removeBackup(place: BackupPlace, name: string): Promise<void> {
  await removeFile(manifestPath(place, name));
  await removeFile(backupPath(place, name));
}
