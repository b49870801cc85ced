/** What the engine answers about the library as a whole: its lists, changes by hand and their undoing. */
import type { EngineContract } from '../contract/engine.ts';
import type { Changed } from '../contract/library.ts';
import type { Handlers } from '../process/serve.ts';
import { editLesions } from './editLesions.ts';
import type { Engine } from './engine.ts';
import { listLesionIds, listLesions } from './lesionLists.ts';
import { undoChange } from './undoChange.ts';

/** How many changes the history tells of. */
const changesTold = 200;

type LibraryRequest =
  | 'library.lesions'
  | 'library.lesionIds'
  | 'library.edit'
  | 'library.undo'
  | 'library.changes';

/** @param tell to be called once lesions, or what is said of them, are others */
export function libraryHandlers(
  { library }: Engine,
  tell: () => void,
): Pick<Handlers<EngineContract>, LibraryRequest> {
  const told = (result: Changed): Changed => {
    if (result.change) tell();
    return result;
  };
  return {
    'library.lesions': (params) => listLesions(library, params),
    'library.lesionIds': (params) => listLesionIds(library, params),
    'library.edit': ({ lesions, changes }) => told(editLesions(library, lesions, changes)),
    'library.undo': ({ change }) => told(undoChange(library, change)),
    'library.changes': () => library.changes.recent(changesTold),
  };
}
