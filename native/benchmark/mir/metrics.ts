/**
 * The metrics of 3D-MIR, for one query, in two ways: `released` as the published evaluation computes them, faults included,
 * to compare with its figures; `corrected` as they are defined.
 */

export const mirMetricNames = ['p@3', 'p@5', 'p@10', 'ap'] as const;
export type MirFigures = Readonly<Record<(typeof mirMetricNames)[number], number>>;

/** The benchmark looks at this many hits. */
export const mirDepth = 10;

/**
 * As published: a list shorter than k is averaged over the ranks it has, P@10 averages eleven columns (ten ranks and P@5),
 * AP divides by the relevant hits among the first ten, 0 without any. That an empty list
 * counts 0 is our choice.
 * @param relevance of the ranked hits, the best first
 */
export function releasedFigures(relevance: readonly boolean[]): MirFigures {
  const first = relevance.slice(0, mirDepth);
  const precision = (k: number) => mean(first.slice(0, k).map(Number));
  const p5 = precision(5);
  return {
    'p@3': precision(3),
    'p@5': p5,
    'p@10': first.length === 0 ? 0 : mean([...first.map(Number), p5]),
    ap: averagePrecision(first, count(first)),
  };
}

/**
 * P@k divides by k, however short the list; AP runs over the whole list and divides by all that is relevant, found or not.
 * @param relevance of the ranked hits, the best first, as deep as the method goes
 * @param relevant how many relevant cases could have been found; AP is 0 where there are none
 */
export function correctedFigures(relevance: readonly boolean[], relevant: number): MirFigures {
  const precision = (k: number) => count(relevance.slice(0, k)) / k;
  return {
    'p@3': precision(3),
    'p@5': precision(5),
    'p@10': precision(10),
    ap: averagePrecision(relevance, relevant),
  };
}

/** The mean over queries, of which there is at least one. */
export function meanFigures(figures: readonly MirFigures[]): MirFigures {
  const of = (name: keyof MirFigures) => mean(figures.map((one) => one[name]));
  return { 'p@3': of('p@3'), 'p@5': of('p@5'), 'p@10': of('p@10'), ap: of('ap') };
}

function averagePrecision(relevance: readonly boolean[], relevant: number): number {
  let seen = 0;
  let sum = 0;
  for (const [at, hit] of relevance.entries()) if (hit) sum += ++seen / (at + 1);
  return relevant === 0 ? 0 : sum / relevant;
}

function count(relevance: readonly boolean[]): number {
  return relevance.filter(Boolean).length;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
