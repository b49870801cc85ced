/** Damaged structure sets, segmentations, multi-frame images, reports and DICOMDIRs, beside the good images they belong to. */
import { writeDicom } from '../dicomWriter.ts';
import {
  canary,
  dicomdir,
  encapsulatedPdf,
  enhancedCt,
  identity,
  segmentation,
  series,
  slice,
  square,
  structuredReport,
  structureSet,
} from '../validFiles.ts';
import { type BadFile, damaged } from './types.ts';

/** A region file beside the three slices it is drawn on, which are good. */
function onImages(
  name: string,
  file: () => Uint8Array,
  reason: RegExp | undefined,
  why: string,
  more: Partial<BadFile> = {},
): BadFile {
  return { name, make: () => ({ ...series(name), 'regions.dcm': file() }), reason, why, volumes: 1, ...more };
}

function cut(bytes: Uint8Array, sequence: string): Uint8Array {
  const whole = Buffer.from(bytes);
  const at = whole.indexOf(Buffer.from(sequence, 'hex'));
  // The sequence's length becomes undefined, and the file ends inside of it.
  whole.writeUInt32LE(0xffffffff, at + 8);
  return whole.subarray(0, at + 60);
}

const contour = /contour|region|structure|RT|finite|point|number|damaged/i;
const circle = (points: number) =>
  Array.from({ length: points }, (_, n) => {
    const angle = (2 * Math.PI * n) / points;
    return `${(4 + 2 * Math.cos(angle)).toFixed(5)}\\${(4 + 2 * Math.sin(angle)).toFixed(5)}\\2`;
  }).join('\\');

const us = (value: number) => ['US', value] as const;

