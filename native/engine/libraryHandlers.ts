/** What the engine answers about the library as a whole: its lists, changes by hand and their undoing. */
import { mergeAction, unmergeAction } from '../catalog/merges.ts';
import type { EngineContract } from '../contract/engine.ts';
import type { Changed } from '../contract/library.ts';
import { removeFile } from '../files/files.ts';
import { drawThumbnail } from '../ingest/embedMissing.ts';
import type { Handlers } from '../process/serve.ts';
import { findDuplicates } from './duplicates.ts';
import { editLesions } from './editLesions.ts';
import type { Engine } from './engine.ts';
import { libraryHealth } from './health.ts';
import { listLesionIds, listLesions } from './lesionLists.ts';
import { mergeDuplicates } from './mergeDuplicates.ts';
import { undoChange } from './undoChange.ts';

/** How many changes the history tells of. */
const changesTold = 200;

type LibraryRequest =
  | 'library.lesions'
  | 'library.lesionIds'
  | 'library.edit'
  | 'library.undo'
  | 'library.duplicates'
  | 'library.keepApart'
  | 'library.merge'
  | 'library.health'
  | 'library.changes';

/** @param tell to be called once lesions, or what is said of them, are others */
export function libraryHandlers(
  engine: Engine,
  tell: () => void,
): Pick<Handlers<EngineContract>, LibraryRequest> {
  const { library } = engine;
  /** Pictures go and come with their lesions; one that cannot be drawn now is drawn by a repair. */
  const pictured = async (result: Changed): Promise<Changed> => {
    for (const { action, subject: kept, after } of result.change
      ? library.changes.things(result.change)
      : []) {
      const { other } = after as { other?: string };
      if (other !== undefined && action === mergeAction) await removeFile(library.layout.thumbnail(other));
      if (other === undefined || action !== unmergeAction) continue;
      const { volume } = library.reads.lesion(kept);
      await engine
        .withVoxels(volume, (file) => drawThumbnail(library, file, other, library.lesionRegion(other)))
        .catch(() => undefined);
    }
    return told(result);
  };
  const told = (result: Changed): Changed => {
    if (result.change) tell();
    return result;
  };
  return {
    'library.lesions': (params) => listLesions(library, params),
    'library.lesionIds': (params) => listLesionIds(library, params),
    'library.edit': ({ lesions, changes }) => told(editLesions(library, lesions, changes)),
    'library.undo': ({ change }) => pictured(undoChange(library, change)),
    'library.duplicates': (_, { signal, progress }) => findDuplicates(library, signal, progress),
    'library.keepApart': ({ key }) => {
      library.duplicates.keepApart(key);
      return {};
    },
    'library.merge': (params) => pictured(mergeDuplicates(library, params)),
    'library.health': () => libraryHealth(engine),
    'library.changes': () => library.changes.recent(changesTold),
  };
}
