/** Says what de-identification does with each attribute: table E.1-1 of PS3.15, what we add to it, and our choices. */
import { profileRows } from './table.ts';

/** The codes that the Basic Profile column uses (PS3.15 table E.1-1a). */
export const actionCodes = ['X', 'Z', 'D', 'U', 'X/Z', 'X/D', 'Z/D', 'X/Z/D', 'X/Z/U*'] as const;
export type ActionCode = (typeof actionCodes)[number];

/** What is done: the attribute goes, loses its value, gets a dummy, a mapped UID, or its items are worked through. */
export type Operation = 'remove' | 'empty' | 'dummy' | 'map' | 'enter';

/**
 * The choice for each code. A combined code leaves it to the type that the attribute has in the IOD (X for type 3, Z for
 * type 2, D for type 1). Without the IODs at hand the choice is what is valid for the strictest type offered; only
 * sequences go where they may, for a dummy item would lack the attributes that its own type 1 wants.
 */
export const choices: Readonly<
  Record<ActionCode, { readonly value: Operation; readonly sequence: Operation }>
> = {
  X: { value: 'remove', sequence: 'remove' },
  Z: { value: 'empty', sequence: 'empty' },
  D: { value: 'dummy', sequence: 'dummy' },
  U: { value: 'map', sequence: 'remove' },
  'X/Z': { value: 'empty', sequence: 'empty' },
  'X/D': { value: 'dummy', sequence: 'remove' },
  'Z/D': { value: 'dummy', sequence: 'empty' },
  'X/Z/D': { value: 'dummy', sequence: 'remove' },
  'X/Z/U*': { value: 'empty', sequence: 'enter' },
};

export interface Rule {
  readonly action: ActionCode;
  /** PS3.6; undefined where the attribute is only ever removed. */
  readonly vr: string | undefined;
  /** A date or time that Retain Longitudinal Temporal Information with Modified Dates keeps, shifted. */
  readonly temporal: boolean;
  /** Kept, checked, under Retain Patient Characteristics. */
  readonly characteristic: boolean;
  /** Kept under Clean Descriptors, as far as its words are known ones. */
  readonly descriptor: boolean;
}

/**
 * What the table leaves in place although it names, dates or identifies somebody; same form as its rows. Issuers and
 * namespaces of identifiers, further groups of patients, alternative birth dates, persons, free text of segmentations,
 * documents and structured reports, encrypted originals, and instance UIDs of the families that the table does mark.
 */
const additions = `
00080051:X 00100024:X 00100026:X 00100027:X 00100033:X 00100034:X 00100035:X 00142006:X 00140104:X 00321031:X
00321034:X 00380100:X 00400026:X 00400027:X 00404009:X 0040a067:X 0040a160:D:UT 00420010:Z:ST 00620005:D:LO:d
00620006:X 00700081:Z:LO 00880130:X 04000500:X
00081167:U:UI 00083012:U:UI 0018991e:U:UI 00200242:U:UI 00209312:U:UI 00209313:U:UI 00280304:U:UI 0040a021:U:UI
0040a022:U:UI 00440102:U:UI 00440108:U:UI 0070031b:U:UI 00701209:U:UI 0072007f:U:UI 300a0675:U:UI
`;

/** Type 2 wherever Precedent reads it (CT Image); the table allows a dummy for the sake of other objects. */
const instead: Readonly<Record<string, ActionCode>> = { '00180010': 'Z' };

const removed: Rule = {
  action: 'X',
  vr: undefined,
  temporal: false,
  characteristic: false,
  descriptor: false,
};

function isActionCode(code: string): code is ActionCode {
  return actionCodes.some((known) => known === code);
}

/** The rows of a table, by tag in lower case as they are written there. */
export function parseRows(rows: string): ReadonlyMap<string, Rule> {
  return new Map(
    rows
      .trim()
      .split(/\s+/)
      .map((row) => {
        const [tag, code = '', vr, marks = ''] = row.split(':');
        if (!isActionCode(code)) throw new Error(`no such action: ${row}`);
        const marked = (mark: string) => marks.includes(mark);
        return [
          tag,
          {
            action: code,
            vr,
            temporal: marked('t'),
            characteristic: marked('p'),
            descriptor: marked('d'),
          },
        ];
      }),
  );
}

const rules = new Map([...parseRows(profileRows), ...parseRows(additions)]);
for (const [tag, action] of Object.entries(instead)) {
  const rule = rules.get(tag);
  if (rule) rules.set(tag, { ...rule, action });
}

/**
 * What to do with an attribute; undefined where it stays as it is. Private attributes and group lengths are removed,
 * as are groups below 0008, which do not belong into a data set.
 * @param tag group · 65536 + element
 */
export function ruleFor(tag: number): Rule | undefined {
  const group = tag >>> 16;
  if (group % 2 === 1 || group < 8 || (tag & 0xffff) === 0) return removed;
  const name = tagName(tag);
  const repeating = /^(50|60)[0-9a-f]{2}/.test(name);
  return (
    rules.get(name) ??
    (repeating
      ? (rules.get(`${name.slice(0, 2)}xx${name.slice(4)}`) ?? rules.get(`${name.slice(0, 2)}xxxxxx`))
      : undefined)
  );
}

/** 'ggggeeee' in lower case. */
export function tagName(tag: number): string {
  return tag.toString(16).padStart(8, '0');
}
