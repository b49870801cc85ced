/** What growing a mark is trained on besides outlined lesions, and the figures it is judged by. */
import { describe, expect, test } from 'vitest';
import { growScene } from '../../native/lesion/growScenes.ts';
import { transplantIntoLung } from '../../native/lesion/growTransplant.ts';
import { countVoxels, reboxMask, tightenMask } from '../../native/lesion/mask.ts';
import { createRandom } from '../../native/random.ts';
import type { Box, Mask, Volume } from '../../native/volume/volume.ts';
import { acceptance, medianInterval } from '../bench/growingFigures.ts';

const dims = [50, 50, 30] as const;
const whole: Box = [0, 0, 0, 49, 49, 29];

/** A ball of 40 HU in tissue of 55 HU. */
function mass(): { volume: Volume; mask: Mask } {
  const bits = new Uint8Array(50 * 50 * 30);
  const voxels = new Int16Array(bits.length).fill(55);
  for (let v = 0; v < bits.length; v++) {
    const [x, y, z] = [(v % 50) - 25, (Math.floor(v / 50) % 50) - 25, 2 * (Math.floor(v / 2500) - 15)];
    if (Math.hypot(x, y, z) > 14) continue;
    bits[v] = 1;
    voxels[v] = 40;
  }
  const mask = tightenMask({ box: whole, bits });
  if (!mask) throw new Error('the ball holds no voxel');
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  return { volume: { dims, spacing: [1, 1, 2], origin: [0, 0, 0], direction, voxels }, mask };
}

describe('a mass set into lung', () => {
  const { volume, mask } = mass();
  const made = Array.from({ length: 6 }, (_, n) =>
    transplantIntoLung(volume, mask, createRandom(4, `lung ${n}`).next),
  );

  test('keeps its own tissue, loses what was bitten off, and lies beside air and its old surroundings', () => {
    const before = reboxMask(mask, whole).bits;
    for (const { volume: after, mask: left } of made) {
      const bits = reboxMask(left, whole).bits;
      let [added, outside, air, tissue] = [0, 0, 0, 0];
      for (let v = 0; v < bits.length; v++) {
        if (bits[v] && !before[v]) added++;
        if (!before[v]) {
          outside++;
          if (after.voxels[v] < -500) air++;
          if (after.voxels[v] === 55) tissue++;
        }
      }
      expect(added).toBe(0);
      expect(countVoxels(left)).toBeGreaterThan(0.2 * countVoxels(mask));
      expect(air / outside).toBeGreaterThan(0.1);
      expect(tissue / outside).toBeGreaterThan(0.1);
    }
    expect(made.some(({ mask: left }) => countVoxels(left) < 0.95 * countVoxels(mask))).toBe(true);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(transplantIntoLung(volume, mask, createRandom(4, 'lung 0').next)).toEqual(made[0]);
    expect(made[1].volume.voxels).not.toEqual(made[0].volume.voxels);
  });
});

test('scenes hold a lesion that their border does not cut, of the density of its kind', () => {
  for (let n = 0; n < 6; n++) {
    const { volume, mask } = growScene(n, createRandom(5, `scene ${n}`).next);
    const tight = tightenMask(mask);
    expect(tight).not.toBeNull();
    for (const a of [0, 1, 2]) {
      expect(tight?.box[a]).toBeGreaterThan(0);
      expect(tight?.box[a + 3]).toBeLessThan(volume.dims[a] - 1);
    }
  }
});

describe('the figures of the acceptance', () => {
  const measured = (gains: readonly number[]) =>
    gains.map((gain, n) => ({ patient: `p${Math.floor(n / 2)}`, grown: 0.6 + gain, ellipsoid: 0.6 }));

  test('the interval holds the median, widens with the spread between patients, and is none for one patient', () => {
    const narrow = medianInterval(measured([0.08, 0.09, 0.1, 0.1, 0.11, 0.12]), (m) => m.grown - m.ellipsoid);
    const wide = medianInterval(measured([-0.2, -0.1, 0.1, 0.1, 0.3, 0.4]), (m) => m.grown - m.ellipsoid);
    expect(narrow.median).toBeCloseTo(0.1);
    expect(narrow.interval?.[0]).toBeLessThanOrEqual(0.1);
    expect(narrow.interval?.[1]).toBeGreaterThanOrEqual(0.1);
    const width = ({ interval }: typeof wide) => (interval ? interval[1] - interval[0] : 0);
    expect(width(wide)).toBeGreaterThan(width(narrow));
    expect(medianInterval(measured([0.1, 0.2]), (m) => m.grown).interval).toBeNull();
  });

  test('what is met and what not is said', () => {
    const good = acceptance('good', measured([0.07, 0.08, 0.1, 0.1, 0.11, 0.12])).join('\n');
    expect(good).not.toContain('NOT met');
    const tail = acceptance('tail', measured([-0.3, -0.2, 0.2, 0.2, 0.3, 0.4])).join('\n');
    expect(tail).toMatch(/gain, 10th percentile +−0\.\d+ +NOT met/);
    expect(acceptance('poor', measured([0.01, 0.02, 0.03, 0.01])).join('\n')).toMatch(/median gain.*NOT met/);
  });
});
