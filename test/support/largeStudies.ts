/** Generated studies as large as a scanner's: a noisy body with one round lesion each, written as NRRD with its mask. */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, type Random } from '../../native/random.ts';

export interface LargeStudy {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

const spacing = [0.7, 0.7, 1] as const;
const lesionRadiusMm = 12;
/** A prime, so that the noise of one row is not that of the next. */
const noiseLength = 65_537;

/** Writes NAME.nrrd (HU) and NAME_mask.nrrd into the folder; the lesion lies in the middle slice, at a third of a row. */
export async function writeLargeStudy(folder: string, seed: number, study: LargeStudy): Promise<void> {
  const { name, columns, rows, slices } = study;
  await mkdir(folder, { recursive: true });
  const random = createRandom(seed, name);
  const noise = Int16Array.from({ length: noiseLength }, () => Math.round(random.normal(0, 12)));
  const organs = Array.from({ length: 12 }, () => organ(random));
  const lesion = [columns / 3, rows / 2, slices / 2] as const;
  const image = await open(join(folder, `${name}.nrrd`), 'w');
  const mask = await open(join(folder, `${name}_mask.nrrd`), 'w');
  await image.writeFile(header(study, 'short'));
  await mask.writeFile(header(study, 'uint8'));
  for (let k = 0, at = 0; k < slices; k++) {
    const values = new Int16Array(columns * rows);
    const bits = new Uint8Array(columns * rows);
    for (let j = 0, n = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++, n++, at++) {
        const [x, y, z] = [(2 * i) / columns - 1, (2 * j) / rows - 1, (2 * k) / slices - 1];
        let hu = (x * x) / 0.8 + (y * y) / 0.5 > 1 ? -1000 : 20;
        if (hu > -1000) for (const o of organs) if (inside(o, x, y, z)) hu = o.hu;
        const mm = Math.hypot(
          (i - lesion[0]) * spacing[0],
          (j - lesion[1]) * spacing[1],
          (k - lesion[2]) * spacing[2],
        );
        if (mm < lesionRadiusMm) {
          hu = 90 + 10 * seed;
          bits[n] = 1;
        }
        values[n] = hu + noise[at % noiseLength];
      }
    }
    await image.writeFile(new Uint8Array(values.buffer));
    await mask.writeFile(bits);
  }
  await image.close();
  await mask.close();
}

interface Organ {
  readonly centre: readonly [number, number, number];
  readonly radius: readonly [number, number, number];
  readonly hu: number;
}

function organ(random: Random): Organ {
  const place = () => random.range(-0.6, 0.6);
  const size = () => random.range(0.1, 0.35);
  return {
    centre: [place(), place(), place()],
    radius: [size(), size(), size()],
    hu: random.pick([-850, -100, 45, 60, 110, 400]),
  };
}

function inside({ centre: c, radius: r }: Organ, x: number, y: number, z: number): boolean {
  return ((x - c[0]) / r[0]) ** 2 + ((y - c[1]) / r[1]) ** 2 + ((z - c[2]) / r[2]) ** 2 < 1;
}

function header({ columns, rows, slices }: LargeStudy, type: string): string {
  const [x, y, z] = spacing;
  return [
    'NRRD0004',
    `type: ${type}`,
    'dimension: 3',
    'space: left-posterior-superior',
    `sizes: ${columns} ${rows} ${slices}`,
    `space directions: (${x},0,0) (0,${y},0) (0,0,${z})`,
    'kinds: domain domain domain',
    'endian: little',
    'encoding: raw',
    'space origin: (0,0,0)',
    '',
    '',
  ].join('\n');
}
