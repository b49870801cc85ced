/** What is to be deleted for good, once the dialog has said what goes; and what windows let go of when it is gone. */
import { create } from 'zustand';
import type { DeletionSubject } from '../../../native/contract/deletion.ts';
import { onDeleted, queryClient } from '../../engine.ts';
import { useResults } from '../../query/results.ts';
import { keep } from '../../ui/kept.ts';
import { forgetSetAside, useView, type ViewState } from '../../ui/store.ts';
import { voxelStore } from '../../viewer/voxelStore.ts';
import { deselect } from '../page/pageState.ts';

export interface Asked {
  readonly subject: DeletionSubject;
  /** In words that name nobody. */
  readonly what: string;
  /** Whose it is; it is shown as patients are. */
  readonly patient?: string | undefined;
}
export const useDeletion = create<{ readonly asked: Asked | null }>(() => ({ asked: null }));

/** Opens the dialog; nothing is deleted before it is answered. */
export function askToDelete(asked: Asked): void {
  useDeletion.setState({ asked });
}

/** Lets go of what is gone, whoever deleted it. Call once in each window. */
export function startForgetting(): void {
  onDeleted(({ volumes, lesions }) => {
    const gone = new Set([...volumes, ...lesions]);
    forgetSetAside(volumes);
    useView.setState((state) => without(state, gone));
    voxelStore.forget(volumes);
    deselect();
    useResults.setState(({ pinned }) => ({ pinned: pinned.filter(({ lesion }) => !gone.has(lesion)) }));
    queryClient.removeQueries({
      predicate: ({ queryKey }) => queryKey.some((part) => gone.has(String(part))),
    });
    // The session is kept anew from what is left.
    keep('session', null);
  });
}

function without(state: ViewState, gone: ReadonlySet<string>): Partial<ViewState> {
  const { row, beside, lesion, proposal, subject, compare } = state;
  const isGone = (id: string | null | undefined) => id !== null && id !== undefined && gone.has(id);
  const asked =
    subject !== null &&
    (isGone(subject.volume) || isGone(subject.lesion?.id) || subject.also.some((one) => isGone(one.lesion)));
  const stageGone = isGone(row?.id) || Object.keys(beside).some(isGone);
  return {
    ...(stageGone
      ? { row: null, panes: [], beside: {}, lesion: null, hanging: null, maximised: false, activePane: 0 }
      : {}),
    ...(isGone(lesion?.id) ? { lesion: null } : {}),
    ...(isGone(proposal?.volume.id) ? { proposal: null } : {}),
    ...(asked
      ? { subject: null, compare: null }
      : subject?.marks.some(({ hit }) => isGone(hit))
        ? { subject: { ...subject, marks: subject.marks.filter(({ hit }) => !isGone(hit)) } }
        : {}),
    ...(compare && !asked ? { compare: null } : {}),
  };
}
