/** Decodes 12-bit JPEG Extended (sequential DCT, Huffman) frames of one component. */
import type { PixelLayout } from '../transferSyntax.ts';
import { readQuantization, writeBlock, zigzag } from './jpegDct.ts';
import { EntropyReader, readHuffmanTable, readScan } from './jpegEntropy.ts';
import { readJpegHeader } from './jpegHeader.ts';
import { checkImage, damaged, type Samples } from './samples.ts';

/** @throws PrecedentError `unreadable` when the codestream is damaged or is not the image of the layout */
export function decodeJpegExtended12(frame: Uint8Array, layout: PixelLayout): Samples {
  const header = readJpegHeader(frame, 'JPEG');
  checkImage(header, layout, 'JPEG');
  const { rows, columns } = header;
  const scan = readScan(header.segments);
  if (header.precision !== 12 || scan.first !== 0 || scan.last !== 63 || scan.high !== 0 || scan.low !== 0) {
    throw damaged('JPEG');
  }
  const dcTable = readHuffmanTable(header.segments, 0, scan.dcTable);
  const acTable = readHuffmanTable(header.segments, 1, scan.acTable);
  const quantization = readQuantization(header.segments);
  const bits = new EntropyReader(frame, header.segments[header.segments.length - 1].end);
  const values = new Uint16Array(rows * columns);
  const block = new Int32Array(64);
  let dc = 0;
  let decoded = 0;
  for (let row = 0; row < rows; row += 8) {
    for (let column = 0; column < columns; column += 8, decoded++) {
      if (scan.restartInterval > 0 && decoded > 0 && decoded % scan.restartInterval === 0) {
        bits.restart();
        dc = 0;
      }
      block.fill(0);
      dc += bits.difference(bits.symbol(dcTable));
      block[0] = dc * quantization[0];
      for (let k = 1; k < 64; k++) {
        const symbol = bits.symbol(acTable);
        const size = symbol & 15;
        const run = symbol >> 4;
        if (size === 0 && run < 15) break;
        k += run;
        if (k > 63) throw damaged('JPEG');
        if (size > 0) block[zigzag[k]] = bits.difference(size) * quantization[k];
      }
      writeBlock(values, header, row, column, block);
    }
  }
  bits.end();
  return { values, precision: 12 };
}
