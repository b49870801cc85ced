/** The page of a 3D-MIR report: self-contained HTML without scripts, made to be read on paper as well. */

import type { Figure } from '../../contract/model.ts';
import { signed, text } from '../html.ts';
import { intervalPlot, type PlotRow, plotStyle, type Reference, type Tone } from '../plots.ts';
import type { Arithmetic } from './baselines.ts';
import type { MirDocument } from './document.ts';
import {
  type MirComparison,
  type MirIndexName,
  type MirMethodResult,
  type MirTarget,
  mirTargets,
} from './evaluate.ts';
import { mirMetricNames } from './metrics.ts';

/** The flag's precision that the paper gives as the floor of its methods. */
const publishedFloor: Reference = { label: 'floor of the paper 0.842', value: 0.8421 };

const targetTitles: Readonly<Record<MirTarget, string>> = {
  flag: 'Flag: is there a tumour?',
  group: 'Group: how many, how large?',
};
const indexTitles: Readonly<Record<MirIndexName, string>> = {
  organ: 'One index an organ',
  mixed: 'One mixed index',
};

/** The page as a string; nothing in it refers to another file or address. */
export function writeMirReport(bench: MirDocument): string {
  const { half, encoder, methods, notes, strata } = bench;
  const of = (index: MirIndexName) => methods.filter((method) => method.index === index);
  const subject =
    half === 'text' ? 'caption search, no images' : `image search with ${encoder ?? 'an encoder'}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>3D-MIR: ${text(subject)}</title>
<style>${style}${plotStyle}</style>
</head>
<body>
<header>
<h1>3D-MIR benchmark: ${text(subject)}</h1>
<p class="notice">Research use, not for primary diagnosis.</p>
</header>
<main>
<section>
<h2>Main result</h2>
${headline(of('organ'))}
<div class="plots">${mirTargets.map((target) => plot(`${targetTitles[target]} P@3, mean of the organs`, of('organ'), target)).join('')}</div>
${legend}
<p>${bench.organs.map(({ organ, queries, withTumour, gallery }) => `${text(organ)}: ${queries} queries (${withTumour} with a tumour) search ${gallery} cases`).join(' · ')}.
Every mark has its 95 % interval, by patient.</p>
<ul>${notes.map((note) => `<li>${text(note)}</li>`).join('')}</ul>
</section>
${(['organ', 'mixed'] as const).map((index) => figuresSection(index, of(index))).join('\n')}
<section>
<h2>Organ by organ</h2>
<p>P@3, corrected; one index an organ.</p>
${mirTargets.map((target) => organTable(bench, of('organ'), target)).join('\n')}
</section>
${strata.length > 0 ? strataSection(bench) : ''}
${comparisonSection(bench)}
<section>
<h2>Rules</h2>
${rulesTable(bench)}
${agreementText(bench)}
</section>
<section>
<h2>Time per query</h2>
${speedTable(bench)}
</section>
<section>
<h2>What the figures mean</h2>
${meaning(bench)}
</section>
</main>
</body>
</html>
`;
}

const macro = (method: MirMethodResult, target: MirTarget): Figure | undefined =>
  method.figures[target]?.corrected['p@3'].macro;

const isSearch = ({ kind, leaked }: MirMethodResult): boolean => kind === 'search' && !leaked;

function bestOf(methods: readonly MirMethodResult[], target: MirTarget) {
  return methods
    .flatMap((method) => {
      const interval = macro(method, target);
      return interval ? [{ method, interval }] : [];
    })
    .toSorted((a, b) => b.interval.value - a.interval.value)
    .at(0);
}

const range = ({ lo, hi }: Figure): string => `${lo.toFixed(2)}–${hi.toFixed(2)}`;

