/** Changes of labels by hand in this window: each is one request, which undo brings back and redo makes again. */
import { create } from 'zustand';
import type { Changed, ChangeRow, LabelChange } from '../../native/contract/library.ts';
import { callEngine, queryClient } from '../engine.ts';
import { count } from '../ui/format.ts';
import { failed, notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { infoQuery } from './queries.ts';

/** A change and the library that it was made in. */
interface Made {
  readonly change: ChangeRow;
  readonly folder: string | undefined;
}
interface Edits {
  readonly done: readonly Made[];
  readonly undone: readonly Made[];
}
const useEdits = create<Edits>(() => ({ done: [], undone: [] }));

const mostKept = 100;
const openFolder = () => queryClient.getQueryData(infoQuery.queryKey)?.folder;

/** To be told of every change that can be undone. */
export function madeChange(change: ChangeRow): void {
  useEdits.setState(({ done }) => ({
    done: [...done, { change, folder: openFolder() }].slice(-mostKept),
    undone: [],
  }));
  useView.setState({ lastChange: 'label' });
}

/** Makes the changes to all of the lesions or to none; false where that failed, which is said. */
export async function editLesions(
  lesions: readonly string[],
  changes: readonly LabelChange[],
): Promise<boolean> {
  try {
    const { change } = await callEngine('library.edit', { lesions: [...lesions], changes: [...changes] });
    if (change) madeChange(change);
    if (change && change.rows > 1)
      notice('done', change.what, `${count(change.rows, 'lesion')}. Ctrl Z undoes it.`);
    return true;
  } catch (error) {
    failed('Nothing was changed', error);
    return false;
  }
}

/** Brings back the change; what it became is said. */
export async function undoChange(change: ChangeRow): Promise<Changed | null> {
  try {
    const back = await callEngine('library.undo', { change: change.id });
    const rows = back.change?.rows ?? 0;
    const left = `${count(back.left, 'other')} changed again since and stayed as they are.`;
    notice(
      back.left > 0 ? 'warning' : 'done',
      back.change?.what ?? 'Nothing was left to undo',
      back.left > 0 ? `${count(rows, 'change')} taken back; ${left}` : `${count(rows, 'change')} taken back.`,
    );
    return back;
  } catch (error) {
    failed('It was not undone', error);
    return null;
  }
}

let busy = false;

/** Takes the latest change of `from` back and puts what did that onto the other pile; false where there is none. */
function step(from: 'done' | 'undone', to: 'done' | 'undone'): boolean {
  const latest = useEdits.getState()[from].at(-1);
  if (!latest || latest.folder !== openFolder()) return false;
  if (busy) return true;
  busy = true;
  void undoChange(latest.change)
    .then((back) => {
      if (!back) return;
      const { change } = back;
      useEdits.setState((piles) => ({
        ...piles,
        [from]: piles[from].filter((one) => one !== latest),
        [to]: change ? [...piles[to], { ...latest, change }] : piles[to],
      }));
    })
    .finally(() => {
      busy = false;
    });
  return true;
}

export function undoLabels(): boolean {
  return step('done', 'undone');
}

export function redoLabels(): boolean {
  return step('undone', 'done');
}
