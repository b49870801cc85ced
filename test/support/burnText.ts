/** Draws letters into generated pictures, as a scanner that burns its annotation in would. */

/** Seven rows of five pixels each, top row first, the left pixel in bit 4. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  E: [31, 16, 16, 30, 16, 16, 31],
  H: [17, 17, 17, 31, 17, 17, 17],
  N: [17, 25, 21, 19, 17, 17, 17],
  R: [30, 17, 17, 30, 20, 18, 17],
  U: [17, 17, 17, 17, 17, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '9': [14, 17, 17, 15, 1, 1, 14],
};

interface Placing {
  /** Left and top of the first letter, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly value: number;
}

/** Letters without a shape above are blanks. */
export function drawText(stored: Int32Array, columns: number, text: string, placing: Placing): void {
  const { x, y, scale, value } = placing;
  for (const [n, letter] of [...text].entries()) {
    for (let v = 0; v < 7 * scale; v++) {
      for (let u = 0; u < 5 * scale; u++) {
        const bits = glyphs[letter]?.[Math.floor(v / scale)] ?? 0;
        const column = x + n * 6 * scale + u;
        if ((bits >> (4 - Math.floor(u / scale))) & 1 && column < columns)
          stored[(y + v) * columns + column] = value;
      }
    }
  }
}
