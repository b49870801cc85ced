/** An evaluation in plain sentences: what share of the nearest lesions share the label, beside what guessing would give. */
import type { Evaluation } from '../../native/contract/engine.ts';
import type { Figure } from '../../native/contract/model.ts';
import { percent } from '../ui/format.ts';

interface Verdict {
  /** Whether similar lesions share the label more often than chance, beyond the interval. */
  readonly better: boolean;
  readonly sentences: readonly string[];
}

/** The classes, that with most lesions first. */
export function byFrequency(classes: Evaluation['classes']): string[] {
  return Object.entries(classes)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
}

const withInterval = ({ value, lo, hi }: Figure) =>
  `${percent(value)} [${Math.round(100 * lo)}–${Math.round(100 * hi)}]`;

/** @param method the one that is spoken of: what searches use */
export function verdict(evaluation: Evaluation, method: string): Verdict {
  const { field, ranges, methods, baselines, classes } = evaluation;
  const own = methods[method];
  const { random, majority } = baselines;
  const what = ranges ? `the class of ${field}` : field;
  const [commonest] = byFrequency(classes);
  // Each class counting the same, nobody gains by a class that is common.
  const guess = Math.max(random['macro-p@5'].value, majority['macro-p@5'].value);
  const better = own['macro-p@5'].lo > guess;
  const [best, figures] = Object.entries(methods).reduce((a, b) =>
    b[1]['p@5'].value > a[1]['p@5'].value ? b : a,
  );
  return {
    better,
    sentences: [
      `Of the five nearest lesions, ${withInterval(own['p@5'])} share ${what}; five at random would give ${percent(random['p@5'].value)}, always guessing the commonest (${commonest}) ${percent(majority['p@5'].value)}.`,
      `With every class counting the same it is ${withInterval(own['macro-p@5'])} against ${percent(guess)}: ${
        better
          ? 'similar lesions of this library share it more often than chance.'
          : 'no more than chance can explain, so hits of this library say little about it.'
      }`,
      ...(best === method ? [] : [`The highest figure is that of ${best}, ${withInterval(figures['p@5'])}.`]),
    ],
  };
}
