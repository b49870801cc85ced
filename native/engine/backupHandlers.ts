/** What the engine answers about backups, and the ways out of a damaged catalog. */
import type { BackupManifest, backupRequests } from '../contract/backups.ts';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { byPolicy } from '../policy/libraryRules.ts';
import type { Handlers } from '../process/serve.ts';
import { backupPlace, setBackupFolder, withCopies } from './backupPlace.ts';
import {
  type BackupPlace,
  backupPath,
  listBackups,
  makeBackup,
  removeBackup,
  verifyBackup,
} from './backups.ts';
import { markReplaced } from './catalogSeal.ts';
import type { Engine } from './engine.ts';
import { exportRows } from './exportRows.ts';
import { type Restoration, replaceCatalog } from './restore.ts';

/** @param restart ends this engine, so that its host starts another on the catalog that is there then */
export function backupHandlers(
  engine: Engine,
  restart: () => void,
): Pick<Handlers<EngineContract>, keyof typeof backupRequests> {
  const { library, grants } = engine;
  const { layout } = library;
  const { policy } = library.session;
  const place = () => backupPlace(layout, policy);
  return {
    'backups.list': async () => {
      const at = await place();
      const backups = await listBackups(at);
      return {
        folder: at.folder,
        elsewhere: at.folder !== layout.backups,
        backups,
        problem: engine.backups.problem,
      };
    },
    'backups.make': async ({ to }) => {
      const at = await place();
      const folder = to === undefined ? at.folder : grants.take(to, 'write');
      return engine.backups.held(() => makeBackup({ ...at, folder }, layout.catalog, 'manual'));
    },
    // What is removed while it is read in full would be noted as sound afterwards.
    'backups.verify': ({ name }) => engine.backups.held(async () => verifyBackup(await place(), name)),
    'backups.remove': async ({ name }) => {
      await engine.backups.held(async () => removeBackup(await place(), name));
      return {};
    },
    'backups.setFolder': async ({ folder }) => {
      if (policy.backupsFolder !== undefined) throw byPolicy('backups are kept in the folder that it names');
      await setBackupFolder(layout, folder === null ? undefined : grants.take(folder, 'read'));
      return {};
    },
    'backups.newest': () => engine.backups.held(async () => newestSound(await place())),
    'backups.restore': async ({ name, from, salvaged }) => {
      if (salvaged) {
        if (!library.readOnly?.rows)
          throw new PrecedentError('usage', 'there is no damaged catalog of which something can be read');
        return { setAside: await restore(library.db.name, { of: 'what was salvaged' }) };
      }
      const at =
        from === undefined ? await place() : { folder: withCopies(layout, grants.take(from, 'read')) };
      const backup = name === undefined ? await newest(at) : await verifyBackup(at, name);
      return { backup, setAside: await restore(backupPath(at, backup.name), { of: backup.name }) };
    },
    'backups.accept': async () => {
      if (library.readOnly?.state !== 'changed')
        throw new PrecedentError('usage', 'there is nothing to accept');
      const { user } = library.session;
      await engine.close(() => markReplaced(layout, { action: 'restore.accept', user, detail: {} }));
      restart();
      return {};
    },
    'backups.export': ({ target }) => exportRows(library.db, grants.take(target, 'write')),
  };

  async function restore(replacement: string, detail: Restoration['detail']): Promise<string> {
    const { user } = library.session;
    let setAside: string | undefined;
    try {
      await engine.close(async () => {
        setAside = await replaceCatalog(layout, replacement, {
          known: library.db.name,
          at: new Date(),
          user,
          detail,
        });
      });
    } finally {
      restart();
    }
    // Something else closes it already, which another restoring may be.
    if (setAside === undefined)
      throw new PrecedentError(
        'interrupted',
        'the library is being closed',
        undefined,
        'open it and try again',
      );
    return setAside;
  }
}

async function newestSound(
  place: BackupPlace,
): Promise<{ backup: BackupManifest | undefined; unsound: string[] }> {
  const unsound: string[] = [];
  for (const { name } of await listBackups(place)) {
    try {
      return { backup: await verifyBackup(place, name), unsound };
    } catch {
      unsound.push(name);
    }
  }
  return { backup: undefined, unsound };
}

async function newest(place: BackupPlace): Promise<BackupManifest> {
  const { backup } = await newestSound(place);
  if (!backup)
    throw new PrecedentError('not-found', 'there is no sound backup', undefined, 'name another folder');
  return backup;
}
