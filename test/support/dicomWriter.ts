/** Writes small DICOM files for tests, in any native transfer syntax, valid or deliberately odd. */
import { deflateRawSync } from 'node:zlib';

export type DicomValue =
  | string
  | number
  | readonly number[]
  | Uint8Array
  | readonly Elements[]
  | Encapsulated;
/** Compressed pixel data: the fragments in order, and the basic offset table (empty by default). */
export interface Encapsulated {
  readonly fragments: readonly Uint8Array[];
  readonly offsetTable?: readonly number[];
}
/** Tag 'ggggeeee' → VR and value; US and SS take numbers, OW and OB bytes, SQ data sets, all others strings. */
export type Elements = Readonly<Record<string, readonly [vr: string, value: DicomValue] | undefined>>;

export const syntax = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
} as const;

export interface WriteOptions {
  readonly transferSyntax?: string;
  /** False leaves out preamble and meta header. */
  readonly part10?: boolean;
}

export function writeDicom(elements: Elements, options: WriteOptions = {}): Uint8Array {
  const { transferSyntax = syntax.explicit, part10 = true } = options;
  const dataSet = encode(elements, transferSyntax !== syntax.implicit, transferSyntax !== syntax.bigEndian);
  if (!part10) return dataSet;
  const meta = encode(
    {
      '00020001': ['OB', Uint8Array.of(0, 1)],
      '00020002': elements['00080016'],
      '00020003': elements['00080018'],
      '00020010': ['UI', transferSyntax],
      '00020012': ['UI', '1.2.3'],
    },
    true,
    true,
  );
  const length = encode({ '00020000': ['UL', meta.length] }, true, true);
  const body = transferSyntax === syntax.deflated ? deflateRawSync(dataSet) : dataSet;
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, body]);
}

function encode(elements: Elements, explicit: boolean, little: boolean): Buffer {
  const parts: Buffer[] = [];
  for (const tag of Object.keys(elements).sort()) {
    const element = elements[tag];
    if (!element) continue;
    const [vr, value] = element;
    const bytes = valueBytes(vr, value, explicit, little);
    const long = /^(OB|OW|OF|SQ|UN|UT)$/.test(vr);
    const head = Buffer.alloc(explicit && long ? 12 : 8);
    const write16 = (n: number, offset: number) =>
      little ? head.writeUInt16LE(n, offset) : head.writeUInt16BE(n, offset);
    const write32 = (n: number, offset: number) =>
      little ? head.writeUInt32LE(n, offset) : head.writeUInt32BE(n, offset);
    write16(Number.parseInt(tag.slice(0, 4), 16), 0);
    write16(Number.parseInt(tag.slice(4), 16), 2);
    if (explicit) head.write(vr, 4, 'latin1');
    if (!explicit) write32(bytes.length, 4);
    else if (long) write32(isEncapsulated(value) ? 0xffffffff : bytes.length, 8);
    else write16(bytes.length, 6);
    parts.push(head, bytes);
  }
  return Buffer.concat(parts);
}

function valueBytes(vr: string, value: DicomValue, explicit: boolean, little: boolean): Buffer {
  if (value instanceof Uint8Array) return padded(Buffer.from(value), 0);
  if (typeof value === 'string') return padded(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 32);
  if (typeof value === 'number') return numbers(vr, [value], little);
  if (isEncapsulated(value)) return encapsulate(value);
  if (isNumbers(value)) return numbers(vr, value, little);
  return Buffer.concat(
    value.map((item) => {
      const body = encode(item, explicit, little);
      const head = Buffer.alloc(8);
      for (const [n, word] of [0xfffe, 0xe000].entries()) {
        if (little) head.writeUInt16LE(word, 2 * n);
        else head.writeUInt16BE(word, 2 * n);
      }
      if (little) head.writeUInt32LE(body.length, 4);
      else head.writeUInt32BE(body.length, 4);
      return Buffer.concat([head, body]);
    }),
  );
}

function isEncapsulated(value: DicomValue): value is Encapsulated {
  return typeof value === 'object' && 'fragments' in value;
}

/** The items of encapsulated pixel data with their delimiter (PS3.5 section A.4). */
export function encapsulate({ fragments, offsetTable = [] }: Encapsulated): Buffer {
  const item = (tag: number, bytes: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(0xfffe, 0);
    head.writeUInt16LE(tag, 2);
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  };
  return Buffer.concat([
    item(0xe000, Buffer.from(Uint32Array.from(offsetTable).buffer)),
    ...fragments.map((fragment) => item(0xe000, padded(Buffer.from(fragment), 0))),
    item(0xe0dd, Buffer.alloc(0)),
  ]);
}

