/**
 * Decodes 12-bit progressive JPEG (spectral selection and successive approximation, Huffman) frames of one component:
 * ITU-T T.81 annex G.
 */
import type { PixelLayout } from '../transferSyntax.ts';
import { readQuantization, writeBlock, zigzag } from './jpegDct.ts';
import { EntropyReader, type HuffmanTable, readHuffmanTable, readScan, type Scan } from './jpegEntropy.ts';
import { type JpegSegment, maxScans, readJpegHeader, readSegments, tooManyScans } from './jpegHeader.ts';
import { checkImage, damaged, type Samples } from './samples.ts';

/** Reads what a scan says of one block of coefficients, which lie in zigzag order. */
type ReadBlock = (block: Int16Array) => void;
interface ScanReader {
  readonly read: ReadBlock;
  readonly restart: () => void;
}

/**
 * @throws PrecedentError `unreadable` when the codestream is damaged or is not the image of the layout, `limit` when it
 * has too many scans
 */
export function decodeJpegProgressive12(frame: Uint8Array, layout: PixelLayout): Samples {
  const header = readJpegHeader(frame, 'JPEG');
  checkImage(header, layout, 'JPEG');
  if (header.precision !== 12) throw damaged('JPEG');
  const { rows, columns } = header;
  const blocks = Math.ceil(rows / 8) * Math.ceil(columns / 8);
  const coefficients = new Int16Array(64 * blocks);
  const segments: JpegSegment[] = [...header.segments];
  for (let scans = 1; ; scans++) {
    const bits = new EntropyReader(frame, segments[segments.length - 1].end);
    const scan = readScan(segments);
    const { read, restart } = scanReader(scan, bits, segments);
    for (let n = 0; n < blocks; n++) {
      if (scan.restartInterval > 0 && n > 0 && n % scan.restartInterval === 0) {
        bits.restart();
        restart();
      }
      read(coefficients.subarray(64 * n, 64 * n + 64));
    }
    const next = readSegments(frame, bits.end(), 'JPEG');
    if (!next) break;
    if (scans === maxScans) throw tooManyScans();
    segments.push(...next);
  }
  const quantization = readQuantization(segments);
  const values = new Uint16Array(rows * columns);
  const block = new Int32Array(64);
  for (let row = 0, n = 0; row < rows; row += 8) {
    for (let column = 0; column < columns; column += 8, n += 64) {
      for (let k = 0; k < 64; k++) block[zigzag[k]] = coefficients[n + k] * quantization[k];
      writeBlock(values, header, row, column, block);
    }
  }
  return { values, precision: 12 };
}

function scanReader(scan: Scan, bits: EntropyReader, segments: readonly JpegSegment[]): ScanReader {
  const { first, last, high, low } = scan;
  if (last > 63 || first > last || (first === 0 && last > 0) || low > 13) throw damaged('JPEG');
  if (high !== 0 && high !== low + 1) throw damaged('JPEG');
  if (first === 0) {
    if (high > 0) return { read: (block) => (block[0] |= bits.take(1) << low), restart: () => {} };
    return firstDc(bits, readHuffmanTable(segments, 0, scan.dcTable), low);
  }
  const table = readHuffmanTable(segments, 1, scan.acTable);
  return high === 0 ? firstAc(scan, bits, table) : refinedAc(scan, bits, table);
}

function firstDc(bits: EntropyReader, table: HuffmanTable, low: number): ScanReader {
  let dc = 0;
  return {
    read: (block) => {
      dc += bits.difference(bits.symbol(table));
      block[0] = dc << low;
    },
    restart: () => {
      dc = 0;
    },
  };
}

function firstAc({ first, last, low }: Scan, bits: EntropyReader, table: HuffmanTable): ScanReader {
  /** Blocks to come of which the scan says nothing. */
  let empty = 0;
  return {
    read: (block) => {
      if (empty > 0) {
        empty--;
        return;
      }
      for (let k = first; k <= last; k++) {
        const symbol = bits.symbol(table);
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size === 0 && run < 15) {
          empty = (1 << run) - 1 + bits.take(run);
          return;
        }
        k += run;
        if (size === 0) continue;
        if (k > last) throw damaged('JPEG');
        block[k] = bits.difference(size) << low;
      }
    },
    restart: () => {
      empty = 0;
    },
  };
}

/** A further bit of the coefficients that are known, and the first of those that were zero (section G.1.2.3). */
function refinedAc({ first, last, low }: Scan, bits: EntropyReader, table: HuffmanTable): ScanReader {
  let empty = 0;
  const refine = (block: Int16Array, k: number): void => {
    if (bits.take(1) === 1) block[k] += block[k] > 0 ? 1 << low : -(1 << low);
  };
  return {
    read: (block) => {
      let k = first;
      while (k <= last && empty === 0) {
        const symbol = bits.symbol(table);
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size > 1) throw damaged('JPEG');
        if (size === 0 && run < 15) {
          empty = (1 << run) + bits.take(run);
          break;
        }
        const value = size === 0 ? 0 : bits.take(1) === 1 ? 1 << low : -(1 << low);
        for (let zeros = 0; k <= last; k++) {
          if (block[k] !== 0) refine(block, k);
          else if (zeros++ === run) break;
        }
        if (value !== 0) {
          if (k > last) throw damaged('JPEG');
          block[k] = value;
        }
        k++;
      }
      if (empty === 0) return;
      for (; k <= last; k++) if (block[k] !== 0) refine(block, k);
      empty--;
    },
    restart: () => {
      empty = 0;
    },
  };
}
