/** A comparison of a query with hits as one self-contained page, to be printed: it refers to nothing outside of itself and runs nothing. */
import { researchUse } from '../benchmark/evaluationReport.ts';
import { text } from '../benchmark/html.ts';
import type { Measurements } from '../contract/model.ts';
import type { TakenHit, TakenSearch } from '../contract/takeaway.ts';
import type { Disclosed } from './disclosure.ts';

export interface ComparedLesion {
  readonly said: Disclosed;
  readonly measurements: Measurements;
  /** PNG. */
  readonly picture: Uint8Array;
  /** Its place among the hits; null for the query. */
  readonly hit: TakenHit | null;
}
export interface Comparison {
  readonly search: TakenSearch;
  /** The query first, where it lies somewhere. */
  readonly lesions: readonly ComparedLesion[];
  readonly window: { readonly width: number; readonly center: number };
  /** The side of each picture in mm. */
  readonly fieldMm: number;
  readonly identified: boolean;
}

/** Outlines: red, green, blue. */
export const queryColor = [79, 209, 232] as const;
export const hitColor = [255, 194, 77] as const;

export function comparisonPage(comparison: Comparison): string {
  const { lesions, identified, search, window, fieldMm } = comparison;
  const who = identified
    ? 'With the identity of the patients.'
    : 'De-identified: pseudonyms stand for the patients; names, dates and labels that may name someone are left out. Text inside the pictures is as it was.';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Precedent: case comparison</title>
<style>${style}</style>
</head>
<body>
<header><h1>Case comparison</h1><p class="notice">${researchUse}</p></header>
<section class="pictures">${lesions.map((lesion) => figure(lesion, fieldMm)).join('\n')}</section>
<table>
<thead><tr><th></th>${lesions.map(({ hit, said }) => `<th>${text(titleOf(hit))} · ${text(said.name)}</th>`).join('')}</tr></thead>
<tbody>${rows(lesions, search).join('\n')}</tbody>
</table>
<footer>
<p>Found by the method “${text(search.method)}” with the encoder ${text(search.encoder)} among ${search.searched} lesions. Score: ${text(lowered(search.scores))}.
Pictures: the axial slice through each lesion's middle, ${fieldMm.toFixed(0)} mm wide, window ${window.width}/${signed(window.center)} HU.</p>
<p>${who}</p>
</footer>
</body>
</html>
`;
}

function titleOf(hit: TakenHit | null): string {
  if (hit === null) return 'Query';
  return hit.rank === undefined ? 'Earlier hit' : `Hit ${hit.rank}`;
}

/** The picture with what makes it readable: sides of the patient, and a bar of known length. */
function figure({ said, picture, hit }: ComparedLesion, fieldMm: number): string {
  const barMm = [50, 20, 10, 5].find((length) => length <= fieldMm / 3) ?? 5;
  const bar = (100 * barMm) / fieldMm;
  const color = (hit === null ? queryColor : hitColor).join(',');
  return `<figure>
<svg viewBox="0 0 100 100" role="img" aria-label="${text(titleOf(hit))}, axial slice">
<image width="100" height="100" href="data:image/png;base64,${Buffer.from(picture).toString('base64')}"/>
<text x="2" y="51">R</text><text x="98" y="51" text-anchor="end">L</text><text x="50" y="5" text-anchor="middle">A</text>
<path d="M${(97 - bar).toFixed(2)} 94.5v2h${bar.toFixed(2)}v-2" fill="none" stroke="#fff" stroke-width="0.5"/>
<text x="${(97 - bar / 2).toFixed(2)}" y="93.5" text-anchor="middle">${barMm} mm</text>
</svg>
<figcaption><b style="border-color:rgb(${color})">${text(titleOf(hit))}</b> ${text(said.patient)}</figcaption>
</figure>`;
}

function rows(lesions: readonly ComparedLesion[], search: TakenSearch): string[] {
  const row = (name: string, of: (lesion: ComparedLesion) => string | undefined): string => {
    const values = lesions.map(of);
    if (values.every((value) => value === undefined || value === '')) return '';
    const cells = values.map((value) => `<td>${text(value || '–')}</td>`).join('');
    return `<tr><th scope="row">${text(name)}</th>${cells}</tr>`;
  };
  const labels = [...new Set(lesions.flatMap(({ said }) => Object.keys(said.labels)))].sort();
  const field = search.field === undefined ? '' : ` ${search.field} class`;
  return [
    row('Patient', ({ said }) => said.patient),
    row('Name', ({ said }) => said.patientName),
    row('Study date', ({ said }) => said.studyDate),
    row('Diagnosis', ({ said: { diagnosis } }) =>
      diagnosis ? `${diagnosis.diagnosis} (proof: ${diagnosis.proof})` : 'none recorded',
    ),
    row('Score', ({ hit }) => hit?.score?.toFixed(3)),
    row(`Chance of the same${field}`, ({ hit }) =>
      hit?.expected === undefined ? undefined : `${Math.round(100 * hit.expected)}%`,
    ),
    row('Longest axial diameter', ({ measurements: m }) => `${m.diameterMm.toFixed(1)} mm`),
    row('Longest diameter in 3D', ({ measurements: m }) => `${m.diameter3dMm.toFixed(1)} mm`),
    row('Volume', ({ measurements: m }) => `${m.volumeMl.toPrecision(3)} ml`),
    row('Density, mean ± SD', ({ measurements: m }) => `${signed(m.meanHu)} ± ${Math.round(m.sdHu)} HU`),
    row('Slice thickness', ({ said: { acquisition: a } }) => `${Number(a.sliceThicknessMm?.toFixed(2))} mm`),
    row('Kernel', ({ said }) => said.acquisition.kernel),
    row('Contrast', ({ said }) => said.acquisition.contrast),
    row('Pixels', ({ said: { acquisition: a } }) =>
      [a.lossy ? 'lossy' : '', a.interpolated ? 'interpolated' : ''].filter(Boolean).join(', '),
    ),
    ...labels.map((name) => row(name, ({ said }) => said.labels[name])),
  ].filter(Boolean);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : ''}${Math.abs(Math.round(value))}`;
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

const style = `
@page { size: A4 landscape; margin: 10mm; }
@media screen { body { padding: 20px 0; } }
body { margin: 0 auto; max-width: 1047px; color: #1a1d21; background: #fff; font: 11px/1.4 system-ui, 'DejaVu Sans', sans-serif; -webkit-print-color-adjust: exact; }
header { display: flex; justify-content: space-between; align-items: center; margin-bottom: 8px; }
h1 { margin: 0; font-size: 17px; } p { margin: 0 0 3px; }
.notice { padding: 3px 9px; border-left: 3px solid #e67700; background: #fff8e6; }
.pictures { display: flex; gap: 10px; margin-bottom: 8px; } figure { flex: 1 1 0; max-width: 21%; margin: 0; }
svg { display: block; width: 100%; background: #000; } svg text { font-size: 3.6px; fill: #fff; }
figcaption { margin-top: 3px; } figcaption b { padding-left: 5px; border-left: 4px solid; margin-right: 5px; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-variant-numeric: tabular-nums; }
th, td { padding: 1px 10px 1px 0; border-bottom: 1px solid #e3e6e9; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th[scope] { font-weight: 400; color: #5c636a; } tr, figure { break-inside: avoid; }
footer { margin-top: 8px; color: #5c636a; }
`;
