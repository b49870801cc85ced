/** A teaching file as a page beside its pictures, readable without a network: it refers to nothing outside of its folder and runs nothing. */
import { researchUse } from '../benchmark/evaluationReport.ts';
import { text } from '../benchmark/html.ts';
import type { DisclosedLesion } from './disclosure.ts';

export interface TaughtPicture {
  /** What it shows, such as "axial" or "axial, 4 mm above". */
  readonly title: string;
  /** Relative to the page. */
  readonly plain: string;
  /** The same with the outline, where it was drawn. */
  readonly outlined: string | undefined;
}
export interface TaughtCase {
  readonly number: number;
  readonly said: DisclosedLesion;
  readonly sex: string | undefined;
  readonly age: string | undefined;
  readonly caption: string;
  readonly reports: readonly string[];
  readonly pictures: readonly TaughtPicture[];
  readonly fieldMm: number;
  readonly window: { readonly width: number; readonly center: number };
}
interface Teaching {
  readonly title: string;
  readonly cases: readonly TaughtCase[];
  readonly identified: boolean;
}

export function teachingPage({ title, cases, identified }: Teaching): string {
  const who = identified
    ? 'With the identity of the patients.'
    : 'De-identified: pseudonyms stand for the patients; names, dates and what may name someone are left out by rule. Text inside the pictures is as it was. Read it through before it is passed on.';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<input type="checkbox" id="outlines" checked><input type="checkbox" id="answers" checked>
<header><h1>${text(title)}</h1><p class="notice">${researchUse}</p></header>
<p class="switches"><label for="outlines">Outlines</label><label for="answers">Diagnoses and labels</label></p>
<main>
${cases.map(section).join('\n')}
</main>
<footer><p>${who}</p></footer>
</body>
</html>
`;
}

function section(one: TaughtCase): string {
  const { number, said, pictures, caption, reports } = one;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['Name', said.patientName],
    ['Study date', said.studyDate],
    ['Sex', one.sex],
    ['Age', one.age],
    ['Longest axial diameter', `${said.measurements.diameterMm.toFixed(1)} mm`],
    ['Volume', `${said.measurements.volumeMl.toPrecision(3)} ml`],
    ['Mean density', `${Math.round(said.measurements.meanHu)} HU`],
    [
      'Slice thickness',
      said.acquisition.sliceThicknessMm && `${Number(said.acquisition.sliceThicknessMm.toFixed(2))} mm`,
    ],
    ['Window', `${one.window.width}/${one.window.center} HU`],
    ['Width of the pictures', `${one.fieldMm.toFixed(0)} mm`],
  ].map(([name, value]) => [String(name), value === undefined ? undefined : String(value)]);
  const answers: readonly (readonly [string, string])[] = [
    [
      'Diagnosis',
      said.diagnosis ? `${said.diagnosis.diagnosis} (proof: ${said.diagnosis.proof})` : 'none recorded',
    ],
    ...Object.entries(said.labels),
  ];
  const list = (rows: readonly (readonly [string, string | undefined])[]) =>
    rows
      .flatMap(([name, value]) => (value ? [`<dt>${text(name)}</dt><dd>${text(value)}</dd>`] : []))
      .join('');
  return `<section>
<h2>Case ${number} <span>${text(said.patient)} · ${text(said.name)}</span></h2>
<div class="pictures">${pictures.map(figure).join('')}</div>
<div class="words"><div><p>${text(caption)}</p><dl>${list(pairs)}</dl></div><dl class="answers">${list(answers)}</dl></div>
${reports.map((report) => `<blockquote class="answers">${text(report)}</blockquote>`).join('')}
</section>`;
}

function figure({ title, plain, outlined }: TaughtPicture): string {
  const over = outlined === undefined ? '' : `<img class="outlined" src="${text(outlined)}" alt="">`;
  return `<figure><div><img src="${text(plain)}" alt="${text(title)}">${over}</div><figcaption>${text(title)}</figcaption></figure>`;
}

const style = `
body { margin: 0 auto; max-width: 1200px; padding: 20px; color: #d6dde6; background: #10151a; font: 14px/1.45 system-ui, 'DejaVu Sans', sans-serif; }
header { display: flex; justify-content: space-between; align-items: center; gap: 20px; } h1 { margin: 0; font-size: 20px; }
.notice { margin: 0; padding: 3px 9px; border-left: 3px solid #e6c35c; } footer, figcaption, dt, h2 span { color: #929dab; }
#outlines, #answers { position: absolute; opacity: 0; }
.switches { display: flex; gap: 10px; } .switches label { padding: 4px 12px; border: 1px solid #3a4450; border-radius: 4px; cursor: pointer; color: #929dab; }
#outlines:checked ~ .switches label[for=outlines], #answers:checked ~ .switches label[for=answers] { color: #10151a; background: #4fd1e8; border-color: #4fd1e8; }
#outlines:focus-visible ~ .switches label[for=outlines], #answers:focus-visible ~ .switches label[for=answers] { outline: 2px solid #fff; }
section { padding: 18px 0; border-top: 1px solid #262e37; break-inside: avoid; } h2 { margin: 0 0 10px; font-size: 16px; } h2 span { font-weight: 400; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 8px; } figure { margin: 0; }
figure div { position: relative; } img { display: block; width: 100%; background: #000; } .outlined { position: absolute; inset: 0; visibility: hidden; }
#outlines:checked ~ main .outlined { visibility: visible; } main .answers { visibility: hidden; } #answers:checked ~ main .answers { visibility: visible; }
.words { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; margin-top: 10px; } p { margin: 0 0 8px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; } dd { margin: 0; overflow-wrap: anywhere; }
blockquote { margin: 10px 0 0; padding-left: 12px; border-left: 3px solid #262e37; white-space: pre-wrap; }
`;
