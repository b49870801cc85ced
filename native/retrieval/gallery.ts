/** The lesions among which a search ranks, as the catalog describes them, and the filters over their fields. */
import { catalogFields, dayOf, type FieldKind, fieldNamed, isoDate, wantedOf } from '../contract/filters.ts';
import type { Diagnosis, FieldInfo, proofs } from '../contract/model.ts';
import { type Column, clearFailing, numberColumn, patchedColumn, textColumn } from './columns.ts';

type Proof = (typeof proofs)[number];

/** One lesion of the library. */
export interface GalleryRow {
  readonly lesion: string;
  /** The identity key (patient ID and issuer), by which a query's patient is excluded and hits are counted per patient. */
  readonly patient: string;
  readonly volume: string;
  /** StudyInstanceUID. */
  readonly study?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly diagnosis?: Pick<Diagnosis, 'diagnosis' | 'proof'>;
  /** What the catalog knows beside the labels and a filter may name, such as organ, kernel or contrast. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What it measures, in the units of `catalogFields`; dates as days since 1970. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** The lesions of a library by id, in catalog order. Not changed once it is made: columns of it are kept. */
export type Gallery = ReadonlyMap<string, GalleryRow>;

/** The fields that do not come from labels; a label of the same name stands back. */
const ownFields: Readonly<Record<string, (row: GalleryRow) => string | undefined>> = {
  diagnosis: (row) => row.diagnosis?.diagnosis ?? row.labels.diagnosis,
  proof: (row) => row.diagnosis?.proof ?? row.labels.proof,
  proven: (row) => (isProven(row) ? 'yes' : 'no'),
  patient: (row) => row.fields?.patient ?? row.patient,
  study: (row) => row.study,
  volume: (row) => row.volume,
  lesion: (row) => row.lesion,
};

const kinds: ReadonlyMap<string, { readonly kind: FieldKind; readonly unit?: string }> = new Map(
  catalogFields.map((field) => [field.name, field]),
);
const kindOf = (field: string): FieldKind => kinds.get(field)?.kind ?? 'text';

/** The value of a field of a lesion: its own fields first, then what the catalog adds, then the labels. */
export function fieldValue(row: GalleryRow, field: string): string | undefined {
  const own = Object.hasOwn(ownFields, field) ? ownFields[field](row) : undefined;
  if (own !== undefined) return own;
  if (row.fields && Object.hasOwn(row.fields, field)) return row.fields[field];
  if (row.numbers && Object.hasOwn(row.numbers, field)) {
    const value = row.numbers[field];
    return kindOf(field) === 'date' ? isoDate(value) : String(value);
  }
  return Object.hasOwn(row.labels, field) ? row.labels[field] : undefined;
}

const proven: ReadonlySet<string | undefined> = new Set<Proof>(['histology', 'surgery', 'follow-up']);

/** Whether a diagnosis rests on more than imaging. */
export function isProven(row: GalleryRow): boolean {
  return proven.has(fieldValue(row, 'proof'));
}

/** The names of the fields with values to be counted that at least one of the rows carries, sorted. */
export function fieldNames(rows: Iterable<GalleryRow>): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    for (const name of Object.keys(row.labels)) names.add(name);
    for (const name of Object.keys(row.fields ?? {})) names.add(name);
    if (row.diagnosis) names.add('diagnosis').add('proof');
  }
  return [...names].sort();
}

/** One `field=value` condition; how values are written is said at `wantedOf`. */
export interface Condition {
  readonly field: string;
  readonly value: string;
}

/** A gallery's rows in order, with the columns that were asked for so far. */
interface Table {
  readonly rows: readonly GalleryRow[];
  /** Every name that a condition may use. */
  readonly names: readonly string[];
  readonly columns: Map<string, Column>;
  infos?: readonly FieldInfo[];
}
const tables = new WeakMap<object, Table>();

function tableOf(gallery: Gallery | readonly GalleryRow[]): Table {
  const known = tables.get(gallery);
  if (known) return known;
  const rows = [...gallery.values()];
  const names = [...new Set([...fieldNames(rows), ...catalogFields.map(({ name }) => name)])];
  const table = { rows, names, columns: new Map<string, Column>() };
  tables.set(gallery, table);
  return table;
}

function columnOf({ rows, columns }: Table, field: string): Column {
  const known = columns.get(field);
  if (known) return known;
  const kind = kindOf(field);
  const column =
    kind === 'text'
      ? textColumn(rows.length, (n) => fieldValue(rows[n], field))
      : numberColumn(kind, rows.length, (n) => numberValue(rows[n], field, kind));
  columns.set(field, column);
  return column;
}

/** The gallery with other rows in the place of those of the same lesions; columns that are there already are not made anew. */
export function patchedGallery(gallery: Gallery, changed: readonly GalleryRow[]): Gallery {
  const patched = new Map(gallery);
  for (const row of changed) patched.set(row.lesion, row);
  const before = tables.get(gallery);
  if (!before) return patched;
  const rows = [...patched.values()];
  const ids = new Set(changed.map(({ lesion }) => lesion));
  const at = rows.flatMap((row, n) => (ids.has(row.lesion) ? [n] : []));
  const columns = new Map(
    [...before.columns].map(([field, column]) => {
      const kind = kindOf(field);
      const valueAt = (n: number) =>
        kind === 'text' ? fieldValue(rows[n], field) : numberValue(rows[n], field, kind);
      return [
        field,
        patchedColumn(
          column,
          at.map((n) => [n, valueAt(n)] as const),
        ),
      ];
    }),
  );
  const names = [...new Set([...before.names, ...fieldNames(changed)])];
  tables.set(patched, { rows, names, columns });
  return patched;
}

