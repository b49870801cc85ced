/** What the engine answers about deleting for good. */
import type { Deleted } from '../catalog/deletions.ts';
import type { EngineContract } from '../contract/engine.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Handlers } from '../process/serve.ts';
import { backupPlace } from './backupPlace.ts';
import { makeBackup } from './backups.ts';
import { beginDeletion, finishDeletions } from './deletion.ts';
import { type Holding, holdingOf } from './deletionBackups.ts';
import type { Engine } from './engine.ts';

/** @param tell to be called as soon as they are gone from the library, so that no window shows them on */
export function deletionHandlers(
  engine: Engine,
  tell: (deleted: Deleted) => void,
): Pick<Handlers<EngineContract>, 'library.deletion' | 'library.delete'> {
  const { library } = engine;
  const { deletions, layout } = library;
  const told = ({ copies, setAside }: Holding) => ({ backups: copies.length, setAside: setAside.length });
  return {
    'library.deletion': async ({ subject }) => {
      const plan = deletions.plan(subject);
      return { ...plan.counts, ...told(await holdingOf(library, plan)) };
    },
    'library.delete': ({ subject, backups }, { signal }) =>
      engine.exclusively('a deletion', signal, (either) =>
        // A copy that was begun before would hold what is deleted meanwhile.
        engine.backups.held(async () => {
          throwIfCancelled(either);
          const { ids, counts, holding } = await beginDeletion(library, subject, backups);
          tell(ids);
          await finishDeletions(library);
          // What was purged may have been all backups there were. One that cannot be made now is made by itself later.
          if (holding.copies.length > 0 && backups === 'purge')
            await makeBackup(
              await backupPlace(layout, library.session.policy),
              layout.catalog,
              'automatic',
            ).catch(() => undefined);
          return { ...counts, ...told(holding) };
        }),
      ),
  };
}
