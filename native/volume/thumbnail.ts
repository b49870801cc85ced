/** The small picture of a lesion: its middle axial slice with some surroundings, windowed for what lies around it. */
import { encode } from 'fast-png';
import { type Box, boxDims, type Grid, type Volume } from './volume.ts';

export const thumbnailPixels = 128;
/** The lesion fills about half of the picture; small ones keep this much around them. */
const leastSideMm = 40;

interface Window {
  readonly center: number;
  readonly width: number;
}
const lung: Window = { center: -600, width: 1500 };
const softTissue: Window = { center: 40, width: 400 };

/** The voxels that the picture needs: one slice of stored index k through the middle of the box. */
export function thumbnailBox(grid: Grid, box: Box): Box {
  const [ni, nj] = boxDims(box);
  const side = Math.max(leastSideMm, 2 * ni * grid.spacing[0], 2 * nj * grid.spacing[1]);
  const k = Math.round((box[2] + box[5]) / 2);
  const span = (axis: 0 | 1): [number, number] => {
    const center = (box[axis] + box[axis + 3]) / 2;
    const half = side / 2 / grid.spacing[axis];
    return [Math.max(0, Math.floor(center - half)), Math.min(grid.dims[axis] - 1, Math.ceil(center + half))];
  };
  const [i0, i1] = span(0);
  const [j0, j1] = span(1);
  return [i0, j0, k, i1, j1, k];
}

/** A square 8-bit greyscale PNG of a one-slice volume, shown as radiologists look at it: patient's right on the left. */
export function thumbnailPng(slice: Volume): Uint8Array {
  const { dims, spacing, direction, voxels } = slice;
  const { center, width } = windowFor(voxels);
  const sides = [dims[0] * spacing[0], dims[1] * spacing[1]];
  // Sides that differ by rounding only are cut to the same; where the volume ends, the rest stays black.
  const rounding = Math.abs(sides[0] - sides[1]) <= 2 * Math.max(spacing[0], spacing[1]);
  const side = rounding ? Math.min(...sides) : Math.max(...sides);
  const data = new Uint8Array(thumbnailPixels * thumbnailPixels);
  const step = side / thumbnailPixels;
  const flipI = direction[0] < -0.5;
  const flipJ = direction[4] < -0.5;
  const at = (pixel: number, n: number, mm: number, flip: boolean): number => {
    const offset = ((pixel + 0.5) * step - (side - n * mm) / 2) / mm - 0.5;
    return flip ? n - 1 - offset : offset;
  };
  for (let y = 0; y < thumbnailPixels; y++) {
    const j = at(y, dims[1], spacing[1], flipJ);
    for (let x = 0; x < thumbnailPixels; x++) {
      const i = at(x, dims[0], spacing[0], flipI);
      if (i < -0.5 || j < -0.5 || i > dims[0] - 0.5 || j > dims[1] - 0.5) continue;
      const hu = bilinear(voxels, dims[0], dims[1], i, j);
      data[x + thumbnailPixels * y] = Math.max(0, Math.min(255, ((hu - center) / width + 0.5) * 255));
    }
  }
  return encode({ width: thumbnailPixels, height: thumbnailPixels, data, channels: 1, depth: 8 });
}

/** Lung window where a third of the surroundings is aerated, else soft tissue. */
function windowFor(voxels: Int16Array | Float32Array): Window {
  let aerated = 0;
  for (const hu of voxels) if (hu < -500) aerated++;
  return aerated > voxels.length / 3 ? lung : softTissue;
}

function bilinear(voxels: Int16Array | Float32Array, ni: number, nj: number, i: number, j: number): number {
  const x = Math.max(0, Math.min(ni - 1, i));
  const y = Math.max(0, Math.min(nj - 1, j));
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [x1, y1] = [Math.min(ni - 1, x0 + 1), Math.min(nj - 1, y0 + 1)];
  const [fx, fy] = [x - x0, y - y0];
  const top = voxels[x0 + ni * y0] * (1 - fx) + voxels[x1 + ni * y0] * fx;
  const bottom = voxels[x0 + ni * y1] * (1 - fx) + voxels[x1 + ni * y1] * fx;
  return top * (1 - fy) + bottom * fy;
}
