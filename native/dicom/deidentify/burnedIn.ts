/** Says why an image may carry writing in its pixels. It only flags: de-identification never changes a picture. */

/** What the flags go by; a `DicomHeader` is one. */
export interface BurnedInHeader {
  readonly sopClassUid?: string;
  readonly modality?: string;
  readonly imageType?: readonly string[];
  /** (0028,0301) */
  readonly burnedInAnnotation?: string;
  /** (0008,0064): how a picture that was no DICOM object became one */
  readonly conversionType?: string;
}

interface Flag {
  readonly reason: string;
  readonly applies: (header: BurnedInHeader) => boolean;
}

const flags: readonly Flag[] = [
  {
    reason: 'the file declares burned-in annotation',
    applies: ({ burnedInAnnotation }) => burnedInAnnotation?.trim().toUpperCase() === 'YES',
  },
  {
    reason: 'a secondary capture',
    applies: ({ sopClassUid, conversionType }) =>
      /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.[1-4])?$/.test(sopClassUid ?? '') ||
      Boolean(conversionType?.trim()),
  },
  {
    reason: 'a modality that writes into its pictures',
    applies: ({ modality }) =>
      /^(US|IVUS|ES|XC|GM|OT|DOC|SC|SMR)$/.test(modality?.trim().toUpperCase() ?? ''),
  },
  {
    reason: 'an image type of captured screens and reports',
    applies: ({ imageType = [] }) =>
      imageType.some((term) => /SCREEN|CAPTURE|SNAPSHOT|REPORT|DOSE ?INFO|PROTOCOL/i.test(term)),
  },
];

/** The reasons to look at the picture before it is passed on; empty when the header gives none. */
export function burnedInRisk(header: BurnedInHeader): readonly string[] {
  return flags.filter(({ applies }) => applies(header)).map(({ reason }) => reason);
}

/** Text is looked for in this outer part of each side. */
const margin = 0.25;
const glyphHeights = { least: 5, most: 40 };
const glyphsInLine = 5;

interface Glyph {
  left: number;
  right: number;
  top: number;
  bottom: number;
  count: number;
}

/**
 * Whether a slice has a line of writing in its margins: at least five shapes of thin strokes side by side, all of them at
 * the slice's very highest value, of one height and on one baseline. Writing at another value is not found.
 * @param stored rows · columns values, row by row
 */
export function hasTextInMargins(stored: Int32Array, rows: number, columns: number): boolean {
  let highest = stored[0] ?? 0;
  for (const value of stored) if (value > highest) highest = value;
  const [marginX, marginY] = [Math.floor(columns * margin), Math.floor(rows * margin)];
  const mask = new Uint8Array(rows * columns);
  let marked = 0;
  for (let n = 0; n < mask.length; n++) {
    const [y, x] = [Math.floor(n / columns), n % columns];
    const outside = x < marginX || x >= columns - marginX || y < marginY || y >= rows - marginY;
    if (outside && stored[n] === highest) {
      mask[n] = 1;
      marked++;
    }
  }
  // Writing covers little; what covers more is a saturated or constant area.
  if (marked > mask.length / 20) return false;
  const glyphs = shapes(mask, rows, columns).filter(isGlyph);
  return glyphs.some((glyph) => lineLength(glyph, glyphs) >= glyphsInLine);
}

function isGlyph({ left, right, top, bottom, count }: Glyph): boolean {
  const [width, height] = [right - left + 1, bottom - top + 1];
  if (height < glyphHeights.least || height > glyphHeights.most || width > 1.5 * height) return false;
  return count <= 0.8 * width * height || 4 * width <= height + 3;
}

/** How many glyphs stand on the baseline of this one, from it to the right without a wide gap. */
function lineLength(first: Glyph, glyphs: readonly Glyph[]): number {
  const height = first.bottom - first.top + 1;
  const line = glyphs
    .filter(
      (glyph) =>
        glyph.left >= first.left &&
        Math.abs(glyph.bottom - first.bottom) <= 1 &&
        Math.abs(glyph.bottom - glyph.top + 1 - height) <= Math.max(1, height / 4),
    )
    .sort((a, b) => a.left - b.left);
  const end = line.findIndex((glyph, n) => n > 0 && glyph.left - line[n - 1].right > 2 * height);
  return end < 0 ? line.length : end;
}

/** The 8-connected shapes of a mask, which is used up. */
function shapes(mask: Uint8Array, rows: number, columns: number): readonly Glyph[] {
  const found: Glyph[] = [];
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] === 0) continue;
    const shape: Glyph = { left: columns, right: 0, top: rows, bottom: 0, count: 0 };
    const open = [n];
    mask[n] = 0;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [y, x] = [Math.floor(at / columns), at % columns];
      shape.left = Math.min(shape.left, x);
      shape.right = Math.max(shape.right, x);
      shape.top = Math.min(shape.top, y);
      shape.bottom = Math.max(shape.bottom, y);
      shape.count++;
      for (let v = Math.max(0, y - 1); v <= Math.min(rows - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
          if (mask[v * columns + u] === 1) {
            mask[v * columns + u] = 0;
            open.push(v * columns + u);
          }
        }
      }
    }
    found.push(shape);
  }
  return found;
}
