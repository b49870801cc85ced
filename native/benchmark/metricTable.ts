/** The metrics of an evaluation as its reports show them: a row for each method, then for each baseline. */
import type { Evaluation } from '../contract/engine.ts';
import { type Metrics, metricNames } from '../contract/model.ts';
import { text } from './html.ts';

export interface MetricRow {
  readonly name: string;
  readonly metrics: Metrics;
  readonly baseline: boolean;
}

export function metricRows({ methods, baselines }: Evaluation): MetricRow[] {
  return [
    ...Object.entries(methods).map(([name, metrics]) => ({ name, metrics, baseline: false })),
    { name: 'random order', metrics: baselines.random, baseline: true },
    { name: 'commonest class first', metrics: baselines.majority, baseline: true },
  ];
}

export function metricTable(rows: readonly MetricRow[]): string {
  const body = rows.map(({ name, metrics }) => {
    const cells = metricNames.map((metric) => {
      const { value, lo, hi } = metrics[metric];
      return `<td>${value.toFixed(3)}<small>${lo.toFixed(3)}–${hi.toFixed(3)}</small></td>`;
    });
    return `<tr><th>${text(name)}</th>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr><th></th>${metricNames.map((name) => `<th>${name}</th>`).join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table>`;
}
