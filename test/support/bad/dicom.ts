/** DICOM files whose encoding is broken: preamble, meta header, lengths, nesting, deflate. */
import { deflateRawSync } from 'node:zlib';
import { syntax, writeDicom } from '../dicomWriter.ts';
import { canary, slice, sliceElements } from '../validFiles.ts';
import { deflatedZeros } from './bombs.ts';
import { type BadFile, damaged, tooMuch } from './types.ts';

const pixelTag = Buffer.from('e07f1000', 'hex');
/** Offset of the value of File Meta Information Group Length (0002,0000). */
const groupLengthAt = 140;

/** A slice's bytes changed in place. */
function patched(name: string, change: (bytes: Buffer) => Uint8Array | undefined): Uint8Array {
  const bytes = Buffer.from(slice(name));
  return change(bytes) ?? bytes;
}

/** A slice with raw elements put before its pixel data, or in its place. */
function withRaw(name: string, raw: Uint8Array, pixels: 'kept' | 'left out' = 'kept'): Uint8Array {
  const whole = Buffer.from(slice(name));
  const at = whole.indexOf(pixelTag);
  return Buffer.concat([
    whole.subarray(0, at),
    raw,
    pixels === 'kept' ? whole.subarray(at) : Buffer.alloc(0),
  ]);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** A Part 10 file whose data set is the given deflate stream. */
function deflatedFile(stream: Uint8Array): Uint8Array {
  const empty = Buffer.from(writeDicom({ '00080016': ['UI', '1.2.3'] }, { transferSyntax: syntax.deflated }));
  const metaEnd = groupLengthAt + 4 + empty.readUInt32LE(groupLengthAt);
  return Buffer.concat([empty.subarray(0, metaEnd), stream]);
}

const sequenceStart = '2900 1010 5351 0000 ffffffff';
const itemStart = 'feff 00e0 ffffffff';

export const badDicom: readonly BadFile[] = [
  {
    name: 'cut-in-meta-header',
    make: () => slice('cut-in-meta-header').subarray(0, 200),
    reason: /damaged|cut off|transfer syntax/,
    why: 'the group length reaches past the end of the file',
  },
  {
    name: 'cut-in-header',
    make: () => slice('cut-in-header').subarray(0, 600),
    reason: damaged,
    why: 'modality and UIDs are there, the rest is not',
  },
  {
    name: 'cut-in-pixels',
    make: () => slice('cut-in-pixels').subarray(0, -100),
    reason: damaged,
    why: 'the last rows would be whatever memory holds',
  },
  {
    name: 'preamble-only',
    make: () => slice('preamble-only').subarray(0, 132),
    reason: /damaged|cut off|neither/,
    why: 'DICM and nothing after it',
  },
  {
    name: 'wrong-magic',
    make: () => patched('wrong-magic', (bytes) => void bytes.write('DICX', 128)),
    reason: /neither|not a DICOM|not an? (image|known)|unknown|cannot be read/,
    why: 'a preamble without DICM is no Part 10 file, and its data set does not begin at 0',
    tolerated: true,
  },
  {
    name: 'meta-length-too-long',
    make: () =>
      patched('meta-length-too-long', (bytes) => void bytes.writeUInt32LE(0x7fffff00, groupLengthAt)),
    reason: damaged,
    why: 'a reader that trusts it reads out of bounds (one of the nine Orthanc faults)',
    tolerated: true,
  },
  {
    name: 'meta-length-too-short',
    make: () => patched('meta-length-too-short', (bytes) => void bytes.writeUInt32LE(10, groupLengthAt)),
    reason: /damaged|cut off|transfer syntax/,
    why: 'the rest of the meta header would be read as the data set',
    tolerated: true,
  },
  {
    name: 'meta-length-negative',
    make: () => patched('meta-length-negative', (bytes) => void bytes.writeInt32LE(-1, groupLengthAt)),
    reason: damaged,
    why: 'minus one, or four billion',
    tolerated: true,
  },
  {
    name: 'meta-element-out-of-bounds',
    make: () =>
      patched('meta-element-out-of-bounds', (bytes) => {
        const at = bytes.indexOf(hex('0200 1000')) + 6;
        bytes.writeUInt16LE(0xfffe, at);
      }),
    reason: /damaged|cut off|transfer syntax/,
    why: 'an element of the meta header reaches past it (Orthanc: meta header out of bounds)',
  },
  {
    name: 'no-transfer-syntax',
    make: () =>
      patched('no-transfer-syntax', (bytes) => {
        // Its tag becomes another one of the same group.
        bytes.writeUInt16LE(0x0016, bytes.indexOf(hex('0200 1000')) + 2);
      }),
    reason: /transfer syntax|damaged/,
    why: 'nothing says how the data set is encoded',
    tolerated: true,
  },
  {
    name: 'unknown-transfer-syntax',
    make: () => slice('unknown-transfer-syntax', {}, { transferSyntax: '1.2.840.10008.1.2.4.999' }),
    reason: /transfer syntax/,
    why: 'pixel data of a codec that nobody knows',
  },
  {
    name: 'modality-swallows-the-name',
    make: () =>
      patched('modality-swallows-the-name', (bytes) => {
        const at = bytes.indexOf(hex('0800 6000 4353')) + 6;
        bytes.writeUInt16LE(bytes.readUInt16LE(at) + 20, at);
      }),
    reason: /modality|damaged/,
    why: 'its value reaches over PatientName, which a reason that quotes it would tell',
  },
  {
    name: 'transfer-syntax-swallows-the-next',
    make: () =>
      patched('transfer-syntax-swallows-the-next', (bytes) => {
        const at = bytes.indexOf(hex('0200 1000 5549')) + 6;
        bytes.writeUInt16LE(bytes.readUInt16LE(at) + 14, at);
      }),
    reason: /transfer syntax|damaged/,
    why: 'its value holds the next element, with control characters',
  },
  {
    name: 'element-past-the-end',
    make: () => withRaw('element-past-the-end', hex('2900 1010 4f42 0000 00ffff7f'), 'left out'),
    reason: damaged,
    why: 'two gigabytes are promised and none are there',
  },
  {
    name: 'element-length-swallows-pixels',
    make: () => withRaw('element-length-swallows-pixels', hex('2900 1010 4f42 0000 00020000')),
    reason: /damaged|cut off|pixel data/,
    why: 'a private element takes the pixel data for its value',
  },
  {
    name: 'sequence-without-end',
    make: () => withRaw('sequence-without-end', hex(sequenceStart), 'left out'),
    reason: /damaged|cut off|no pixel data/,
    why: 'the delimiter is looked for past the end',
  },
  {
    name: 'item-without-end',
    make: () => withRaw('item-without-end', hex(sequenceStart + itemStart), 'left out'),
    reason: /damaged|cut off|no pixel data/,
    why: 'an open item in an open sequence',
  },
  {
    name: 'sequence-of-length-zero',
    make: () => withRaw('sequence-of-length-zero', hex('2900 1010 5351 0000 00000000'), 'left out'),
    reason: /no pixel data/,
    why: 'an empty sequence is legal; a loop that waits for its items is not',
  },
  {
    name: 'item-longer-than-sequence',
    make: () =>
      withRaw(
        'item-longer-than-sequence',
        hex('2900 1010 5351 0000 08000000 feff 00e0 00ffff00'),
        'left out',
      ),
    reason: /damaged|cut off|no pixel data/,
    why: 'the item reaches out of its sequence and the file',
  },
  {
    name: 'nested-10000-deep',
    make: () =>
      withRaw(
        'nested-10000-deep',
        Buffer.concat(Array<Buffer>(10_000).fill(hex(sequenceStart + itemStart))),
        'left out',
      ),
    reason: /damaged|cut off|nested|no pixel data/,
    why: 'a recursive parser overflows its stack',
  },
  {
    name: 'nested-10000-deep-and-closed',
    make: () =>
      withRaw(
        'nested-10000-deep-and-closed',
        Buffer.concat([
          ...Array<Buffer>(10_000).fill(hex(sequenceStart + itemStart)),
          ...Array<Buffer>(10_000).fill(hex('feff 0de0 00000000 feff dde0 00000000')),
        ]),
      ),
    reason: /damaged|cut off|nested|no pixel data/,
    why: 'the same in correct nesting: only a limit on the depth tells it',
    tolerated: true,
  },
  {
    name: 'million-elements',
    make: () => {
      const raw = Buffer.alloc(8_000_000);
      for (let n = 0; n < 1_000_000; n++) {
        raw.writeUInt16LE(0x0029 + 2 * (n >> 15), 8 * n);
        raw.writeUInt16LE(0x1000 + (n & 0x7fff), 8 * n + 2);
        raw.write('LO', 8 * n + 4, 'latin1');
      }
      return withRaw('million-elements', raw);
    },
    reason: /elements|damaged|cut off|header|limit|too/,
    why: 'each empty element becomes an object a hundred times its size',
    tolerated: true,
  },
  {
    name: 'same-element-twice',
    make: () => withRaw('same-element-twice', hex('2800 1000 5553 0200 ffff 2800 1100 5553 0200 ffff')),
    reason: /damaged|rows|pixel|cut off|too many/,
    why: 'Rows and Columns come again, out of order and absurd',
    tolerated: true,
  },
  {
    name: 'value-representation-unknown',
    make: () => withRaw('value-representation-unknown', hex('2900 1010 5a5a ffff 00000000')),
    reason: /damaged|cut off|pixel data/,
    why: 'a VR that does not exist, with a length that is not there',
    tolerated: true,
  },
  {
    name: 'deflate-bomb',
    make: () => deflatedFile(deflatedZeros(4096)),
    reason: tooMuch,
    why: 'four gigabytes in four megabytes',
  },
  {
    name: 'deflate-bomb-in-pixels',
    make: () => {
      const elements = sliceElements('deflate-bomb-in-pixels', 0, { '7fe00010': undefined });
      const dataSet = writeDicom(elements, { part10: false });
      const head = deflateRawSync(dataSet, { finishFlush: 3 });
      const pixels = deflateRawSync(hex('e07f 1000 4f57 0000 00000080'), { finishFlush: 3 });
      return deflatedFile(Buffer.concat([head, pixels, deflatedZeros(2048)]));
    },
    reason: tooMuch,
    why: 'an honest header, then two gigabytes of pixel data',
  },
  {
    name: 'deflate-cut-off',
    make: () => {
      const whole = slice('deflate-cut-off', {}, { transferSyntax: syntax.deflated });
      return whole.subarray(0, whole.length - 60);
    },
    reason: damaged,
    why: 'what was inflated so far looks whole',
  },
  {
    name: 'deflate-garbage',
    make: () => deflatedFile(Buffer.from(`${canary} is no deflate stream`.repeat(20))),
    reason: damaged,
    why: 'zlib throws inside of the parser',
  },
  {
    name: 'big-endian-as-little',
    make: () => {
      const bytes = Buffer.from(slice('big-endian-as-little', {}, { transferSyntax: syntax.bigEndian }));
      const at = bytes.indexOf(syntax.bigEndian);
      bytes.write(`${syntax.explicit.slice(0, -1)}1`, at, 'latin1');
      return bytes;
    },
    reason: /damaged|cut off|modality|transfer syntax|no pixel/,
    why: 'every tag and length is swapped',
    tolerated: true,
  },
];
