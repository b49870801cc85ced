/** The thread that copies and checks catalogs, so that the engine goes on answering meanwhile: one task, one answer. */
import '../process/offline.ts';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { checkCatalog, copyCatalog } from '../catalog/backup.ts';
import { PrecedentError } from '../contract/errors.ts';
import { sha256OfFile } from '../files/files.ts';
import { unlockCopies, unlockFolder } from '../files/unlocked.ts';
import type { BackupAnswer, BackupTask } from './backupWork.ts';

async function work({ catalog, copyTo, key, keyOfCopies }: BackupTask): Promise<BackupAnswer> {
  if (key) for (const path of [catalog, copyTo ?? catalog]) unlockFolder(dirname(path), key);
  if (keyOfCopies) unlockCopies(dirname(catalog), keyOfCopies);
  const facts = copyTo === undefined ? checkCatalog(catalog) : copyCatalog(catalog, copyTo);
  const path = copyTo ?? catalog;
  return { facts: { ...facts, sha256: await sha256OfFile(path), bytes: statSync(path).size } };
}

const answer = await work(workerData as BackupTask).catch(
  (error: unknown): BackupAnswer => ({ error: PrecedentError.from(error).toData() }),
);
parentPort?.postMessage(answer);
