/** Gives the rows of a labels file to the lesions of their cases, and to their studies. */
import { basename } from 'node:path';
import type { Library } from '../engine/library.ts';
import type { LabelRow } from './labels.ts';

/** The patient that a labels file names for a case, where it has a `patient` column. */
export function patientOfCase(
  byCase: ReadonlyMap<string, readonly LabelRow[]>,
  name: string,
): string | undefined {
  return byCase.get(name)?.find((row) => row.patient !== undefined)?.patient;
}

/**
 * Sets the labels and diagnoses of one volume's lesions; what a row says without naming a lesion is its study's as well.
 * `names` are what the file may call the case, the most particular one first. Returns the rows that fitted.
 */
export function labelVolume(
  { reads, writes }: Library,
  volume: string,
  names: readonly string[],
  byCase: ReadonlyMap<string, readonly LabelRow[]>,
): LabelRow[] {
  const rows = names.map((name) => byCase.get(name)).find((found) => found !== undefined) ?? [];
  if (rows.length === 0) return [];
  const lesions = reads.lesions({ volume, offset: 0, limit: 1_000_000 }).rows;
  return rows.filter((row) => {
    const own = lesions.filter(({ name }) => row.lesion === undefined || row.lesion === name);
    for (const { id } of own) writes.setLabels(id, row.labels, row.diagnosis);
    if (row.lesion === undefined) writes.setStudyLabels(volume, row.labels);
    return own.length > 0 || row.lesion === undefined;
  });
}

/**
 * Labels every volume of the library that the file names by PatientID, patient identity, study or series UID, or by its
 * file's name. `used` are rows that fitted before. Returns how many rows named nothing.
 */
export function applyLabels(library: Library, labels: readonly LabelRow[], used: Set<LabelRow>): number {
  if (labels.length === 0) return 0;
  const byCase = Map.groupBy(labels, (row) => row.case);
  library.db.transaction(() => {
    for (const { volume, patientId, identity, study, series, path } of library.reads.cases()) {
      const names = [fileName(path), series, study, patientId, identity];
      for (const row of labelVolume(library, volume, names, byCase)) used.add(row);
    }
  })();
  return labels.filter((row) => !used.has(row)).length;
}

function fileName(path: string): string {
  return basename(path).replace(/(\.seg)?\.(nii(\.gz)?|nrrd)$/i, '');
}
