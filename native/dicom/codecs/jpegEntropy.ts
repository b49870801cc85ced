/** Reads the Huffman-coded bits of a JPEG scan (ITU-T T.81 annexes B, C and F), strictly: what is not there is not made up. */
import type { JpegSegment } from './jpegHeader.ts';
import { damaged, maxUnreadBytes } from './samples.ts';

const codec = 'JPEG';
const marker = { defineHuffman: 0xc4, startOfScan: 0xda, restartInterval: 0xdd, restart: 0xd0 } as const;
/** Longest code (bits), and so the index width of a look-up table. */
const maxCodeLength = 16;

/** Next 16 bits → symbol · 256 + length of its code; 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

/** What the header of a scan of one component says. */
export interface Scan {
  readonly dcTable: number;
  readonly acTable: number;
  /** Ss, Se: the band of coefficients; in lossless JPEG Ss is the predictor. */
  readonly first: number;
  readonly last: number;
  /** Ah, Al: successive approximation; in lossless JPEG Al is the point transform. */
  readonly high: number;
  readonly low: number;
  /** MCUs between restart markers, 0 for none. */
  readonly restartInterval: number;
}

/** The scan header of the last segment. @throws PrecedentError `unreadable` unless it is of exactly one component */
export function readScan(segments: readonly JpegSegment[]): Scan {
  const body = segments[segments.length - 1]?.body;
  const interval = segments.findLast((segment) => segment.marker === marker.restartInterval)?.body;
  if (body?.length !== 6 || body[0] !== 1 || (interval && interval.length !== 2)) throw damaged(codec);
  return {
    dcTable: body[2] >> 4,
    acTable: body[2] & 15,
    first: body[3],
    last: body[4],
    high: body[5] >> 4,
    low: body[5] & 15,
    restartInterval: interval ? (interval[0] << 8) | interval[1] : 0,
  };
}

/**
 * The Huffman table of a class (0: DC and lossless, 1: AC) and number.
 * @throws PrecedentError `unreadable` when it is missing or its codes do not fit their lengths
 */
export function readHuffmanTable(
  segments: readonly JpegSegment[],
  tableClass: 0 | 1,
  number: number,
): HuffmanTable {
  let found: HuffmanTable | undefined;
  for (const { body } of segments.filter((segment) => segment.marker === marker.defineHuffman)) {
    for (let at = 0; at < body.length; ) {
      const counts = body.subarray(at + 1, at + 1 + maxCodeLength);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const symbols = body.subarray(at + 1 + maxCodeLength, at + 1 + maxCodeLength + total);
      if (counts.length < maxCodeLength || symbols.length < total) throw damaged(codec);
      if (body[at] === (tableClass << 4) + number) found = buildTable(counts, symbols);
      at += 1 + maxCodeLength + total;
    }
  }
  if (!found) throw damaged(codec);
  return found;
}

/** Codes are consecutive within a length and continue, doubled, at the next (annex C). */
function buildTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(2 ** maxCodeLength);
  let next = 0;
  let symbol = 0;
  for (let length = 1; length <= maxCodeLength; length++) {
    const width = 2 ** (maxCodeLength - length);
    for (let n = 0; n < counts[length - 1]; n++, next += width) {
      if (next + width > table.length) throw damaged(codec);
      table.fill(symbols[symbol++] * 256 + length, next, next + width);
    }
  }
  return table;
}

/** The bits of a scan, without stuffed zeros, up to each marker. */
export class EntropyReader {
  readonly #bytes: Uint8Array;
  #at: number;
  /** The lowest `#count` bits are still to be read; the last `#padding` of them stand for bits after the data's end. */
  #bits = 0;
  #count = 0;
  #padding = 0;
  #restarts = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** The next symbol. @throws PrecedentError `unreadable` when no code matches or the data end */
  symbol(table: HuffmanTable): number {
    this.#fill();
    const entry = table[(this.#bits >>> (this.#count - maxCodeLength)) & 0xffff];
    const length = entry & 255;
    if (length === 0) throw damaged(codec);
    this.#drop(length);
    return entry >> 8;
  }

  /** A difference of `category` 0…16 (T.81 tables F.1 and H.2); 16 has no bits of its own. */
  difference(category: number): number {
    if (category === 0) return 0;
    if (category === 16) return 32768;
    if (category > 16) throw damaged(codec);
    const value = this.take(category);
    return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
  }

  /** The next `length` bits, up to 16, as they are. */
  take(length: number): number {
    if (length === 0) return 0;
    this.#fill();
    const value = (this.#bits >>> (this.#count - length)) & ((1 << length) - 1);
    this.#drop(length);
    return value;
  }

  /** Goes on after the next restart marker, which must be the one that is due. */
  restart(): void {
    if (this.#count - this.#padding >= 8) throw damaged(codec);
    while (this.#bytes[this.#at] === 0xff && this.#bytes[this.#at + 1] === 0xff) this.#at++;
    const due = marker.restart + (this.#restarts++ & 7);
    if (this.#bytes[this.#at] !== 0xff || this.#bytes[this.#at + 1] !== due) throw damaged(codec);
    this.#at += 2;
    this.#bits = 0;
    this.#count = 0;
    this.#padding = 0;
  }

  /**
   * To be called after the last value: where the marker after the scan is.
   * @throws PrecedentError `unreadable` when much of the scan is left over
   */
  end(): number {
    let left = (this.#count - this.#padding) >> 3;
    for (let at = this.#at; left <= maxUnreadBytes; at++, left++) {
      if ((this.#bytes[at] ?? 0xff) === 0xff && this.#bytes[at + 1] !== 0) return at;
    }
    throw damaged(codec);
  }

  #fill(): void {
    while (this.#count <= 24) {
      const byte = this.#bytes[this.#at] ?? 0xff;
      const isData = byte !== 0xff || this.#bytes[this.#at + 1] === 0;
      if (isData) this.#at += byte === 0xff ? 2 : 1;
      else this.#padding += 8;
      this.#bits = (this.#bits << 8) | (isData ? byte : 0);
      this.#count += 8;
    }
  }

  #drop(length: number): void {
    this.#count -= length;
    if (this.#count < this.#padding) throw damaged(codec);
  }
}
