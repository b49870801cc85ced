/** Labels as JSON: a list of cases with named values, or an object of them by case, lesions nested below their case. */
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';

/** What a labels file says about one case or lesion: `lesion`, `patient` … among the values. `at` is its place in the file. */
export interface RawRow {
  readonly case: string;
  readonly values: Readonly<Record<string, string>>;
  readonly at: string;
}

const record = z.record(z.string(), z.unknown());
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** What a lesion's row takes over from its case. */
const ofTheCase = new Set([
  'patient',
  'study',
  'studyuid',
  'studyinstanceuid',
  'series',
  'seriesuid',
  'seriesinstanceuid',
]);

/**
 * `[{"case": "A", "malignancy": 5}]` (without a `case` the first value names it), `{"A": {"malignancy": 5}}` and, in both,
 * `"lesions": {"Lesion 1": {"malignancy": 5}}`. Numbers and truth values become text.
 * @throws PrecedentError `unreadable` with the place where the text is not so
 */
export function jsonRows(text: string): RawRow[] {
  const file = parse(text);
  const cases = Array.isArray(file)
    ? file.map((value, n): Case => ({ value, at: `entry ${n + 1}` }))
    : Object.entries(record.safeParse(file).data ?? {}).map(
        ([name, value], n): Case => ({ name, value, at: `entry ${n + 1}` }),
      );
  if (cases.length === 0) throw fault('the labels file holds no cases', undefined);
  return cases.flatMap(caseRows);
}

interface Case {
  readonly name?: string;
  readonly value: unknown;
  readonly at: string;
}

function caseRows({ name, value, at }: Case): RawRow[] {
  const object = record.safeParse(value);
  if (!object.success) throw fault('a case is no object of named values', at);
  const { lesions, ...own } = object.data;
  const values = texts(own, at);
  const named = name ?? values.case ?? Object.values(values)[0];
  if (named === undefined || named === '') throw fault('a case has no name', at);
  if (name === undefined) delete values[values.case === undefined ? Object.keys(values)[0] : 'case'];
  if (lesions === undefined) return [{ case: named, values, at }];
  const nested = record.safeParse(lesions);
  if (!nested.success) throw fault('the lesions of a case are no object of lesions by name', at);
  const shared = Object.entries(values).filter(([key]) => ofTheCase.has(key.toLowerCase()));
  const rows = Object.entries(nested.data).map(([lesion, of], n): RawRow => {
    const place = `${at}, lesion ${n + 1}`;
    const inner = record.safeParse(of);
    if (!inner.success) throw fault('a lesion is no object of named values', place);
    return {
      case: named,
      values: { ...Object.fromEntries(shared), ...texts(inner.data, place), lesion },
      at: place,
    };
  });
  return Object.keys(values).length > shared.length ? [{ case: named, values, at }, ...rows] : rows;
}

function texts(values: Readonly<Record<string, unknown>>, at: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      if (key === '') throw fault('a value has no name', at);
      const { success, data } = scalar.safeParse(value);
      if (!success) throw fault('a value is no text, number or truth value', at);
      return data === null ? [] : [[key, String(data).trim()]];
    }),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // The parser's message repeats what the file says.
    const [, line, column] = /line (\d+) column (\d+)/.exec(String(thrown)) ?? [];
    throw fault('the labels file is no valid JSON', line && `line ${line}, column ${column}`);
  }
}

/** `where` gets the file's name from whoever read it. */
const fault = (what: string, at: string | undefined) => new PrecedentError('unreadable', what, at);
