/** The thread that copies and checks catalogs, so that the engine goes on answering meanwhile: one task, one answer. */
import '../process/offline.ts';
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { checkCatalog, copyCatalog } from '../catalog/backup.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { BackupAnswer, BackupTask } from './backupWork.ts';

async function work({ catalog, copyTo }: BackupTask): Promise<BackupAnswer> {
  const facts = copyTo === undefined ? checkCatalog(catalog) : copyCatalog(catalog, copyTo);
  const path = copyTo ?? catalog;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { facts: { ...facts, sha256: hash.digest('hex'), bytes: statSync(path).size } };
}

const answer = await work(workerData as BackupTask).catch(
  (error: unknown): BackupAnswer => ({ error: PrecedentError.from(error).toData() }),
);
parentPort?.postMessage(answer);
