/** Encodes small frames in every compressed transfer syntax: with the codecs' own encoders, or as short as a test needs. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PixelLayout } from '../../native/dicom/transferSyntax.ts';
import { ctElements, type Elements, writeDicom } from '../support/dicomWriter.ts';

const require = createRequire(import.meta.url);

interface Encoder {
  getDecodedBuffer(info: object): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  encode(): void;
  delete(): void;
  setQuality?(lossless: boolean, quality: number): void;
  setNearLossless?(near: number): void;
  setProgressionOrder?(order: number): void;
  setDecompositions?(levels: number): void;
}
const encoders = {
  'JPEG-LS': ['@cornerstonejs/codec-charls', 'JpegLSEncoder'],
  'JPEG 2000': ['@cornerstonejs/codec-openjpeg', 'J2KEncoder'],
  HTJ2K: ['@cornerstonejs/codec-openjph', 'HTJ2KEncoder'],
} as const;

/** A frame by a codec's own encoder; `configure` sets what is not lossless and default. */
export async function encode(
  codec: keyof typeof encoders,
  values: ArrayLike<number>,
  layout: PixelLayout,
  configure: (encoder: Encoder) => void = (encoder) => encoder.setQuality?.(true, 0),
): Promise<Uint8Array> {
  const [name, className] = encoders[codec];
  const runtime = await require(`${name}/wasmjs`)({
    wasmBinary: readFileSync(require.resolve(`${name}/wasm`)),
    print: () => {},
    printErr: () => {},
  });
  const encoder: Encoder = new runtime[className]();
  const source = encoder.getDecodedBuffer({
    width: layout.columns,
    height: layout.rows,
    bitsPerSample: layout.bitsStored,
    componentCount: 1,
    isSigned: layout.signed,
    isUsingColorTransform: false,
  });
  const samples = layout.bitsAllocated === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  source.set(new Uint8Array(samples.buffer));
  // As many as the smallest frame allows.
  encoder.setDecompositions?.(2);
  configure(encoder);
  encoder.encode();
  const encoded = Uint8Array.from(encoder.getEncodedBuffer());
  encoder.delete();
  return encoded;
}

/** RLE: runs of three and more as runs, the rest as literals; `bytes` 1, 2 or 4 segments, most significant first. */
export function encodeRle(values: ArrayLike<number>, bytes: number): Uint8Array {
  const segments = Array.from({ length: bytes }, (_, n) =>
    packBits(Uint8Array.from(values, (value) => value >>> (8 * (bytes - 1 - n)))),
  );
  const header = Buffer.alloc(64);
  header.writeUInt32LE(bytes, 0);
  let at = 64;
  for (const [n, segment] of segments.entries()) {
    header.writeUInt32LE(at, 4 + 4 * n);
    at += segment.length;
  }
  return Buffer.concat([header, ...segments]);
}

function packBits(plane: Uint8Array): Buffer {
  const out: number[] = [];
  for (let n = 0; n < plane.length; ) {
    let run = 1;
    while (run < 128 && n + run < plane.length && plane[n + run] === plane[n]) run++;
    if (run >= 3) {
      out.push(257 - run, plane[n]);
      n += run;
      continue;
    }
    let end = n;
    const repeats = (at: number) => plane[at] === plane[at + 1] && plane[at] === plane[at + 2];
    while (end < plane.length && end - n < 128 && !repeats(end)) end++;
    out.push(end - n - 1, ...plane.subarray(n, end));
    n = end;
  }
  return Buffer.from(out.length % 2 ? [...out, 0] : out);
}

class BitWriter {
  readonly bytes: number[] = [];
  #bits = 0;
  #count = 0;

