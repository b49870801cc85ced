/** An evaluation as it is read: the verdict in words, the figures with intervals, calibration, and what the hits were. */
import { Button, Menu, SegmentedControl, Select } from '@mantine/core';
import { IconChevronDown, IconDeviceFloppy } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Evaluation } from '../../native/contract/engine.ts';
import { type Figure, type MetricName, type Metrics, metricNames } from '../../native/contract/model.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { useExportRefusal } from '../lock/session.ts';
import { count, fixed, percent } from '../ui/format.ts';
import { failed, notice } from '../ui/notice.ts';
import { keepForSearches, useEvaluation } from './evaluationStore.ts';
import { IntervalPlot, type IntervalRow, ReliabilityPlot } from './plots.tsx';
import { byFrequency, verdict } from './verdict.ts';

/** What searches use unless they name another method. */
const searched = 'lesion';
const metricTitles: Readonly<Record<MetricName, string>> = {
  'p@1': 'P@1',
  'p@3': 'P@3',
  'p@5': 'P@5',
  'p@10': 'P@10',
  'macro-p@5': 'Macro P@5',
  'acc@1': 'Accuracy@1',
  'map@5': 'mAP@5',
  ap: 'AP',
};
const plotted = ['p@1', 'p@3', 'p@5', 'p@10', 'macro-p@5'] as const;

export function EvaluationResult({ evaluation, kept }: { evaluation: Evaluation; kept: boolean }) {
  const running = useEvaluation((s) => s.running !== null);
  const methods = Object.keys(evaluation.methods);
  const [chosen, setChosen] = useState<string | null>(null);
  const [metric, setMetric] = useState<(typeof plotted)[number]>('p@5');
  const spoken = methods.includes(searched) ? searched : methods[0];
  const method = chosen !== null && methods.includes(chosen) ? chosen : spoken;
  const { better, sentences } = verdict(evaluation, spoken);
  const { field, ranges, n, skipped, classes, encoder, trainedOn, queries, gallery } = evaluation;
  const rows = (of: MetricName): IntervalRow[] =>
    measured(evaluation).map(({ name, metrics, baseline }) => ({ name, figure: metrics[of], baseline }));
  return (
    <div className="evaluation-result" data-testid="evaluation-result">
      <section className="verdict" data-better={better} data-testid="evaluation-verdict">
        {sentences.map((text) => (
          <p key={text}>{text}</p>
        ))}
        {trainedOn && (
          <p className="trained-on" role="note" data-testid="evaluation-trained-on">
            {encoder} was trained on patients of this library: these figures are better than it is for new
            ones.
          </p>
        )}
      </section>
      <div className="evaluation-actions">
        <Button
          size="compact-sm"
          variant="default"
          data-testid="evaluation-keep"
          loading={running}
          disabled={kept}
          onClick={() => void keepForSearches()}
        >
          {kept ? 'Kept for searches' : 'Keep for searches'}
        </Button>
        <SaveMenu evaluation={evaluation} />
        <span className="dim">
          {field}
          {ranges ? ` (${ranges})` : ''}: {count(n, 'lesion')} asked
          {skipped > 0 ? `, ${skipped} without another of their class left out` : ''}
          {queries ? `, asking ${queries.field} = ${queries.value}` : ''}
          {gallery ? `, found ${gallery.field} = ${gallery.value}` : ''} · {encoder} · research use only
        </span>
      </div>
      <div className="evaluation-plots">
        <figure>
          <figcaption>
            <SegmentedControl
              size="xs"
              aria-label="Metric"
              value={metric}
              onChange={(value) => setMetric(value as typeof metric)}
              data={plotted.map((value) => ({ value, label: metricTitles[value] }))}
            />
          </figcaption>
          <IntervalPlot label={`${metricTitles[metric]} of each method`} rows={rows(metric)} />
        </figure>
        <figure>
          <figcaption>Average precision, over all lesions in their order</figcaption>
          <IntervalPlot label="Average precision of each method" rows={rows('ap')} />
        </figure>
      </div>
      <FigureTable evaluation={evaluation} />
      <Differences evaluation={evaluation} />
      <header className="panel-head">
        <b>One method in detail</b>
        <Select
          size="xs"
          w={170}
          aria-label="Method"
          allowDeselect={false}
          data={methods}
          value={method}
          onChange={setChosen}
        />
      </header>
      <div className="evaluation-plots">
        <Reliability evaluation={evaluation} method={method} />
        <Confusion classes={byFrequency(classes)} rows={evaluation.confusion[method] ?? {}} />
      </div>
    </div>
  );
}

function measured({ methods, baselines }: Evaluation): readonly {
  readonly name: string;
  readonly metrics: Metrics;
  readonly baseline: boolean;
}[] {
  return [
    ...Object.entries(methods).map(([name, metrics]) => ({ name, metrics, baseline: false })),
    { name: 'random order', metrics: baselines.random, baseline: true },
    { name: 'commonest class first', metrics: baselines.majority, baseline: true },
  ];
}

