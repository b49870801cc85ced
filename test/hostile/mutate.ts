/** Damages a file by a seeded draw of edits: the same seed and index give the same bytes everywhere. */
import { createRandom, type Random } from '../../native/random.ts';

type Edit = (bytes: Buffer, random: Random) => Buffer;

const extremes = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
const words = [
  'NaN',
  '-1',
  '0',
  '1e308',
  '-1e308',
  '99999999999999999999',
  '4294967296',
  '65536',
  '1e-320',
  '../..',
  '\\\\\\',
  '',
];

const place = (bytes: Buffer, random: Random, width = 1) => random.int(0, Math.max(0, bytes.length - width));

function setInteger(bytes: Buffer, at: number, value: number, random: Random): void {
  const width = random.pick([1, 2, 4].filter((size) => at + size <= bytes.length));
  const cut = width === 4 ? value >>> 0 : value % 2 ** (8 * width);
  if (random.next() < 0.5) bytes.writeUIntLE(cut, at, width);
  else bytes.writeUIntBE(cut, at, width);
}

/** Where an element's length stands: behind a tag of a group that these files have, with or without a VR. */
function lengthFields(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let n = 0; n + 12 <= bytes.length; n++) {
    const group = bytes.readUInt16LE(n);
    if (![2, 4, 8, 0x10, 0x18, 0x20, 0x28, 0x62, 0x3006, 0x5200, 0x7fe0, 0xfffe, 0x40].includes(group))
      continue;
    const isVr = /^[A-Z]{2}$/.test(bytes.toString('latin1', n + 4, n + 6));
    const isLong = isVr && /^(OB|OW|SQ|UN|UT|OF)$/.test(bytes.toString('latin1', n + 4, n + 6));
    found.push(isLong ? n + 8 : isVr ? n + 6 : n + 4);
  }
  return found;
}

const edits: Readonly<Record<string, Edit>> = {
  flip(bytes, random) {
    for (let n = random.int(1, 4); n > 0; n--) bytes[place(bytes, random)] ^= 1 << random.int(0, 7);
    return bytes;
  },
  overwrite(bytes, random) {
    const at = place(bytes, random);
    for (let n = 0; n < random.int(1, 16) && at + n < bytes.length; n++) bytes[at + n] = random.int(0, 255);
    return bytes;
  },
  extreme(bytes, random) {
    // Headers come first, and are where integers mean something.
    const at = random.next() < 0.5 ? place(bytes, random) : random.int(0, Math.min(600, bytes.length - 1));
    setInteger(bytes, at, random.pick(extremes), random);
    return bytes;
  },
  length(bytes, random) {
    const fields = lengthFields(bytes);
    if (fields.length === 0) return edits.extreme(bytes, random);
    setInteger(
      bytes,
      random.pick(fields),
      random.next() < 0.6 ? random.pick(extremes) : random.int(0, 300),
      random,
    );
    return bytes;
  },
  number(bytes, random) {
    const numbers = [...bytes.toString('latin1').matchAll(/-?\d+(\.\d+)?/g)];
    if (numbers.length === 0) return edits.flip(bytes, random);
    const { index, 0: text } = random.pick(numbers);
    const word = random.pick(words);
    const fitting = random.next() < 0.5 ? word.padEnd(text.length).slice(0, text.length) : word;
    return Buffer.concat([
      bytes.subarray(0, index),
      Buffer.from(fitting),
      bytes.subarray(index + text.length),
    ]);
  },
  cutEnd: (bytes, random) => bytes.subarray(0, place(bytes, random)),
  cutOut(bytes, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(1, 200))]);
  },
  insert(bytes, random) {
    const at = place(bytes, random);
    const piece = Buffer.alloc(random.int(1, 64), random.pick([0, 0xff, 0x20, random.int(0, 255)]));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  duplicate(bytes, random) {
    const from = place(bytes, random);
    const block = bytes.subarray(from, from + random.int(4, 400));
    const at = random.next() < 0.5 ? from : place(bytes, random);
    const times = random.next() < 0.1 ? random.int(10, 300) : 1;
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(block), bytes.subarray(at)]);
  },
  splice(bytes, random) {
    const [from, to] = [place(bytes, random), place(bytes, random)];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  swap(bytes, random) {
    const length = random.int(2, 64);
    const [a, b] = [place(bytes, random, length), place(bytes, random, length)];
    const first = Buffer.from(bytes.subarray(a, a + length));
    bytes.copy(bytes, a, b, b + length);
    first.copy(bytes, b);
    return bytes;
  },
};
const allEdits = Object.values(edits);

/** One to four edits, drawn by seed and index, on a copy of the file. */
export function mutate(valid: Uint8Array, seed: number, index: number): Buffer {
  const random = createRandom(seed, `mutation ${index}`);
  let bytes: Buffer = Buffer.from(valid);
  for (let n = random.pick([1, 1, 1, 2, 3, 4]); n > 0 && bytes.length > 0; n--)
    bytes = random.pick(allEdits)(Buffer.from(bytes), random);
  return bytes;
}
