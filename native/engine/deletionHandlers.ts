/** What the engine answers about deleting for good. */
import type { Deleted } from '../catalog/deletions.ts';
import type { EngineContract } from '../contract/engine.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Handlers } from '../process/serve.ts';
import { finishDeletions } from './deletion.ts';
import { backupsHolding } from './deletionBackups.ts';
import type { Engine } from './engine.ts';
import { currentUser } from './user.ts';

/** @param tell to be called as soon as they are gone from the library, so that no window shows them on */
export function deletionHandlers(
  engine: Engine,
  tell: (deleted: Deleted) => void,
): Pick<Handlers<EngineContract>, 'library.deletion' | 'library.delete'> {
  const { library } = engine;
  const holding = async (ids: Deleted): Promise<number> => {
    const { copies, damaged } = await backupsHolding(library.layout, ids);
    return copies.length + damaged.length;
  };
  return {
    'library.deletion': async ({ subject }) => {
      const { ids, counts } = library.deletions.plan(subject);
      return { ...counts, backups: await holding(ids) };
    },
    'library.delete': ({ subject, backups }, { signal }) =>
      engine.exclusively('a deletion', signal, async (either) => {
        throwIfCancelled(either);
        const held = await holding(library.deletions.plan(subject).ids);
        const { ids, counts } = library.deletions.remove(currentUser(), subject, backups);
        tell(ids);
        await finishDeletions(library);
        return { ...counts, backups: held };
      }),
  };
}
