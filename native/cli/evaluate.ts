/** The `evaluate` command: how well the library's methods find lesions that share a label, and what a hit is worth. */
import type { Evaluation, Filter } from '../contract/engine.ts';
import {
  type Calibration,
  type Figure,
  type MetricName,
  type Metrics,
  metricNames,
} from '../contract/model.ts';
import { collect, parseFilter } from './arguments.ts';
import { type Common, interrupted, libraryCommand, withLibrary } from './commands.ts';
import { progressPrinter, table } from './output.ts';

interface EvaluateOptions extends Common {
  readonly field: string;
  readonly classes?: string;
  readonly method: string[];
  readonly encoder?: string;
  readonly queries?: Filter;
  readonly gallery?: Filter;
  readonly calibrate?: boolean;
  readonly keep?: boolean;
}

export const evaluateCommand = libraryCommand('evaluate', 'measure how well similar lesions share a label')
  .requiredOption('--field <name>', 'the label')
  .option('--classes <ranges>', "groups of a numeric label, as 'benign=1-2,malignant=4-5'")
  .option('--method <name>', 'a method; all of them by default', collect(String), [])
  .option('--encoder <id>', 'the encoder; the default one where none is named')
  .option('--queries <field=value>', 'only these lesions ask', parseFilter)
  .option('--gallery <field=value>', 'only these lesions are found', parseFilter)
  .option(
    '--calibrate',
    'also print how often hits shared the label beside how often their scores promise it',
  )
  .option('--keep', 'let later searches use what was fitted: weights of fusions, and what a hit is worth')
  .action((options: EvaluateOptions) =>
    withLibrary(
      options,
      false,
      ({ engine }) => {
        const { field, classes, method, encoder, queries, gallery, keep } = options;
        return engine.call(
          'evaluate.run',
          { field, classes, methods: method, encoder, queries, gallery, keep },
          { signal: interrupted.signal, onProgress: progressPrinter() },
        );
      },
      (evaluation) => evaluationText(evaluation, options.calibrate === true),
    ),
  );

function evaluationText(evaluation: Evaluation, calibrate: boolean): string {
  const { field, n, skipped, classes, methods, baselines, comparisons, encoder, trainedOn } = evaluation;
  const rows = [
    ...Object.entries(methods),
    ...Object.entries(baselines).map(([name, metrics]) => [`(${name})`, metrics] as const),
  ].map(([name, metrics]) => ({ method: name, ...figures(metrics) }));
  const counts = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
  const parts = [
    `${field}: n = ${n}, skipped ${skipped}; ${counts.join(', ')}; encoder ${encoder}`,
    ...(trainedOn
      ? [`${encoder} was trained on patients of this library: these figures are better than it is`]
      : []),
    table(rows),
  ];
  if (comparisons.length > 0) {
    const differences = comparisons.map(({ method, other, ...by }) => ({
      difference: `${method} - ${other}`,
      'p@5': figure(by['p@5']),
      ap: figure(by.ap),
    }));
    parts.push('', table(differences));
  }
  if (calibrate) {
    const calibrated = Object.entries(evaluation.calibration);
    parts.push(...calibrated.flatMap(calibrationText));
    if (calibrated.length === 0)
      parts.push('', 'calibration: too few hits, or no method whose scores compare');
  }
  return parts.join('\n');
}

function calibrationText([method, { bins, ece }]: [string, Calibration]): string[] {
  const rows = bins.map(({ n, lo, hi, expected, observed, lo95, hi95 }) => ({
    expected: `${expected.toFixed(3)} (${lo.toFixed(2)}–${hi.toFixed(2)})`,
    observed: figure({ value: observed, lo: lo95, hi: hi95 }),
    hits: n,
  }));
  return ['', `calibration of ${method}: weighted mean error ${figure(ece, 3)}`, table(rows)];
}

function figures(metrics: Metrics): Record<MetricName, string> {
  return Object.fromEntries(metricNames.map((name) => [name, figure(metrics[name])])) as Record<
    MetricName,
    string
  >;
}

function figure({ value, lo, hi }: Figure, digits = 2): string {
  return `${value.toFixed(3)} (${lo.toFixed(digits)}–${hi.toFixed(digits)})`;
}
