/** The canvas on which a phantom is painted: HU, an organ map, and the smooth deformation that makes each patient different. */

import type { Random } from '../random.ts';
import type { Grid } from '../volume/volume.ts';
import { textureAt } from './noise.ts';
import type { Bounds, Field, Shape } from './shapes.ts';

const warpAmplitudeMm = 5;
const subSlices = [-0.34, 0, 0.34];

/** The value a shape gives a voxel in HU; `d` is the signed distance in mm. */
export type Shade = (x: number, y: number, z: number, d: number, index: number) => number;

export interface Canvas {
  readonly grid: Grid;
  readonly hu: Float32Array;
  /** The number of the organ that owns each voxel, 0 for none. */
  readonly organ: Uint8Array;
  /** Smear of an edge in mm (the kernel's resolution). */
  readonly edgeMm: number;
  /** Patient's size relative to the standard patient, along x, y and z. */
  readonly scale: readonly [number, number, number];
  /** Deformations added to standard coordinates: x by (j,k), y by (i,k), z by (i,j); each depends on the other two axes only, so tables suffice. */
  readonly warpX: Float32Array;
  readonly warpY: Float32Array;
  readonly warpZ: Float32Array;
}

export function createCanvas(
  grid: Grid,
  edgeMm: number,
  scale: readonly [number, number, number],
  random: Random,
): Canvas {
  const [ni, nj, nk] = grid.dims;
  const seed = [random.range(0, 64), random.range(0, 64), random.range(0, 64)];
  // Position 0 of the texture advances a cell every 16 mm: bends of some 80 mm, gentle against any organ.
  const cell = (axis: 0 | 1 | 2, n: number): number => (grid.origin[axis] + n * grid.spacing[axis]) / 16;
  const table = (na: number, nb: number, a: 0 | 1 | 2, b: 0 | 1 | 2, own: number): Float32Array => {
    const out = new Float32Array(na * nb);
    for (let v = 0; v < nb; v++) {
      for (let u = 0; u < na; u++) {
        const w = textureAt(cell(a, u) + seed[own], cell(b, v) + seed[(own + 1) % 3], seed[(own + 2) % 3]);
        out[u + na * v] = Math.max(-1, Math.min(1, w / 2)) * warpAmplitudeMm;
      }
    }
    return out;
  };
  return {
    grid,
    edgeMm,
    scale,
    hu: new Float32Array(ni * nj * nk),
    organ: new Uint8Array(ni * nj * nk),
    warpX: table(nj, nk, 1, 2, 0),
    warpY: table(ni, nk, 0, 2, 1),
    warpZ: table(ni, nj, 0, 1, 2),
  };
}

/** A field of standard coordinates at a position in patient coordinates (mm, LPS), through this patient's deformation. */
export function fieldAt(canvas: Canvas, field: Field, x: number, y: number, z: number): number {
  const { grid, scale } = canvas;
  const [ni, nj, nk] = grid.dims;
  const i = clampIndex((x - grid.origin[0]) / grid.spacing[0], ni);
  const j = clampIndex((y - grid.origin[1]) / grid.spacing[1], nj);
  const k = clampIndex((z - grid.origin[2]) / grid.spacing[2], nk);
  return field(
    x / scale[0] + canvas.warpX[j + nj * k],
    y / scale[1] + canvas.warpY[i + ni * k],
    z / scale[2] + canvas.warpZ[i + ni * j],
    i + ni * (j + nj * k),
  );
}

function clampIndex(v: number, n: number): number {
  return Math.max(0, Math.min(n - 1, Math.round(v)));
}