export const badObjects: readonly BadFile[] = [
  onImages(
    'rtstruct-million-points',
    () => structureSet('rtstruct-million-points', [circle(1_000_000)]),
    /contour|point|limit|too/,
    'one contour of a million points: quadratic filling takes hours',
    { tolerated: true },
  ),
  onImages(
    'rtstruct-nan',
    () => structureSet('rtstruct-nan', ['NaN\\1\\2\\6\\nan\\2\\6\\6\\inf']),
    contour,
    'points that lie nowhere',
  ),
  onImages(
    'rtstruct-1e300',
    () => structureSet('rtstruct-1e300', ['1e300\\1\\2\\6\\-1e300\\2\\6\\6\\2']),
    contour,
    'a contour around the universe',
    { tolerated: true },
  ),
  onImages(
    'rtstruct-points-missing',
    () => structureSet('rtstruct-points-missing', ['1\\1\\2\\6\\1\\2\\6\\6']),
    contour,
    'eight numbers are no points',
  ),
  onImages(
    'rtstruct-unclosed-sequence',
    () => cut(structureSet('rtstruct-unclosed-sequence'), '063039005351'),
    damaged,
    'the contours have no end',
  ),
  onImages(
    'rtstruct-cut-off',
    () => structureSet('rtstruct-cut-off', Array<string>(50).fill(square)).subarray(0, -900),
    damaged,
    'half of the contours would be a wrong lesion',
  ),
  {
    name: 'rtstruct-alone',
    make: () => structureSet('rtstruct-alone'),
    reason: /not among|series|missing/,
    why: 'its images are not there',
  },
  onImages(
    'seg-frames-absurd',
    () => segmentation('seg-frames-absurd', { '00280008': ['IS', '2147483647'] }),
    /frame|pixel|segment|too/i,
    'two billion frames are promised',
  ),
  onImages(
    'seg-size-absurd',
    () => segmentation('seg-size-absurd', { '00280010': us(65535), '00280011': us(65535) }),
    /rows|pixel|grid|large|too|segment/i,
    'frames of 65,535 × 65,535 bits',
  ),
  onImages(
    'seg-pixels-short',
    () => segmentation('seg-pixels-short', { '7fe00010': ['OB', new Uint8Array(10)] }),
    /pixel|cut off|damaged|segment/i,
    'bits for one frame out of three',
  ),
  onImages(
    'seg-frame-of-unknown-segment',
    () =>
      segmentation('seg-frame-of-unknown-segment', {
        '52009230': [
          'SQ',
          [1, 2, 3].map(() => ({ '0062000a': ['SQ', [{ '0062000b': us(60_000) }]] as const })),
        ],
      }),
    /segment|position|frame/i,
    'frames of a segment that is not described, and without position',
  ),
  onImages(
    'seg-without-frame-groups',
    () => segmentation('seg-without-frame-groups', { '52009230': undefined }),
    /frame|segment|group|functional/i,
    'nothing says where a frame lies',
  ),
  {
    name: 'enhanced-frames-absurd',
    make: () => enhancedCt('enhanced-frames-absurd', { '00280008': ['IS', '1000000'] }),
    reason: /frame|pixel|too|multi/i,
    why: 'a million frames in 1.5 kB',
  },
  {
    name: 'enhanced-without-positions',
    make: () => enhancedCt('enhanced-without-positions', { '52009230': undefined }),
    reason: /frame|position|multi/i,
    why: 'three frames that lie nowhere',
  },
  {
    name: 'enhanced-positions-for-one',
    make: () =>
      enhancedCt('enhanced-positions-for-one', {
        '52009230': ['SQ', [{ '00209113': ['SQ', [{ '00200032': ['DS', '0\\0\\0'] }]] }]],
      }),
    reason: /frame|position|multi/i,
    why: 'the per-frame groups end early',
  },
  {
    name: 'pdf-damaged',
    make: () => ({
      ...series('pdf-damaged'),
      'report.dcm': encapsulatedPdf(
        'pdf-damaged',
        Buffer.from(`%PDF-1.7\n${canary} 1 0 obj << /Type /Pages`),
      ),
    }),
    reason: /PDF|report|text/i,
    why: 'a PDF without pages, table or end',
    volumes: 1,
  },
  {
    name: 'pdf-length-absurd',
    make: () => {
      const bytes = Buffer.from(encapsulatedPdf('pdf-length-absurd', Buffer.alloc(64)));
      bytes.writeUInt32LE(0x7ffffff0, bytes.indexOf(Buffer.from('420011004f42', 'hex')) + 8);
      return { ...series('pdf-length-absurd'), 'report.dcm': bytes };
    },
    reason: /PDF|report|document|damaged|cut off/i,
    why: 'two gigabytes of PDF are promised',
    volumes: 1,
  },
  {
    name: 'report-nested-deep',
    make: () => {
      let item = { '0040a040': ['CS', 'CONTAINER'] } as Parameters<typeof writeDicom>[0];
      for (let depth = 0; depth < 400; depth++)
        item = { '0040a040': ['CS', 'CONTAINER'], '0040a730': ['SQ', [item]] };
      return { ...series('report-nested-deep'), 'report.dcm': structuredReport('report-nested-deep', item) };
    },
    reason: /report|nested|deep|text|modality|damaged/i,
    why: 'a content tree of 400 levels',
    volumes: 1,
    tolerated: true,
  },
  {
    name: 'dicomdir-leaves-its-root',
    make: () => ({
      'cd/DICOMDIR': dicomdir(['..\\outside.dcm', '..\\..\\..\\..\\..\\..\\etc\\passwd', 'C:\\WINDOWS\\x']),
      'outside.dcm': slice('dicomdir-leaves-its-root'),
    }),
    reason: /directory|leaves|outside|DICOMDIR|not an image/i,
    why: 'it names files outside of its folder',
    volumes: 1,
  },
  {
    name: 'dicomdir-damaged',
    make: () => ({
      'cd/DICOMDIR': dicomdir(['IMAGES\\0']).subarray(0, 300),
      'cd/IMAGES/0': slice('dicomdir-damaged'),
    }),
    reason: /directory|damaged|cut off|DICOMDIR|not an image/i,
    why: 'the records break off; the images are still there',
    volumes: 1,
  },
  {
    name: 'dicomdir-names-nothing',
    make: () => ({ 'cd/DICOMDIR': dicomdir(Array.from({ length: 500 }, (_, n) => `IMAGES\\${n}`)) }),
    reason: /directory|DICOMDIR|no such|not an image|missing/i,
    why: 'five hundred files that are not there',
  },
  {
    name: 'class-unknown',
    make: () =>
      writeDicom({
        ...identity('class-unknown'),
        '00080016': ['UI', '1.2.3.4.5'],
        '00080018': ['UI', '1.2.3.4.6'],
      }),
    reason: /modality|not an image|class|unsupported/i,
    why: 'an object that nobody has heard of',
  },
];
