/** Series of generated slices whose content is a known function of the place in the patient. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Vec3 } from '../../native/volume/volume.ts';
import { ctSlice, type Elements, type SliceOptions } from './dicomWriter.ts';

export type Field = (x: number, y: number, z: number) => number;

export interface FieldSlices {
  readonly field: Field;
  readonly positions: readonly Vec3[];
  readonly orientation?: readonly number[];
  readonly columns?: number;
  readonly rows?: number;
  /** Between columns, between rows. */
  readonly spacing?: readonly [number, number];
  /** HU of one stored step. */
  readonly slope?: number;
  readonly elements?: Elements;
}

/** The position in mm of pixel (i, j) of a slice, from PS3.3 section C.7.6.2.1.1. */
export function pixelPosition(
  position: Vec3,
  orientation: readonly number[],
  [across, down]: readonly [number, number],
  i: number,
  j: number,
): [number, number, number] {
  const at = (axis: number) =>
    position[axis] + i * across * orientation[axis] + j * down * orientation[axis + 3];
  return [at(0), at(1), at(2)];
}

/** One slice for each position, sampled from the field; the intercept is −1024. */
export function fieldSlices({
  field,
  positions,
  orientation = [1, 0, 0, 0, 1, 0],
  columns = 12,
  rows = 10,
  spacing = [0.5, 0.8],
  slope = 1,
  elements = {},
}: FieldSlices): SliceOptions[] {
  return positions.map((position, n) => ({
    position,
    orientation,
    columns,
    rows,
    sop: `1.2.9.${n}`,
    stored: Array.from({ length: columns * rows }, (_, pixel) => {
      const [i, j] = [pixel % columns, Math.floor(pixel / columns)];
      return Math.round((field(...pixelPosition(position, orientation, spacing, i, j)) + 1024) / slope);
    }),
    elements: {
      '00200013': ['IS', String(n + 1)],
      '00280030': ['DS', `${spacing[1]}\\${spacing[0]}`],
      '00281052': ['DS', '-1024'],
      '00281053': ['DS', String(slope)],
      ...elements,
    },
  }));
}

/** Writes slices into a folder; their paths in the same order. */
export async function writeSlices(folder: string, slices: readonly SliceOptions[]): Promise<string[]> {
  const paths = slices.map((_, n) => join(folder, `${String(n).padStart(4, '0')}.dcm`));
  for (const [n, slice] of slices.entries()) await writeFile(paths[n], ctSlice(slice));
  return paths;
}
