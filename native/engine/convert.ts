/**
 * Turns a library into an encrypted one, or back, while nobody has it open: each file takes the place of its other form whole, so
 * that a conversion that was cut off goes on where it was. The key file says which way, until everything is done.
 */
import { join } from 'node:path';
import { foldLog, isPlainCatalog, recodeCatalog } from '../catalog/database.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import {
  commitFile,
  createFileAtomic,
  emptyFolder,
  fileExists,
  findFiles,
  openForReading,
  readPieces,
  removeFile,
  syncFile,
} from '../files/files.ts';
import { type KeyFile, removeKeyFile, writeKeyFile } from '../files/keyFile.ts';
import { type Layout, libraryLayout } from '../files/layout.ts';
import { lockLibrary } from '../files/lock.ts';
import { isSealed } from '../files/sealed.ts';
import { kindOf, sealedFolders } from '../files/unlocked.ts';
import { backupPlace } from './backupPlace.ts';
import { type BackupPlace, backupPath, listBackups, noteRecoded, removeBackup } from './backups.ts';
import { breakSeal, sealProblem } from './catalogSeal.ts';

type OnProgress = (progress: { readonly done: number; readonly total: number }) => void;

interface Conversion {
  readonly policy: Policy;
  readonly layout: Layout;
  readonly key: Uint8Array;
  readonly encrypts: boolean;
}

/**
 * Brings the library to what its key file says; returns whether it is encrypted now. Where libraries must be encrypted by now, a
 * decryption that was cut off is taken back. A damaged catalog could not be restored while the key file stands between: then the
 * library stays what it was. Throws `busy`, `corrupt`, `storage`.
 */
export async function finishConversion(
  root: string,
  file: KeyFile,
  key: Uint8Array,
  policy: Policy,
  onProgress: OnProgress,
): Promise<boolean> {
  if (file.state === 'encrypted') return true;
  const layout = libraryLayout(root);
  const takenBack = file.state === 'decrypting' && policy.encryptionRequired;
  const encrypts = file.state === 'encrypting' || takenBack;
  const unlock = await lockLibrary(layout.lock);
  const conversion = { policy, layout, key, encrypts };
  try {
    await emptyFolder(layout.staging);
    onProgress({ done: 0, total: 1 });
    // First of all: as long as it is not converted, nothing is.
    try {
      await convertSound(conversion);
    } catch (error) {
      const { kind } = PrecedentError.from(error);
      // Another catalog may have been put there since: then what is sealed still needs its key.
      if (kind !== 'corrupt' || (encrypts && (takenBack || (await isBegun(layout))))) throw error;
      if (encrypts) await removeKeyFile(root);
      else await writeKeyFile(root, { ...file, state: 'encrypted' });
      throw new PrecedentError(
        'corrupt',
        `its catalog is damaged, and it is not ${encrypts ? 'encrypted' : 'decrypted'}`,
        'the library',
        'open it as it was, restore a backup, and try again',
      );
    }
    await convert(conversion, onProgress);
    if (encrypts) await writeKeyFile(root, { ...file, state: 'encrypted' });
    else await removeKeyFile(root);
    return encrypts;
  } finally {
    await unlock();
  }
}

/** Whether any file has been sealed. */
async function isBegun({ root }: Layout): Promise<boolean> {
  for (const folder of sealedFolders)
    for (const path of await findFiles(join(root, folder))) if (isSealed(await beginning(path))) return true;
  return false;
}

/** The catalog that was closed and no other; its seal is broken afterwards, which is of the bytes that were closed. */
async function convertSound(conversion: Conversion): Promise<void> {
  const { layout } = conversion;
  if (await isWaiting(conversion, layout.catalog)) {
    const why = await sealProblem(layout);
    if (why !== undefined) throw new PrecedentError('corrupt', why, 'catalog.sqlite');
  }
  await breakSeal(layout);
  await convertCatalog(conversion, layout.catalog);
}

