/** Requests for kept searches and unsaved marks, each for the user who asks. */
import type { EngineContract } from '../contract/engine.ts';
import type { savedQueryRequests } from '../contract/savedQueries.ts';
import type { Handlers } from '../process/serve.ts';
import type { Library } from './library.ts';
import { currentUser } from './user.ts';

export function savedQueryHandlers({
  savedQueries: kept,
}: Pick<Library, 'savedQueries'>): Pick<Handlers<EngineContract>, keyof typeof savedQueryRequests> {
  const list = () => kept.list(currentUser());
  return {
    'savedQueries.list': list,
    'savedQueries.save': ({ name, search }) => {
      kept.save(currentUser(), name, search);
      return list();
    },
    'savedQueries.rename': ({ name, to }) => {
      kept.rename(currentUser(), name, to);
      return list();
    },
    'savedQueries.remove': ({ name }) => {
      kept.remove(currentUser(), name);
      return list();
    },
    'openSearch.get': () => ({ search: kept.open(currentUser()) }),
    'openSearch.keep': ({ search }) => {
      kept.keepOpen(currentUser(), search);
      return {};
    },
    'unsavedMarks.list': () => kept.marks(currentUser()),
    'unsavedMarks.keep': (mark) => {
      kept.keepMark(currentUser(), mark);
      return {};
    },
    'unsavedMarks.remove': ({ volume }) => {
      kept.dropMark(currentUser(), volume);
      return {};
    },
  };
}
