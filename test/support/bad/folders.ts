/** Files that are no images, broken tables, and folders that are not what they seem. */
import { canary, niftiMask, series } from '../validFiles.ts';
import type { BadFile } from './types.ts';

const noImage = /empty|neither|not an? (image|known|DICOM)|damaged|cut off|nothing|unknown|too short/;

const plain: readonly BadFile[] = [
  { name: 'empty', make: () => Buffer.alloc(0), reason: /empty/, why: 'no byte at all' },
  { name: 'one-byte', make: () => Buffer.of(8), reason: noImage, why: 'the first byte of many a DICOM file' },
  {
    name: 'zeros',
    make: () => Buffer.alloc(100_000),
    reason: noImage,
    why: 'an endless row of elements (0000,0000)',
  },
  {
    name: 'random-bytes',
    make: () =>
      Buffer.from(Uint8Array.from({ length: 70_000 }, (_, n) => (Math.imul(n + 7, 2654435761) >>> 13) & 255)),
    reason: noImage,
    why: 'noise',
  },
  {
    name: 'text-named-dcm',
    make: () => Buffer.from(`Dear ${canary} NAME,\nthe scan is attached.\n`.repeat(40)),
    reason: noImage,
    why: 'the extension lies',
  },
  {
    name: 'text-like-a-group-8-element',
    make: () => Buffer.concat([Buffer.from('08000500435300ff', 'hex'), Buffer.from(canary.repeat(30))]),
    reason: /neither|damaged|cut off|modality|not a DICOM/,
    why: 'eight bytes that look like a bare data set',
  },
];

const tables: readonly BadFile[] = [
  {
    name: 'table-broken',
    file: 'labels.csv',
    make: () => Buffer.from('case,kind\n"never closed,a\nb,c,d,e\n'),
    reason: /table|CSV|labels|not an image|quote|row|column/i,
    why: 'a quote that never ends',
  },
  {
    name: 'table-of-zeros',
    file: 'labels.csv',
    make: () => Buffer.alloc(5000),
    reason: /table|CSV|labels|not an image|row|column|text/i,
    why: 'NUL bytes',
  },
  {
    name: 'lesion-table-absurd',
    file: 'lesions.csv',
    make: () => Buffer.from('case,x,y,z,diameter\nnobody,NaN,1e400,-inf,-5\nnobody,1,2,3,1e9\n'),
    reason: /table|CSV|case|row|not an image|number|image/i,
    why: 'a lesion of a thousand kilometres at no place',
  },
  {
    name: 'json-broken',
    file: 'labels.json',
    make: () => Buffer.from('{"case": [[[[[['),
    reason: /JSON|labels|not an image/i,
    why: 'brackets without end',
  },
  {
    name: 'json-deep',
    file: 'dataset.json',
    make: () => Buffer.from('['.repeat(200_000)),
    reason: /JSON|labels|not an image|deep|dataset|data set/i,
    why: 'a recursive parser overflows its stack',
  },
];

const folders: readonly BadFile[] = [
  {
    name: 'link-to-itself',
    make: () => ({ loop: { link: 'loop' } }),
    reason: /link/,
    why: 'resolving it never ends',
  },
  {
    name: 'links-in-a-circle',
    make: () => ({ 'a/b': { link: '../c' }, c: { link: 'a/b' } }),
    reason: /link/,
    why: 'two links that lead to each other',
  },
  {
    name: 'link-to-parent',
    make: () => ({ 'deep/up': { link: '..' }, ...series('link-to-parent') }),
    reason: undefined,
    why: 'walking it never ends; nothing is left out',
    volumes: 1,
  },
  {
    name: 'dangling-link',
    make: () => ({ nothing: { link: 'not-there' } }),
    reason: /link|no such/,
    why: 'a link that leads nowhere',
  },
  {
    name: 'named-pipe',
    make: () => ({ pipe: 'fifo' }),
    reason: /not a regular file/,
    why: 'opening it waits for ever',
  },
  {
    name: 'locked-folder',
    make: () => ({ locked: 'locked folder' }),
    reason: /permission/,
    why: 'a folder that may not be read',
  },
  {
    name: 'device',
    make: () => ({ zero: { link: '/dev/zero' } }),
    reason: /not a regular file/,
    why: 'a file without end',
  },
  {
    name: 'lone-mask',
    make: () => ({ 'lone_mask.nii.gz': niftiMask() }),
    reason: /mask/,
    why: 'a mask without its image',
  },
];

export const badFolders: readonly BadFile[] = [...plain, ...tables, ...folders];
