/**
 * What is searched for, and marks that are not saved as lesions, as the library keeps them for the next start: words and filters
 * may name a patient, and the user's profile must not hold them.
 */
import { callEngine, queryClient } from '../../engine.ts';
import { bringBackProposal, type Proposal, useView, type ViewState } from '../../ui/store.ts';
import { volumeQuery } from '../../viewer/lesionMasks.ts';
import { runSaved, toSaved } from './savedSearch.ts';

/** Starts the search that was open last again; nothing where there was none or it is gone from the library. */
export async function restoreSearch(): Promise<void> {
  const { search } = await callEngine('openSearch.get', {});
  if (search && !useView.getState().subject) await runSaved(search).catch(() => undefined);
}

/** Brings back the marks, each to its volume. */
export async function restoreMarks(): Promise<void> {
  for (const { volume, mark, mask } of await callEngine('unsavedMarks.list', {})) {
    const found = await queryClient.fetchQuery(volumeQuery(volume)).catch(() => null);
    if (!found) continue;
    bringBackProposal({
      volume: found.volume,
      mark,
      proposed: mask,
      mask,
      measurements: null,
      notes: [],
      past: [],
      future: [],
    });
  }
}

const keepAfterMs = 500;

/** Keeps them up to date. What cannot be kept is missing at the next start, and costs nothing now. */
export function startKeeping(): void {
  let searchTimer: ReturnType<typeof setTimeout> | undefined;
  const markTimers = new Map<string, ReturnType<typeof setTimeout>>();
  const later = (volume: string, proposal: Proposal | null) => {
    clearTimeout(markTimers.get(volume));
    markTimers.set(
      volume,
      setTimeout(() => keepMark(volume, proposal), keepAfterMs),
    );
  };
  useView.subscribe((now, before) => {
    if (now.subject !== before.subject || now.options !== before.options) {
      clearTimeout(searchTimer);
      searchTimer = setTimeout(() => keepSearch(now), keepAfterMs);
    }
    const { proposal } = now;
    if (proposal && proposal.mask !== before.proposal?.mask) later(proposal.volume.id, proposal);
    // Gone from its own volume it was saved or discarded; else it waits for its volume to return.
    const gone = before.proposal;
    if (!proposal && gone && gone.volume.id === now.row?.id) later(gone.volume.id, null);
  });
}

function keepSearch({ subject, options }: ViewState): void {
  const search = subject && toSaved(subject, options);
  callEngine('openSearch.keep', { search }).catch(() => undefined);
}

function keepMark(volume: string, proposal: Proposal | null): void {
  const asked = proposal
    ? callEngine('unsavedMarks.keep', {
        volume,
        mark: proposal.mark,
        mask: { box: [...proposal.mask.box], bits: proposal.mask.bits },
      })
    : callEngine('unsavedMarks.remove', { volume });
  asked.catch(() => undefined);
}