function numberValue({ numbers, labels }: GalleryRow, field: string, kind: FieldKind): number | undefined {
  if (numbers && Object.hasOwn(numbers, field)) return numbers[field];
  const label = Object.hasOwn(labels, field) ? labels[field].trim() : '';
  return label === '' ? undefined : kind === 'date' ? dayOf(label) : Number(label);
}

/** Every name that a condition may use: fields of the catalog and labels. */
export function filterNames(gallery: Gallery | readonly GalleryRow[]): readonly string[] {
  return tableOf(gallery).names;
}

/** The conditions by the fields' own names. Throws `usage` for a field that there is not. */
export function namedConditions(
  gallery: Gallery | readonly GalleryRow[],
  where: readonly Condition[],
): Condition[] {
  return where.map(({ field, value }) => ({ field: fieldNamed(field, tableOf(gallery).names), value }));
}

/**
 * The rows that meet the conditions, in the gallery's order: several values of one field are alternatives, different fields
 * must all hold, an excluded value may not be there.
 * @throws PrecedentError `usage` for a field that there is not, and for a value that its field cannot have
 */
export function passing(
  gallery: Gallery | readonly GalleryRow[],
  where: readonly Condition[],
): readonly GalleryRow[] {
  const table = tableOf(gallery);
  if (where.length === 0) return table.rows;
  const marks = marksOf(gallery, where);
  return table.rows.filter((_, n) => marks[n] === 1);
}

/**
 * The ids of the rows that meet the conditions and `also`, by the values of a field: numbers by size, text as people sort it,
 * what lacks the field last in either direction, equal ones in catalog order.
 * @throws PrecedentError `usage` as `passing`, and for a field to sort by that there is not
 */
export function passingInOrder(
  gallery: Gallery,
  where: readonly Condition[],
  { by, descending }: { readonly by: string; readonly descending: boolean },
  also: (row: GalleryRow) => boolean,
): readonly string[] {
  const table = tableOf(gallery);
  const marks = marksOf(gallery, where);
  const rank = ranksOf(columnOf(table, fieldNamed(by, table.names)));
  const sign = descending ? -1 : 1;
  const found = table.rows.flatMap((row, n) => (marks[n] === 1 && also(row) ? [n] : []));
  found.sort((a, b) => {
    const [missingA, missingB] = [Number.isNaN(rank[a]), Number.isNaN(rank[b])];
    if (missingA || missingB) return Number(missingA) - Number(missingB) || a - b;
    return sign * (rank[a] - rank[b]) || a - b;
  });
  return found.map((n) => table.rows[n].lesion);
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** A number for each row by which it is sorted; NaN where the field is missing. */
function ranksOf({ numbers, codes, values }: Column): Float64Array {
  if (numbers) return numbers;
  const inOrder = values
    .map((value, code) => ({ value, code }))
    .sort((a, b) => collator.compare(a.value, b.value));
  const rank = new Float64Array(values.length);
  for (const [place, { code }] of inOrder.entries()) rank[code] = place;
  return Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : rank[code]));
}

/** How many rows meet the conditions. Throws as `passing`. */
export function countPassing(gallery: Gallery, where: readonly Condition[]): number {
  return marksOf(gallery, where).reduce((sum, mark) => sum + mark, 0);
}

/** 1 for each row that meets the conditions. */
function marksOf(gallery: Gallery | readonly GalleryRow[], where: readonly Condition[]): Uint8Array {
  const table = tableOf(gallery);
  const marks = new Uint8Array(table.rows.length).fill(1);
  const named = namedConditions(gallery, where);
  for (const [field, conditions] of Map.groupBy(named, (condition) => condition.field)) {
    const wanted = conditions.map(({ value }) =>
      wantedOf(field, value, kindOf(field), kinds.get(field)?.unit),
    );
    clearFailing(columnOf(table, field), wanted, marks);
  }
  return marks;
}

/** The test for conditions over rows of a gallery. Throws as `passing`. */
export function conditionsTest(
  rows: Gallery | readonly GalleryRow[],
  where: readonly Condition[],
): (row: GalleryRow) => boolean {
  if (where.length === 0) return () => true;
  const met = new Set(passing(rows, where));
  return (row) => met.has(row);
}

/** A text field lists so many of its values, the most frequent first. */
const mostValues = 200;

/** The fields of a library with their values, for whoever chooses among them: labels first, each group by name. */
export function fieldInfos(gallery: Gallery): readonly FieldInfo[] {
  const table = tableOf(gallery);
  table.infos ??= infosOf(table);
  return table.infos;
}

function infosOf(table: Table): FieldInfo[] {
  const labels = new Set<string>();
  for (const row of table.rows) for (const name of Object.keys(row.labels)) labels.add(name);
  const catalog = catalogFields.filter(({ id, name }) => !id && name !== 'proven').map(({ name }) => name);
  const infos = [...new Set([...[...labels].sort(), ...catalog])].map((name): FieldInfo => {
    const column = columnOf(table, name);
    // Diagnosis and proof are set as labels are.
    const label = name === 'diagnosis' || name === 'proof' || labels.has(name);
    const base = { name, kind: column.kind, label, unit: kinds.get(name)?.unit };
    return column.numbers
      ? { ...base, values: [], range: rangeOf(column.numbers) }
      : { ...base, values: valuesOf(column) };
  });
  return infos.filter(({ values, range }) => values.length > 0 || range !== undefined);
}

function rangeOf(numbers: Float64Array): [number, number] | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbers) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : undefined;
}

function valuesOf({ codes, values }: Column): { value: string; count: number }[] {
  const counts = new Int32Array(values.length);
  for (const code of codes) if (code >= 0) counts[code]++;
  return values
    .map((value, code) => ({ value, count: counts[code] }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, mostValues);
}
