/** Reads a labels CSV: one row a case (or a lesion of it), the first column its name, the other columns labels. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { PrecedentError } from '../contract/errors.ts';
import { type Diagnosis, proofs } from '../contract/model.ts';

export interface LabelRow {
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

/** Throws `unreadable` with the line where the file is not such a table. */
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
  const text = decode(bytes);
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter: delimiterOf(text),
      trim: true,
      skip_empty_lines: true,
      relax_column_count: false,
    });
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? ` (line ${String(error.lines)})` : '';
    throw new PrecedentError(
      'unreadable',
      `the labels file is not a table with equal rows${line}`,
      where,
      'save it as CSV',
    );
  }
  const [header, ...body] = rows;
  if (!header || header.length < 2) {
    throw new PrecedentError(
      'unreadable',
      'the labels file needs a case column and at least one label column',
      where,
    );
  }
  const repeated = header.find((name, n) => name === '' || header.indexOf(name) !== n);
  if (repeated !== undefined) {
    throw new PrecedentError(
      'unreadable',
      `the labels file has an empty or repeated column name "${repeated}"`,
      where,
    );
  }
  return body.map((cells, n) => labelRow(header, cells, `${where}, row ${n + 2}`));
}

/** UTF-8, or what spreadsheets write beside it: UTF-16 behind a byte order mark, and Windows-1252. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Of comma, semicolon and tab the one that the header holds most often outside of quotes; spreadsheets write each. */
function delimiterOf(text: string): string {
  const header = /^\s*([^\r\n]*)/.exec(text)?.[1].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0];
}

function labelRow(header: readonly string[], cells: readonly string[], where: string): LabelRow {
  const values = Object.fromEntries(header.slice(1).map((name, n) => [name, cells[n + 1]]));
  const { lesion, patient, ...rest } = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== ''),
  );
  return { case: cells[0], lesion, patient, ...splitDiagnosis(rest, where) };
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
