/** Works through the elements of a data set and its sequences and does with each what the profile says. */
import type { DecodeText } from '../charset.ts';
import { latin1, trimPadding } from '../dataset.ts';
import { cleanDescriptor } from './descriptors.ts';
import { type Element, type Encoding, textElement } from './elements.ts';
import type { Deidentifier, PatientIdentity } from './identity.ts';
import { choices, type Operation, type Rule, ruleFor } from './profile.ts';
import {
  checkedAge,
  checkedMeasure,
  checkedSex,
  checkedTimes,
  dummyValue,
  shiftDates,
  shiftDateTimes,
} from './values.ts';

export interface Rewriting {
  readonly context: Deidentifier;
  readonly encoding: Encoding;
  readonly decode: DecodeText;
  readonly patient: PatientIdentity;
}

const patientName = 0x00100010;
const patientId = 0x00100020;

/** What Retain Patient Characteristics keeps here; the others of its column go as the Basic Profile says. */
const characteristics: Readonly<Record<number, (value: string) => string | undefined>> = {
  1048640: checkedSex,
  1052688: checkedAge,
  1052704: checkedMeasure,
  1052720: checkedMeasure,
};

/** The one item that stands for the items of a sequence whose action is D; elsewhere an empty one. */
const dummyItems: Readonly<Record<number, readonly Element[]>> = {
  // Person Identification Code Sequence
  4198657: code('0', '99REMOVED', 'Removed'),
  // Verifying Observer Sequence
  4235379: [
    textElement(0x0040a027, 'LO', 'REMOVED'),
    textElement(0x0040a030, 'DT', '19000101000000'),
    textElement(0x0040a075, 'PN', 'REMOVED'),
    sequence(0x0040a088, []),
  ],
  // Content Sequence: a document that says that its content was removed
  4237104: [
    textElement(0x0040a010, 'CS', 'CONTAINS'),
    textElement(0x0040a040, 'CS', 'TEXT'),
    sequence(0x0040a043, [code('121106', 'DCM', 'Comment')]),
    textElement(0x0040a160, 'UT', 'REMOVED'),
  ],
};

/** The elements as the profile leaves them, each tag once (of a repeated one the last), in ascending order. */
export function rewriteElements(elements: readonly Element[], rewriting: Rewriting): readonly Element[] {
  const byTag = new Map(elements.map((element) => [element.tag, element]));
  return [...byTag.values()]
    .flatMap((element) => rewriteElement(element, rewriting))
    .sort((a, b) => a.tag - b.tag);
}

function rewriteElement(element: Element, rewriting: Rewriting): readonly Element[] {
  const rule = ruleFor(element.tag);
  if (!rule) return keep(element, rewriting);
  const { context, patient } = rewriting;
  const { tag } = element;
  if (tag === patientName || tag === patientId) {
    return [textElement(tag, rule.vr ?? 'LO', context.pseudonym(patient))];
  }
  const kept = retained(element, rule, rewriting);
  if (kept !== undefined) return [textElement(tag, rule.vr ?? 'LO', kept)];
  const isSequence = rule.vr === 'SQ' || (rule.vr === undefined && element.items !== undefined);
  const choice = choices[rule.action];
  return operate(isSequence ? choice.sequence : choice.value, element, rule.vr ?? 'UN', rewriting);
}

/** Not in the table: as it is, but in its items the profile goes on, and a VR that names or dates says so itself. */
function keep(element: Element, rewriting: Rewriting): readonly Element[] {
  const { tag, vr, items } = element;
  if (items) return operate('enter', element, vr ?? 'SQ', rewriting);
  if (vr === 'PN') return [];
  if (vr !== 'DA' && vr !== 'DT') return [element];
  const shifted = shiftedValue(vr, element, rewriting);
  return shifted === undefined ? [] : [textElement(tag, vr, shifted)];
}

/** The value that an option keeps in some form; undefined where the Basic Profile's own action is due. */
function retained(element: Element, rule: Rule, rewriting: Rewriting): string | undefined {
  if (element.items || element.value.length === 0) return undefined;
  const { context, decode } = rewriting;
  if (rule.temporal) return shiftedValue(rule.vr, element, rewriting);
  if (rule.characteristic && context.retainPatientCharacteristics) {
    return characteristics[element.tag]?.(plain(element));
  }
  if (rule.descriptor && context.cleanDescriptors) {
    return cleanDescriptor(decode(element.value.subarray(0, 4096))) || undefined;
  }
  return undefined;
}

function shiftedValue(
  vr: string | undefined,
  element: Element,
  { context, patient }: Rewriting,
): string | undefined {
  const days = context.shiftDays(patient);
  if (vr === 'DA') return shiftDates(plain(element), days);
  if (vr === 'DT') return shiftDateTimes(plain(element), days);
  if (vr === 'TM') return checkedTimes(plain(element));
  return undefined;
}

function operate(
  operation: Operation,
  element: Element,
  vr: string,
  rewriting: Rewriting,
): readonly Element[] {
  const { tag, items, value } = element;
  const isEmpty = items ? items.length === 0 : value.length === 0;
  const empty: Element = vr === 'SQ' ? sequence(tag, []) : { tag, vr, value: new Uint8Array() };
  switch (operation) {
    case 'remove':
      return [];
    case 'empty':
      return [empty];
    case 'dummy':
      return [isEmpty ? empty : dummy(tag, vr, plain(element), rewriting)];
    case 'map':
      return [textElement(tag, vr, mapped(plain(element), rewriting))];
    case 'enter':
      // Its UID could be told neither from other values nor from an item: what should hold items and does not, goes.
      if (!items) return [];
      return [{ ...element, items: items.map((item) => rewriteElements(item, rewriting)) }];
  }
}

function dummy(tag: number, vr: string, value: string, rewriting: Rewriting): Element {
  if (vr === 'SQ') return sequence(tag, [dummyItems[tag] ?? []]);
  if (vr === 'UI') return textElement(tag, vr, mapped(value, rewriting));
  const stand = dummyValue(vr);
  return typeof stand === 'string' ? textElement(tag, vr, stand) : { tag, vr, value: stand };
}

function mapped(uids: string, { context }: Rewriting): string {
  return uids
    .split('\\')
    .map((uid) => context.uid(uid.trim()))
    .join('\\');
}

/** The value of the default character repertoire. */
function plain({ value }: Element): string {
  return trimPadding(latin1(value));
}

function sequence(tag: number, items: readonly (readonly Element[])[]): Element {
  return { tag, vr: 'SQ', value: new Uint8Array(), items };
}

function code(value: string, scheme: string, meaning: string): readonly Element[] {
  return [
    textElement(0x00080100, 'SH', value),
    textElement(0x00080102, 'SH', scheme),
    textElement(0x00080104, 'LO', meaning),
  ];
}
