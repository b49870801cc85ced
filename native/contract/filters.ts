/** What a filter may name and how its value is written: the same in the window, on the command line and in the engine. */
import { PrecedentError } from './errors.ts';

export type FieldKind = 'text' | 'number' | 'date';

interface CatalogField {
  readonly name: string;
  readonly kind: FieldKind;
  /** Of a number. */
  readonly unit?: string;
  /** One line for whoever chooses a field. */
  readonly title: string;
  /** Other words for it in a query; a label of such a name goes first. */
  readonly aliases: readonly string[];
  /** Names one thing among many: it is no property that values can be chosen of. */
  readonly id?: boolean;
}

/** What the catalog knows of every lesion, beside its labels. A new field is a row here and a column in the gallery. */
export const catalogFields: readonly CatalogField[] = [
  {
    name: 'organ',
    kind: 'text',
    title: 'Organ',
    aliases: ['site'],
  },
  { name: 'place', kind: 'text', title: 'Where in the organ', aliases: ['where'] },
  { name: 'diagnosis', kind: 'text', title: 'Diagnosis', aliases: ['dx'] },
  { name: 'proof', kind: 'text', title: 'What the diagnosis rests on', aliases: [] },
  {
    name: 'proven',
    kind: 'text',
    title: 'Whether the diagnosis is proven: yes or no',
    aliases: ['known'],
  },
  { name: 'name', kind: 'text', title: 'What the lesion is called', aliases: ['lesionname'] },
  { name: 'sex', kind: 'text', title: 'Sex', aliases: ['gender'] },
  { name: 'age', kind: 'number', unit: 'years', title: 'Age at the study', aliases: [] },
  { name: 'date', kind: 'date', title: 'Date of the study', aliases: ['studydate', 'year'] },
  {
    name: 'diameterMm',
    kind: 'number',
    unit: 'mm',
    title: 'Longest axial diameter',
    aliases: ['size', 'diameter'],
  },
  { name: 'diameter3dMm', kind: 'number', unit: 'mm', title: 'Longest diameter in 3D', aliases: ['length'] },
  { name: 'volumeMl', kind: 'number', unit: 'ml', title: 'Volume', aliases: ['vol', 'ml'] },
  { name: 'meanHu', kind: 'number', unit: 'HU', title: 'Mean density', aliases: ['density', 'hu'] },
  { name: 'sdHu', kind: 'number', unit: 'HU', title: 'Standard deviation of the density', aliases: ['sd'] },
  {
    name: 'sliceThicknessMm',
    kind: 'number',
    unit: 'mm',
    title: 'Slice thickness',
    aliases: ['thickness', 'slice'],
  },
  { name: 'kernel', kind: 'text', title: 'Reconstruction kernel', aliases: [] },
  { name: 'contrast', kind: 'text', title: 'Contrast agent', aliases: ['agent'] },
  { name: 'phase', kind: 'text', title: 'Contrast phase, by the name of the series', aliases: [] },
  { name: 'scanner', kind: 'text', title: 'Manufacturer and model', aliases: [] },
  { name: 'manufacturer', kind: 'text', title: 'Manufacturer', aliases: ['vendor'] },
  { name: 'kvp', kind: 'number', unit: 'kV', title: 'Tube voltage', aliases: ['kv'] },
  { name: 'modality', kind: 'text', title: 'Modality', aliases: [] },
  {
    name: 'source',
    kind: 'text',
    title: 'How the lesion was drawn: rtstruct, mask or mark',
    aliases: ['drawn'],
  },
  { name: 'labels', kind: 'number', title: 'How many labels it has', aliases: ['labelcount'] },
  { name: 'patient', kind: 'text', title: 'Patient', aliases: [], id: true },
  { name: 'study', kind: 'text', title: 'StudyInstanceUID', aliases: [], id: true },
  { name: 'volume', kind: 'text', title: 'Id of the volume', aliases: [], id: true },
  { name: 'lesion', kind: 'text', title: 'Id of the lesion', aliases: [], id: true },
];

