/** What every way of ranking gives and takes: ids with scores. What counts as a score, and how ties break, is decided here. */

/** The higher the score, the better. A score that is not finite is none: its item is left out of every ranking. */
export interface Scored {
  readonly id: string;
  readonly score: number;
}

/**
 * The highest score first, equal scores by ascending id (by UTF-16 code units). Whatever order the items come in, the result
 * is the same; of an id that comes several times, the highest score counts.
 */
export function ranked(items: Iterable<Scored>): Scored[] {
  const best = new Map<string, number>();
  for (const { id, score } of items) {
    if (!Number.isFinite(score)) continue;
    const before = best.get(id);
    if (before === undefined || score > before) best.set(id, score);
  }
  return Array.from(best, ([id, score]) => ({ id, score })).sort(
    (a, b) => b.score - a.score || (a.id < b.id ? -1 : 1),
  );
}
