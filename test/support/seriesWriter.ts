/** Writes whole CT series whose values are a linear ramp in patient space: the truth of every voxel, also of one between slices, is a formula. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Elements, type WriteOptions, writeDicom } from './dicomWriter.ts';

export type Point = readonly [x: number, y: number, z: number];

/** HU = base + perMm · position (LPS, mm). */
export interface Ramp {
  readonly base: number;
  readonly perMm: Point;
}

export interface SeriesOptions extends WriteOptions {
  /** PatientID; study, series and instance UIDs are derived from it. */
  readonly patient: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly slices?: number;
  /** Between rows, between columns (mm). */
  readonly pixelSpacing?: readonly [number, number];
  /** How far the table moves from slice to slice (mm): one number, or one for each gap. */
  readonly step?: number | readonly number[];
  /** The gantry's tilt in degrees: slices lean about the x axis while the table still moves along z. */
  readonly tilt?: number;
  readonly origin?: Point;
  readonly ramp?: Ramp;
  /** Largest deviation in HU that is added to each value, drawn from a seeded sequence; 0 unless told. */
  readonly noise?: number;
  readonly elements?: Elements;
}

export interface WrittenSlice {
  readonly name: string;
  readonly position: Point;
  readonly bytes: Uint8Array;
}

export const defaultRamp: Ramp = { base: 100, perMm: [3, -2, 1.5] };
const intercept = -4096;

/** A UID that is the same for the same name (PS3.5 section B.2). */
export function uidOf(name: string): string {
  return `2.25.${BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 28)}`)}`;
}

/** The slices of a series, each made when it is asked for; unless told otherwise 12 slices of 48 × 40 at 0.8 × 0.7 mm, 2.5 mm apart. */
export function* rampSeries(options: SeriesOptions): Generator<WrittenSlice> {
  const { patient, rows = 40, columns = 48, slices = 12, pixelSpacing = [0.8, 0.7], step = 2.5 } = options;
  const { tilt = 0, origin = [-20, -30, -40], ramp = defaultRamp, noise = 0 } = options;
  const angle = (tilt * Math.PI) / 180;
  const column: Point = [0, Math.cos(angle), Math.sin(angle)];
  const random = sequence(patient);
  let z = origin[2];
  for (let k = 0; k < slices; k++) {
    const position: Point = [origin[0], origin[1], Number(z.toFixed(6))];
    const stored = new Uint16Array(rows * columns);
    for (let j = 0, n = 0; j < rows; j++) {
      const y = position[1] + j * pixelSpacing[0] * column[1];
      const height = position[2] + j * pixelSpacing[0] * column[2];
      const start = ramp.base + ramp.perMm[0] * position[0] + ramp.perMm[1] * y + ramp.perMm[2] * height;
      const perColumn = ramp.perMm[0] * pixelSpacing[1];
      for (let i = 0; i < columns; i++, n++) {
        const off = noise === 0 ? 0 : (random() % (2 * noise + 1)) - noise;
        stored[n] = Math.round(start + i * perColumn) + off - intercept;
      }
    }
    const number = String(k + 1);
    const sop = uidOf(`${patient} slice ${k}`);
    yield {
      name: `${number.padStart(4, '0')}.dcm`,
      position,
      bytes: writeDicom(
        {
          '00080005': ['CS', 'ISO_IR 100'],
          '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
          '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2'],
          '00080018': ['UI', sop],
          '00080020': ['DA', '20200102'],
          '00080060': ['CS', 'CT'],
          '00100010': ['PN', 'Phantom^Ramp'],
          '00100020': ['LO', patient],
          '00180050': ['DS', '2.5'],
          '0020000d': ['UI', uidOf(`${patient} study`)],
          '0020000e': ['UI', uidOf(`${patient} series`)],
          '00200011': ['IS', '1'],
          '00200013': ['IS', number],
          '00200032': ['DS', position.map(decimal).join('\\')],
          '00200037': ['DS', [1, 0, 0, ...column].map(decimal).join('\\')],
          '00200052': ['UI', uidOf(`${patient} frame`)],
          '00280002': ['US', 1],
          '00280004': ['CS', 'MONOCHROME2'],
          '00280010': ['US', rows],
          '00280011': ['US', columns],
          '00280030': ['DS', pixelSpacing.join('\\')],
          '00280100': ['US', 16],
          '00280101': ['US', 16],
          '00280102': ['US', 15],
          '00280103': ['US', 0],
          '00281052': ['DS', String(intercept)],
          '00281053': ['DS', '1'],
          '00281054': ['LO', 'HU'],
          '7fe00010': ['OW', new Uint8Array(stored.buffer)],
          ...options.elements,
        },
        options,
      ),
    };
    z += typeof step === 'number' ? step : (step[k] ?? 0);
  }
}

/** Writes the slices of a series into a folder; returns how many bytes. */
export async function writeRampSeries(folder: string, options: SeriesOptions): Promise<number> {
  await mkdir(folder, { recursive: true });
  let bytes = 0;
  for (const slice of rampSeries(options)) {
    await writeFile(join(folder, slice.name), slice.bytes);
    bytes += slice.bytes.length;
  }
  return bytes;
}

/** At most 16 characters, as DS allows. */
function decimal(value: number): string {
  return String(Number(value.toFixed(10)));
}

/** A linear congruential sequence: good enough for noise, and cheap for millions of voxels. */
function sequence(name: string): () => number {
  let state = createHash('sha256').update(name).digest().readUInt32LE(0);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
