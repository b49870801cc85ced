/** What leaves the library: the hits as a table, and the query beside hits as PDF or picture. Who the patients are stays, unless asked for. */
import { create } from 'zustand';
import type { SearchResult } from '../../native/contract/engine.ts';
import type { TakenHit, TakenSearch } from '../../native/contract/takeaway.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import type { ShownHit } from '../query/results.ts';
import { scoreTitles } from '../query/scores.ts';
import { currentHits, latestResult } from '../query/useShownHits.ts';
import { failed, notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';

/** As many hits stand beside the query on a page. */
export const hitsOnPage = 3;

interface TakeAway {
  /** Whether the next file says who the patients are; it falls back with that file. */
  readonly identified: boolean;
  readonly busy: boolean;
}
export const useTakeAway = create<TakeAway>(() => ({ identified: false, busy: false }));

/** What a notice says of a file that was saved. */
export function savedAs(identified: boolean): string {
  return identified ? 'Saved with the patients’ identity' : 'Saved, de-identified';
}

/** What was chosen; it falls back with the file that it is taken for. */
export function takeIdentity(): boolean {
  const { identified } = useTakeAway.getState();
  useTakeAway.setState({ identified: false });
  return identified;
}

/** Query and the hits beside it, or the first hits that are shown where none is. */
export function saveComparison(format: 'pdf' | 'png'): Promise<void> {
  return save('The comparison was not saved', async (result, identified) => {
    const { subject, compare, window } = useView.getState();
    const shown = currentHits();
    const hits = compare
      ? compare.hits.map(
          (hit) => shown.find((one) => one.hit.lesion === hit.lesion) ?? { hit, pinned: false, found: false },
        )
      : shown.slice(0, hitsOnPage);
    if (!subject || hits.length === 0) return null;
    const { query } = subject;
    const { html } = await callEngine('takeaway.comparison', {
      query: 'text' in query || 'image' in query ? undefined : query,
      hits: taken(result, hits),
      search: searchOf(result),
      window: { ...window },
      identified,
    });
    return (await bridge.savePage(html, `comparison.${format}`))?.label ?? null;
  });
}

/** All hits that are shown, in their order. */
export function saveHits(): Promise<void> {
  return save('The hits were not saved', async (result, identified) => {
    const hits = currentHits();
    if (hits.length === 0) return null;
    const target = await bridge.chooseExport('hits.csv');
    if (!target) return null;
    const { token, label } = target;
    await callEngine('takeaway.hits', {
      hits: taken(result, hits),
      search: searchOf(result),
      identified,
      target: token,
    });
    return label;
  });
}

async function save(
  failure: string,
  make: (result: SearchResult, identified: boolean) => Promise<string | null>,
): Promise<void> {
  const { identified, busy } = useTakeAway.getState();
  if (busy) return;
  useTakeAway.setState({ busy: true });
  try {
    const result = await latestResult();
    if (!result || currentHits().length === 0) {
      notice('info', 'Nothing to take away yet', 'Search for a lesion first; its hits can then be saved.');
      return;
    }
    const label = await make(result, identified);
    if (label === null) return;
    notice('done', savedAs(identified), label);
    useTakeAway.setState({ identified: false });
  } catch (error) {
    failed(failure, error);
  } finally {
    useTakeAway.setState({ busy: false });
  }
}

function searchOf({ method, encoder, scores, searched, expected }: SearchResult): TakenSearch {
  return { method, encoder, scores: scoreTitles[scores], searched, field: expected?.field };
}

/** What another search said of a pinned hit is not said here. */
function taken({ hits, expected }: SearchResult, shown: readonly ShownHit[]): TakenHit[] {
  return shown.map(({ hit: { lesion, rank, score }, found }) => {
    if (!found) return { lesion };
    const place = hits.findIndex((hit) => hit.lesion === lesion);
    return { lesion, rank, score, expected: expected?.hits[place] ?? undefined };
  });
}
