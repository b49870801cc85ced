/** What the window asks about backups. */
import { queryOptions } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { callEngine, type EngineParams, libraryKey } from '../engine.ts';
import { moment } from '../ui/format.ts';
import { notice } from '../ui/notice.ts';

export const backupsKey = [libraryKey, 'backups'];

export const backupsQuery = queryOptions({
  queryKey: backupsKey,
  queryFn: ({ signal }) => callEngine('backups.list', {}, { signal }),
});

/** Reads the backups until one is sound: only for a library that needs one. */
export const newestBackupQuery = queryOptions({
  queryKey: [...backupsKey, 'newest'],
  queryFn: ({ signal }) => callEngine('backups.newest', {}, { signal }),
});

/** The engine starts again afterwards, and every list is asked for anew. */
export async function restore(what: EngineParams<'backups.restore'>): Promise<void> {
  const { backup, setAside } = await callEngine('backups.restore', what);
  notice(
    'done',
    backup ? `The library is as of ${moment(backup.at)}` : 'What could be read is the library now',
    `The catalog that was there is kept in its folder, in set-aside/${setAside}.`,
  );
}

/** False where nobody said where to. */
export async function exportRows(): Promise<boolean> {
  const target = await bridge.chooseExport('catalog rows.zip');
  if (!target) return false;
  const { tables, rows } = await callEngine('backups.export', { target: target.token });
  notice(
    'done',
    `${rows} rows of ${tables} tables were written`,
    'They name patients: keep them like the library.',
  );
  return true;
}
