/** A small picture of a volume's middle stored slice, as radiologists look at it; its voxels are given back once it is drawn. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { planes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import type { Box, gridOf } from './grid.ts';
import { type PlaneGeometry, planeGeometry } from './planes.ts';
import { windowOf, windowRange } from './presets.ts';
import { useArrival, useVoxels } from './useVoxels.ts';
import type { Voxels } from './voxels.ts';

/** In pixels of the picture; it is shown at half of that. */
const width = 168;
const height = 132;

/** Pictures that were drawn, by volume, for as long as the window is open: 90 KB each, the latest so many. */
const drawn = new Map<string, ImageData>();
const mostDrawn = 200;

export function SeriesPicture({ row }: { row: VolumeRow }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState(drawn.get(row.id) ?? null);
  const box = useMemo((): Box => {
    const k = Math.floor(row.dims[2] / 2);
    return [0, 0, k, row.dims[0] - 1, row.dims[1] - 1, k];
  }, [row]);
  const voxels = useVoxels(picture ? null : row, box, box[2]);
  const arrival = useArrival(voxels);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `arrival` stands for the slice that arrived
  useEffect(() => {
    if (!voxels?.complete) return;
    const made = pictureOf(voxels);
    const [oldest] = drawn.keys();
    if (oldest !== undefined && drawn.size >= mostDrawn) drawn.delete(oldest);
    drawn.set(row.id, made);
    setPicture(made);
  }, [voxels, arrival, row.id]);
  useEffect(() => {
    if (picture) canvas.current?.getContext('2d')?.putImageData(picture, 0, 0);
  }, [picture]);
  return <canvas ref={canvas} className="series-picture" width={width} height={height} />;
}

/** The whole slice, in the window that fits what it holds, nearest voxel. */
function pictureOf({ grid, data }: Voxels): ImageData {
  const { right, down, rightSign, downSign } = geometryOf(grid);
  const { lower, upper } = windowRange(windowOf(data) ?? { width: 2000, center: 0 });
  const [ni] = grid.dims;
  const strides = [1, ni, 0];
  const mmPerPixel = Math.max(
    (grid.dims[right] * grid.spacing[right]) / width,
    (grid.dims[down] * grid.spacing[down]) / height,
  );
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(0xff000000);
  const voxelAt = (pixel: number, size: number, axis: 0 | 1 | 2, sign: 1 | -1) => {
    const index = Math.round(
      (grid.dims[axis] - 1) / 2 + (sign * (pixel + 0.5 - size / 2) * mmPerPixel) / grid.spacing[axis],
    );
    return index >= 0 && index < grid.dims[axis] ? index : null;
  };
  for (let y = 0; y < height; y++) {
    const row = voxelAt(y, height, down, downSign);
    if (row === null) continue;
    for (let x = 0; x < width; x++) {
      const column = voxelAt(x, width, right, rightSign);
      if (column === null) continue;
      const hu = data[row * strides[down] + column * strides[right]];
      const level = Math.min(255, Math.max(0, (255 * (hu - lower)) / (upper - lower))) | 0;
      pixels[x + width * y] = 0xff000000 | (level << 16) | (level << 8) | level;
    }
  }
  return image;
}

/** The plane of the patient that stored slices lie in. */
function geometryOf(grid: ReturnType<typeof gridOf>): PlaneGeometry {
  const all = planes.map((plane) => planeGeometry(grid, plane));
  return all.find(({ normal }) => normal === 2) ?? all[0];
}
