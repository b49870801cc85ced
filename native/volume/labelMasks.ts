/** Takes an image of labels apart into one mask per label, on the grid of the image that it was drawn on. */
import { PrecedentError } from '../contract/errors.ts';
import { placeMask } from './resampleMask.ts';
import type { Samples } from './samples.ts';
import { boxDims, type Grid, type Mask } from './volume.ts';

export interface LabelImage {
  readonly grid: Grid;
  /** False where the file says nothing about its position. */
  readonly positioned: boolean;
  /** Index = i + dims[0]·(j + dims[1]·k). */
  readonly values: Samples;
}

const maxLabels = 1024;
const largestLabel = 65_535;
type Corners = [number, number, number, number, number, number];

/**
 * One mask for each label other than 0, ascending, one at a time. On other voxels than those of `grid` each voxel takes
 * the nearest one's label; what is to be told goes into `warnings`. `alone` says that there is no other label.
 * @throws PrecedentError `unsupported` when the values are no labels or nothing of them lies inside
 */
export function* labelMasks(
  image: LabelImage,
  grid: Grid,
  warnings: string[],
): Generator<{ value: number; mask: Mask; alone: boolean }> {
  const { values, positioned } = image;
  const boxes = labelBoxes(image, warnings);
  const sameDims = image.grid.dims.every((side, n) => side === grid.dims[n]);
  if (sameDims && !positioned) {
    warnings.push('the mask gives no position: it is taken to lie on its image voxel by voxel');
  }
  const from = sameDims && !positioned ? grid : image.grid;
  let [given, cut, resampled] = [0, false, false];
  for (const [value, box] of boxes) {
    const placed = placeMask(cutLabel(values, from, value, box), from, grid);
    if (!placed) {
      cut = true;
      continue;
    }
    given++;
    cut ||= placed.cut;
    resampled ||= !placed.exact;
    yield { value, mask: placed.mask, alone: boxes.length === 1 };
  }
  if (given === 0 && boxes.length > 0) {
    throw new PrecedentError('unsupported', 'the mask lies outside its image');
  }
  if (resampled)
    warnings.push('the mask has another grid than its image and was resampled to the nearest voxel');
  if (cut) warnings.push('a part of the mask lies outside its image');
}

/** The labels, ascending, each with the box that it fills. */
function labelBoxes({ values, grid: { dims } }: LabelImage, warnings: string[]): [number, Corners][] {
  const boxes = new Map<number, Corners>();
  let fractions = false;
  for (let k = 0, n = 0; k < dims[2]; k++) {
    for (let j = 0; j < dims[1]; j++) {
      for (let i = 0; i < dims[0]; i++, n++) {
        const stored = values[n];
        if (stored === 0) continue;
        if (!(stored >= 0 && stored <= largestLabel)) {
          throw new PrecedentError('unsupported', 'the mask holds values that are not labels');
        }
        const value = Math.round(stored);
        fractions ||= value !== stored;
        if (value === 0) continue;
        const box = boxes.get(value);
        if (!box) {
          if (boxes.size === maxLabels)
            throw new PrecedentError('unsupported', `more than ${maxLabels} labels in a mask`);
          boxes.set(value, [i, j, k, i, j, k]);
          continue;
        }
        if (i < box[0]) box[0] = i;
        if (j < box[1]) box[1] = j;
        if (i > box[3]) box[3] = i;
        if (j > box[4]) box[4] = j;
        box[5] = k;
      }
    }
  }
  if (fractions)
    warnings.push('the mask holds values between its labels: each was taken for the nearest label');
  return [...boxes].sort(([a], [b]) => a - b);
}

function cutLabel(values: Samples, { dims }: Grid, value: number, box: Corners): Mask {
  const [ni, nj, nk] = boxDims(box);
  const bits = new Uint8Array(ni * nj * nk);
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = box[0] + dims[0] * (box[1] + j + dims[1] * (box[2] + k));
      for (let i = 0; i < ni; i++, n++) bits[n] = Math.round(values[row + i]) === value ? 1 : 0;
    }
  }
  return { box, bits };
}
