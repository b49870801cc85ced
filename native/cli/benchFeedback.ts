/** `bench feedback`: what a simulated user's marks on hits change in a library. */
import type { Simulation } from '../contract/feedback.ts';
import type { Figure } from '../contract/model.ts';
import { wholeNumber } from './arguments.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { progressPrinter } from './output.ts';

interface Options extends Common {
  readonly field: string;
  readonly classes?: string;
  readonly method?: string;
  readonly encoder?: string;
  readonly marks: number;
  readonly draws: number;
}

export const benchFeedback = libraryCommand('feedback', 'measure what marks on hits change')
  .requiredOption('--field <name>', 'the label that makes a hit relevant')
  .option('--classes <ranges>', "groups of a numeric label, as 'benign=1-2,malignant=4-5'")
  .option('--method <name>', 'the method')
  .option('--encoder <id>', 'the encoder; the default one where none is named')
  .option('--marks <n>', 'marks among the first ten hits', wholeNumber('--marks', 1, 10), 3)
  .option('--draws <n>', 'draws of marks for each query', wholeNumber('--draws', 1, 10_000), 200)
  .action((options: Options) =>
    withLibrary(
      options,
      false,
      ({ engine }) => {
        const { field, classes, method, encoder, marks, draws } = options;
        const params = { field, classes, method, encoder, marks, draws };
        const onProgress = progressPrinter();
        return engine.call('feedback.simulate', params, { signal: interrupted.signal, onProgress });
      },
      text,
    ),
  );

function text({ field, method, n, skipped, marks, draws, classes, ...figures }: Simulation): string {
  const show = ({ value, lo, hi }: Figure, sign = '') =>
    `${value > 0 ? sign : ''}${value.toFixed(4)} (${lo.toFixed(4)} to ${hi.toFixed(4)})`;
  const verdict =
    figures.change.lo > 0 ? 'marks help' : figures.change.hi < 0 ? 'marks harm' : 'no difference is shown';
  return [
    `${field}: n = ${n}, skipped ${skipped}; method ${method}, encoder ${figures.encoder}; ${marks} marks, ${draws} draws`,
    ...(figures.trainedOn ? [`${figures.encoder} was trained on patients of this library`] : []),
    `P@10 of the unmarked  before ${show(figures.before)}  after ${show(figures.after)}`,
    `change ${show(figures.change, '+')}: ${verdict}`,
    ...Object.entries(classes).map(([name, own]) => `  ${name} (${own.n}): ${own.change.toFixed(4)}`),
  ].join('\n');
}
