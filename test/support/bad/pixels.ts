/** DICOM images whose description of their pixels or of their place in space lies. */
import type { Elements } from '../dicomWriter.ts';
import { slice } from '../validFiles.ts';
import type { BadFile } from './types.ts';

const us = (value: number) => ['US', value] as const;
const ds = (value: string) => ['DS', value] as const;
const ow = (length: number) => ['OW', new Uint8Array(length)] as const;

/** A row for a slice with some elements replaced. */
function changed(
  name: string,
  elements: Elements,
  reason: RegExp,
  why: string,
  more: Partial<BadFile> = {},
): BadFile {
  return { name, make: () => slice(name, elements), reason, why, ...more };
}

const bits = /bits|high bit|pixel/;
const size = /too many|too large|rows|columns|pixel/;
const colour = /colou?r|palette|samples|secondary|photometric/i;
const palette = (name: string, descriptor: number[], data: Uint8Array, more: Elements = {}): Elements => ({
  '00280004': ['CS', 'PALETTE COLOR'],
  ...Object.fromEntries(
    [1, 2, 3].flatMap((n) => [
      [`0028110${n}`, ['US', descriptor] as const],
      [`0028120${n}`, ['OW', data] as const],
    ]),
  ),
  '00081030': ['LO', name],
  ...more,
});

export const badPixels: readonly BadFile[] = [
  changed(
    'rows-65535',
    { '00280010': us(65535), '00280011': us(65535) },
    size,
    'eight gigabytes are allocated for 512 bytes',
  ),
  changed(
    'rows-times-columns-overflow',
    {
      '00280010': us(65535),
      '00280011': us(32769),
      '00280100': us(32),
      '00280101': us(32),
      '00280102': us(31),
    },
    size,
    'in 32 bits the size of this picture overflows to a small number (Orthanc: dimension overflow)',
  ),
  changed('rows-zero', { '00280010': us(0) }, size, 'a picture without rows'),
  changed('columns-missing', { '00280011': undefined }, size, 'a picture without columns'),
  changed('rows-as-text', { '00280010': ['LO', '16'] }, size, 'the value is text where a number belongs'),
  changed(
    'bits-allocated-12',
    { '00280100': us(12), '00280101': us(12), '00280102': us(11) },
    bits,
    'packed samples',
  ),
  changed(
    'bits-allocated-7',
    { '00280100': us(7), '00280101': us(7), '00280102': us(6) },
    bits,
    'no byte has seven bits',
  ),
  changed(
    'bits-allocated-64',
    { '00280100': us(64), '00280101': us(64), '00280102': us(63) },
    bits,
    'reads four times what is there',
  ),
  changed('bits-allocated-0', { '00280100': us(0) }, bits, 'division by zero'),
  changed(
    'bits-stored-above-allocated',
    { '00280101': us(20), '00280102': us(19) },
    bits,
    'shifts by a negative number',
  ),
  changed('high-bit-lies', { '00280102': us(40) }, bits, 'shifts by more than the width'),
  changed(
    'three-samples',
    { '00280002': us(3), '00280004': ['CS', 'RGB'] },
    colour,
    'a colour image under CT Image Storage',
  ),
  changed('samples-zero', { '00280002': us(0) }, colour, 'no sample at all', { tolerated: true }),
  changed(
    'palette-short',
    palette('palette-short', [65535, 0, 16], new Uint8Array(4)),
    colour,
    'the descriptor promises 65,535 entries and two are there (Orthanc: palette overflow)',
  ),
  changed(
    'palette-index-unchecked',
    palette('palette-index-unchecked', [4, 0, 8], new Uint8Array(4), {
      '7fe00010': ['OW', new Uint8Array(512).fill(255)],
    }),
    colour,
    'every pixel points past the palette (Orthanc: unchecked palette index)',
  ),
  changed(
    'palette-descriptor-absurd',
    palette('palette-descriptor-absurd', [0, 65535, 99], new Uint8Array(0)),
    colour,
    '0 stands for 65,536 entries, of 99 bits',
  ),
  changed(
    'colour-image',
    {
      '00280002': us(3),
      '00280004': ['CS', 'YBR_FULL_422'],
      '00280100': us(8),
      '00280101': us(8),
      '00280102': us(7),
      '7fe00010': ow(512),
    },
    colour,
    'two bytes a pixel where three are counted',
  ),
  changed('pixel-data-short', { '7fe00010': ow(100) }, /pixel/, 'fewer bytes than rows × columns'),
  changed('pixel-data-empty', { '7fe00010': ow(0) }, /pixel|damaged/, 'no bytes at all'),
  changed('pixel-data-missing', { '7fe00010': undefined }, /pixel/, 'a header without a picture'),
  changed('pixel-data-long', { '7fe00010': ow(4096) }, /pixel/, 'more bytes than rows × columns', {
    tolerated: true,
  }),
  changed(
    'frames-absurd',
    { '00280008': ['IS', '2147483647'] },
    /frame|pixel|too many/,
    'two billion frames',
  ),
  changed('position-missing', { '00200032': undefined }, /position/, 'no place in space'),
  changed('position-nan', { '00200032': ds('NaN\\0\\0') }, /position/, 'a place that compares with nothing'),
  changed('position-1e30', { '00200032': ds('0\\0\\1e30') }, /position/, 'as far as no table moves'),
  changed('orientation-missing', { '00200037': undefined }, /orientation/, 'no direction'),
  changed(
    'orientation-nan',
    { '00200037': ds('1\\0\\0\\0\\nan\\0') },
    /orientation/,
    'a direction of no length',
  ),
  changed(
    'orientation-zero',
    { '00200037': ds('0\\0\\0\\0\\0\\0') },
    /orient|direction/,
    'division by the length of the row',
  ),
  changed(
    'orientation-not-orthonormal',
    { '00200037': ds('1\\0\\0\\1\\0\\0') },
    /orthonormal|orient|direction/,
    'rows run along columns',
  ),
  changed('pixel-spacing-zero', { '00280030': ds('0\\0') }, /pixel spacing/, 'voxels without extent'),
  changed('pixel-spacing-negative', { '00280030': ds('-0.5\\0.5') }, /pixel spacing/, 'mirrored'),
  changed('rescale-slope-zero', { '00281053': ds('0') }, /rescale slope/, 'every voxel is the intercept'),
  changed('rescale-slope-nan', { '00281053': ds('NaN') }, /rescale/, 'every voxel is not a number', {
    tolerated: true,
  }),
  changed(
    'rescale-slope-1e300',
    { '00281053': ds('1e300') },
    /rescale|finite|HU|values?|range/,
    'infinite once it is a float32',
  ),
  changed(
    'localizer',
    { '00080008': ['CS', 'ORIGINAL\\PRIMARY\\LOCALIZER'] },
    /localizer/,
    'an overview, no slice of a volume',
  ),
  changed(
    'secondary-capture',
    { '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.7'], '00200032': undefined, '00200037': undefined },
    /secondary capture/,
    'a picture of a screen',
  ),
  changed(
    'magnetic-resonance',
    { '00080060': ['CS', 'MR'], '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.4'] },
    /modality|MR/,
    'values that are no HU',
  ),
  changed(
    'modality-look-up-table',
    {
      '00283000': [
        'SQ',
        [{ '00283002': us(65535), '00283004': ['LO', 'HU'], '00283006': ['OW', new Uint8Array(2)] }],
      ],
      '00281052': undefined,
      '00281053': undefined,
    },
    /look-up/,
    'a table shorter than its descriptor',
  ),
];
