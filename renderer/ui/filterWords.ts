/** Filters in words, for chips and menus. */

import type { Filter } from '../../native/contract/engine.ts';
import { catalogFields, shortName } from '../../native/contract/filters.ts';

/** Fields whose values say who a patient is. */
const identifying: ReadonlySet<string> = new Set(['patient', 'study']);

/**
 * "organ = Liver, Pancreas", "kind ≠ cyst", "date missing", "size 10–30 mm".
 * @param hidden whether identities are: of a filter by patient only its field is said then
 */
export function filterWords(field: string, values: readonly string[], hidden: boolean): string {
  if (hidden && identifying.has(field)) return `${shortName(field)} hidden`;
  const unit = catalogFields.find(({ name }) => name === field)?.unit;
  const asked = values.filter((value) => !value.startsWith('!'));
  const excluded = values.filter((value) => value.startsWith('!')).map((value) => value.slice(1));
  const parts = [
    ...(asked.length > 0 ? [joined(asked, unit, '=', 'missing')] : []),
    ...(excluded.length > 0 ? [joined(excluded, unit, '≠', 'present')] : []),
  ];
  return `${shortName(field)} ${parts.join(', ')}`;
}

/** Filters by field, in the order in which the fields come first. */
export function byField(where: readonly Filter[]): [string, string[]][] {
  return [...Map.groupBy(where, ({ field }) => field)].map(([field, own]) => [
    field,
    own.map(({ value }) => value),
  ]);
}

function joined(values: readonly string[], unit: string | undefined, sign: string, missing: string): string {
  const ranges = values.every((value) => value.includes('..') && !value.startsWith('"'));
  const shown = values.map((value) => (value === '' ? missing : valueWords(value, unit)));
  if (values.length === 1 && values[0] === '') return missing;
  return ranges && sign === '=' ? shown.join(' or ') : `${sign} ${shown.join(', ')}`;
}

function valueWords(value: string, unit: string | undefined): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  if (quoted !== undefined) return quoted;
  const [from, to] = value.split('..');
  const end = unit ? ` ${unit}` : '';
  if (to === undefined) return `${value}${end}`;
  if (from === '') return `≤ ${to}${end}`;
  return to === '' ? `≥ ${from}${end}` : `${from}–${to}${end}`;
}
