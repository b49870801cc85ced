/** The lesions among which a search ranks, as the catalog describes them, and the fields that filters can name. */
import { PrecedentError } from '../contract/errors.ts';
import type { Diagnosis, proofs } from '../contract/model.ts';

export type Proof = (typeof proofs)[number];

/** One lesion with an embedding. */
export interface GalleryRow {
  readonly lesion: string;
  /** The identity key (patient ID and issuer), by which a query's patient is excluded and hits are counted per patient. */
  readonly patient: string;
  readonly volume: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly diagnosis?: Pick<Diagnosis, 'diagnosis' | 'proof'>;
  /** What the catalog knows beside the labels and a filter may name, such as organ, kernel or contrast. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The fields that do not come from labels; a label of the same name stands back. */
const ownFields: Readonly<Record<string, (row: GalleryRow) => string | undefined>> = {
  diagnosis: (row) => row.diagnosis?.diagnosis ?? row.labels.diagnosis,
  proof: (row) => row.diagnosis?.proof ?? row.labels.proof,
  patient: (row) => row.fields?.patient ?? row.patient,
  volume: (row) => row.volume,
  lesion: (row) => row.lesion,
};

/** The value of a field of a lesion: its own fields first, then what the catalog adds, then the labels. */
export function fieldValue(row: GalleryRow, field: string): string | undefined {
  const own = Object.hasOwn(ownFields, field) ? ownFields[field](row) : undefined;
  if (own !== undefined) return own;
  if (row.fields && Object.hasOwn(row.fields, field)) return row.fields[field];
  return Object.hasOwn(row.labels, field) ? row.labels[field] : undefined;
}

const proven: ReadonlySet<string | undefined> = new Set<Proof>(['histology', 'surgery', 'follow-up']);

/** Whether a diagnosis rests on more than imaging. */
export function isProven(row: GalleryRow): boolean {
  return proven.has(fieldValue(row, 'proof'));
}

/** The names of the fields that at least one of the rows carries, sorted. */
export function fieldNames(rows: Iterable<GalleryRow>): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    for (const name of Object.keys(row.labels)) names.add(name);
    for (const name of Object.keys(row.fields ?? {})) names.add(name);
    if (row.diagnosis) names.add('diagnosis').add('proof');
  }
  return [...names].sort();
}

/** One `field=value` condition. */
export interface Condition {
  readonly field: string;
  readonly value: string;
}

/**
 * The test for conditions: several values of one field are alternatives, different fields must all hold, and an empty
 * value asks for lesions that do not have the field.
 * @throws PrecedentError `usage` for a field that no row carries.
 */
export function conditionsTest(
  rows: Iterable<GalleryRow>,
  where: readonly Condition[],
): (row: GalleryRow) => boolean {
  if (where.length === 0) return () => true;
  const known = new Set([...Object.keys(ownFields), ...fieldNames(rows)]);
  const wanted = new Map<string, Set<string>>();
  for (const { field, value } of where) {
    if (!known.has(field)) {
      const names = [...known].sort().join(', ');
      throw new PrecedentError(
        'usage',
        `no lesion has a field "${field}"`,
        undefined,
        `choose one of: ${names}`,
      );
    }
    wanted.set(field, (wanted.get(field) ?? new Set()).add(value));
  }
  return (row) => [...wanted].every(([field, values]) => values.has(fieldValue(row, field) ?? ''));
}
