/** NIfTI and NRRD files whose headers lie, alone and as masks of a good image. */
import { gzipSync } from 'node:zlib';
import { niftiImage, niftiMask, niftiWith, nrrd } from '../validFiles.ts';
import { gzipBomb } from './bombs.ts';
import { type BadFile, damaged, tooMuch } from './types.ts';

/** Offsets of nifti1.h: dim 40, datatype 70, pixdim 76, vox_offset 108, scl_slope 112, srow 280. */
const nifti = (
  name: string,
  bytes: () => Uint8Array,
  reason: RegExp,
  why: string,
  more: Partial<BadFile> = {},
): BadFile => ({ name, file: `${name}.nii`, make: bytes, reason, why, ...more });

const affine = (value: number) =>
  Object.fromEntries(Array.from({ length: 12 }, (_, n) => [280 + 4 * n, value]));

export const badVolumes: readonly BadFile[] = [
  nifti(
    'nifti-cut-in-header',
    () => niftiWith({ bytes: 200 }),
    /NIfTI|cut off|neither|damaged|too short/,
    'less than a header',
  ),
  nifti('nifti-cut-in-voxels', () => niftiWith({ bytes: 1000 }), damaged, 'less than dim promises'),
  nifti(
    'nifti-dims-32767',
    () => niftiWith({ int16: { 42: 32767, 44: 32767, 46: 32767 } }),
    /too many|too large|cut off|impossible/,
    '64 terabytes are allocated (Orthanc: dimension overflow)',
  ),
  nifti(
    'nifti-dims-overflow',
    () => niftiWith({ int16: { 42: 32767, 44: 32767, 46: 4 } }),
    /too many|too large|cut off|impossible/,
    'in 32 bits the size overflows to a negative number',
  ),
  nifti(
    'nifti-dims-negative',
    () => niftiWith({ int16: { 42: -12, 44: -11, 46: -10 } }),
    /impossible|dimension/,
    'a product that is negative',
  ),
  nifti(
    'nifti-dims-count',
    () => niftiWith({ int16: { 40: 120 } }),
    /dimension|NIfTI/,
    'a hundred and twenty dimensions',
  ),
  nifti(
    'nifti-time-series',
    () => niftiWith({ int16: { 40: 4, 48: 20 } }),
    /dimension/,
    'twenty volumes in one file',
  ),
  nifti(
    'nifti-voxel-offset-absurd',
    () => niftiWith({ float32: { 108: 1e30 } }),
    /offset|too long|impossible|header|cut off/,
    'voxels beyond the disk',
  ),
  nifti(
    'nifti-voxel-offset-negative',
    () => niftiWith({ float32: { 108: -64 } }),
    /offset|impossible|header|damaged|cut off/,
    'voxels before the file',
  ),
  nifti(
    'nifti-voxel-offset-nan',
    () => niftiWith({ float32: { 108: Number.NaN } }),
    /offset|impossible|header|damaged|cut off/,
    'voxels nowhere',
  ),
  nifti(
    'nifti-affine-nan',
    () => niftiWith({ float32: affine(Number.NaN) }),
    /axes|affine|sheared|finite|position/,
    'no place in space',
  ),
  nifti('nifti-affine-zero', () => niftiWith({ float32: affine(0) }), /axes|affine|length/, 'no extent'),
  nifti(
    'nifti-affine-1e30',
    () => niftiWith({ float32: affine(1e30) }),
    /axes|affine|sheared|length/,
    'wider than the world',
  ),
  nifti(
    'nifti-wrong-magic',
    () => niftiWith({ int16: { 344: 0x5a5a } }),
    /NIfTI|neither/,
    'the magic is not n+1',
  ),
  nifti(
    'nifti-header-size-lies',
    () => niftiWith({ int16: { 0: 999 } }),
    /NIfTI|neither/,
    'sizeof_hdr is 999',
  ),
  nifti('nifti-datatype-unknown', () => niftiWith({ int16: { 70: 999 } }), /type/, 'voxels of no known type'),
  nifti(
    'nifti-complex',
    () => niftiWith({ int16: { 70: 32, 72: 64 }, bytes: 352 + 8 * 1320 }),
    /type|complex|cut off/,
    'complex numbers',
  ),
  nifti('nifti-rgb', () => niftiWith({ int16: { 70: 128, 72: 24 } }), /type|colou?r/, 'colours'),
  nifti(
    'nifti-slope-nan',
    () => niftiWith({ float32: { 112: Number.NaN } }),
    /slope|finite|scale/,
    'every voxel becomes NaN',
    { tolerated: true },
  ),
  nifti(
    'nifti-slope-infinite',
    () => niftiWith({ float32: { 112: Number.POSITIVE_INFINITY } }),
    /slope|finite|scale/,
    'every voxel becomes infinite',
    { tolerated: true },
  ),
  nifti(
    'nifti-pair-header',
    () => niftiWith({ int16: { 344: 0x696e }, bytes: 348 }),
    /NIfTI|neither|voxels|cut off/,
    'a header whose voxels lie in another file',
  ),
  {
    name: 'nifti-gzip-bomb',
    file: 'nifti-gzip-bomb.nii.gz',
    make: () => gzipBomb(niftiWith({}), 4096),
    reason: tooMuch,
    why: 'four gigabytes behind an honest header (Orthanc: gzip bombs)',
  },
  {
    name: 'nifti-gzip-bomb-absurd',
    file: 'nifti-gzip-bomb-absurd.nii.gz',
    make: () => gzipBomb(niftiWith({ int16: { 42: 32767, 44: 32767, 46: 2 } }), 4096),
    reason: /too many|too large|limit|cut off|inflates|memory/,
    why: 'the header agrees with the bomb',
  },
  {
    name: 'nifti-gzip-cut-off',
    file: 'nifti-gzip-cut-off.nii.gz',
    make: () => niftiImage().subarray(0, 400),
    reason: /gzip|cut off|damaged/,
    why: 'the stream ends early',
  },
  {
    name: 'nifti-gzip-garbage',
    file: 'nifti-gzip-garbage.nii.gz',
    make: () => Buffer.concat([Buffer.from('1f8b08000000000000ff', 'hex'), Buffer.alloc(500, 0x77)]),
    reason: /gzip|damaged/,
    why: 'a gzip header before noise',
  },
  {
    name: 'nifti-gzip-twice',
    file: 'nifti-gzip-twice.nii.gz',
    make: () => gzipSync(niftiImage()),
    reason: /NIfTI|gzip|neither|damaged/,
    why: 'an archive in an archive',
  },
  {
    name: 'nifti-mask-values',
    make: () => ({
      'values.nii.gz': niftiImage('values'),
      'values_mask.nii': niftiWith({ float32: { 112: -3 } }),
    }),
    reason: /label|mask/,
    why: 'a mask whose values are no labels',
    volumes: 1,
  },
  {
    name: 'nifti-mask-elsewhere',
    make: () => ({
      'elsewhere.nii.gz': niftiImage('elsewhere'),
      'elsewhere_mask.nii': niftiWith({ float32: { 292: 9e5, 308: 9e5, 324: 9e5 } }, niftiMask()),
    }),
    reason: /outside|mask/,
    why: 'a mask a kilometre beside its image',
    volumes: 1,
  },
  ...[
    {
      name: 'nrrd-sizes-absurd',
      fields: { sizes: '99999999 99999999 99999999' },
      why: 'more voxels than atoms',
    },
    {
      name: 'nrrd-sizes-negative',
      fields: { sizes: '-12 -11 10' },
      why: 'a product that is right by accident',
    },
    { name: 'nrrd-dimension-lies', fields: { dimension: '7' }, why: 'three sizes for seven dimensions' },
    { name: 'nrrd-encoding-unknown', fields: { encoding: 'rot13' }, why: 'nobody can decode it' },
    { name: 'nrrd-type-unknown', fields: { type: 'quaternion' }, why: 'no type of a voxel' },
    {
      name: 'nrrd-directions-nan',
      fields: { 'space directions': '(nan,0,0) (0,nan,0) (0,0,nan)' },
      why: 'no extent',
    },
    { name: 'nrrd-gzip-garbage', fields: { encoding: 'gzip' }, why: 'the voxels are no gzip stream' },
    { name: 'nrrd-without-sizes', fields: { sizes: undefined }, why: 'a field that must be there is not' },
  ].map(
    ({ name, fields, why }): BadFile => ({
      name,
      make: () => ({ [`${name}.nii.gz`]: niftiImage(name), [`${name}_mask.nrrd`]: nrrd(fields) }),
      reason: /NRRD|sizes|dimension|encoding|type|direction|damaged|cut off|gzip|neither|voxels/i,
      why,
      volumes: 1,
    }),
  ),
  {
    name: 'nrrd-detached-escape',
    make: () => ({
      'escape.nii.gz': niftiImage('escape'),
      'escape_mask.nhdr': nrrd({ 'data file': '../../../../../../../../etc/passwd' }, Buffer.alloc(0)),
    }),
    reason: /NRRD|detached|data file|outside|leaves|neither|folder/i,
    why: 'its voxels lie in a file outside of the folder',
    volumes: 1,
  },
  {
    name: 'nrrd-gzip-bomb',
    make: () => ({
      'bomb.nii.gz': niftiImage('bomb'),
      'bomb_mask.nrrd': nrrd({ encoding: 'gzip' }, gzipBomb(Buffer.alloc(1), 4096)),
    }),
    reason: /NRRD|inflates|too|limit|more|neither/i,
    why: 'four gigabytes of mask',
    volumes: 1,
  },
  {
    name: 'nrrd-cut-off',
    make: () => ({ 'short.nii.gz': niftiImage('short'), 'short_mask.nrrd': nrrd({}, new Uint8Array(100)) }),
    reason: /NRRD|cut off|voxels|neither/i,
    why: 'a hundred of 1320 voxels',
    volumes: 1,
  },
];
