/**
 * Weights of a fusion, fitted on labelled cases: by which sum of the methods' standardised scores are pairs of one class
 * told best from other pairs. A logistic regression whose weights are not negative, each class of queries counting the same.
 */
import type { Turns } from '../process/turns.ts';

export interface FittedQuery {
  readonly class: string;
  /** One row for each method: its standardised scores of the query's gallery. */
  readonly scores: readonly Float64Array[];
  /** For each case of the gallery, 1 where it is of the query's class. */
  readonly relevant: Uint8Array;
}

const steps = 400;
const stepLength = 0.5;
/** Pulls the weights together, so that few cases do not make one method everything. */
const ridge = 0.01;

/** The weights in the order of the methods, their sum 1; equal ones where there is nothing to learn from. */
export async function fitFusion(
  queries: readonly FittedQuery[],
  methods: number,
  turns: Turns,
): Promise<number[]> {
  const usable = queries.filter(({ relevant }) => relevant.includes(1) && relevant.includes(0));
  const equal = Array.from({ length: methods }, () => 1 / methods);
  if (usable.length === 0) return equal;
  const perClass = new Map<string, number>();
  for (const query of usable) perClass.set(query.class, (perClass.get(query.class) ?? 0) + 1);
  let weights = equal;
  // Pairs of one class and other pairs count the same in every query, so the constant is near 0 and is fitted along.
  let constant = 0;
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(methods);
    let ofConstant = 0;
    for (const { class: name, scores, relevant } of usable) {
      const positives = relevant.reduce((sum, value) => sum + value, 0);
      const share = 1 / (perClass.size * (perClass.get(name) ?? 1));
      const weightOf = [share / (2 * (relevant.length - positives)), share / (2 * positives)];
      for (let i = 0; i < relevant.length; i++) {
        let sum = constant;
        for (let m = 0; m < methods; m++) sum += weights[m] * scores[m][i];
        const error = weightOf[relevant[i]] * (1 / (1 + Math.exp(-sum)) - relevant[i]);
        ofConstant += error;
        for (let m = 0; m < methods; m++) gradient[m] += error * scores[m][i];
      }
    }
    constant -= stepLength * ofConstant;
    weights = weights.map((weight, m) =>
      Math.max(0, weight - stepLength * (gradient[m] + ridge * (weight - 1 / methods))),
    );
    await turns.pass();
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? weights.map((weight) => weight / sum) : equal;
}
