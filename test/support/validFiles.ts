/** Small valid files of the kinds that the import reads: what bad and mutated files are made of. */
import { gunzipSync } from 'node:zlib';
import { writeNifti } from '../../native/nifti/nifti.ts';
import type { Grid } from '../../native/volume/volume.ts';
import { type Elements, type WriteOptions, writeDicom } from './dicomWriter.ts';
import { uidOf } from './seriesWriter.ts';

/** Stands in every name and PatientID of these files; it may appear in no message. */
export const canary = 'CANARY';

export const side = 16;
const sliceSpacing = 2;

const us = (value: number) => ['US', value] as const;
const bytesOf = (values: Uint16Array | Float64Array | Float32Array) => new Uint8Array(values.buffer);

/** Whose a file is: the files of one `name` belong to one study. */
export function identity(name: string): Elements {
  return {
    '00080005': ['CS', 'ISO_IR 100'],
    '00080020': ['DA', '20200102'],
    '00080050': ['SH', uidOf(name).slice(-12)],
    '00100010': ['PN', `${canary}^NAME`],
    '00100020': ['LO', `${canary}ID ${name}`],
    '0020000d': ['UI', uidOf(`${name} study`)],
    '00200052': ['UI', uidOf(`${name} frame`)],
  };
}

const pixels = Uint16Array.from({ length: side * side }, (_, n) => 1000 + (n % side) * 3 + (n >> 4) * 2);

const pixelModule: Elements = {
  '00280002': us(1),
  '00280004': ['CS', 'MONOCHROME2'],
  '00280010': us(side),
  '00280011': us(side),
  '00280100': us(16),
  '00280101': us(16),
  '00280102': us(15),
  '00280103': us(0),
};

/** The attributes of one CT slice of 16 × 16; an element given as undefined is left out. */
export function sliceElements(name: string, k = 0, elements: Elements = {}): Elements {
  return {
    ...identity(name),
    '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2'],
    '00080018': ['UI', uidOf(`${name} slice ${k}`)],
    '00080060': ['CS', 'CT'],
    '00180050': ['DS', String(sliceSpacing)],
    '0020000e': ['UI', uidOf(`${name} series`)],
    '00200013': ['IS', String(k + 1)],
    '00200032': ['DS', `0\\0\\${k * sliceSpacing}`],
    '00200037': ['DS', '1\\0\\0\\0\\1\\0'],
    ...pixelModule,
    '00280030': ['DS', '0.5\\0.5'],
    '00281052': ['DS', '-1024'],
    '00281053': ['DS', '1'],
    '7fe00010': ['OW', bytesOf(pixels)],
    ...elements,
  };
}

export function slice(
  name: string,
  elements: Elements = {},
  options: WriteOptions & { k?: number } = {},
): Uint8Array {
  return writeDicom(sliceElements(name, options.k, elements), options);
}

/** Slices of one series, by file name. */
export function series(name: string, count = 3): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, k) => [`${k}.dcm`, slice(name, {}, { k })]));
}

export const square = '1\\1\\2\\6\\1\\2\\6\\6\\2\\1\\6\\2';

/** An RT Structure Set with one region on the series of `name`; `contours` are values of Contour Data (3006,0050). */
export function structureSet(
  name: string,
  contours: readonly string[] = [square],
  options: WriteOptions = {},
  elements: Elements = {},
): Uint8Array {
  const referenced: Elements = { '0020000e': ['UI', uidOf(`${name} series`)] };
  const frame = ['UI', uidOf(`${name} frame`)] as const;
  return writeDicom(
    {
      ...identity(name),
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.481.3'],
      '00080018': ['UI', uidOf(`${name} structures`)],
      '00080060': ['CS', 'RTSTRUCT'],
      '0020000e': ['UI', uidOf(`${name} structure series`)],
      '30060010': ['SQ', [{ '00200052': frame, '30060012': ['SQ', [{ '30060014': ['SQ', [referenced]] }]] }]],
      '30060020': ['SQ', [{ '30060022': ['IS', '1'], '30060024': frame, '30060026': ['LO', 'GTV'] }]],
      '30060039': [
        'SQ',
        [
          {
            '30060040': [
              'SQ',
              contours.map((data) => ({
                '30060042': ['CS', 'CLOSED_PLANAR'],
                '30060046': ['IS', String(data.split('\\').length / 3)],
                // Explicit VR gives DS a length of 16 bits; what is longer is written as UN (PS3.5 section 6.2.2).
                '30060050': data.length > 65_000 ? ['UN', Buffer.from(data)] : ['DS', data],
              })),
            ],
            '30060084': ['IS', '1'],
          },
        ],
      ],
      '30060080': ['SQ', [{ '30060084': ['IS', '1'], '300600a4': ['CS', 'GTV'] }]],
      ...elements,
    },
    options,
  );
}