function isNumbers(value: readonly number[] | readonly Elements[]): value is readonly number[] {
  return typeof value[0] === 'number';
}

function numbers(vr: string, values: readonly number[], little: boolean): Buffer {
  const width = vr === 'UL' ? 4 : 2;
  const out = Buffer.alloc(width * values.length);
  for (const [n, value] of values.entries()) {
    if (width === 4) out.writeUInt32LE(value, 4 * n);
    else if (little) out.writeUInt16LE(value & 0xffff, 2 * n);
    else out.writeUInt16BE(value & 0xffff, 2 * n);
  }
  return out;
}

function padded(bytes: Buffer, fill: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(fill)]);
}

export interface SliceOptions extends WriteOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly position?: readonly [number, number, number];
  readonly orientation?: readonly number[];
  readonly sop?: string;
  /** Stored values, row by row; default 0, 1, 2 … */
  readonly stored?: readonly number[];
  readonly elements?: Elements;
}

/** A CT slice of 4 columns × 3 rows at 0.5 × 0.8 mm (column × row spacing), intercept −1000, unless told otherwise. */
export function ctElements(options: SliceOptions = {}): Elements {
  const { rows = 3, columns = 4, position = [0, 0, 0], orientation = [1, 0, 0, 0, 1, 0] } = options;
  const sop = options.sop ?? `1.2.3.4.${position.map((v) => Math.round(v * 100) + 1_000_000).join('.')}`;
  const stored = options.stored ?? Array.from({ length: rows * columns }, (_, n) => n);
  return {
    '00080005': ['CS', 'ISO_IR 100'],
    '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2'],
    '00080018': ['UI', sop],
    '00080060': ['CS', 'CT'],
    '00100010': ['PN', 'Phantom^Test'],
    '00100020': ['LO', 'P1'],
    '00180050': ['DS', '2.5'],
    '0020000d': ['UI', '1.2.3.1'],
    '0020000e': ['UI', '1.2.3.2'],
    '00200032': ['DS', position.join('\\')],
    '00200037': ['DS', orientation.join('\\')],
    '00200052': ['UI', '1.2.3.3'],
    '00280002': ['US', 1],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', rows],
    '00280011': ['US', columns],
    '00280030': ['DS', '0.8\\0.5'],
    '00280100': ['US', 16],
    '00280101': ['US', 16],
    '00280102': ['US', 15],
    '00280103': ['US', 0],
    '00281052': ['DS', '-1000'],
    '00281053': ['DS', '1'],
    '7fe00010': ['OW', stored],
    ...options.elements,
  };
}

export function ctSlice(options: SliceOptions = {}): Uint8Array {
  return writeDicom(ctElements(options), options);
}

export interface TestRoi {
  readonly name: string;
  readonly type?: string;
  /** Each contour: x, y, z after x, y, z in mm. */
  readonly contours: readonly (readonly number[])[];
  readonly geometricType?: string;
}

/** An RT Structure Set on the series of `ctSlice`. */
export function rtstruct(
  rois: readonly TestRoi[],
  series = '1.2.3.2',
  options: WriteOptions = {},
): Uint8Array {
  return writeDicom(
    {
      '00080005': ['CS', 'ISO_IR 192'],
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.481.3'],
      '00080018': ['UI', '1.2.3.9'],
      '00080060': ['CS', 'RTSTRUCT'],
      '0020000d': ['UI', '1.2.3.1'],
      '30060010': [
        'SQ',
        [
          {
            '00200052': ['UI', '1.2.3.3'],
            '30060012': ['SQ', [{ '30060014': ['SQ', [{ '0020000e': ['UI', series] }]] }]],
          },
        ],
      ],
      '30060020': [
        'SQ',
        rois.map(({ name }, n) => ({
          '30060022': ['IS', String(n + 1)],
          '30060024': ['UI', '1.2.3.3'],
          '30060026': ['LO', Buffer.from(name, 'utf8')],
        })),
      ],
      '30060039': [
        'SQ',
        rois.map(({ contours, geometricType = 'CLOSED_PLANAR' }, n) => ({
          '30060040': [
            'SQ',
            contours.map((points) => ({
              '30060042': ['CS', geometricType],
              '30060046': ['IS', String(points.length / 3)],
              '30060050': ['DS', points.join('\\')],
            })),
          ],
          '30060084': ['IS', String(n + 1)],
        })),
      ],
      '30060080': [
        'SQ',
        rois.map(({ type = 'ORGAN' }, n) => ({
          '30060084': ['IS', String(n + 1)],
          '300600a4': ['CS', type],
        })),
      ],
    },
    options,
  );
}