/** The best search that is not leaked, by each label, beside the best guess without any search. */
function headline(methods: readonly MirMethodResult[]): string {
  const lines = mirTargets.flatMap((target) => {
    const found = bestOf(methods.filter(isSearch), target);
    const guess = bestOf(
      methods.filter(({ name }) => name === 'random' || name === 'majority'),
      target,
    );
    if (!found || !guess) return [];
    const guessed = `${guess.interval.value.toFixed(2)} (${range(guess.interval)})`;
    return [
      `<p class="result"><b>${target === 'flag' ? 'Flag' : 'Group'}</b>: <strong>${found.interval.value.toFixed(2)}</strong> of the first three hits are right
<span>(${range(found.interval)}) by the best search without a leak, ${text(found.method.name)}; ${guessed} without searching: ${text(guess.method.title)}.</span></p>`,
    ];
  });
  return lines.join('\n');
}

function toneOf({ kind, leaked }: MirMethodResult): Tone {
  if (kind === 'reader' || leaked) return 'leak';
  return kind;
}

/** Searches first, then what is leaked, then what they are measured by. */
const toneOrder: readonly Tone[] = ['search', 'leak', 'baseline'];

function inOrder(methods: readonly MirMethodResult[]): MirMethodResult[] {
  return methods.toSorted((a, b) => toneOrder.indexOf(toneOf(a)) - toneOrder.indexOf(toneOf(b)));
}

function plot(name: string, methods: readonly MirMethodResult[], target: MirTarget): string {
  const rows = inOrder(methods).flatMap((method): PlotRow[] => {
    const interval = macro(method, target);
    return interval ? [{ label: method.name, tone: toneOf(method), interval }] : [];
  });
  const grouped = rows.map((row, n) => ({ ...row, first: n > 0 && rows[n - 1].tone !== row.tone }));
  return intervalPlot(name, grouped, target === 'flag' ? [publishedFloor] : []);
}

const legend = `<p class="legend"><span class="dot search"></span>a search <span class="dot leak"></span>leaked: its input states what the labels are made of
<span class="dot baseline"></span>to measure by</p>`;

function figuresSection(index: MirIndexName, methods: readonly MirMethodResult[]): string {
  if (methods.length === 0) return '';
  const note =
    index === 'organ'
      ? 'A case searches the training cases of its organ.'
      : 'A case searches the training cases of all organs together; a hit counts when the case’s organ lists it with the same label.';
  return `<section>
<h2>${indexTitles[index]}</h2>
<p>${note} Means of the organs with 95 % intervals.</p>
${index === 'mixed' ? `<div class="plots">${mirTargets.map((target) => plot(`${targetTitles[target]} P@3`, methods, target)).join('')}</div>` : ''}
<h3>Corrected: P@k divides by k, AP runs over everything relevant</h3>
${figureTable(methods, 'corrected')}
<h3>Released: the published arithmetic, faults included, to compare with published figures</h3>
${figureTable(methods, 'released')}
</section>`;
}

