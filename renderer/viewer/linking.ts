/**
 * Volumes that stand side by side and move together: by position where they share a frame of reference, else by a fixed
 * distance in mm (LPS) from the open volume. Positions are continuous voxel indices, and may lie outside a volume that ended.
 */
import type { VolumeRow } from '../../native/contract/model.ts';
import { clampIndex, gridOf, indexToWorld, type Vec3, worldToIndex } from './grid.ts';
import { gridCentre } from './planes.ts';

export interface Stand {
  readonly row: VolumeRow;
  readonly at: Vec3;
}

/** A volume beside the open one; `offsetMm` is what it keeps from the open one's position while both move together. */
export interface Beside extends Stand {
  readonly offsetMm: Vec3;
}
export type BesideById = Readonly<Record<string, Beside>>;

const noOffset: Vec3 = [0, 0, 0];

export function sharesFrame(a: VolumeRow, b: VolumeRow): boolean {
  return a.id === b.id || (a.frameOfReference !== undefined && a.frameOfReference === b.frameOfReference);
}

export function worldOf({ row, at }: Stand): Vec3 {
  return indexToWorld(gridOf(row), at);
}

/** The index of a position in mm, moved along. */
function indexAt(row: VolumeRow, world: Vec3, offsetMm: Vec3): Vec3 {
  return worldToIndex(gridOf(row), plus(world, offsetMm));
}

/** Where a volume begins beside the open one: at its position, or else as far from the middle as that stands. */
export function besideAtFirst(open: Stand, row: VolumeRow): Beside {
  const middle = (of: VolumeRow) => worldOf({ row: of, at: gridCentre(gridOf(of)) });
  const at = indexAt(row, worldOf(open), minus(middle(row), middle(open.row)));
  return linkedTo(open, { row, at: clampIndex(at, row.dims) });
}

/**
 * The volume keeping its distance from now on: none of one frame of reference, else that between the voxels that both stand on, so
 * that stacks of equal spacing step together.
 */
export function linkedTo(open: Stand, { row, at }: Stand): Beside {
  const offsetMm = sharesFrame(open.row, row)
    ? noOffset
    : minus(worldOf({ row, at: rounded(at) }), worldOf({ row: open.row, at: rounded(open.at) }));
  return { row, at: indexAt(row, worldOf(open), offsetMm), offsetMm };
}

/** The others where the open volume takes them, when it stands at this position in mm. */
export function carried(beside: BesideById, world: Vec3): BesideById {
  return mapped(beside, (one) => ({ ...one, at: indexAt(one.row, world, one.offsetMm) }));
}

/** Where the open volume stands in mm when one beside it is moved to an index; it may lie outside of the open volume. */
export function openWorldFor(moved: Beside, at: Vec3): Vec3 {
  return minus(worldOf({ row: moved.row, at }), moved.offsetMm);
}

/** The distances counted from another volume, which becomes the open one and is not among them any more. */
export function rebased(beside: BesideById, open: Stand, next: Beside): BesideById {
  const { [next.row.id]: _, ...rest } = beside;
  const old: Beside = { ...open, offsetMm: minus(noOffset, next.offsetMm) };
  return {
    ...mapped(rest, (one) => ({ ...one, offsetMm: minus(one.offsetMm, next.offsetMm) })),
    [open.row.id]: old,
  };
}

export function mapped(beside: BesideById, change: (one: Beside) => Beside): BesideById {
  return Object.fromEntries(Object.entries(beside).map(([id, one]) => [id, change(one)]));
}

function rounded(index: Vec3): Vec3 {
  return [Math.round(index[0]), Math.round(index[1]), Math.round(index[2])];
}
function plus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
