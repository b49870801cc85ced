/** Grows a mark that was drawn on one slice into a 3D lesion. */
import type { Mark } from '../contract/mark.ts';
import { boxDims, type Mask, type Vec3, type Volume } from '../volume/volume.ts';
import { connectedComponents } from './components.ts';
import { cellFeatures, featureNames } from './growFeatures.ts';
import { blurField, cellsPerAxis, cubeReach, sampleField } from './growField.ts';
import { growModel, type Layer } from './growModel.ts';
import { ellipsoidBox, type MarkRegion, markEllipsoid, markRegion } from './markRegion.ts';
import { countVoxels, fillHoles, tightenMask } from './mask.ts';

export interface Grown {
  readonly mask: Mask;
  /** What the reader should look at, in words; empty when nothing stood out. */
  readonly notes: readonly string[];
}

/** Cells further out than this many half extents of the mark are never lesion. */
const outermost = 2.1;
/** The probabilities between which the border is drawn, whatever the expected Dice says. */
const cutRange = [0.1, 0.55] as const;
const radiusFeature = featureNames.indexOf('radius');
/** Less than this share of the mark's ellipsoid is taken as a failure. */
const smallestShare = 0.04;

/**
 * The lesion that a mark stands for. Around the mark every cell is described by its place in the mark, by how its density
 * compares with the inside and the outside of the mark, and by the ways that lead to it from the centre; a small
 * network trained on outlined lesions turns that into log-odds of lesion, which are smoothed, cut where the Dice to be expected
 * is highest, and reduced to the one piece under the mark, without cavities. Where nothing plausible comes out, the ellipsoid that the
 * mark suggests is returned and a note says so. Takes the same time for any size.
 * Throws `usage` when the mark misses the volume or encloses nothing.
 */
export function growLesion(volume: Volume, mark: Mark, model: readonly Layer[] = growModel): Grown {
  const region = markRegion(volume, mark);
  const notes: string[] = [];
  const ellipsoid = markEllipsoid(volume, mark) ?? centerVoxel(volume, region);
  const features = cellFeatures(sampleField(volume, region), region);
  const odds = blurField(logOdds(features, model), 1, 1);
  const cut = thresholdVoxels(volume, region, odds, bestCut(odds, features[radiusFeature]));
  const piece = cut && pieceUnderMark(cut, region, volume.spacing);
  const grown = piece && fillHoles(piece);
  if (!grown || countVoxels(grown) < smallestShare * countVoxels(ellipsoid)) {
    notes.push('nothing stood out from its surroundings: this is the ellipsoid of the mark');
  }
  const mask = notes.length > 0 || !grown ? ellipsoid : grown;
  const { box } = mask;
  if ([0, 1, 2].some((a) => box[a] === 0 || box[a + 3] === volume.dims[a] - 1)) {
    notes.push('the lesion reaches the edge of the volume and may go on beyond it');
  }
  return { mask, notes };
}

/** The model's log-odds for every cell; −10 outside the reach of the mark. */
function logOdds(features: readonly Float32Array[], model: readonly Layer[]): Float32Array {
  const radius = features[radiusFeature];
  const odds = new Float32Array(radius.length).fill(-10);
  const layers = model.map(flatLayer);
  const values = layers.map((layer) => new Float32Array(layer.bias.length));
  const input = new Float32Array(features.length);
  for (let v = 0; v < odds.length; v++) {
    if (radius[v] > outermost) continue;
    for (let f = 0; f < input.length; f++) input[f] = features[f][v];
    let from = input;
    for (let l = 0; l < layers.length; l++) {
      const { bias, weights } = layers[l];
      const to = values[l];
      to.set(bias);
      for (let a = 0, w = 0; a < from.length; a++) {
        const x = from[a];
        // ReLU leaves about half of the hidden values at 0.
        if (x === 0) w += to.length;
        else for (let b = 0; b < to.length; b++) to[b] += weights[w++] * x;
      }
      if (l < layers.length - 1) for (let b = 0; b < to.length; b++) if (to[b] < 0) to[b] = 0;
      from = to;
    }
    odds[v] = Math.max(-10, Math.min(10, from[0]));
  }
  return odds;
}

function flatLayer({ bias, weights }: Layer): { bias: Float32Array; weights: Float32Array } {
  return { bias: Float32Array.from(bias), weights: Float32Array.from(weights.flat()) };
}