/** Index range [i0, j0, k0, i1, j1, k1] that holds standard-coordinate bounds, or null when outside; `pad` in mm. */
function indexRange(canvas: Canvas, bounds: Bounds, pad: number): number[] | null {
  const { grid, scale } = canvas;
  // A small shape is displaced as a whole, so its own displacement is used instead of the largest possible one.
  const small = Math.max(bounds[3] - bounds[0], bounds[4] - bounds[1], bounds[5] - bounds[2]) < 30;
  const middle = [0, 1, 2].map((a) => (bounds[a] + bounds[a + 3]) / 2);
  const cell = middle.map((m, a) =>
    clampIndex((m * scale[a] - grid.origin[a]) / grid.spacing[a], grid.dims[a]),
  );
  const shift = small
    ? [
        canvas.warpX[cell[1] + grid.dims[1] * cell[2]],
        canvas.warpY[cell[0] + grid.dims[0] * cell[2]],
        canvas.warpZ[cell[0] + grid.dims[0] * cell[1]],
      ]
    : [0, 0, 0];
  const slack = pad + (small ? 2.5 : warpAmplitudeMm);
  const range: number[] = [];
  for (let a = 0; a < 3; a++) {
    const lo = (bounds[a] - shift[a]) * scale[a] - slack;
    const hi = (bounds[a + 3] - shift[a]) * scale[a] + slack;
    range[a] = Math.max(0, Math.ceil((lo - grid.origin[a]) / grid.spacing[a]));
    range[a + 3] = Math.min(grid.dims[a] - 1, Math.floor((hi - grid.origin[a]) / grid.spacing[a]));
    if (range[a] > range[a + 3]) return null;
  }
  return range;
}

/**
 * Blends a shape into the canvas: full value inside, mixed over the edge width, averaged over the slice thickness near
 * the surface (partial volume). Voxels more than half inside become `organ`'s (0 leaves the map alone, −1 clears it).
 */
export function paint(canvas: Canvas, shape: Shape, shade: Shade, organ = 0): void {
  const { grid, scale, hu, warpX, warpY, warpZ } = canvas;
  const thickness = grid.spacing[2] / scale[2];
  const edge = Math.max(canvas.edgeMm, grid.spacing[0]);
  const far = edge / 2 + (thickness > 1.6 ? thickness * 0.45 : 0);
  const range = indexRange(canvas, shape.bounds, far);
  if (!range) return;
  const [i0, j0, k0, i1, j1, k1] = range;
  const [ni, nj] = grid.dims;
  const { field } = shape;
  const stride = (0.5 * scale[0]) / grid.spacing[0];
  for (let k = k0; k <= k1; k++) {
    const z0 = (grid.origin[2] + k * grid.spacing[2]) / scale[2];
    for (let j = j0; j <= j1; j++) {
      const y0 = (grid.origin[1] + j * grid.spacing[1]) / scale[1];
      const wx = warpX[j + nj * k];
      const row = ni * (j + nj * k);
      let held = 0;
      let heldDistance = 0;
      for (let i = i0; i <= i1; i++) {
        const x = (grid.origin[0] + i * grid.spacing[0]) / scale[0] + wx;
        const y = y0 + warpY[i + ni * k];
        const z = z0 + warpZ[i + ni * j];
        const index = row + i;
        let d = heldDistance;
        if (held > 0) held--;
        else {
          d = field(x, y, z, index);
          // Deep inside nothing changes for a while either.
          if (d < -far) {
            heldDistance = d;
            held = Math.floor((-d - far) * stride);
          }
        }
        if (d >= far) {
          // The distance tells how far the surface still is; half of it is a safe stride for every shape here.
          i += Math.floor((d - far) * stride);
          continue;
        }
        let w = 1;
        if (d > -far) {
          if (far > edge / 2) {
            w = 0;
            for (const s of subSlices) {
              const ds = s === 0 ? d : field(x, y, z + s * thickness, index);
              w += occupancy(ds, edge);
            }
            w /= 3;
          } else w = occupancy(d, edge);
          if (w <= 0) continue;
        }
        hu[index] += w * (shade(x, y, z, d, index) - hu[index]);
        if (organ !== 0 && w > 0.5) canvas.organ[index] = Math.max(0, organ);
      }
    }
  }
}

export function occupancy(d: number, edge: number): number {
  const w = 0.5 - d / edge;
  if (w <= 0) return 0;
  return Math.min(w, 1);
}
