/** The voxel grid and the volume: the one description of geometry that every module shares. */

export type Vec3 = readonly [number, number, number];

/**
 * A regular voxel grid in patient space (DICOM LPS, mm).
 * `direction` holds three unit vectors one after the other: the axis of i (along a row), of j (along a column)
 * and of k (ascending slice normal), as DICOM's ImageOrientationPatient followed by the slice direction.
 * position(i,j,k) = origin + i·spacing[0]·direction[0..2] + j·spacing[1]·direction[3..5] + k·spacing[2]·direction[6..8].
 */
export interface Grid {
  readonly dims: Vec3;
  readonly spacing: Vec3;
  readonly origin: Vec3;
  readonly direction: readonly [number, number, number, number, number, number, number, number, number];
}

/** Inclusive corners in voxel indices: [i0, j0, k0, i1, j1, k1]. */
export type Box = readonly [number, number, number, number, number, number];

/** CT values in HU on a grid; index = i + dims[0]·(j + dims[1]·k). Int16 where exact, else Float32. */
export interface Volume extends Grid {
  readonly voxels: Int16Array | Float32Array;
}
/** Voxels on a grid that are read box by box: a voxel file, or a volume in memory. */
export interface VoxelSource {
  readonly grid: Grid;
  readBox(box: Box): Promise<Volume>;
}

/** A region on a grid: a box and one byte (0 or 1) per voxel of that box, i fastest. */
export interface Mask {
  readonly box: Box;
  readonly bits: Uint8Array;
}

/** The diameter in mm of the sphere with a volume in mm³. */
export function sphereDiameterMm(volumeMm3: number): number {
  return Math.cbrt((6 / Math.PI) * volumeMm3);
}

/** The volume of one voxel in mm³. */
export function voxelMm3({ spacing: [x, y, z] }: Grid): number {
  return x * y * z;
}

/** The number of voxels along each axis of a box. */
export function boxDims(box: Box): [number, number, number] {
  return [box[3] - box[0] + 1, box[4] - box[1] + 1, box[5] - box[2] + 1];
}

/** The position in mm (LPS) of a continuous voxel index. */
export function indexToWorld(grid: Grid, [i, j, k]: Vec3): [number, number, number] {
  const { origin: o, spacing: s, direction: d } = grid;
  const [x, y, z] = [i * s[0], j * s[1], k * s[2]];
  return [
    o[0] + x * d[0] + y * d[3] + z * d[6],
    o[1] + x * d[1] + y * d[4] + z * d[7],
    o[2] + x * d[2] + y * d[5] + z * d[8],
  ];
}

/** The continuous voxel index of a position in mm (LPS). The axes are taken to be orthonormal. */
export function worldToIndex(grid: Grid, [x, y, z]: Vec3): [number, number, number] {
  const { origin: o, spacing: s, direction: d } = grid;
  const [dx, dy, dz] = [x - o[0], y - o[1], z - o[2]];
  return [
    (dx * d[0] + dy * d[1] + dz * d[2]) / s[0],
    (dx * d[3] + dy * d[4] + dz * d[5]) / s[1],
    (dx * d[6] + dy * d[7] + dz * d[8]) / s[2],
  ];
}

/** The box clipped to the grid, or null when nothing of it lies inside. */
export function clipBox(box: Box, dims: Vec3): Box | null {
  const clipped: Box = [
    Math.max(0, box[0]),
    Math.max(0, box[1]),
    Math.max(0, box[2]),
    Math.min(dims[0] - 1, box[3]),
    Math.min(dims[1] - 1, box[4]),
    Math.min(dims[2] - 1, box[5]),
  ];
  return clipped[0] > clipped[3] || clipped[1] > clipped[4] || clipped[2] > clipped[5] ? null : clipped;
}

/** A box grown by `mm` on every side, clipped to the grid. */
export function growBox(box: Box, mm: number, grid: Grid): Box {
  const m = grid.spacing.map((s) => Math.ceil(mm / s));
  const { dims } = grid;
  return [
    Math.max(0, box[0] - m[0]),
    Math.max(0, box[1] - m[1]),
    Math.max(0, box[2] - m[2]),
    Math.min(dims[0] - 1, box[3] + m[0]),
    Math.min(dims[1] - 1, box[4] + m[1]),
    Math.min(dims[2] - 1, box[5] + m[2]),
  ];
}
