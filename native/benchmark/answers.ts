/** Keeps, while an evaluation runs, what each query found: the experience that a method's scores are calibrated by. */
import { type Answer, type AnsweredHit, recorded } from './calibration.ts';
import type { FoundCase } from './ranking.ts';

interface ClassedCase {
  readonly patient: string;
  readonly class: string | null;
}

export class Answers {
  readonly list: Answer[] = [];
  readonly #cases: readonly ClassedCase[];

  constructor(cases: readonly ClassedCase[]) {
    this.#cases = cases;
  }

  /** Of each patient only the best hit counts, as in a search. */
  record(query: number, found: readonly FoundCase[]): void {
    const hits = new Map<string, AnsweredHit>();
    for (const { at, score } of found) {
      const { patient, class: own } = this.#cases[at];
      if (hits.size === recorded) break;
      if (!hits.has(patient)) hits.set(patient, { patient, score, shared: own === this.#cases[query].class });
    }
    this.list.push({ patient: this.#cases[query].patient, hits: [...hits.values()] });
  }
}
