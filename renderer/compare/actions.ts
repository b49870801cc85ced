/** What keys, cards and menus do with the hits beside the query. */
import type { Hit } from '../../native/contract/model.ts';
import { currentHits } from '../query/useShownHits.ts';
import { notice } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';
import { type Comparison, fitted, opened, stepped, takenOut, toggled } from './comparison.ts';
import { useFlicker } from './flicker.ts';
import { type CompareLayoutName, compareLayouts, layoutFor, mostHits, nextCompareLayout } from './layouts.ts';
import { recentre } from './linked.ts';
import { useReturn } from './returnTo.ts';
import { type CompareSetup, useSetup } from './setup.ts';

const candidates = (): readonly Hit[] => currentHits().map(({ hit }) => hit);
const room = (): number => compareLayouts[useSetup.getState().layout].hits;

/** Shows these hits, in a larger layout where they need one. */
function show(compare: Comparison): void {
  if (compare.hits.length > room()) useSetup.setState({ layout: layoutFor(compare.hits.length) });
  useReturn.setState({ place: null });
  useView.setState({ compare });
}

/** Opens a hit beside the query, or turns to it where it stands there. */
export function openBeside(hit: Hit, panel?: CompareSetup['panel']): void {
  const { compare } = useView.getState();
  const next = opened(compare, hit, candidates(), room());
  if (next.hits !== compare?.hits) recentre();
  if (panel) useSetup.setState({ panel, folded: false });
  show(next);
}

/** The next page of hits, or the one before. Where two hits take turns in one pane, the next of them. */
export function stepBeside(direction: 1 | -1): void {
  const { compare } = useView.getState();
  const hits = candidates();
  if (!compare) {
    if (hits[0] && direction > 0) openBeside(hits[0]);
    return;
  }
  const place = compare.hits.findIndex(({ lesion }) => lesion === compare.active);
  const neighbour = compare.hits[place + direction];
  if (useFlicker.getState().on && neighbour) {
    useView.setState({ compare: { ...compare, active: neighbour.lesion } });
    return;
  }
  if (compare.kept.length === mostHits) {
    notice('info', 'Every hit beside the query is kept', 'Let one go (A), then the others can step on.');
    return;
  }
  // A pane for those that step, where all are taken by hits that stay.
  const next = stepped(compare, hits, Math.max(room(), compare.kept.length + 1), direction);
  if (next === compare) return;
  recentre();
  show(next);
}

/** Puts a hit beside the query to stay, keeps one that stands there, or takes out one that is kept. */
export function toggleBeside(hit: Hit): void {
  const { compare } = useView.getState();
  const next = toggled(compare, hit);
  if (next === compare) notice('info', `${mostHits} hits are kept beside the query`, 'Take one out first.');
  else if (next) settle(next, compare);
  else close();
}

export function takeOut(lesion: string): void {
  const { compare } = useView.getState();
  const next = compare && takenOut(compare, lesion);
  if (next) settle(next, compare);
  else close();
}

export function close(): void {
  useView.setState({ compare: null });
}

/** Where a hit went, its pane goes too. */
function settle(next: Comparison, before: Comparison | null): void {
  if (before && next.hits.length < before.hits.length)
    useSetup.setState({ layout: layoutFor(next.hits.length) });
  show(next);
}

export function activate(lesion: string): void {
  const { compare } = useView.getState();
  if (compare && compare.active !== lesion) useView.setState({ compare: { ...compare, active: lesion } });
}

export function chooseLayout(layout: CompareLayoutName): void {
  const { compare } = useView.getState();
  useSetup.setState({ layout });
  if (compare) useView.setState({ compare: fitted(compare, candidates(), compareLayouts[layout].hits) });
}

export function nextLayoutBeside(): void {
  chooseLayout(nextCompareLayout(useSetup.getState().layout));
}