function figureTable(methods: readonly MirMethodResult[], arithmetic: Arithmetic): string {
  const head = mirTargets.map((target) => `<th colspan="4">${target}</th>`).join('');
  const metrics = mirTargets
    .flatMap(() => mirMetricNames.map((metric) => `<th>${metric.toUpperCase()}</th>`))
    .join('');
  const rows = inOrder(methods).map((method) => {
    const cells = mirTargets.flatMap((target) =>
      mirMetricNames.map((metric) => cell(method.figures[target]?.[arithmetic][metric].macro)),
    );
    return `<tr class="${toneOf(method)}"><th title="${text(method.title)}">${text(method.name)}</th><td>${method.queries}</td>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th rowspan="2">method</th><th rowspan="2">queries</th>${head}</tr><tr>${metrics}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function cell(interval: Figure | undefined): string {
  if (!interval) return '<td>–</td>';
  return `<td>${interval.value.toFixed(3)}<small>${range(interval)}</small></td>`;
}

function organTable({ organs }: MirDocument, methods: readonly MirMethodResult[], target: MirTarget): string {
  const head = ['macro', ...organs.map(({ organ }) => organ)];
  const rows = inOrder(methods).flatMap((method) => {
    const intervals = method.figures[target]?.corrected['p@3'];
    if (!intervals) return [];
    const cells = head.map((name) => cell(intervals[name])).join('');
    return [
      `<tr class="${toneOf(method)}"><th title="${text(method.title)}">${text(method.name)}</th>${cells}</tr>`,
    ];
  });
  return `<h3>${targetTitles[target]}</h3>
<div class="scroll"><table><thead><tr><th>method</th>${head.map((name) => `<th>${text(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function strataSection({ methods, strata }: MirDocument): string {
  const own = methods.filter(({ index }) => index === 'organ');
  const plots = strata.map(({ name, queries }) => {
    const rows = inOrder(own).flatMap((method): PlotRow[] => {
      const interval = method.strata['p@3']?.[name];
      return interval ? [{ label: method.name, tone: toneOf(method), interval }] : [];
    });
    return intervalPlot(`Tumour ${name}, ${queries} queries`, rows);
  });
  return `<section>
<h2>By the size of the tumour in its organ</h2>
<p>P@3 of the group, corrected, for three equally large parts of the queries whose organ has a mask, by tumour volume ÷ organ volume.</p>
<div class="plots">${plots.join('')}</div>
</section>`;
}

/** The pairs worth a reader's time: a method and what it is measured by, or the method that finds the group best. */
function pairsShown({ comparisons, methods }: MirDocument): MirComparison[] {
  const measures = new Set(methods.filter(({ kind }) => kind === 'baseline').map(({ name }) => name));
  const best = new Map(
    (['organ', 'mixed'] as const).map((index) => {
      const own = methods.filter((method) => method.index === index);
      return [index, bestOf(own.filter(isSearch), 'group')?.method.name];
    }),
  );
  return comparisons.filter(
    ({ index, a, b, metric }) =>
      metric === 'p@3' && (measures.has(b) || a === best.get(index) || b === best.get(index)),
  );
}

function comparisonSection(bench: MirDocument): string {
  const first = pairsShown(bench);
  if (first.length === 0) return '';
  const rows = first.map(
    ({ index, a, b, target, difference, p }) =>
      `<tr><td>${index}</td><td>${text(a)}</td><td>${text(b)}</td><td>${target}</td>
<td>${signed(difference.value)} <span class="soft">(${signed(difference.lo)} to ${signed(difference.hi)})</span></td><td>${p < 0.001 ? '&lt; 0.001' : p.toFixed(3)}</td><td>${verdict({ difference, p })}</td></tr>`,
  );
  return `<section>
<h2>Paired tests</h2>
<p>P@3, corrected, mean of the organs: the first method minus the second on the same queries. p: sign permutation by patient, two-sided, not
corrected for the number of tests; a difference counts as shown where p &lt; 0.05 and the interval leaves out 0. All pairs and the other metrics: comparisons.csv.</p>
<div class="scroll"><table><thead><tr><th>index</th><th>first</th><th>second</th><th>label</th><th>difference</th><th>p</th><th></th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>
</section>`;
}

/** What a paired test shows at the 5 % level. */
function verdict({ difference: { lo, hi }, p }: Pick<MirComparison, 'difference' | 'p'>): string {
  if (p >= 0.05 || (lo <= 0 && hi >= 0)) return 'no difference shown';
  return lo > 0 ? 'the first is better' : 'the first is worse';
}

function rulesTable({ rules }: MirDocument): string {
  const rows = rules.map(
    ({ organ, cases, withTumour, undecided, exceptions }) =>
      `<tr><th>${text(organ)}</th><td>${cases}</td><td>${withTumour}</td><td>${undecided}</td><td>${exceptions.length}</td></tr>`,
  );
  const listed = rules.flatMap(({ exceptions }) =>
    exceptions.map(
      ({ organ, name, numberTumors, maxTumorSizeCm, flag, group }) =>
        `<li>${text(organ)}, ${text(name)}: ${numberTumors} of ${maxTumorSizeCm} cm, published flag ${flag.published} and group ${group.published}, by the rule ${flag.rule} and ${group.rule}</li>`,
    ),
  );
  return `<p>Flag and group of the published tables, worked out again from their count and size by the published rules.</p>
<table><thead><tr><th>organ</th><th>cases</th><th>with a tumour</th><th>not decided by the rule</th><th>exceptions</th></tr></thead><tbody>${rows.join('')}</tbody></table>
${listed.length > 0 ? `<ul>${listed.join('')}</ul>` : '<p>No exceptions.</p>'}`;
}

function agreementText({ agreement }: MirDocument): string {
  if (!agreement) return '';
  const { compared, differing, largestSizeDifferenceCm } = agreement;
  const listed = differing.map(
    ({ organ, name, published, mask }) =>
      `<li>${text(organ)}, ${text(name)}: published ${published.numberTumors} of ${published.maxTumorSizeCm} cm, group ${published.lesionGroup}; from the mask ${mask.numberTumors} of ${mask.maxTumorSizeCm} cm, group ${mask.lesionGroup}</li>`,
  );
  return `<p>Labels from the masks: ${compared - differing.length} of ${compared} cases have the published count, flag and group; where the count is
the same, the size differs by ${largestSizeDifferenceCm.toPrecision(2)} cm at most.</p>
${listed.length > 0 ? `<ul>${listed.join('')}</ul>` : ''}`;
}

function speedTable({ methods }: MirDocument): string {
  const timed = methods.filter(({ msPerQuery }) => msPerQuery !== undefined);
  const indexes = [...new Set(timed.map(({ index }) => index))];
  const rows = [...new Set(timed.map(({ name }) => name))].map((name) => {
    const cells = indexes.map((index) => {
      const ms = timed.find((method) => method.name === name && method.index === index)?.msPerQuery;
      return `<td>${ms === undefined ? '–' : `${ms.toFixed(2)} ms`}</td>`;
    });
    return `<tr><th>${text(name)}</th>${cells.join('')}</tr>`;
  });
  const head = indexes.map((index) => `<th>${indexTitles[index].toLowerCase()}</th>`);
  return `<p>The search alone, mean of the queries; methods that share a search share its time.</p>
<table><thead><tr><th>method</th>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function meaning({ methods, withoutRelevant }: MirDocument): string {
  const titles = [...new Map(methods.map(({ name, title }) => [name, title]))].map(
    ([name, title]) => `<dt>${text(name)}</dt><dd>${text(title)}</dd>`,
  );
  return `<p>A hit is relevant when it has the query’s flag (a tumour or none) or group (by number and largest size; none is a group of its own).
P@k is the part of the first k hits that is relevant, AP the average precision. “Corrected” divides P@k by k however short the list is, and AP by
everything relevant; “released” is the published arithmetic: a short list is averaged over the ranks it has, P@10 averages eleven columns (ten
ranks and P@5), AP looks at the first ten only. Equal scores rank by name; baselines are means over all orders of what is tied.
${withoutRelevant} queries have nothing of their group to find; they count as 0. The best search of the main result is the best by these figures, so a little too good. Intervals: 2,000 bootstraps that draw patients; macro is the mean of
the organs. Nothing here measures whether a hit helps a reader.</p>
<dl>${titles.join('')}</dl>`;
}

const style = `
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 28px; background: #fff; color: #1a1d21; font: 14px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 24px; } h2 { margin: 36px 0 10px; padding-bottom: 4px; border-bottom: 1px solid #c4c9ce; font-size: 18px; } h3 { margin: 18px 0 6px; font-size: 14px; }
.notice { margin: 10px 0 0; padding: 6px 12px; border-left: 4px solid #e8590c; background: #fff4e6; }
.result { margin: 0 0 8px; font-size: 16px; } .result strong { font-size: 26px; color: #1864ab; } .result span { color: #4b5259; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; } .legend { color: #4b5259; }
.dot { display: inline-block; width: 10px; height: 10px; margin: 0 5px 0 14px; border-radius: 50%; } .legend .dot:first-child { margin-left: 0; }
.dot.search { background: #1864ab; } .dot.leak { border: 2px solid #d9480f; } .dot.baseline { background: #868e96; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid #e3e6e9; text-align: left; vertical-align: top; font-weight: 400; } thead th { font-weight: 600; border-bottom-color: #868e96; }
td small { display: block; color: #687078; } .soft { color: #687078; } tr.leak th { color: #d9480f; } tr.baseline { color: #5c636a; } tbody tr { break-inside: avoid; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; } dd { margin: 0; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; } .scroll { overflow: visible; } th, td { padding-right: 7px; } }
`;
