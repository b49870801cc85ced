/** Gives the rows of a labels file to the lesions of their cases. */
import { basename } from 'node:path';
import type { Library } from '../engine/library.ts';
import type { LabelRow } from './labels.ts';

/** The patient that a labels file names for a case, where it has a `patient` column. */
export function patientOfCase(labels: readonly LabelRow[], name: string): string | undefined {
  return labels.find((row) => row.case === name && row.patient !== undefined)?.patient;
}

/** Sets labels and diagnoses; a case is named by PatientID, by patient identity or by its file's name. Returns warnings. */
export function applyLabels(library: Library, labels: readonly LabelRow[]): string[] {
  if (labels.length === 0) return [];
  const byCase = Map.groupBy(labels, (row) => row.case);
  const used = new Set<LabelRow>();
  library.db.transaction(() => {
    for (const lesion of library.reads.cases()) {
      const names = [fileName(lesion.path), lesion.patientId, lesion.identity];
      const rows = names.map((name) => byCase.get(name)).find((found) => found !== undefined) ?? [];
      for (const row of rows) {
        if (row.lesion !== undefined && row.lesion !== lesion.name) continue;
        used.add(row);
        library.writes.setLabels(lesion.lesion, row.labels, row.diagnosis);
      }
    }
  })();
  const unused = labels.filter((row) => !used.has(row)).length;
  return unused === 0
    ? []
    : [`${unused} of ${labels.length} rows of the labels file name no lesion of the library`];
}

function fileName(path: string): string {
  return basename(path).replace(/\.nii(\.gz)?$/i, '');
}
