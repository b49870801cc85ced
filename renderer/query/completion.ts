/** What the query box offers for the word at the cursor: names of fields, then values of the field that was named. */
import {
  aliasesOf,
  catalogFields,
  folded,
  isoDate,
  literalValue,
  shortName,
} from '../../native/contract/filters.ts';
import type { FieldInfo } from '../../native/contract/model.ts';
import { filterText, tokensOf } from '../../native/contract/queryText.ts';

export interface Completion {
  /** The piece of text that it stands for, and what comes in its place. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly shown: string;
  /** How many lesions have the value, or what a field is. */
  readonly note: string;
  /** A field asks for a value next. */
  readonly goesOn: boolean;
}

const most = 8;

/** At most eight, the best first; none where nothing fits or everything is written. */
export function completions(text: string, cursor: number, fields: readonly FieldInfo[]): Completion[] {
  const at = tokensOf(text).find(({ from, to }) => from < cursor && cursor <= to);
  const place = at ?? { text: '', from: cursor, to: cursor, excluded: false };
  if (place.field === undefined) return fieldCompletions(place, fields);
  return valueCompletions({ ...place, field: place.field, value: place.value ?? '' }, fields);
}

interface Place {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly excluded: boolean;
}

function fieldCompletions({ text, from, to, excluded }: Place, fields: readonly FieldInfo[]): Completion[] {
  if (text.includes('"')) return [];
  const typed = folded(excluded ? text.slice(1) : text);
  const offered = fields.flatMap((field) => {
    const name = namesOf(field.name).find((one) => folded(one).startsWith(typed));
    return name === undefined ? [] : [{ field, name }];
  });
  return offered.slice(0, most).map(({ field, name }) => ({
    from,
    to,
    text: `${excluded ? '-' : ''}${name}:`,
    shown: `${name}:`,
    note: noteOf(field, name),
    goesOn: true,
  }));
}

/** What people write for a field, the usual word first. */
function namesOf(name: string): readonly string[] {
  return [...new Set([shortName(name), name, ...aliasesOf(name)])];
}

function noteOf({ name, unit, range, kind, values }: FieldInfo, shown: string): string {
  const title = catalogFields.find((field) => field.name === name)?.title;
  const what = title ?? (shown === name ? 'label' : name);
  if (range && kind === 'date') return `${what}, ${isoDate(range[0])} to ${isoDate(range[1])}`;
  if (range) return `${what}, ${Math.floor(range[0])} to ${Math.ceil(range[1])} ${unit ?? ''}`.trim();
  return values.length === 1 ? `${what}, ${values[0].value}` : `${what}, ${values.length} values`;
}

function valueCompletions(
  { field, value, from, to, excluded }: Place & { readonly field: string; readonly value: string },
  fields: readonly FieldInfo[],
): Completion[] {
  const info =
    fields.find(({ name }) => folded(name) === folded(field)) ??
    fields.find(({ name }) => namesOf(name).includes(folded(field)));
  // Only the last of several alternatives is being written.
  const cut = value.lastIndexOf(',') + 1;
  const typed = folded(value.slice(cut).replace(/["!]/g, ''));
  if (!info) return [];
  const before = `${excluded ? '-' : ''}${field}:${value.slice(0, cut)}`;
  const completed = (shown: string, note: string, written: string): Completion => ({
    from,
    to,
    text: `${before}${written} `,
    shown,
    note,
    goesOn: false,
  });
  if (info.range) {
    if (typed !== '') return [];
    return rangesOf(info, info.range).map(([range, note]) => completed(range, note, range));
  }
  return info.values
    .filter((one) => folded(one.value).startsWith(typed) || folded(one.value).includes(` ${typed}`))
    .filter((one) => folded(one.value) !== typed || !value.endsWith(one.value))
    .slice(0, most)
    .map((one) => completed(one.value, String(one.count), written(one.value)));
}

/** A value as it is typed behind a colon. */
function written(value: string): string {
  return filterText({ field: 'x', value: literalValue(value) }).slice('x:'.length);
}

/** Halves of what there is, to show how a range is written. */
function rangesOf(
  { kind, unit = '' }: FieldInfo,
  [least, greatest]: readonly [number, number],
): [string, string][] {
  const middle = (least + greatest) / 2;
  const shown = (value: number) => (kind === 'date' ? isoDate(value).slice(0, 4) : String(Math.round(value)));
  const half = shown(middle);
  return [
    [`..${half}`, `up to ${half} ${unit}`.trim()],
    [`${half}..`, `from ${half} ${unit} on`.replace('  ', ' ')],
    [`${shown(least)}..${shown(greatest)}`, 'from … to …'],
  ];
}