const measures = (k: number): Elements => ({
  '00209113': ['SQ', [{ '00200032': ['DS', `0\\0\\${k * sliceSpacing}`] }]],
  '00209111': ['SQ', [{ '00209157': ['UL', [1, k + 1]] }]],
});
const shared: Elements = {
  '00289110': ['SQ', [{ '00180050': ['DS', '2'], '00280030': ['DS', '0.5\\0.5'] }]],
  '00209116': ['SQ', [{ '00200037': ['DS', '1\\0\\0\\0\\1\\0'] }]],
};

/** A binary segmentation of one segment on the three slices of `series(name)`. */
export function segmentation(name: string, elements: Elements = {}, options: WriteOptions = {}): Uint8Array {
  const frames = 3;
  const bits = new Uint8Array((side * side * frames) / 8).fill(0x3c);
  const code = (value: string, meaning: string): Elements => ({
    '00080100': ['SH', value],
    '00080102': ['SH', 'SCT'],
    '00080104': ['LO', meaning],
  });
  return writeDicom(
    {
      ...identity(name),
      ...pixelModule,
      '00080008': ['CS', 'DERIVED\\PRIMARY'],
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.66.4'],
      '00080018': ['UI', uidOf(`${name} segmentation`)],
      '00080060': ['CS', 'SEG'],
      '00081115': ['SQ', [{ '0020000e': ['UI', uidOf(`${name} series`)] }]],
      '0020000e': ['UI', uidOf(`${name} segmentation series`)],
      '00280008': ['IS', String(frames)],
      '00280100': us(1),
      '00280101': us(1),
      '00280102': us(0),
      '00620001': ['CS', 'BINARY'],
      '00620002': [
        'SQ',
        [
          {
            '00620003': ['SQ', [code('49755003', 'Morphologically abnormal structure')]],
            '00620004': us(1),
            '00620005': ['LO', 'Tumor'],
            '00620008': ['CS', 'MANUAL'],
            '0062000f': ['SQ', [code('4147007', 'Mass')]],
          },
        ],
      ],
      '52009229': ['SQ', [shared]],
      '52009230': [
        'SQ',
        Array.from({ length: frames }, (_, k) => ({
          ...measures(k),
          '0062000a': ['SQ', [{ '0062000b': us(1) }]],
        })),
      ],
      '7fe00010': ['OB', bits],
      ...elements,
    },
    options,
  );
}

/** An enhanced CT image of three frames (PS3.3 section A.38). */
export function enhancedCt(name: string, elements: Elements = {}, options: WriteOptions = {}): Uint8Array {
  const frames = 3;
  const all = Buffer.concat(Array.from({ length: frames }, () => bytesOf(pixels)));
  return writeDicom(
    {
      ...sliceElements(name),
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2.1'],
      '00200032': undefined,
      '00200037': undefined,
      '00280008': ['IS', String(frames)],
      '00280030': undefined,
      '00281052': undefined,
      '00281053': undefined,
      '52009229': [
        'SQ',
        [{ ...shared, '00289145': ['SQ', [{ '00281052': ['DS', '-1024'], '00281053': ['DS', '1'] }]] }],
      ],
      '52009230': ['SQ', Array.from({ length: frames }, (_, k) => measures(k))],
      '7fe00010': ['OW', all],
      ...elements,
    },
    options,
  );
}

/** A structured report with a heading and a text (PS3.3 section A.35.1). */
export function structuredReport(name: string, elements: Elements = {}): Uint8Array {
  const concept = (meaning: string): Elements => ({
    '0040a043': [
      'SQ',
      [{ '00080100': ['SH', '121071'], '00080102': ['SH', 'DCM'], '00080104': ['LO', meaning] }],
    ],
  });
  return writeDicom({
    ...identity(name),
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.88.11'],
    '00080018': ['UI', uidOf(`${name} report`)],
    '00080060': ['CS', 'SR'],
    '0020000e': ['UI', uidOf(`${name} report series`)],
    '0040a040': ['CS', 'CONTAINER'],
    '0040a050': ['CS', 'SEPARATE'],
    ...concept('Report'),
    '0040a730': [
      'SQ',
      [
        {
          '0040a010': ['CS', 'CONTAINS'],
          '0040a040': ['CS', 'TEXT'],
          ...concept('Finding'),
          '0040a160': ['UT', Buffer.from('A nodule of 12 mm in the right upper lobe.')],
        },
      ],
    ],
    ...elements,
  });
}

