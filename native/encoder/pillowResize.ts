/** Resizes 8-bit pictures as Pillow does, bit for bit: what a model saw in training is what it must see here. */

/** One channel of 8 bits, row-major. */
export interface GreyPicture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}
/** The outputs `first` … `first + count − 1` of a line that is resized to `length`. */
export interface Stretch {
  readonly length: number;
  readonly first: number;
  readonly count: number;
}

/** Where each output takes its inputs from, and their weights as integers of `fractionBits` binary places. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `widest` weights for each output. */
  readonly weights: Int32Array;
  readonly widest: number;
}

/** Pillow's 8-bit arithmetic (Resample.c): 32 bits less those of a pixel and two for what the negative lobes overshoot. */
const fractionBits = 32 - 8 - 2;

/** Keys' cubic convolution kernel (IEEE TASSP 29, 1981) with a = −0.5, as Pillow has it. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}
const bicubicSupport = 2;

/** When a line becomes shorter, the kernel is widened by the ratio: Pillow's antialiasing. */
function bicubicTaps(from: number, { length, first, count }: Stretch): Taps {
  const scale = from / length;
  const widening = Math.max(1, scale);
  const support = bicubicSupport * widening;
  const widest = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * widest);
  const line = new Float64Array(widest);
  for (let n = 0; n < count; n++) {
    const center = (first + n + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      line[t] = bicubic((t + start - center + 0.5) * (1 / widening));
      sum += line[t];
    }
    for (let t = 0; t < taps; t++) {
      const weight = sum === 0 ? line[t] : line[t] / sum;
      weights[n * widest + t] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** fractionBits);
    }
    starts[n] = start;
    counts[n] = taps;
  }
  return { starts, counts, weights, widest };
}

/**
 * The part of the picture, resized to `columns.length` × `rows.length` by Pillow's `Image.resize(…, BICUBIC)`, that the two
 * stretches name. Rows are resized first and rounded to 8 bits, then columns; a side that keeps its length is left as it is.
 */
export function resizeBicubic(picture: GreyPicture, columns: Stretch, rows: Stretch): GreyPicture {
  return resizeColumns(resizeRows(picture, columns), rows);
}

function resizeRows({ pixels, width, height }: GreyPicture, columns: Stretch): GreyPicture {
  const { first, count } = columns;
  const out = new Uint8Array(count * height);
  if (columns.length === width) {
    for (let y = 0; y < height; y++) {
      out.set(pixels.subarray(y * width + first, y * width + first + count), y * count);
    }
    return { pixels: out, width: count, height };
  }
  const { starts, counts, weights, widest } = bicubicTaps(width, columns);
  for (let y = 0; y < height; y++) {
    for (let n = 0; n < count; n++) {
      const start = y * width + starts[n];
      let sum = 1 << (fractionBits - 1);
      for (let t = 0; t < counts[n]; t++) {
        sum = (sum + Math.imul(pixels[start + t], weights[n * widest + t])) | 0;
      }
      out[y * count + n] = clip8(sum);
    }
  }
  return { pixels: out, width: count, height };
}

function resizeColumns({ pixels, width, height }: GreyPicture, rows: Stretch): GreyPicture {
  const { first, count } = rows;
  if (rows.length === height) {
    return { pixels: pixels.slice(first * width, (first + count) * width), width, height: count };
  }
  const out = new Uint8Array(width * count);
  const { starts, counts, weights, widest } = bicubicTaps(height, rows);
  const sums = new Int32Array(width);
  for (let n = 0; n < count; n++) {
    sums.fill(1 << (fractionBits - 1));
    for (let t = 0; t < counts[n]; t++) {
      const weight = weights[n * widest + t];
      const start = (starts[n] + t) * width;
      for (let x = 0; x < width; x++) sums[x] += Math.imul(pixels[start + x], weight);
    }
    for (let x = 0; x < width; x++) out[n * width + x] = clip8(sums[x]);
  }
  return { pixels: out, width, height: count };
}

function clip8(sum: number): number {
  return Math.min(255, Math.max(0, sum >> fractionBits));
}
