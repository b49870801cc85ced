/** Decodes JPEG lossless frames of one component: every predictor, point transform and restarts (ITU-T T.81 annex H). */
import type { PixelLayout } from '../transferSyntax.ts';
import { EntropyReader, readHuffmanTable, readScan } from './jpegEntropy.ts';
import { frameMarkers, readJpegHeader } from './jpegHeader.ts';
import { checkImage, damaged, type Samples } from './samples.ts';

/** Ss → prediction from the left, upper and upper-left neighbour (table H.1). */
const predictors: Readonly<Record<number, (left: number, above: number, corner: number) => number>> = {
  1: (left) => left,
  2: (_, above) => above,
  3: (_, __, corner) => corner,
  4: (left, above, corner) => left + above - corner,
  5: (left, above, corner) => left + ((above - corner) >> 1),
  6: (left, above, corner) => above + ((left - corner) >> 1),
  7: (left, above) => (left + above) >> 1,
};

/** @throws PrecedentError `unreadable` when the codestream is damaged or is not the image of the layout */
export function decodeJpegLossless(frame: Uint8Array, layout: PixelLayout): Samples {
  const header = readJpegHeader(frame, 'JPEG');
  const { rows, columns, precision } = header;
  if (header.frame !== frameMarkers.lossless) throw damaged('JPEG');
  checkImage(header, layout, 'JPEG');
  const { dcTable, first, low: pointTransform, restartInterval } = readScan(header.segments);
  const predict = predictors[first];
  if (!predict || precision > 16 || pointTransform >= precision) throw damaged('JPEG');
  // A restart begins a line (H.1.1).
  if (restartInterval % columns !== 0) throw damaged('JPEG');
  const table = readHuffmanTable(header.segments, 0, dcTable);
  const bits = new EntropyReader(frame, header.segments[header.segments.length - 1].end);
  const linesPerRestart = restartInterval / columns || rows;
  const values = new Uint16Array(rows * columns);
  for (let row = 0, n = 0; row < rows; row++) {
    const firstLine = row % linesPerRestart === 0;
    if (firstLine && row > 0) bits.restart();
    for (let column = 0; column < columns; column++, n++) {
      let prediction: number;
      if (column > 0) {
        const left = values[n - 1];
        prediction = firstLine ? left : predict(left, values[n - columns], values[n - columns - 1]);
      } else prediction = firstLine ? 1 << (precision - pointTransform - 1) : values[n - columns];
      // The array keeps the sum modulo 2^16, as H.1.2.1 asks.
      values[n] = prediction + bits.difference(bits.symbol(table));
    }
  }
  bits.end();
  if (pointTransform > 0) for (let n = 0; n < values.length; n++) values[n] <<= pointTransform;
  return { values, precision };
}