  put(value: number, length: number): void {
    for (let n = length - 1; n >= 0; n--) {
      this.#bits = (this.#bits << 1) | ((value >> n) & 1);
      if (++this.#count < 8) continue;
      this.bytes.push(this.#bits);
      if (this.#bits === 0xff) this.bytes.push(0);
      this.#bits = 0;
      this.#count = 0;
    }
  }

  /** A difference as T.81 table F.1 has it: what follows its category. */
  putDifference(difference: number, category: number): void {
    if (category < 16) this.put(difference < 0 ? difference - 1 + (1 << category) : difference, category);
  }

  marker(code: number): void {
    while (this.#count > 0) this.put(1, 1);
    this.bytes.push(0xff, code);
  }
}

const category = (difference: number): number => 32 - Math.clz32(Math.abs(difference));
const segment = (marker: number, ...body: number[]): number[] => [
  ...[0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255],
  ...body,
];
/** All codes equally long: a symbol's code is its place in the list. */
const huffman = (classAndNumber: number, length: number, symbols: readonly number[]): number[] =>
  segment(
    0xc4,
    classAndNumber,
    ...Array.from({ length: 16 }, (_, n) => (n === length - 1 ? symbols.length : 0)),
    ...symbols,
  );
const frameHeader = (marker: number, precision: number, { rows, columns }: PixelLayout): number[] =>
  segment(marker, precision, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0);

export interface LosslessOptions {
  readonly predictor: number;
  readonly precision: number;
  readonly pointTransform?: number;
  /** Lines between restart markers. */
  readonly restartLines?: number;
}

/** JPEG lossless by the definition of T.81 annex H, with a Huffman table of 5-bit codes. */
export function encodeJpegLossless(
  values: ArrayLike<number>,
  layout: PixelLayout,
  options: LosslessOptions,
): Uint8Array {
  const { predictor, precision, pointTransform = 0, restartLines = 0 } = options;
  const { rows, columns } = layout;
  const bits = new BitWriter();
  const at = (row: number, column: number) => values[row * columns + column] >> pointTransform;
  for (let row = 0, restarts = 0; row < rows; row++) {
    const firstLine = restartLines > 0 ? row % restartLines === 0 : row === 0;
    if (firstLine && row > 0) bits.marker(0xd0 + (restarts++ & 7));
    for (let column = 0; column < columns; column++) {
      const [a, b, c] = [at(row, column - 1), at(row - 1, column), at(row - 1, column - 1)];
      let prediction = [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][
        predictor
      ];
      if (firstLine) prediction = column === 0 ? 1 << (precision - pointTransform - 1) : a;
      else if (column === 0) prediction = b;
      // Modulo 2^16, as −32767 … 32768 (H.1.2.1).
      const wrapped = (at(row, column) - prediction) & 0xffff;
      const difference = wrapped > 32768 ? wrapped - 65536 : wrapped;
      const size = category(difference);
      bits.put(size, 5);
      bits.putDifference(difference, size);
    }
  }
  bits.marker(0xd9);
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xfe, 1, 2, 3),
    ...frameHeader(0xc3, precision, layout),
    ...huffman(
      0,
      5,
      Array.from({ length: 17 }, (_, n) => n),
    ),
    ...(restartLines > 0 ? segment(0xdd, (restartLines * columns) >> 8, (restartLines * columns) & 255) : []),
    ...segment(0xda, 1, 1, 0, predictor, 0, pointTransform),
    ...bits.bytes,
  ]);
}

/** Zigzag order: place in the sequence → [row, column] of the block (T.81 figure A.6). */
const zigzag = Array.from({ length: 15 }, (_, sum) =>
  Array.from({ length: 8 }, (_, n) => [n, sum - n] as const)
    .filter(([, other]) => other >= 0 && other < 8)
    .map(([n, other]) => (sum % 2 === 0 ? [other, n] : [n, other])),
).flat();

/** Sequential JPEG (baseline at 8 bits, extended at 12) of quantized coefficient blocks (64 each, row by row), the quantization table being constant. */
export function encodeJpegDct(
  blocks: readonly (readonly number[])[],
  layout: PixelLayout,
  options: { readonly quantizer: number; readonly restartInterval?: number },
): Uint8Array {
  const { quantizer, restartInterval = 0 } = options;
  const bits = new BitWriter();
  const runSizes = [0x00, 0xf0];
  for (let run = 0; run < 16; run++) for (let size = 1; size <= 14; size++) runSizes.push(run * 16 + size);
  let dc = 0;
  for (const [n, block] of blocks.entries()) {
    if (restartInterval > 0 && n > 0 && n % restartInterval === 0) {
      bits.marker(0xd0 + ((n / restartInterval - 1) & 7));
      dc = 0;
    }
    const size = category(block[0] - dc);
    bits.put(size, 5);
    bits.putDifference(block[0] - dc, size);
    dc = block[0];
    const sequence = zigzag.map(([row, column]) => block[8 * row + column]);
    const last = sequence.findLastIndex((value) => value !== 0);
    for (let k = 1, run = 0; k <= last; k++) {
      if (sequence[k] === 0 && run < 15) run++;
      else if (sequence[k] === 0) {
        bits.put(runSizes.indexOf(0xf0), 8);
        run = 0;
      } else {
        const acSize = category(sequence[k]);
        bits.put(runSizes.indexOf(run * 16 + acSize), 8);
        bits.putDifference(sequence[k], acSize);
        run = 0;
      }
    }
    if (last < 63) bits.put(runSizes.indexOf(0x00), 8);
  }
  bits.marker(0xd9);
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...(layout.bitsStored === 8
      ? segment(0xdb, 0x00, ...Array<number>(64).fill(quantizer))
      : segment(0xdb, 0x10, ...Array.from({ length: 64 }, () => [quantizer >> 8, quantizer & 255]).flat())),
    ...frameHeader(layout.bitsStored === 8 ? 0xc0 : 0xc1, layout.bitsStored, layout),
    ...huffman(
      0x00,
      5,
      Array.from({ length: 16 }, (_, n) => n),
    ),
    ...huffman(0x10, 8, runSizes),
    ...segment(0xdd, restartInterval >> 8, restartInterval & 255),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...bits.bytes,
  ]);
}

