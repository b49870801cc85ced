/** Copies or checks a catalog in a thread of its own. */
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CatalogFacts } from '../catalog/backup.ts';
import { type ErrorData, PrecedentError } from '../contract/errors.ts';
import { catalogKey, copiesKey } from '../files/unlocked.ts';

export interface BackupTask {
  readonly catalog: string;
  /** Where a copy is to be written; without it the catalog itself is checked. */
  readonly copyTo?: string;
  /** Of the library, where it is encrypted: the thread knows of none. */
  readonly key?: Uint8Array | undefined;
  /** Of that library, where the catalog is a copy that lies elsewhere. */
  readonly keyOfCopies?: Uint8Array | undefined;
}
export interface CheckedFile extends CatalogFacts {
  readonly bytes: number;
  readonly sha256: string;
}
export type BackupAnswer = { readonly facts: CheckedFile } | { readonly error: ErrorData };

/** Beside this module, as source or built. */
const thread = join(import.meta.dirname, `backupThread${extname(import.meta.filename)}`);

/** The checked copy, or file. Throws what `copyCatalog` and `checkCatalog` throw. */
export async function backupWork(task: Pick<BackupTask, 'catalog' | 'copyTo'>): Promise<CheckedFile> {
  const keys = { key: catalogKey(task.catalog), keyOfCopies: copiesKey(task.catalog) };
  const worker = new Worker(thread, { workerData: { ...task, ...keys } });
  const ended = once(worker, 'exit').then(() => {
    throw new PrecedentError('interrupted', 'the backup was cut off', undefined, 'try again');
  });
  const [answer] = (await Promise.race([once(worker, 'message'), ended])) as [BackupAnswer];
  if ('error' in answer) throw PrecedentError.fromData(answer.error);
  return answer.facts;
}
