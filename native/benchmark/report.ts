/** The demonstration report: one self-contained HTML page with the main job's pictures and figures, for machines without a display. */
import type { Evaluation } from '../contract/engine.ts';
import { text } from './html.ts';
import { type MetricRow, metricRows, metricTable } from './metricTable.ts';

/** A lesion with its picture, a PNG as a data URL. */
export interface ReportLesion {
  readonly lesion: string;
  readonly name: string;
  readonly patient: string;
  readonly volumeMl: number;
  readonly diameterMm: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly png: string;
}

export interface ReportHit extends ReportLesion {
  readonly rank: number;
  readonly score: number;
}

export interface DemonstrationReport {
  readonly counts: Readonly<Record<'patients' | 'studies' | 'volumes' | 'lesions', number>>;
  readonly encoder: string;
  readonly queries: readonly { readonly query: ReportLesion; readonly hits: readonly ReportHit[] }[];
  readonly evaluation?: Evaluation;
  /** What took how long, in milliseconds, in the order to be shown. */
  readonly timings: Readonly<Record<string, number>>;
}

/** The page as a string; nothing in it refers to another file or address. */
export function writeDemonstrationReport(report: DemonstrationReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Precedent: demonstration</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Precedent</h1>
<p class="notice">Research use, not for primary diagnosis. Every image below is a generated phantom.</p>
</header>
<main>
<section>
<h2>Library</h2>
<dl class="counts">${Object.entries(report.counts)
    .map(([name, count]) => `<div><dt>${text(name)}</dt><dd>${text(count)}</dd></div>`)
    .join('')}<div><dt>encoder</dt><dd>${text(report.encoder)}</dd></div></dl>
</section>
<section>
<h2>Similar lesions</h2>
${report.queries.map(queryRow).join('\n')}
</section>
${report.evaluation ? evaluationSection(report.evaluation) : ''}
<section>
<h2>Time</h2>
${timingTable(report.timings)}
</section>
</main>
</body>
</html>
`;
}

/** Only a PNG data URL is let through as a picture. */
function picture(png: string, alternative: string): string {
  const source = /^data:image\/png;base64,[A-Za-z0-9+/=]+$/.test(png) ? png : '';
  return source === ''
    ? '<div class="picture missing">no picture</div>'
    : `<img class="picture" src="${source}" alt="${text(alternative)}">`;
}

function facts(lesion: ReportLesion): string {
  const labels = Object.entries(lesion.labels).map(
    ([name, value]) => `<li><span>${text(name)}</span> ${text(value)}</li>`,
  );
  return `<p class="size">${lesion.diameterMm.toFixed(1)} mm · ${lesion.volumeMl.toFixed(2)} ml</p>
<ul class="labels">${labels.join('')}</ul>`;
}

function queryRow({ query, hits }: DemonstrationReport['queries'][number]): string {
  const cards = hits.map(
    (hit) => `<article><h4>${hit.rank} <span class="score">${hit.score.toFixed(3)}</span></h4>
${picture(hit.png, `hit ${hit.rank}`)}
<p>${text(hit.patient)} · ${text(hit.name)}</p>
${facts(hit)}</article>`,
  );
  return `<div class="strip"><article class="query"><h4>query</h4>
${picture(query.png, 'query')}
<p>${text(query.patient)} · ${text(query.name)}</p>
${facts(query)}</article>
${cards.join('\n')}</div>`;
}

function evaluationSection(evaluation: Evaluation): string {
  const rows = metricRows(evaluation);
  const classes = Object.entries(evaluation.classes).map(([name, count]) => `${name} ${count}`);
  return `<section>
<h2>Evaluation: ${text(evaluation.field)}</h2>
<p>${evaluation.n} queries, each against the lesions of the other patients (${text(classes.join(', '))}); ${evaluation.skipped} without
a relevant lesion left out. Figures with 95% intervals, bootstrapped by patient.</p>
<div class="chart">${chart(rows)}</div>
<div class="scroll">${metricTable(rows)}</div>
</section>`;
}

const [labelWidth, barWidth, rowHeight] = [160, 420, 26];

/** P@5 and its interval for each method and baseline, on a scale from 0 to 1. */
function chart(rows: readonly MetricRow[]): string {
  const height = rows.length * rowHeight + 24;
  const x = (value: number) => labelWidth + value * barWidth;
  const bars = rows.map(({ name, metrics }, i) => {
    const { value, lo, hi } = metrics['p@5'];
    const y = i * rowHeight + 4;
    const middle = y + rowHeight / 2 - 4;
    return `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${text(name)}</text>
<rect x="${labelWidth}" y="${y}" width="${(value * barWidth).toFixed(1)}" height="${rowHeight - 8}" rx="2"/>
<line x1="${x(lo).toFixed(1)}" x2="${x(hi).toFixed(1)}" y1="${middle}" y2="${middle}"/>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (value) => `<text x="${x(value)}" y="${height - 6}" text-anchor="middle">${value}</text>`,
  );
  return `<svg viewBox="0 0 ${labelWidth + barWidth + 30} ${height}" role="img" aria-label="P@5 with 95% intervals">
${bars.join('\n')}
${ticks.join('')}
</svg><p class="caption">P@5</p>`;
}

function timingTable(timings: Readonly<Record<string, number>>): string {
  const rows = Object.entries(timings).map(([name, ms]) => {
    const shown = ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
    return `<tr><th>${text(name)}</th><td>${shown}</td></tr>`;
  });
  return `<table class="timings"><tbody>${rows.join('')}</tbody></table>`;
}

const style = `
:root { color-scheme: dark; --back: #14171a; --panel: #1d2125; --line: #343a40; --ink: #dee2e6; --soft: #909aa3; --accent: #4dabf7; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 24px; background: var(--back); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 22px; } h2 { margin: 32px 0 12px; font-size: 16px; } h4 { margin: 0 0 6px; font-size: 13px; }
.notice { margin: 8px 0 0; padding: 8px 12px; border-left: 3px solid #fcc419; background: var(--panel); }
.counts { display: flex; flex-wrap: wrap; gap: 24px; margin: 0; } .counts dt { color: var(--soft); } .counts dd { margin: 0; font-size: 18px; }
.strip { display: flex; flex-wrap: wrap; gap: 10px; margin-bottom: 16px; padding-bottom: 16px; border-bottom: 1px solid var(--line); break-inside: avoid; }
article { width: 168px; padding: 8px; border: 1px solid var(--line); border-radius: 4px; background: var(--panel); overflow-wrap: anywhere; }
article.query { border-color: var(--accent); } article p { margin: 6px 0 0; }
.picture { display: block; width: 150px; height: 150px; object-fit: contain; background: #000; image-rendering: auto; }
.missing { display: grid; place-items: center; color: var(--soft); }
.score, .size, .caption, small, .labels span { color: var(--soft); } .labels { margin: 4px 0 0; padding: 0; list-style: none; font-size: 12px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; } small { display: block; }
svg { width: 100%; max-width: 620px; font: 12px system-ui, sans-serif; } svg text { fill: var(--ink); } svg rect { fill: var(--accent); opacity: 0.75; }
svg line { stroke: var(--ink); stroke-width: 2; }
@media print { :root { color-scheme: light; --back: #fff; --panel: #fff; --line: #ccc; --ink: #111; --soft: #555; --accent: #1971c2; } body { padding: 0; } }
`;