/** Symbols of AC codes: a run of up to 15 zeros and a size up to 14, or a run of blocks that end (T.81 sections F.1.2.2, G.1.2). */
const acSymbols = Array.from({ length: 256 }, (_, n) => n).filter((n) => (n & 15) < 15 && n >> 4 < 16);

/**
 * Progressive JPEG of the same blocks as `encodeJpegDct`, by both means: the DC and two bands of AC coefficients first
 * without their lowest bit, then that bit (T.81 annex G).
 */
export function encodeJpegProgressive(
  blocks: readonly (readonly number[])[],
  layout: PixelLayout,
  options: { readonly quantizer: number; readonly restartInterval?: number },
): Uint8Array {
  const { quantizer, restartInterval = 0 } = options;
  const sequences = blocks.map((block) => zigzag.map(([row, column]) => block[8 * row + column]));
  const tableClass = layout.bitsStored === 8 ? 0 : 0x10;
  const quantization = Array.from({ length: 64 }, () =>
    tableClass === 0 ? [quantizer] : [quantizer >> 8, quantizer & 255],
  );
  const out: number[] = [
    ...[0xff, 0xd8],
    ...segment(0xdb, tableClass, ...quantization.flat()),
    ...frameHeader(0xc2, layout.bitsStored, layout),
    ...huffman(
      0x00,
      5,
      Array.from({ length: 16 }, (_, n) => n),
    ),
    ...huffman(0x10, 8, acSymbols),
    ...segment(0xdd, restartInterval >> 8, restartInterval & 255),
  ];
  const scan = (
    [first, last, high, low]: readonly [number, number, number, number],
    one: (bits: BitWriter, sequence: readonly number[], previous: readonly number[] | undefined) => void,
    flush: (bits: BitWriter) => void = () => {},
  ): void => {
    const bits = new BitWriter();
    for (const [n, sequence] of sequences.entries()) {
      const restarts = restartInterval > 0 && n % restartInterval === 0;
      if (restarts && n > 0) {
        flush(bits);
        bits.marker(0xd0 + ((n / restartInterval - 1) & 7));
      }
      one(bits, sequence, restarts ? undefined : sequences[n - 1]);
    }
    flush(bits);
    // The last bits are filled up; what follows is the next scan's header, or the end.
    bits.marker(0);
    out.push(...segment(0xda, 1, 1, 0, first, last, (high << 4) | low), ...bits.bytes.slice(0, -2));
  };
  scan([0, 0, 0, 1], (bits, [dc], previous) => {
    const difference = (dc >> 1) - ((previous?.[0] ?? 0) >> 1);
    bits.put(category(difference), 5);
    bits.putDifference(difference, category(difference));
  });
  for (const [first, last] of [
    [1, 5],
    [6, 63],
  ] as const) {
    let empty = 0;
    const endOfBands = (bits: BitWriter): void => {
      if (empty === 0) return;
      const run = 31 - Math.clz32(empty);
      bits.put(acSymbols.indexOf(run << 4), 8);
      bits.put(empty - (1 << run), run);
      empty = 0;
    };
    const one = (bits: BitWriter, sequence: readonly number[]): void => {
      const band = sequence.slice(first, last + 1).map((value) => Math.trunc(value / 2));
      const end = band.findLastIndex((value) => value !== 0);
      if (end >= 0) endOfBands(bits);
      for (let k = 0, run = 0; k <= end; k++) {
        if (band[k] === 0 && run < 15) run++;
        else {
          const size = category(band[k]);
          bits.put(acSymbols.indexOf(run * 16 + size), 8);
          bits.putDifference(band[k], size);
          run = 0;
        }
      }
      if (end < band.length - 1) empty++;
    };
    scan([first, last, 0, 1], one, endOfBands);
  }
  scan([0, 0, 1, 0], (bits, [dc]) => bits.put(dc & 1, 1));
  scan([1, 63, 1, 0], (bits, sequence) => refineBand(bits, sequence.slice(1)));
  return Uint8Array.from([...out, 0xff, 0xd9]);
}

