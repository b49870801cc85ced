/** Brings back what a change by hand changed, each thing by the rule of its kind, as a change of its own that can be undone too. */
import type { ChangedThing } from '../catalog/changes.ts';
import { editAction } from '../catalog/edits.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Changed } from '../contract/library.ts';
import type { Library } from './library.ts';

/** Throws `not-found` for a change that there is not, `refused` for one that was taken back already. */
export function undoChange(library: Library, id: string): Changed {
  const { changes, db } = library;
  const taken: ChangedThing[] = [];
  const undone = db.transaction((): Changed => {
    const change = changes.find(id);
    if (!change) throw new PrecedentError('not-found', 'there is no such change', id);
    if (change.undoneBy !== undefined)
      throw new PrecedentError('refused', 'the change was undone already', id, 'undo the undoing instead');
    // What was done last is taken back first.
    const things = changes.things(change).reverse();
    for (const thing of things) {
      const { takeBack } = thing.action === editAction ? library.edits : library.merges;
      const back = takeBack(thing);
      if (back) taken.push(back);
    }
    const what = change.what.startsWith('Undo: ')
      ? change.what.slice('Undo: '.length)
      : `Undo: ${change.what}`;
    return {
      change: changes.record(library.session.user, what, taken, id),
      left: things.length - taken.length,
    };
  })();
  if (taken.every(({ action }) => action === editAction)) library.edited(taken.map(({ subject }) => subject));
  else library.changed();
  return undone;
}
