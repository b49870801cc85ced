/** Requests for kept searches and unsaved marks, each for the user who asks. */
import type { EngineContract } from '../contract/engine.ts';
import type { savedQueryRequests } from '../contract/savedQueries.ts';
import type { Handlers } from '../process/serve.ts';
import type { Library } from './library.ts';

export function savedQueryHandlers({
  savedQueries: kept,
  session,
}: Pick<Library, 'savedQueries' | 'session'>): Pick<
  Handlers<EngineContract>,
  keyof typeof savedQueryRequests
> {
  const list = () => kept.list(session.user);
  return {
    'savedQueries.list': list,
    'savedQueries.save': ({ name, search }) => {
      kept.save(session.user, name, search);
      return list();
    },
    'savedQueries.rename': ({ name, to }) => {
      kept.rename(session.user, name, to);
      return list();
    },
    'savedQueries.remove': ({ name }) => {
      kept.remove(session.user, name);
      return list();
    },
    'openSearch.get': () => ({ search: kept.open(session.user) }),
    'openSearch.keep': ({ search }) => {
      kept.keepOpen(session.user, search);
      return {};
    },
    'unsavedMarks.list': () => kept.marks(session.user),
    'unsavedMarks.keep': (mark) => {
      kept.keepMark(session.user, mark);
      return {};
    },
    'unsavedMarks.remove': ({ volume }) => {
      kept.dropMark(session.user, volume);
      return {};
    },
  };
}
