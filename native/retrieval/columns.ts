/** The gallery's fields as typed columns, so that conditions over a whole library are answered in milliseconds. */
import { type FieldKind, folded, rangeIn, type Wanted } from '../contract/filters.ts';

/** One field of every row: numbers with NaN, or codes of values with −1, where a row has none. */
export interface Column {
  readonly kind: FieldKind;
  readonly numbers?: Float64Array;
  readonly codes: Int32Array;
  /** By code, as they are written and folded. */
  readonly values: readonly string[];
  readonly folds: readonly string[];
}

export function numberColumn(
  kind: 'number' | 'date',
  count: number,
  at: (n: number) => number | undefined,
): Column {
  const numbers = Float64Array.from({ length: count }, (_, n) => at(n) ?? Number.NaN);
  return { kind, numbers, codes: new Int32Array(0), values: [], folds: [] };
}

export function textColumn(count: number, at: (n: number) => string | undefined): Column {
  const byValue = new Map<string, number>();
  const codes = new Int32Array(count).fill(-1);
  for (let n = 0; n < count; n++) {
    const value = at(n);
    if (value === undefined || value === '') continue;
    codes[n] = byValue.get(value) ?? byValue.size;
    byValue.set(value, codes[n]);
  }
  const values = [...byValue.keys()];
  return { kind: 'text', codes, values, folds: values.map(folded) };
}

/**
 * The column with other values at some rows; a value that no row has any more stays known.
 * @param at the row and what it says now
 */
export function patchedColumn(
  column: Column,
  at: readonly (readonly [n: number, value: string | number | undefined])[],
): Column {
  if (column.numbers) {
    const numbers = column.numbers.slice();
    for (const [n, value] of at) numbers[n] = typeof value === 'number' ? value : Number.NaN;
    return { ...column, numbers };
  }
  const byValue = new Map(column.values.map((value, code) => [value, code]));
  const codes = column.codes.slice();
  for (const [n, value] of at) {
    const text = value === undefined ? '' : String(value);
    if (text !== '' && !byValue.has(text)) byValue.set(text, byValue.size);
    codes[n] = byValue.get(text) ?? -1;
  }
  const values = [...byValue.keys()];
  const added = values.slice(column.values.length);
  return { ...column, codes, values, folds: [...column.folds, ...added.map(folded)] };
}

/** Clears the marks of the rows that meet none of a field's alternatives, or that an exclusion names. */
export function clearFailing(column: Column, wanted: readonly Wanted[], marks: Uint8Array): void {
  const asked = wanted.filter(({ excluded }) => !excluded);
  const excluded = wanted.filter((one) => one.excluded);
  const passes = (meets: (one: Wanted) => boolean) =>
    Number((asked.length === 0 || asked.some(meets)) && !excluded.some(meets));
  const missing = passes(({ kind }) => kind === 'missing');
  const { numbers, codes, folds } = column;
  if (!numbers) {
    // By code + 1; what has no value has code −1.
    const passing = Uint8Array.from([
      missing,
      ...folds.map((_, code) => passes((one) => textMeets(column, code, one))),
    ]);
    for (let n = 0; n < marks.length; n++) marks[n] &= passing[codes[n] + 1];
    return;
  }
  const [one] = wanted;
  if (wanted.length === 1 && one.kind === 'range' && !one.excluded) {
    const { from, to } = one;
    for (let n = 0; n < marks.length; n++) marks[n] &= Number(numbers[n] >= from && numbers[n] <= to);
    return;
  }
  for (let n = 0; n < marks.length; n++) {
    if (marks[n] === 0) continue;
    const value = numbers[n];
    marks[n] = Number.isNaN(value)
      ? missing
      : passes((w) => w.kind === 'range' && value >= w.from && value <= w.to);
  }
}

function textMeets({ values, folds }: Column, code: number, wanted: Wanted): boolean {
  if (wanted.kind !== 'text') return false;
  const { text, literal } = wanted;
  if (text === folds[code]) return true;
  if (literal) return false;
  // What a label counts may be asked for by a range.
  const range = rangeIn(text);
  if (range) {
    const value = values[code].trim() === '' ? Number.NaN : Number(values[code]);
    return value >= range.from && value <= range.to;
  }
  return text.includes('*') && matchesStars(folds[code], text.split('*'));
}

/** Whether a text is these parts in their order with any text between them. */
function matchesStars(text: string, parts: readonly string[]): boolean {
  const last = parts.length - 1;
  if (!text.startsWith(parts[0])) return false;
  let at = parts[0].length;
  for (const part of parts.slice(1, last)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - parts[last].length >= at && text.endsWith(parts[last]);
}
