/** Writes a phantom library: for each patient a CT series, a structure set, and the truth of every lesion in labels.csv. */
import { join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { ensureFolder, makeDurable, writeFileAtomic, writePlainFile } from '../files/files.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { createRandom } from '../random.ts';
import { type PhantomCase, type PhantomSize, phantomCase } from './case.ts';
import { ctFiles, structureSetFile } from './dicomObjects.ts';
import { furtherSeries } from './further.ts';

export { phantomCase } from './case.ts';

export interface PhantomOptions extends Partial<PhantomSize> {
  /** How many patients; 60 unless told. */
  readonly patients?: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface PhantomSummary {
  readonly patients: number;
  readonly studies: number;
  readonly lesions: number;
}

export const labelColumns = [
  'case',
  'lesion',
  'diagnosis',
  'proof',
  'proofDate',
  'kind',
  'organ',
  'malignancy',
  'sex',
  'age',
  'split',
] as const;

/**
 * Writes `dir/PH-0001/CT/*.dcm`, `dir/PH-0001/RTSTRUCT.dcm`, … and `dir/labels.csv`, and the further series that some
 * patients have; the same seed and options give the same bytes. labels.csv is written last, so a folder with it is complete.
 * Throws `cancelled` when the signal is aborted.
 */
export async function generatePhantomLibrary(dir: string, options: PhantomOptions): Promise<PhantomSummary> {
  const { patients = 60, seed, onProgress, signal } = options;
  if (!Number.isInteger(patients) || patients < 1 || patients > 9999) {
    throw new PrecedentError('usage', 'a phantom library has 1 to 9999 patients');
  }
  const rows: string[] = [labelColumns.join(',')];
  let lesions = 0;
  let studies = 0;
  for (let index = 0; index < patients; index++) {
    throwIfCancelled(signal);
    const phantom = phantomCase(seed, index, options);
    studies += await writePatient(dir, seed, index, options, phantom);
    lesions += phantom.lesions.length;
    rows.push(...labelRows(seed, index, phantom));
    onProgress?.(index + 1, patients);
  }
  await writeFileAtomic(join(dir, 'labels.csv'), Buffer.from(`${rows.join('\n')}\n`));
  return { patients, studies, lesions };
}

/** Writes one patient's files, and returns how many examinations they are of. */
export async function writePatient(
  dir: string,
  seed: number,
  index: number,
  size: Partial<PhantomSize> = {},
  phantom = phantomCase(seed, index, size),
): Promise<number> {
  const home = join(dir, phantom.id);
  const further = furtherSeries(seed, index, size, phantom);
  const files = await writeSeries(join(home, 'CT'), ctFiles(seed, phantom));
  for (const { folder, part, phantom: other } of further)
    files.push(...(await writeSeries(join(home, folder), ctFiles(seed, other, part))));
  const structures = join(home, 'RTSTRUCT.dcm');
  await writePlainFile(structures, structureSetFile(seed, phantom));
  await makeDurable([...files, structures]);
  return new Set(['', ...further.map(({ part }) => part.examination)]).size;
}

async function writeSeries(folder: string, files: ReturnType<typeof ctFiles>): Promise<string[]> {
  await ensureFolder(folder);
  return Promise.all(
    files.map(async ({ name, data }) => {
      const path = join(folder, name);
      await writePlainFile(path, data);
      return path;
    }),
  );
}

/** One line per lesion; no value holds a comma or a quote, so none needs quoting. */
function labelRows(seed: number, index: number, phantom: PhantomCase): string[] {
  const { patient, id } = phantom;
  const split = createRandom(seed, `split ${index}`).next() < 0.3 ? 'test' : 'train';
  return phantom.lesions.map((l) =>
    [
      id,
      l.name,
      l.diagnosis,
      l.proof,
      l.proofDate && `${l.proofDate.slice(0, 4)}-${l.proofDate.slice(4, 6)}-${l.proofDate.slice(6)}`,
      l.kind,
      l.organ,
      l.malignancy,
      patient.sex,
      patient.age,
      split,
    ].join(','),
  );
}
