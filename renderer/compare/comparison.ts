/** Which hits stand beside the query, as pure steps: opening one, paging, keeping, taking out, and fitting a layout. */
import type { Hit } from '../../native/contract/model.ts';
import { mostHits } from './layouts.ts';

export interface Comparison {
  /** At least one, in the order of their panes. */
  readonly hits: readonly Hit[];
  /** Lesions of those that stay where they are when the others step. */
  readonly kept: readonly string[];
  /** The lesion of the hit that marks, reasons and reports are about. */
  readonly active: string;
}

/** `candidates` below are the hits as they are shown, in their order; `room` is how many of them have a pane. */

export function isBeside(comparison: Comparison | null, lesion: string): boolean {
  return comparison?.hits.some((hit) => hit.lesion === lesion) ?? false;
}

export function activeHit({ hits, active }: Comparison): Hit {
  return hits.find((hit) => hit.lesion === active) ?? hits[0];
}

/** Shows a hit, with those around it where there is room; those that are kept stay. */
export function opened(
  before: Comparison | null,
  hit: Hit,
  candidates: readonly Hit[],
  room: number,
): Comparison {
  if (before && isBeside(before, hit.lesion)) return { ...before, active: hit.lesion };
  const held = before && before.kept.length < mostHits ? before : null;
  const kept = held?.kept ?? [];
  const size = Math.max(1, room - kept.length);
  const rest = without(candidates, kept);
  const at = rest.findIndex(({ lesion }) => lesion === hit.lesion);
  const page = at < 0 ? [hit] : pageOf(rest, at, size);
  return { hits: refilled(held?.hits ?? [], kept, page), kept, active: hit.lesion };
}

/** The next page of hits, or the one before; the same object at either end. */
export function stepped(
  before: Comparison,
  candidates: readonly Hit[],
  room: number,
  direction: 1 | -1,
): Comparison {
  const { hits, kept, active } = before;
  const size = Math.max(1, room - kept.length);
  const rest = without(candidates, kept);
  const first = without(hits, kept)[0]?.lesion;
  const at = rest.findIndex(({ lesion }) => lesion === first);
  const page = pageOf(rest, at < 0 ? 0 : at + direction * size, size);
  if (page.length === 0 || page[0].lesion === first) return before;
  return {
    hits: refilled(hits, kept, page),
    kept,
    active: kept.includes(active) ? active : page[0].lesion,
  };
}

/**
 * Puts a hit beside the query to stay, in the place of the last that is not kept where no more fit; keeps one that stands
 * there; takes out one that is kept. Null where none is left; the same object where all panes are kept.
 */
export function toggled(before: Comparison | null, hit: Hit): Comparison | null {
  const { lesion } = hit;
  if (!before) return { hits: [hit], kept: [lesion], active: lesion };
  const { hits, kept } = before;
  if (kept.includes(lesion)) return takenOut(before, lesion);
  if (isBeside(before, lesion)) return { ...before, kept: [...kept, lesion] };
  const added = { kept: [...kept, lesion], active: lesion };
  if (hits.length < mostHits) return { hits: [...hits, hit], ...added };
  const last = hits.findLastIndex((one) => !kept.includes(one.lesion));
  return last < 0 ? before : { hits: hits.with(last, hit), ...added };
}

/** Null where none is left. */
export function takenOut({ hits, kept, active }: Comparison, lesion: string): Comparison | null {
  const place = hits.findIndex((hit) => hit.lesion === lesion);
  const left = hits.filter((hit) => hit.lesion !== lesion);
  if (left.length === 0) return null;
  const neighbour = left[Math.min(Math.max(0, place), left.length - 1)];
  return {
    hits: left,
    kept: kept.filter((one) => one !== lesion),
    active: active === lesion ? neighbour.lesion : active,
  };
}

/** As many hits as there is room for: the active one and those that are kept stay before others, new ones follow the last. */
export function fitted(before: Comparison, candidates: readonly Hit[], room: number): Comparison {
  const { hits, kept, active } = before;
  if (hits.length > room) {
    const weight = ({ lesion }: Hit) => (lesion === active ? 0 : kept.includes(lesion) ? 1 : 2);
    const stay = [...hits].sort((a, b) => weight(a) - weight(b)).slice(0, room);
    return {
      hits: hits.filter((hit) => stay.includes(hit)),
      kept: kept.filter((lesion) => stay.some((hit) => hit.lesion === lesion)),
      active,
    };
  }
  const last = without(hits, kept).at(-1)?.lesion;
  const at = candidates.findIndex(({ lesion }) => lesion === last) + 1;
  const near = [...candidates.slice(at), ...candidates.slice(0, at).reverse()];
  const more = near.filter(({ lesion }) => !isBeside(before, lesion)).slice(0, room - hits.length);
  return more.length === 0 ? before : { hits: [...hits, ...more], kept, active };
}

/** A comparison without what is known of its hits, as a session keeps it. */
export interface ComparisonIds {
  readonly hits: readonly string[];
  readonly kept: readonly string[];
  readonly active: string;
}

export function idsOf({ hits, kept, active }: Comparison): ComparisonIds {
  return { hits: hits.map(({ lesion }) => lesion), kept, active };
}

/** Those of its hits that are still found; null where none is. */
export function restored({ hits, kept, active }: ComparisonIds, found: readonly Hit[]): Comparison | null {
  const there = hits.flatMap((lesion) => found.find((hit) => hit.lesion === lesion) ?? []);
  if (there.length === 0) return null;
  const still = (lesion: string) => there.some((hit) => hit.lesion === lesion);
  return { hits: there, kept: kept.filter(still), active: still(active) ? active : there[0].lesion };
}

function without(hits: readonly Hit[], lesions: readonly string[]): readonly Hit[] {
  return hits.filter(({ lesion }) => !lesions.includes(lesion));
}

/** As many hits as a page holds from `start`, or the last so many. */
function pageOf(hits: readonly Hit[], start: number, size: number): readonly Hit[] {
  const from = Math.min(Math.max(0, start), Math.max(0, hits.length - size));
  return hits.slice(from, from + size);
}

/** Those that are kept in their places, the page in the others. */
function refilled(hits: readonly Hit[], kept: readonly string[], page: readonly Hit[]): readonly Hit[] {
  const waiting = [...page];
  const placed = hits.flatMap((hit) => (kept.includes(hit.lesion) ? [hit] : waiting.splice(0, 1)));
  return [...placed, ...waiting];
}
