/** Reads a labels file, CSV or JSON: what it says about each case or lesion, as labels and a diagnosis. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { caseOfFile, mirSplitOf } from '../benchmark/mir/splits.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Diagnosis, proofs } from '../contract/model.ts';
import { decodeText } from '../report/plainText.ts';
import { readTable } from './csv.ts';
import { jsonRows, type RawRow } from './labelsJson.ts';

export interface LabelRow {
  /** A PatientID, a patient identity, a file's name without `.nii.gz`, a StudyInstanceUID or a SeriesInstanceUID. */
  readonly case: string;
  /** The lesion the row is about; without it, every lesion of the case. */
  readonly lesion: string | undefined;
  /** Whose case this is, where the image itself does not say (NIfTI). */
  readonly patient: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly diagnosis: Diagnosis | undefined;
}

const largestLabelsFile = 64 * 1024 * 1024;
/** What describes a diagnosis, by the names of its columns. */
const diagnosisColumns: ReadonlySet<string> = new Set([
  'diagnosisCode',
  'proof',
  'proofDate',
  'source',
  'author',
]);
/** Columns whose UID names the case in place of the first column, the most particular first. */
const uidColumns = [/^series(instance)?(uid)?$/i, /^study(instance)?(uid)?$/i];
const uid = /^\d+(\.\d+){2,}$/;

/**
 * The rows of a labels file: of a CSV, whose first column names the case, or of JSON (`labelsJson.ts`). A column `study` or
 * `series` with a UID names the case in the first column's place. 3D-MIR's labels and splits are such CSVs as they are; a
 * split gives the label `split`.
 * @throws PrecedentError `unreadable` with the place where the file is not such a table
 */
export async function readLabels(path: string): Promise<LabelRow[]> {
  const where = basename(path);
  const bytes = await readFile(path).catch(() => {
    throw new PrecedentError(
      'unreadable',
      'the labels file cannot be read',
      where,
      'check the path and its permissions',
    );
  });
  if (bytes.length > largestLabelsFile)
    throw new PrecedentError('limit', 'the labels file is larger than 64 MB', where);
  try {
    const rows = /\.json$/i.test(path) ? jsonRows(decodeText(bytes)) : csvRows(bytes);
    return rows.map(labelRow);
  } catch (thrown) {
    const { kind, what, where: at, todo } = PrecedentError.from(thrown);
    throw new PrecedentError(kind, what, at ? `${where}, ${at}` : where, todo);
  }
}

function csvRows(bytes: Uint8Array): RawRow[] {
  const [header, ...body] = readTable(bytes);
  const split = mirSplitOf(header ?? []);
  if (split)
    return body.map((cells, n) => ({ case: cells.at(-1) ?? '', values: { split }, at: `row ${n + 2}` }));
  if (!header || header.length < 2) {
    throw new PrecedentError(
      'unreadable',
      'the labels file needs a case column and at least one label column',
    );
  }
  const repeated = header.find((name, n) => name === '' || header.indexOf(name) !== n);
  if (repeated !== undefined) {
    throw new PrecedentError(
      'unreadable',
      `the labels file has an empty or repeated column name "${repeated}"`,
    );
  }
  return body.map((cells, n) => ({
    case: cells[0],
    values: Object.fromEntries(header.slice(1).map((name, column) => [name, cells[column + 1]])),
    at: `row ${n + 2}`,
  }));
}

function labelRow({ case: first, values, at }: RawRow): LabelRow {
  const given = Object.entries(values).filter(([, value]) => value !== '');
  const names = uidColumns.map((column) => given.find(([key, value]) => column.test(key) && uid.test(value)));
  const { lesion, patient, ...rest } = Object.fromEntries(given.filter((entry) => !names.includes(entry)));
  const named = names.find((entry) => entry !== undefined)?.[1] ?? caseOfFile(first);
  return { case: named, lesion, patient, ...splitDiagnosis(rest, at) };
}

/**
 * Takes the diagnosis and what describes it out of named values; the rest are labels. Without a diagnosis all are labels.
 * Throws `unreadable` for a proof that is not one of the known ones.
 */
export function splitDiagnosis(
  values: Readonly<Record<string, string>>,
  where?: string,
): Pick<LabelRow, 'labels' | 'diagnosis'> {
  const { diagnosis, diagnosisCode, proof = 'none', proofDate, source, author, ...labels } = values;
  if (diagnosis === undefined) return { labels: values, diagnosis: undefined };
  const known = proofs.find((candidate) => candidate === proof.toLowerCase());
  if (!known) {
    const todo = `use one of: ${proofs.join(', ')}`;
    throw new PrecedentError('unreadable', 'the proof is not one of the known ones', where, todo);
  }
  return { labels, diagnosis: { diagnosis, code: diagnosisCode, proof: known, proofDate, source, author } };
}

/**
 * The diagnosis of a lesion after one of its values was set or, with null, removed; undefined when `name` is a plain
 * label, null when no diagnosis is left. Throws as `splitDiagnosis`.
 */
export function changedDiagnosis(
  before: Diagnosis | undefined,
  name: string,
  value: string | null,
): Diagnosis | null | undefined {
  if (name !== 'diagnosis' && !(before && diagnosisColumns.has(name))) return undefined;
  const { code: diagnosisCode, ...rest } = before ?? {};
  const values = { ...rest, diagnosisCode, [name]: value ?? undefined };
  const given = Object.entries(values).flatMap(([key, text]) => (text ? [[key, text] as const] : []));
  return splitDiagnosis(Object.fromEntries(given)).diagnosis ?? null;
}