/** What is new, with the zeros before it; after each code the lowest bits of the known values that it passed. */
function refineBand(bits: BitWriter, band: readonly number[]): void {
  const last = band.findLastIndex((value) => Math.abs(value) === 1);
  let known: number[] = [];
  const put = (symbol: number, sign?: number): void => {
    bits.put(acSymbols.indexOf(symbol), 8);
    if (sign !== undefined) bits.put(sign > 0 ? 1 : 0, 1);
    for (const value of known) bits.put(Math.abs(value) & 1, 1);
    known = [];
  };
  let run = 0;
  for (const value of band.slice(0, last + 1)) {
    if (Math.abs(value) > 1) known.push(value);
    else if (value !== 0) {
      put(run * 16 + 1, value);
      run = 0;
    } else if (++run === 16) {
      put(0xf0);
      run = 0;
    }
  }
  if (last === band.length - 1) return;
  known = band.slice(last + 1).filter((value) => value !== 0);
  put(0x00);
}

/** A CT slice that holds the frame, in one fragment or as many as given. */
export function compressedSlice(
  transferSyntax: string,
  fragments: Uint8Array | readonly Uint8Array[],
  layout: PixelLayout,
  elements: Elements = {},
): Uint8Array {
  return writeDicom(
    ctElements({
      rows: layout.rows,
      columns: layout.columns,
      elements: {
        '00280100': ['US', layout.bitsAllocated],
        '00280101': ['US', layout.bitsStored],
        '00280102': ['US', layout.highBit],
        '00280103': ['US', layout.signed ? 1 : 0],
        '7fe00010': ['OB', { fragments: fragments instanceof Uint8Array ? [fragments] : fragments }],
        ...elements,
      },
    }),
    { transferSyntax },
  );
}
