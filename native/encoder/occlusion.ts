/**
 * Which parts of a lesion's crop an embedding rests on: each is hidden in turn and the rest embedded again (occlusion
 * sensitivity: Zeiler and Fergus, ECCV 2014).
 */
import { throwIfCancelled } from '../process/cancel.ts';
import { type Box, boxDims, type Grid, type Volume, type VoxelSource } from '../volume/volume.ts';
import type { Embedder } from './embedder.ts';
import type { EmbedRegion } from './voxelSource.ts';

/** Cells over the middle slice of a region and what is around it; indices of the stored volume. */
export interface OcclusionGrid {
  /** Of the slab that the cells are cut from, inclusive; it is as thick as a cell is wide. */
  readonly box: Box;
  readonly slice: number;
  /** Voxels of a cell along i and along j. */
  readonly cell: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
}

/** Cells along the longer side: 64 embeddings a lesion at most. */
const cellsAcross = 8;
/** What is looked at around the region, as a part of its longer side, and at least in mm. */
const around = 0.25;
const leastAroundMm = 4;

export function occlusionGrid({ dims, spacing }: Grid, box: Box): OcclusionGrid {
  const sidesMm = boxDims(box).map((n, axis) => n * spacing[axis]);
  const inPlane = Math.max(sidesMm[0], sidesMm[1]);
  const margin = Math.max(leastAroundMm, around * inPlane);
  const low = [0, 1].map((axis) => Math.max(0, Math.floor(box[axis] - margin / spacing[axis])));
  const high = [0, 1].map((axis) =>
    Math.min(dims[axis] - 1, Math.ceil(box[axis + 3] + margin / spacing[axis])),
  );
  const cellMm =
    Math.max(...[0, 1].map((axis) => (high[axis] - low[axis] + 1) * spacing[axis])) / cellsAcross;
  const voxels = (axis: number) => Math.max(1, Math.ceil(cellMm / spacing[axis]));
  const cell = [voxels(0), voxels(1)] as const;
  const slice = Math.floor((box[2] + box[5]) / 2);
  const half = (voxels(2) - 1) / 2;
  const k0 = Math.max(0, slice - Math.floor(half));
  const k1 = Math.min(dims[2] - 1, slice + Math.ceil(half));
  return {
    box: [low[0], low[1], k0, high[0], high[1], k1],
    slice,
    cell,
    columns: Math.ceil((high[0] - low[0] + 1) / cell[0]),
    rows: Math.ceil((high[1] - low[1] + 1) / cell[1]),
  };
}

/** The voxels of a cell, row by row from 0. */
export function cellBox({ box, cell, columns }: OcclusionGrid, n: number): Box {
  const i = box[0] + (n % columns) * cell[0];
  const j = box[1] + Math.floor(n / columns) * cell[1];
  return [i, j, box[2], Math.min(box[3], i + cell[0] - 1), Math.min(box[4], j + cell[1] - 1), box[5]];
}

/** A copy of voxels that were read of `from`, those of `hidden` (in the same indices) all of their mean. */
export function occluded(volume: Volume, from: Box, hidden: Box): Volume {
  const [ni, nj, nk] = volume.dims;
  const voxels = volume.voxels.slice();
  let sum = 0;
  for (const value of voxels) sum += value;
  const mean = sum / voxels.length;
  for (let k = Math.max(0, hidden[2] - from[2]); k <= Math.min(nk - 1, hidden[5] - from[2]); k++) {
    for (let j = Math.max(0, hidden[1] - from[1]); j <= Math.min(nj - 1, hidden[4] - from[1]); j++) {
      const row = ni * (j + nj * k);
      const [first, last] = [Math.max(0, hidden[0] - from[0]), Math.min(ni - 1, hidden[3] - from[0])];
      if (first <= last) voxels.fill(mean, row + first, row + last + 1);
    }
  }
  return { ...volume, voxels };
}

/**
 * The embedding of a region as it is, then with each cell hidden. An encoder that sees slices is shown the middle one alone.
 * Throws what Embedder.embed throws, and `cancelled`.
 */
export async function embedOccluded(
  embedder: Embedder,
  source: VoxelSource,
  region: EmbedRegion,
  cells: OcclusionGrid,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const read = new Map<string, Volume>();
  const hiding = (hidden: Box | null): VoxelSource => ({
    grid: source.grid,
    readBox: async (box) => {
      const name = box.join(',');
      const volume = read.get(name) ?? (await source.readBox(box));
      read.set(name, volume);
      return hidden ? occluded(volume, box, hidden) : volume;
    },
  });
  const sources = [
    hiding(null),
    ...Array.from({ length: cells.columns * cells.rows }, (_, n) => hiding(cellBox(cells, n))),
  ];
  const embeddings: Float32Array[] = [];
  if (embedder.preparesLesions) {
    const prepared = async function* () {
      for (const hidden of sources) yield { input: await embedder.prepare(hidden, region) };
    };
    for await (const settled of embedder.embedPrepared(prepared(), signal)) {
      if ('error' in settled) throw settled.error;
      embeddings.push(settled.result);
    }
    return embeddings;
  }
  const { box } = region;
  const middle: EmbedRegion = { box: [box[0], box[1], cells.slice, box[3], box[4], cells.slice] };
  for (const hidden of sources) {
    throwIfCancelled(signal);
    embeddings.push(...(await embedder.embed(hidden, [middle], signal)));
  }
  return embeddings;
}
