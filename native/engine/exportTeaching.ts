/** Writes a set of lesions as a teaching file: pictures in three planes and around, words, and a page that shows them offline. */
import { researchUse } from '../benchmark/evaluationReport.ts';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Plane } from '../contract/mark.ts';
import type { LesionRow } from '../contract/model.ts';
import type { ParsedParams, Progress } from '../contract/rpc.ts';
import { createPackage } from '../files/package.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { hitColor } from '../takeaway/comparisonPage.ts';
import { csvTable } from '../takeaway/csv.ts';
import { Disclosure } from '../takeaway/disclosure.ts';
import { lesionPictures } from '../takeaway/lesionPicture.ts';
import { type TaughtCase, type TaughtPicture, teachingPage } from '../takeaway/teachingPage.ts';
import type { Engine } from './engine.ts';

/** The least side of the pictures, and how many diameters they show at least. */
const leastFieldMm = 60;
const diametersShown = 3;
/** Where beside the middle further axial slices lie, in halves of the lesion's height. */
const beside = [-1, -0.5, 0.5, 1];
/** Slices that several pictures of a case need. */
const keptBytes = 128 * 2 ** 20;
/** In HU, as radiologists use them: soft tissue, lung, bone. */
const windows = [
  { width: 400, center: 40 },
  { width: 1500, center: -600 },
  { width: 1800, center: 400 },
] as const;

type Params = ParsedParams<EngineContract, 'takeaway.teaching'>;

/** Throws `refused` where something lies at the place of a new folder, `storage`, and `cancelled`: then nothing is left. */
export async function exportTeaching(
  engine: Engine,
  { lesions, title, identified, reports, target }: Params,
  signal: AbortSignal,
  progress: (done: Progress<EngineContract, 'takeaway.teaching'>) => void,
): Promise<{ cases: number; failed: { lesion: string; reason: string }[] }> {
  const disclosure = new Disclosure(engine.library, identified);
  const whole = await createPackage(engine.grants.take(target, 'write'));
  try {
    const cases: TaughtCase[] = [];
    const failed: { lesion: string; reason: string }[] = [];
    for (const [done, lesion] of lesions.entries()) {
      throwIfCancelled(signal);
      progress({ done, total: lesions.length });
      let drawn: DrawnCase;
      try {
        drawn = await oneCase(engine, disclosure, lesion, { number: cases.length + 1, reports });
      } catch (thrown) {
        const error = PrecedentError.from(thrown);
        // A disk that fails will not serve the next one either.
        if (error.kind === 'storage') throw error;
        failed.push({ lesion, reason: error.what });
        continue;
      }
      // Not before all are drawn: the next case takes the number of one that fails.
      for (const [name, bytes] of drawn.files) await whole.add(name, bytes);
      cases.push(drawn.taught);
    }
    const page = { title: title || 'Teaching file', cases, identified };
    const data = cases.map((one) => dataOf(one, identified));
    const bytes = (text: string) => new TextEncoder().encode(text);
    await whole.add('index.html', bytes(teachingPage(page)));
    await whole.add(
      'cases.json',
      bytes(`${JSON.stringify({ use: researchUse, title: page.title, cases: data }, null, 2)}\n`),
    );
    // Spreadsheets take a file without this mark for one in the system's old character set.
    await whole.add('cases.csv', bytes(`\ufeff${tableOf(data)}`));
    throwIfCancelled(signal);
    await whole.commit();
    progress({ done: lesions.length, total: lesions.length });
    return { cases: cases.length, failed };
  } catch (error) {
    await whole.abandon();
    throw error;
  }
}