async function convert(conversion: Conversion, onProgress: OnProgress): Promise<void> {
  const { layout, policy, encrypts } = conversion;
  const files: string[] = [];
  for (const folder of sealedFolders) files.push(...(await findFiles(join(layout.root, folder))));
  // A damaged catalog can only be sealed as the bytes that it is.
  files.push(...(await findFiles(layout.setAside)));
  const backups = await backupsOf(layout, policy);
  // The catalog is done.
  const total = files.length + backups.length + 1;
  let done = 1;
  onProgress({ done, total });
  for (const { place, name } of backups) {
    await convertBackup(conversion, place, name);
    onProgress({ done: ++done, total });
  }
  for (const path of files) {
    if (!encrypts && path.startsWith(layout.setAside)) await freeSetAside(conversion, path);
    // What was set aside may have been folded into its catalog.
    if (!(await fileExists(path))) continue;
    if (path.endsWith('.tmp') || (encrypts && isGraph(path))) await removeFile(path);
    else await convertFile(conversion, path);
    onProgress({ done: ++done, total });
  }
}

/** All that lie in the library, and of those elsewhere this library's own. */
async function backupsOf(layout: Layout, policy: Policy): Promise<{ place: BackupPlace; name: string }[]> {
  const chosen = await backupPlace(layout, policy);
  const places: BackupPlace[] = [{ folder: layout.backups }];
  if (chosen.folder !== layout.backups) places.push(chosen);
  const found: { place: BackupPlace; name: string }[] = [];
  for (const place of places) for (const { name } of await listBackups(place)) found.push({ place, name });
  return found;
}

/** One that cannot be read any more could not be restored either, and goes. */
async function convertBackup(conversion: Conversion, place: BackupPlace, name: string): Promise<void> {
  try {
    await convertCatalog(conversion, backupPath(place, name));
  } catch (error) {
    if (PrecedentError.from(error).kind !== 'corrupt') throw error;
    await removeBackup(place, name);
    return;
  }
  await noteRecoded(place, name);
}

/** A catalog that was set aside while the library was encrypted lies under its key; one too damaged for that stays as it is. */
async function freeSetAside(conversion: Conversion, path: string): Promise<void> {
  if (!path.endsWith('.sqlite') || isSealed(await beginning(path))) return;
  await convertCatalog(conversion, path).catch((error: unknown) => {
    if (PrecedentError.from(error).kind !== 'corrupt') throw error;
  });
}

/** It is made again from the matrix, and not kept in an encrypted library. */
function isGraph(path: string): boolean {
  return /\.graph(\.json)?$/.test(path);
}

async function convertFile({ key, encrypts }: Conversion, path: string): Promise<void> {
  const seal = { key, kind: kindOf(path) };
  if (isSealed(await beginning(path)) === encrypts) return;
  const to = await createFileAtomic(path, encrypts ? seal : null);
  try {
    for await (const piece of readPieces(path, encrypts ? null : seal)) await to.write(piece);
    await to.commit();
  } catch (error) {
    await to.abandon();
    throw error;
  }
}

/** Whether a catalog is there and is not what it should be. */
async function isWaiting({ encrypts }: Conversion, path: string): Promise<boolean> {
  return (await fileExists(path)) && isPlainCatalog(await beginning(path)) === encrypts;
}

/** A catalog, or a copy of one; one that is what it should be is left. */
async function convertCatalog(conversion: Conversion, path: string): Promise<void> {
  const { key, encrypts } = conversion;
  const converting = `${path}.converting`;
  if (!(await isWaiting(conversion, path))) return;
  const [from, to] = encrypts ? [undefined, key] : [key, undefined];
  await foldLog(path, from);
  for (const ending of ['', '-journal', '-wal', '-shm']) await removeFile(`${converting}${ending}`);
  try {
    const copy = await createFileAtomic(converting, null);
    try {
      for await (const piece of readPieces(path, null)) await copy.write(piece);
      await copy.commit();
    } catch (error) {
      await copy.abandon();
      throw error;
    }
    recodeCatalog(converting, from, to);
    await syncFile(converting);
    await commitFile(converting, path);
  } finally {
    await removeFile(converting);
  }
}

async function beginning(path: string): Promise<Buffer> {
  const file = await openForReading(path, null);
  try {
    const bytes = Buffer.alloc(16);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
