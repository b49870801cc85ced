/** An evaluation to keep or pass on: a printable HTML page that refers to nothing else, a CSV table, or all of it as JSON. */
import type { Evaluation } from '../contract/engine.ts';
import { type Calibration, type Figure, metricNames } from '../contract/model.ts';
import { csv } from './csv.ts';
import { signed, text } from './html.ts';
import { metricRows, metricTable } from './metricTable.ts';
import { intervalPlot, type PlotRow, plotStyle } from './plots.ts';

export const evaluationFormats: Readonly<Record<string, (evaluation: Evaluation) => string>> = {
  '.html': evaluationPage,
  '.csv': evaluationTable,
  '.json': (evaluation) => JSON.stringify({ use: researchUse, ...evaluation }, null, 2),
};

export const researchUse = 'Research use, not for primary diagnosis.';

/** One row for each method, baseline and metric. */
function evaluationTable(evaluation: Evaluation): string {
  const { field, ranges, encoder, n, trainedOn } = evaluation;
  return csv(
    [
      'field', 'classes', 'encoder', 'method', 'metric', 'value', 'low 95%', 'high 95%', 'queries',
      'encoder trained on these patients', 'use',
    ], // biome-ignore format: one list
    metricRows(evaluation).flatMap(({ name, metrics }) =>
      metricNames.map((metric) => {
        const { value, lo, hi } = metrics[metric];
        return [
          field,
          ranges,
          encoder,
          name,
          metric,
          value,
          lo,
          hi,
          n,
          trainedOn ? 'yes' : 'no',
          researchUse,
        ];
      }),
    ),
  );
}

function evaluationPage(evaluation: Evaluation): string {
  const { field, ranges, n, skipped, classes, encoder, trainedOn, queries, gallery } = evaluation;
  const counts = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
  const subset = (what: string, filter: typeof queries) =>
    filter ? ` ${what} only where ${filter.field} = ${filter.value}.` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Precedent: evaluation of ${text(field)}</title>
<style>${style}${plotStyle}</style>
</head>
<body>
<h1>How often similar lesions share ${text(field)}</h1>
<p class="notice">${researchUse}</p>
${trainedOn ? `<p class="notice">The encoder ${text(encoder)} was trained on patients of this library: these figures are better than it is.</p>` : ''}
<p>${n} lesions (${text(counts.join(', '))}${ranges ? `; classes ${text(ranges)}` : ''}), each compared with the lesions of the other patients by
${text(encoder)}; ${skipped} without a lesion of their class left out.${text(subset('Queries', queries))}${text(subset('Found', gallery))} Intervals: 95%,
2,000 bootstraps by patient.</p>
<section class="plots">${plot(evaluation, 'p@5')}${plot(evaluation, 'ap')}</section>
${metricTable(metricRows(evaluation))}
${comparisons(evaluation)}
${calibrations(evaluation)}
${confusions(evaluation)}
</body>
</html>
`;
}

function plot(evaluation: Evaluation, metric: 'p@5' | 'ap'): string {
  const rows = metricRows(evaluation).map(
    ({ name, metrics, baseline }, at, all): PlotRow => ({
      label: name,
      tone: baseline ? 'baseline' : 'search',
      interval: metrics[metric],
      first: baseline && !all[at - 1].baseline,
    }),
  );
  return intervalPlot(metric === 'ap' ? 'Average precision' : 'P@5', rows);
}

function comparisons({ comparisons }: Evaluation): string {
  if (comparisons.length === 0) return '';
  const cell = ({ value, lo, hi }: Figure) =>
    `<td>${signed(value)}<small>${signed(lo)} to ${signed(hi)}</small></td>`;
  const rows = comparisons.map(
    ({ method, other, ...by }) =>
      `<tr><th>${text(method)} − ${text(other)}</th>${cell(by['p@5'])}${cell(by.ap)}</tr>`,
  );
  return `<h2>Differences, query by query</h2>
<table><thead><tr><th></th><th>P@5</th><th>AP</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function calibrations({ calibration }: Evaluation): string {
  const figures = Object.entries(calibration).map(([name, measured]) => reliabilityDiagram(name, measured));
  if (figures.length === 0) return '';
  return `<h2>Calibration</h2>
<p>The share of hits with the query's class that their scores promise, and the share that had it: five bins of equally many hits, of
patients that the promise was not fitted on.</p>
<section class="plots">${figures.join('\n')}</section>`;
}

const side = 240;
const [left, bottom] = [34, 26];

function reliabilityDiagram(name: string, { bins, ece }: Calibration): string {
  const x = (value: number) => (left + value * side).toFixed(1);
  const y = (value: number) => (6 + (1 - value) * side).toFixed(1);
  const ticks = [0, 0.5, 1].map(
    (value) => `<text class="tick" x="${x(value)}" y="${6 + side + 15}" text-anchor="middle">${value}</text>
<text class="tick" x="${left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`,
  );
  const marks = bins.map(
    ({ expected, observed, lo95, hi95, n }) => `<g class="search"><title>${n} hits</title>
<line class="whisker" x1="${x(expected)}" x2="${x(expected)}" y1="${y(lo95)}" y2="${y(hi95)}"/><circle cx="${x(expected)}" cy="${y(observed)}" r="4.5"/></g>`,
  );
  const error = `mean error ${ece.value.toFixed(3)} (${ece.lo.toFixed(3)}–${ece.hi.toFixed(3)})`;
  return `<figure><figcaption>${text(name)}: ${error}</figcaption>
<svg viewBox="0 0 ${left + side + 10} ${6 + side + bottom}" role="img" aria-label="Observed over expected share, ${text(name)}">
<rect x="${left}" y="6" width="${side}" height="${side}" fill="none" stroke="#c4c9ce"/><line class="rule" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>
${ticks.join('\n')}
${marks.join('\n')}
</svg></figure>`;
}

function confusions({ confusion, classes }: Evaluation): string {
  const names = Object.keys(classes);
  const tables = Object.entries(confusion).map(([method, rows]) => {
    const body = names.map((own) => {
      const hits = Object.hasOwn(rows, own) ? rows[own] : {};
      const total = Object.values(hits).reduce((sum, count) => sum + count, 0);
      const cells = names.map((found) => {
        const count = Object.hasOwn(hits, found) ? hits[found] : 0;
        return `<td>${total === 0 ? '–' : `${((100 * count) / total).toFixed(0)}%`}</td>`;
      });
      return `<tr><th>${text(own)}</th>${cells.join('')}</tr>`;
    });
    const head = names.map((name) => `<th>${text(name)}</th>`).join('');
    return `<figure><figcaption>${text(method)}</figcaption><table><thead><tr><th>lesion</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></figure>`;
  });
  return `<h2>Classes of the first five hits</h2>
<p>One line for each class of the lesion that asked.</p>
<section class="plots">${tables.join('\n')}</section>`;
}

const style = `
body { margin: 0 auto; max-width: 1080px; padding: 24px; color: #1a1d21; background: #fff; font: 14px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 22px; } h2 { margin: 28px 0 8px; font-size: 16px; }
.notice { margin: 8px 0; padding: 8px 12px; border-left: 3px solid #e67700; background: #fff8e6; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 18px 28px; margin: 12px 0; } .plots figure { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } small { display: block; color: #5c636a; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid #e3e6e9; text-align: left; vertical-align: top; }
`;