/**
 * The log-odds at which to cut, so that the Dice that the probabilities p themselves promise is highest: of the cells above
 * the cut, 2·Σp / (their number + Σp of all cells). Where the model is sure, that is near an even chance; where it is not, lower,
 * and the mark's own shape, which the model leans on then, is kept (Lipton et al. 2014, on F1).
 */
function bestCut(odds: Float32Array, radius: Float32Array): number {
  const chances = odds.filter((_, v) => radius[v] <= outermost).map((x) => 1 / (1 + Math.exp(-x)));
  chances.sort();
  const all = chances.reduce((sum, p) => sum + p, 0);
  let best = 0;
  let cut: number = cutRange[1];
  let above = 0;
  for (let at = chances.length - 1; at >= 0; at--) {
    above += chances[at];
    const dice = (2 * above) / (chances.length - at + all);
    if (dice <= best) continue;
    best = dice;
    cut = chances[at];
  }
  const chance = Math.min(cutRange[1], Math.max(cutRange[0], cut));
  return Math.log(chance / (1 - chance));
}

/** The voxels whose log-odds, interpolated trilinearly between cells, exceed the threshold. */
function thresholdVoxels(
  volume: Volume,
  region: MarkRegion,
  odds: Float32Array,
  threshold: number,
): Mask | null {
  const n = cellsPerAxis;
  const box = ellipsoidBox(volume, region.center, region.radiiMm, outermost - 0.05);
  if (!box) return null;
  const size = boxDims(box);
  const strides = [0, 0, 0];
  strides[region.inPlane[0]] = 1;
  strides[region.inPlane[1]] = n;
  strides[region.normal] = n * n;
  const near = size.map((length, a) => {
    const low = new Int32Array(length);
    const share = new Float32Array(length);
    for (let c = 0; c < length; c++) {
      const x = ((box[a] + c - region.center[a]) * volume.spacing[a]) / region.radiiMm[a];
      const cell = (x / (2 * cubeReach) + 0.5) * n - 0.5;
      const floor = Math.max(0, Math.min(n - 2, Math.floor(cell)));
      low[c] = floor * strides[a];
      share[c] = Math.max(0, Math.min(1, cell - floor));
    }
    return { low, share };
  });
  const [x, y, z] = near;
  const [sx, sy, sz] = strides;
  const bits = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, v = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const base = y.low[j] + z.low[k];
      const [fy, fz] = [y.share[j], z.share[k]];
      for (let i = 0; i < size[0]; i++, v++) {
        const c = base + x.low[i];
        const fx = x.share[i];
        const c00 = odds[c] + fx * (odds[c + sx] - odds[c]);
        const c10 = odds[c + sy] + fx * (odds[c + sx + sy] - odds[c + sy]);
        const c01 = odds[c + sz] + fx * (odds[c + sx + sz] - odds[c + sz]);
        const c11 = odds[c + sy + sz] + fx * (odds[c + sx + sy + sz] - odds[c + sy + sz]);
        const c0 = c00 + fy * (c10 - c00);
        if (c0 + fz * (c01 + fy * (c11 - c01) - c0) > threshold) bits[v] = 1;
      }
    }
  }
  return { box, bits };
}

/** The component with the most voxels in the inner half of the mark's ellipsoid. */
function pieceUnderMark(cut: Mask, { center, radiiMm }: MarkRegion, spacing: Vec3): Mask | null {
  const tight = tightenMask(cut);
  if (!tight) return null;
  const scale = radiiMm.map((r, a) => spacing[a] / r);
  let best: Mask | null = null;
  let most = 0;
  for (const piece of connectedComponents(tight).masks) {
    const [ni, nj] = boxDims(piece.box);
    let inner = 0;
    for (let v = 0; v < piece.bits.length; v++) {
      if (piece.bits[v] === 0) continue;
      const x = (piece.box[0] + (v % ni) - center[0]) * scale[0];
      const y = (piece.box[1] + (Math.floor(v / ni) % nj) - center[1]) * scale[1];
      const z = (piece.box[2] + Math.floor(v / (ni * nj)) - center[2]) * scale[2];
      if (x * x + y * y + z * z < 0.36) inner++;
    }
    if (inner <= most) continue;
    most = inner;
    best = piece;
  }
  return best;
}

function centerVoxel(volume: Volume, { center }: MarkRegion): Mask {
  const [i, j, k] = center.map((c, a) => Math.max(0, Math.min(volume.dims[a] - 1, Math.round(c))));
  return { box: [i, j, k, i, j, k], bits: Uint8Array.of(1) };
}