/** A PDF inside DICOM (PS3.3 section A.45.1). */
export function encapsulatedPdf(name: string, pdf: Uint8Array): Uint8Array {
  return writeDicom({
    ...identity(name),
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.104.1'],
    '00080018': ['UI', uidOf(`${name} pdf`)],
    '00080060': ['CS', 'DOC'],
    '0020000e': ['UI', uidOf(`${name} pdf series`)],
    '00420011': ['OB', pdf],
    '00420012': ['LO', 'application/pdf'],
  });
}

/** A DICOMDIR whose image records name the given files, each a path of components. */
export function dicomdir(files: readonly string[]): Uint8Array {
  return writeDicom({
    '00041130': ['CS', 'SET'],
    '00041200': ['UL', 0],
    '00041202': ['UL', 0],
    '00041212': us(0),
    '00041220': [
      'SQ',
      files.map((file) => ({
        '00041400': ['UL', 0],
        '00041410': us(0xffff),
        '00041420': ['UL', 0],
        '00041430': ['CS', 'IMAGE'],
        '00041500': ['CS', file],
      })),
    ],
    '00080016': ['UI', '1.2.840.10008.1.3.10'],
    '00080018': ['UI', uidOf('directory')],
  });
}

export const grid: Grid = {
  dims: [12, 11, 10],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const voxels = grid.dims[0] * grid.dims[1] * grid.dims[2];

/** A NIfTI image, gzipped: a ramp of Int16. The same content counts as one case, so each `name` gives another. */
export function niftiImage(name = ''): Uint8Array {
  const base = -1000 + Number(BigInt(uidOf(name).slice(5)) % 900n);
  return writeNifti(
    grid,
    Int16Array.from({ length: voxels }, (_, n) => n + base),
  );
}

/** Its mask, gzipped: a block of ones. */
export function niftiMask(): Uint8Array {
  const inside = (n: number) => n % 12 > 2 && n % 12 < 8 && Math.floor(n / 12) % 11 > 2;
  return writeNifti(
    grid,
    Uint8Array.from({ length: voxels }, (_, n) => (inside(n) ? 1 : 0)),
  );
}

export interface NiftiFields {
  readonly int16?: Readonly<Record<number, number>>;
  readonly float32?: Readonly<Record<number, number>>;
  /** What of the file is kept. */
  readonly bytes?: number;
}

/** An image without gzip, with fields set by their offset (nifti1.h) and the canary in `descrip`. */
export function niftiWith({ int16 = {}, float32 = {}, bytes }: NiftiFields, of = niftiImage()): Uint8Array {
  const file = Buffer.from(gunzipSync(of));
  file.write(`${canary} NAME`, 148, 'latin1');
  for (const [offset, value] of Object.entries(int16)) file.writeInt16LE(value, Number(offset));
  for (const [offset, value] of Object.entries(float32)) file.writeFloatLE(value, Number(offset));
  return file.subarray(0, bytes);
}

const nrrdFields: Readonly<Record<string, string>> = {
  type: 'uint8',
  dimension: '3',
  space: 'left-posterior-superior',
  sizes: grid.dims.join(' '),
  'space directions': '(1,0,0) (0,1,0) (0,0,2)',
  'space origin': '(0,0,0)',
  kinds: 'domain domain domain',
  endian: 'little',
  encoding: 'raw',
};

/** An NRRD mask on the grid of the NIfTI image; fields may be replaced, or left out with undefined. */
export function nrrd(
  fields: Readonly<Record<string, string | undefined>> = {},
  data: Uint8Array = new Uint8Array(voxels).fill(1, 300, 420),
): Uint8Array {
  const all = Object.entries({ ...nrrdFields, ...fields }).filter(([, value]) => value !== undefined);
  const head = ['NRRD0004', `# ${canary} NAME`, ...all.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(head.join('\n')), data]);
}