function SaveMenu({ evaluation }: { evaluation: Evaluation }) {
  const save = useMutation({
    mutationFn: async (ending: string) => {
      const name = evaluation.field.replaceAll(/[^\p{L}\p{N}_-]+/gu, '_');
      const target = await bridge.chooseExport(`evaluation-${name}.${ending}`);
      if (!target) return null;
      await callEngine('evaluate.save', { evaluation, target: target.token });
      return target.label;
    },
    onSuccess: (label) => {
      if (label) notice('done', 'Evaluation saved', label);
    },
    onError: (error) => failed('The evaluation was not saved', error),
  });
  const refusal = useExportRefusal();
  return (
    <Menu position="bottom-start" shadow="md">
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          data-testid="evaluation-save"
          loading={save.isPending}
          disabled={refusal !== undefined}
          title={refusal}
          leftSection={<IconDeviceFloppy size={14} />}
          rightSection={<IconChevronDown size={12} />}
        >
          Save
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save.mutate('html')}>Report (HTML)…</Menu.Item>
        <Menu.Item onClick={() => save.mutate('csv')}>Table (CSV)…</Menu.Item>
        <Menu.Item onClick={() => save.mutate('json')}>Everything (JSON)…</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function FigureTable({ evaluation }: { evaluation: Evaluation }) {
  return (
    <table className="evaluation-table" data-testid="evaluation-table">
      <thead>
        <tr>
          <th>Method</th>
          {metricNames.map((name) => (
            <th key={name}>{metricTitles[name]}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {measured(evaluation).map(({ name, metrics, baseline }) => (
          <tr key={name} className={baseline ? 'dim' : undefined}>
            <th>{name}</th>
            {metricNames.map((metric) => (
              <FigureCell key={metric} figure={metrics[metric]} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function FigureCell({ figure: { value, lo, hi } }: { figure: Figure }) {
  return (
    <td>
      {fixed(value, 3)}
      <span className="dim">
        {fixed(lo, 2)}–{fixed(hi, 2)}
      </span>
    </td>
  );
}

/** Whether the fused method is worth it: differences query by query, so that hard queries count for neither. */
function Differences({ evaluation: { comparisons } }: { evaluation: Evaluation }) {
  if (comparisons.length === 0) return null;
  return (
    <details className="differences">
      <summary>Is {comparisons[0].method} better than the others?</summary>
      <ul>
        {comparisons.map(({ other, ...by }) => (
          <li key={other}>
            {says(by)} {other}: P@5 {signed(by['p@5'])}, AP {signed(by.ap)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function says(by: Readonly<Record<'p@5' | 'ap', Figure>>): string {
  const names = (clear: (figure: Figure) => boolean) =>
    (['p@5', 'ap'] as const)
      .filter((name) => clear(by[name]))
      .map((name) => metricTitles[name])
      .join(' and ');
  const [better, worse] = [names(({ lo }) => lo > 0), names(({ hi }) => hi < 0)];
  const said = [better && `better in ${better}`, worse && `worse in ${worse}`].filter((text) => text !== '');
  return said.length === 0 ? 'No clear difference to' : capitalised(`${said.join(', ')} than`);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function signed({ value, lo, hi }: Figure): string {
  const one = (x: number) => `${x < 0 ? '' : '+'}${fixed(x, 3)}`;
  return `${one(value)} [${one(lo)} to ${one(hi)}]`;
}

function Reliability({ evaluation: { calibration }, method }: { evaluation: Evaluation; method: string }) {
  const measuredHere = Object.hasOwn(calibration, method) ? calibration[method] : undefined;
  return (
    <figure data-testid="evaluation-calibration">
      <figcaption>Does a score keep its promise?</figcaption>
      {measuredHere ? (
        <>
          <ReliabilityPlot method={method} calibration={measuredHere} />
          <p className="dim">
            Share of hits with the query’s class, in five bins of equally many hits, for patients that the
            promise was not fitted on. Mean error {fixed(measuredHere.ece.value, 3)} [
            {fixed(measuredHere.ece.lo, 3)}–{fixed(measuredHere.ece.hi, 3)}].
          </p>
        </>
      ) : (
        <p className="dim">
          The scores of {method} mean something else for every query, or there are too few of them; they
          promise nothing.
        </p>
      )}
    </figure>
  );
}

function shade(share: number): string {
  return `color-mix(in srgb, #2f9fb5 ${Math.round(70 * share)}%, transparent)`;
}

function Confusion({
  classes,
  rows,
}: {
  classes: readonly string[];
  rows: Readonly<Record<string, Readonly<Record<string, number>>>>;
}) {
  const shown = classes.slice(0, 12);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard too
    <figure data-testid="evaluation-confusion" tabIndex={0}>
      <figcaption>Classes of the first five hits</figcaption>
      <table className="confusion">
        <thead>
          <tr>
            <th>A lesion of</th>
            {shown.map((name) => (
              <th key={name} title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((own) => {
            const counts = Object.hasOwn(rows, own) ? rows[own] : {};
            const total = Object.values(counts).reduce((sum, hits) => sum + hits, 0);
            return (
              <tr key={own}>
                <th title={own}>{own}</th>
                {shown.map((found) => {
                  const share = total === 0 ? 0 : (Object.hasOwn(counts, found) ? counts[found] : 0) / total;
                  return (
                    <td key={found} data-own={own === found} style={{ background: shade(share) }}>
                      {total === 0 ? '–' : percent(share)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
      {classes.length > shown.length && (
        <p className="dim">{classes.length - shown.length} more classes are in the saved report.</p>
      )}
    </figure>
  );
}