interface DrawnCase {
  readonly taught: TaughtCase;
  /** By their names in the package. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

async function oneCase(
  engine: Engine,
  disclosure: Disclosure,
  id: string,
  { number, reports }: { number: number; reports: boolean },
): Promise<DrawnCase> {
  const { library } = engine;
  const lesion = library.reads.lesion(id);
  const known = library.gallery().get(id);
  const { labels, ...told } = disclosure.lesion(id);
  // Age and sex are told apart from the labels, the age as a decade.
  const { age: _age, sex: _sex, ...others } = labels;
  const said = { ...told, labels: others };
  const window = windowFor(lesion.meanHu, known?.fields?.organ);
  const fieldMm = Math.max(leastFieldMm, diametersShown * lesion.diameter3dMm);
  const pictures: TaughtPicture[] = [];
  const files = new Map<string, Uint8Array>();
  await engine.withVoxels(lesion.volume, async (file) => {
    const region = library.lesionRegion(id);
    file.keepSlices(keptBytes);
    const add = async (title: string, name: string, plane: Plane, offsetMm: number) => {
      const path = `case-${String(number).padStart(3, '0')}/${name}`;
      const view = { window, fieldMm, plane, offsetMm, color: hitColor };
      const drawn = await lesionPictures(file, region, view);
      files.set(`${path}.png`, drawn.plain).set(`${path}-outlined.png`, drawn.outlined);
      pictures.push({ title, plain: `${path}.png`, outlined: `${path}-outlined.png` });
    };
    for (const plane of ['axial', 'coronal', 'sagittal'] as const) await add(plane, plane, plane, 0);
    const half = heightMm(lesion, file.grid) / 2;
    for (const [n, part] of beside.entries()) {
      const offset = part * half;
      const where = `${Math.abs(offset).toFixed(1)} mm ${offset < 0 ? 'below' : 'above'}`;
      await add(`axial, ${where}`, `axial-${n + 1}`, 'axial', offset);
    }
  });
  // Two patients may have a study of the same UID.
  const own = reports ? library.reports.of(lesion.study) : [];
  const texts = own.flatMap(({ patient, text }) => (patient === lesion.patient ? [text] : []));
  const { sex, age } = disclosure.person({ sex: known?.fields?.sex, age: known?.numbers?.age });
  const taught = {
    number,
    said,
    sex,
    age,
    caption: disclosure.text(lesion.patient, lesion.caption),
    reports: texts.map((text) => disclosure.text(lesion.patient, text)),
    pictures,
    fieldMm,
    window,
  };
  return { taught, files };
}

function windowFor(meanHu: number, organ: string | undefined): (typeof windows)[number] {
  const [softTissue, lung] = windows;
  if (/lung/i.test(organ ?? '')) return lung;
  return windows.find(({ width, center }) => Math.abs(meanHu - center) < 0.45 * width) ?? softTissue;
}

/** How far a lesion's box reaches from feet to head, at least a slice. */
function heightMm(
  { boxIjk: box }: LesionRow,
  { spacing, direction }: { readonly spacing: readonly number[]; readonly direction: readonly number[] },
): number {
  const voxels = [0, 1, 2].map((axis) => box[axis + 3] - box[axis] + 1);
  return voxels.reduce(
    (sum, count, axis) => sum + count * spacing[axis] * Math.abs(direction[3 * axis + 2]),
    0,
  );
}

function dataOf({ said, number, pictures, ...one }: TaughtCase, identified: boolean) {
  const { measurements: m, acquisition, ...words } = said;
  return {
    case: number,
    patient: words.patient,
    ...(identified ? { patientName: words.patientName, studyDate: words.studyDate } : {}),
    name: words.name,
    sex: one.sex,
    age: one.age,
    caption: one.caption,
    diagnosis: words.diagnosis?.diagnosis,
    proof: words.diagnosis?.proof,
    labels: words.labels,
    diameterMm: Number(m.diameterMm.toFixed(1)),
    volumeMl: Number(m.volumeMl.toPrecision(3)),
    meanHu: Math.round(m.meanHu),
    sdHu: Math.round(m.sdHu),
    acquisition,
    window: one.window,
    fieldMm: one.fieldMm,
    reports: one.reports,
    pictures: pictures.flatMap(({ plain, outlined }) => [plain, ...(outlined ? [outlined] : [])]),
  };
}

function tableOf(cases: readonly ReturnType<typeof dataOf>[]): string {
  const plain = [
    'case', 'patient', 'name', 'sex', 'age', 'diagnosis', 'proof', 'diameterMm', 'volumeMl', 'meanHu', 'sdHu', 'caption',
  ] as const; // biome-ignore format: one list
  const labels = [...new Set(cases.flatMap((one) => Object.keys(one.labels)))].sort();
  const head = [...plain, ...labels.map((name) => `label: ${name}`), 'use'];
  const rows = cases.map((one) => [
    ...plain.map((name) => one[name]),
    ...labels.map((name) => one.labels[name]),
    researchUse,
  ]);
  return csvTable([head, ...rows]);
}
