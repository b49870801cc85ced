/** The pixels under the magnifier, from the voxels themselves, so that they are the same on the GPU and the CPU path. */
import type { Grid } from './grid.ts';
import type { PaneView } from './planes.ts';
import { type Window, windowRange } from './presets.ts';
import { slabSlices } from './slab.ts';

interface Magnified {
  readonly voxels: { readonly grid: Grid; readonly data: Int16Array | Float32Array };
  readonly window: Window;
  readonly inverted: boolean;
  readonly slabMm: number | null;
}

/**
 * Grey values of a view, row by row, `width` by `height` device pixels over the whole of it, interpolated between voxels; black beside
 * the volume.
 */
export function magnifiedGreys(
  { voxels, window: grey, inverted, slabMm }: Magnified,
  { geometry: g, slice, centre, pxPerMm, size }: PaneView,
  width: number,
  height: number,
): Uint8ClampedArray {
  const { dims, spacing } = voxels.grid;
  const strides = [1, dims[0], dims[0] * dims[1]];
  const { first, last } = slabSlices(slice, dims[g.normal], spacing[g.normal], slabMm);
  const { lower, upper } = windowRange(grey);
  const greys = new Uint8ClampedArray(width * height);
  const along = (axis: 0 | 1 | 2, sign: number, count: number, side: number) =>
    Float64Array.from(
      { length: count },
      (_, n) => centre[axis] + ((((n + 0.5) / count - 0.5) * side) / (spacing[axis] * pxPerMm)) * sign,
    );
  const across = along(g.right, g.rightSign, width, size[0]);
  const down = along(g.down, g.downSign, height, size[1]);

  const at = (u: number, v: number): number => {
    const x = Math.min(dims[g.right] - 1, Math.max(0, u));
    const y = Math.min(dims[g.down] - 1, Math.max(0, v));
    let from = x * strides[g.right] + y * strides[g.down] + first * strides[g.normal];
    let highest = voxels.data[from];
    for (let n = first; n < last; n++) {
      from += strides[g.normal];
      highest = Math.max(highest, voxels.data[from]);
    }
    return highest;
  };
  for (let y = 0, n = 0; y < height; y++) {
    const v = down[y];
    const v0 = Math.floor(v);
    for (let x = 0; x < width; x++, n++) {
      const u = across[x];
      if (u < -0.5 || v < -0.5 || u > dims[g.right] - 0.5 || v > dims[g.down] - 0.5) continue;
      const u0 = Math.floor(u);
      const [a, b] = [u - u0, v - v0];
      const top = (1 - a) * at(u0, v0) + a * at(u0 + 1, v0);
      const bottom = (1 - a) * at(u0, v0 + 1) + a * at(u0 + 1, v0 + 1);
      const part = ((1 - b) * top + b * bottom - lower) / Math.max(1e-6, upper - lower);
      const level = Math.min(255, Math.max(0, 255 * part));
      greys[n] = inverted ? 255 - level : level;
    }
  }
  return greys;
}
