/** Writes small DICOM Segmentations for tests, valid or deliberately odd. */
import { type DicomValue, type Elements, type WriteOptions, writeDicom } from './dicomWriter.ts';

export interface TestFrame {
  readonly segment?: number;
  readonly position: readonly [number, number, number];
  /** One value a pixel, row by row. */
  readonly pixels: readonly number[];
}

export interface TestSeg {
  readonly rows: number;
  readonly columns: number;
  readonly frames: readonly TestFrame[];
  readonly segments: readonly {
    readonly number: number;
    readonly label: string;
    readonly category?: string;
  }[];
  readonly type?: 'BINARY' | 'FRACTIONAL' | 'LABELMAP' | 'OTHER';
  readonly orientation?: readonly number[];
  /** Pixel Spacing: between rows, between columns. */
  readonly pixelSpacing?: readonly [number, number];
  readonly sliceSpacing?: number;
  readonly sliceThickness?: number;
  readonly maximum?: number;
  /** Orientation and pixel measures in every frame instead of shared by all. */
  readonly perFrame?: boolean;
  readonly pixelData?: DicomValue;
  readonly elements?: Elements;
}

/** Bits run on from frame to frame, the first pixel in the least significant one. */
export function packBits(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (const [n, value] of values.entries()) bytes[n >> 3] |= value << (n & 7);
  return bytes;
}

/** A segmentation on the series of `ctSlice`. */
export function dicomSeg(seg: TestSeg, options: WriteOptions = {}): Uint8Array {
  const {
    type = 'BINARY',
    orientation = [1, 0, 0, 0, 1, 0],
    pixelSpacing = [1, 1],
    frames,
    maximum = 255,
  } = seg;
  const values = frames.flatMap(({ pixels }) => pixels);
  const groups: Elements = {
    '00209116': ['SQ', [{ '00200037': ['DS', orientation.join('\\')] }]],
    '00289110': [
      'SQ',
      [
        {
          '00180050': seg.sliceThickness === undefined ? undefined : ['DS', String(seg.sliceThickness)],
          '00180088': seg.sliceSpacing === undefined ? undefined : ['DS', String(seg.sliceSpacing)],
          '00280030': ['DS', pixelSpacing.join('\\')],
        },
      ],
    ],
  };
  const isBinary = type === 'BINARY';
  return writeDicom(
    {
      '00080005': ['CS', 'ISO_IR 192'],
      '00080016': ['UI', `1.2.840.10008.5.1.4.1.1.66.${type === 'LABELMAP' ? 7 : 4}`],
      '00080018': ['UI', '1.2.3.10'],
      '00080060': ['CS', 'SEG'],
      '00081115': ['SQ', [{ '0020000e': ['UI', '1.2.3.2'] }]],
      '0020000d': ['UI', '1.2.3.1'],
      '00200052': ['UI', '1.2.3.3'],
      '00280002': ['US', 1],
      '00280004': ['CS', 'MONOCHROME2'],
      '00280008': ['IS', String(frames.length)],
      '00280010': ['US', seg.rows],
      '00280011': ['US', seg.columns],
      '00280100': ['US', isBinary ? 1 : 8],
      '00280101': ['US', isBinary ? 1 : 8],
      '00280102': ['US', isBinary ? 0 : 7],
      '00280103': ['US', 0],
      '00620001': ['CS', type],
      '00620002': [
        'SQ',
        seg.segments.map(({ number, label, category }) => ({
          '00620003':
            category === undefined
              ? undefined
              : (['SQ', [{ '00080100': ['SH', category], '00080102': ['SH', 'SCT'] }]] as const),
          '00620004': ['US', number] as const,
          '00620005': ['LO', Buffer.from(label, 'utf8')] as const,
        })),
      ],
      '0062000e': ['US', maximum],
      '52009229': ['SQ', [seg.perFrame ? {} : groups]],
      '52009230': [
        'SQ',
        frames.map(({ segment, position }) => ({
          ...(seg.perFrame ? groups : {}),
          '00209113': ['SQ', [{ '00200032': ['DS', position.join('\\')] }]] as const,
          '0062000a':
            segment === undefined ? undefined : (['SQ', [{ '0062000b': ['US', segment] }]] as const),
        })),
      ],
      '7fe00010': ['OB', seg.pixelData ?? (isBinary ? packBits(values) : Uint8Array.from(values))],
      ...seg.elements,
    },
    options,
  );
}
