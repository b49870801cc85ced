/** Content items of structured reports (PS3.3 section C.17.3) as elements of a data set in Explicit VR Little Endian, text in UTF-8. */
import { PrecedentError } from '../../contract/errors.ts';
import type { Element } from '../deidentify/elements.ts';
import type { Code } from './concepts.ts';

export interface ImageReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Counts from 1. */
  readonly frame?: number | undefined;
}

type Relationship = 'CONTAINS' | 'HAS CONCEPT MOD' | 'HAS OBS CONTEXT' | 'INFERRED FROM' | 'SELECTED FROM';

/** A content item with the relationship to what holds it. */
export interface Item {
  readonly relationship: Relationship;
  readonly type: string;
  readonly name: Code | null;
  readonly value: readonly Element[];
  readonly children: readonly Item[];
  /** The image that an IMAGE item refers to. */
  readonly reference?: ImageReference;
}

type GraphicType = 'POINT' | 'POLYLINE' | 'ELLIPSE';
type GraphicType3d = 'POINT' | 'POLYLINE' | 'POLYGON' | 'ELLIPSE';

export function text(relationship: Relationship, name: Code, value: string): Item {
  return item(relationship, 'TEXT', name, [textOf(0x0040a160, 'UT', value)]);
}

export function code(relationship: Relationship, name: Code, value: Code): Item {
  return item(relationship, 'CODE', name, [codes(0x0040a168, value)]);
}

export function uidRef(relationship: Relationship, name: Code, uid: string): Item {
  return item(relationship, 'UIDREF', name, [textOf(0x0040a124, 'UI', uid)]);
}

export function personName(relationship: Relationship, name: Code, value: string): Item {
  return item(relationship, 'PNAME', name, [textOf(0x0040a123, 'PN', value)]);
}

export function number(name: Code, value: number, unit: Code, children: readonly Item[]): Item {
  const measured = sequence(0x0040a300, [
    [codes(0x004008ea, unit), textOf(0x0040a30a, 'DS', decimal(value))],
  ]);
  return item('CONTAINS', 'NUM', name, [measured], children);
}

export function image(relationship: Relationship, name: Code | null, reference: ImageReference): Item {
  const value = [sequence(0x00081199, [referenced(reference)])];
  return { ...item(relationship, 'IMAGE', name, value), reference };
}

/**
 * @param points column and row of each, the corner of the first pixel at 0, 0
 * @throws PrecedentError `limit` for more than 8191
 */
export function coordinates(
  relationship: Relationship,
  name: Code,
  graphic: GraphicType,
  points: readonly (readonly number[])[],
  from: ImageReference,
): Item {
  const value = [floats(0x00700022, points.flat()), textOf(0x00700023, 'CS', graphic)];
  return item(relationship, 'SCOORD', name, value, [image('SELECTED FROM', null, from)]);
}

/**
 * @param points in mm (LPS) in a frame of reference
 * @throws PrecedentError `limit` for more than 5461
 */
export function coordinates3d(
  relationship: Relationship,
  name: Code,
  graphic: GraphicType3d,
  points: readonly (readonly number[])[],
  frameOfReferenceUid: string,
): Item {
  return item(relationship, 'SCOORD3D', name, [
    floats(0x00700022, points.flat()),
    textOf(0x00700023, 'CS', graphic),
    textOf(0x30060024, 'UI', frameOfReferenceUid),
  ]);
}

/** @param template the number of its template (DCMR), where it is the root of one */
export function container(
  relationship: Relationship,
  name: Code,
  children: readonly Item[],
  template?: string,
): Item {
  const templates = template
    ? [sequence(0x0040a504, [[textOf(0x00080105, 'CS', 'DCMR'), textOf(0x0040db00, 'CS', template)]])]
    : [];
  return item(
    relationship,
    'CONTAINER',
    name,
    [textOf(0x0040a050, 'CS', 'SEPARATE'), ...templates],
    children,
  );
}

/** The elements of an item; the root has no relationship to anything. */
export function elementsOf({ relationship, type, name, value, children }: Item, isRoot = false): Element[] {
  return inOrder([
    ...(isRoot ? [] : [textOf(0x0040a010, 'CS', relationship)]),
    textOf(0x0040a040, 'CS', type),
    ...(name ? [codes(0x0040a043, name)] : []),
    ...value,
    ...(children.length > 0
      ? [
          sequence(
            0x0040a730,
            children.map((child) => elementsOf(child)),
          ),
        ]
      : []),
  ]);
}

/** Every image that an item and those below refer to. */
export function referencesOf(root: Item): ImageReference[] {
  return [...(root.reference ? [root.reference] : []), ...root.children.flatMap(referencesOf)];
}

/** Each image, or frame, once. */
export function distinct(references: readonly ImageReference[]): ImageReference[] {
  const known = new Map(references.map((each) => [`${each.sopInstanceUid} ${each.frame}`, each]));
  return [...known.values()];
}

export function referenced({ sopClassUid, sopInstanceUid, frame }: ImageReference): Element[] {
  return [
    textOf(0x00081150, 'UI', sopClassUid),
    textOf(0x00081155, 'UI', sopInstanceUid),
    ...(frame === undefined ? [] : [textOf(0x00081160, 'IS', String(frame))]),
  ];
}

export function sequence(tag: number, items: readonly (readonly Element[])[]): Element {
  return { tag, vr: 'SQ', value: new Uint8Array(), items };
}

export function textOf(tag: number, vr: string, value: string): Element {
  const bytes = Buffer.from(value, 'utf8');
  const fill = Buffer.of(vr === 'UI' ? 0 : 32);
  return { tag, vr, value: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, fill]) };
}

export function inOrder(elements: readonly Element[]): Element[] {
  return elements.toSorted((a, b) => a.tag - b.tag);
}

function item(
  relationship: Relationship,
  type: string,
  name: Code | null,
  value: readonly Element[],
  children: readonly Item[] = [],
): Item {
  return { relationship, type, name, value, children };
}

function codes(tag: number, [value, scheme, meaning]: Code): Element {
  return sequence(tag, [
    [textOf(0x00080100, 'SH', value), textOf(0x00080102, 'SH', scheme), textOf(0x00080104, 'LO', meaning)],
  ]);
}

/** The length of an FL value has 16 bits (PS3.5 section 7.1.2). */
const mostFloats = Math.floor(0xfffe / 4);

function floats(tag: number, values: readonly number[]): Element {
  if (values.length > mostFloats)
    throw new PrecedentError(
      'limit',
      'an outline has more points than a DICOM report can hold',
      undefined,
      'smooth the lesion first',
    );
  const bytes = Buffer.alloc(4 * values.length);
  for (const [n, value] of values.entries()) bytes.writeFloatLE(value, 4 * n);
  return { tag, vr: 'FL', value: bytes };
}

/** A DS value has at most 16 characters. */
function decimal(value: number): string {
  return String(Number(value.toPrecision(9)));
}