/** What one condition's value asks for. */
export type Wanted = { readonly excluded: boolean } & (
  | { readonly kind: 'missing' }
  /** Letters without case and accents; `*` stands for any text unless `literal`. */
  | { readonly kind: 'text'; readonly text: string; readonly literal: boolean }
  /** Both ends included; of dates days since 1970. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
);

const day = 86_400_000;
const datePattern = /^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?$/;
const numberPattern = /^-?\d+(?:[.,]\d+)?$/;

/** What people call a field: the shortest word for one whose name carries its unit. */
export function shortName(name: string): string {
  return /^[a-z]+$/.test(name) ? name : (aliasesOf(name)[0] ?? name);
}

/** The other words for a field. */
export function aliasesOf(name: string): readonly string[] {
  return catalogFields.find((field) => field.name === name)?.aliases ?? [];
}

/** How text is compared: without regard to case, accents and surrounding space. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/**
 * Reads a condition's value: a text; `10..30`, `10..`, `..30` of numbers and dates; `!` before either excludes; nothing asks for
 * what lacks the field (`!` alone for what has it); "quotes" take what is in them as it is. A lone number means what rounds
 * to it, a year or month all its days. `unit` may follow a number.
 * @throws PrecedentError `usage` for no number, no date, or a range that runs backwards
 */
export function wantedOf(field: string, value: string, kind: FieldKind, unit?: string): Wanted {
  const excluded = value.startsWith('!');
  const asked = (excluded ? value.slice(1) : value).trim();
  if (asked === '') return { excluded, kind: 'missing' };
  const quoted = /^"(.*)"$/s.exec(asked)?.[1];
  if (kind === 'text')
    return { excluded, kind, text: folded(quoted ?? asked), literal: quoted !== undefined };
  return { excluded, kind: 'range', ...rangeOf(field, quoted ?? asked, kind, unit) };
}

/** A range of numbers in a text, or undefined where it is written otherwise: for labels, of which no kind is declared. */
export function rangeIn(text: string): { from: number; to: number } | undefined {
  const ends = /^(-?[\d.,]*?)\.\.(-?[\d.,]*)$/.exec(text.trim());
  if (!ends || (ends[1] === '' && ends[2] === '')) return undefined;
  const from = ends[1] === '' ? Number.NEGATIVE_INFINITY : numberOf(ends[1]);
  const to = ends[2] === '' ? Number.POSITIVE_INFINITY : numberOf(ends[2]);
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** A value of a field as a condition that asks for exactly it, whatever it looks like. */
export function literalValue(value: string): string {
  return /[*"!]|\.\./.test(value) ? `"${value}"` : value;
}

/** The day of an ISO or DICOM date, since 1970; undefined for any other text. */
export function dayOf(text: string): number | undefined {
  return daysOf(text)?.from;
}

/** A day since 1970 as an ISO date. */
export function isoDate(days: number): string {
  return new Date(days * day).toISOString().slice(0, 10);
}

/**
 * The field that a name stands for: itself, without regard to case, else by its aliases; labels of the library first.
 * @throws PrecedentError `usage` with the names that are nearest
 */
export function fieldNamed(name: string, known: readonly string[]): string {
  const own = known.find((one) => one === name) ?? known.find((one) => folded(one) === folded(name));
  if (own !== undefined) return own;
  const meant = catalogFields.find(
    (field) => folded(field.name) === folded(name) || field.aliases.includes(folded(name)),
  );
  if (meant) return meant.name;
  const near = nearest(name, known);
  throw new PrecedentError(
    'usage',
    `no lesion has a field "${name}"`,
    undefined,
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `use one of: ${[...known].sort().join(', ')}`,
  );
}

function rangeOf(
  field: string,
  text: string,
  kind: 'number' | 'date',
  unit: string | undefined,
): { from: number; to: number } {
  const plain = unit ? text.replaceAll(new RegExp(`(?<=\\d)\\s*${unit}(?![a-z])`, 'gi'), '') : text;
  const cut = plain.indexOf('..');
  const one = (end: string) => (kind === 'date' ? daysOf(end) : roundedTo(end));
  const ends = cut < 0 ? [plain, plain] : [plain.slice(0, cut), plain.slice(cut + 2)];
  const [low, high] = ends.map((end) => (end.trim() === '' ? null : one(end.trim())));
  if (low === undefined || high === undefined || (low === null && high === null)) {
    const how = kind === 'date' ? '2020, 2020-03, 2020-03-01..2021' : '10, 10..30, 10.. or ..30';
    throw new PrecedentError('usage', `"${text}" is no ${kind}`, field, `write it as ${how}`);
  }
  // The ends of a range are what they are; only a number that stands alone is rounded to.
  const exact = (end: string) => (kind === 'number' ? numberOf(end.trim()) : undefined);
  const from = low === null ? Number.NEGATIVE_INFINITY : ((cut < 0 ? undefined : exact(ends[0])) ?? low.from);
  const to = high === null ? Number.POSITIVE_INFINITY : ((cut < 0 ? undefined : exact(ends[1])) ?? high.to);
  if (from > to)
    throw new PrecedentError('usage', `"${text}" runs backwards`, field, 'write the smaller end first');
  return { from, to };
}

function numberOf(text: string): number | undefined {
  return numberPattern.test(text) ? Number(text.replace(',', '.')) : undefined;
}

/** What rounds to a number that is written with so many decimals. */
function roundedTo(text: string): { from: number; to: number } | undefined {
  const value = numberOf(text);
  if (value === undefined) return undefined;
  const decimals = /[.,](\d+)$/.exec(text)?.[1].length ?? 0;
  const half = 0.5 * 10 ** -decimals;
  return { from: value - half, to: value + half };
}

/** The days of a year, a month or a date. */
function daysOf(text: string): { from: number; to: number } | undefined {
  const parts = datePattern.exec(text.trim());
  if (!parts) return undefined;
  const [year, month, date] = parts.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  if (year === undefined) return undefined;
  const first = Date.UTC(year, (month ?? 1) - 1, date ?? 1);
  const valid = new Date(first);
  if (valid.getUTCMonth() !== (month ?? 1) - 1 || valid.getUTCDate() !== (date ?? 1)) return undefined;
  const after =
    date !== undefined
      ? first + day
      : month !== undefined
        ? Date.UTC(year, month, 1)
        : Date.UTC(year + 1, 0, 1);
  return { from: first / day, to: after / day - 1 };
}

/** At most three names that differ in few letters or that the name begins, the nearest first. */
function nearest(name: string, known: readonly string[]): string[] {
  const asked = folded(name);
  const rows = [...known, ...catalogFields.map((field) => field.name)].map((one) => {
    const other = folded(one);
    const begins = asked.length > 1 && (other.startsWith(asked) || asked.startsWith(other));
    return { one, away: begins ? 0.5 : edits(asked, other) };
  });
  const close = rows.filter(({ away, one }) => away <= Math.max(1, Math.min(asked.length, one.length) / 3));
  return [...new Set(close.sort((a, b) => a.away - b.away).map(({ one }) => one))].slice(0, 3);
}

/** Letters to insert, delete or replace (V. Levenshtein, 1965). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length];
}
