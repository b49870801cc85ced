/** Small NIfTI cases with their masks: spheres in a pattern that differs from case to case. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNifti } from '../../native/nifti/nifti.ts';

const side = 40;

/** A NIfTI case: spheres of 6 mm radius around (x, 20, 20), one each for `at`, with its mask. */
export async function writeCase(
  target: string,
  name: string,
  seed: number,
  at: readonly number[],
): Promise<void> {
  const [voxels, bits] = [new Int16Array(side ** 3), new Uint8Array(side ** 3)];
  for (let n = 0; n < voxels.length; n++) {
    const [i, j, k] = [n % side, Math.floor(n / side) % side, Math.floor(n / side ** 2)];
    bits[n] = at.some((x) => Math.hypot(i - x, j - 20, k - 20) < 6) ? 1 : 0;
    voxels[n] = (bits[n] === 1 ? 20 * seed : -100) + 30 * Math.sin(i * seed) + ((j * k) % (7 + seed));
  }
  const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  const grid = { dims: [side, side, side], spacing: [1, 1, 1], origin: [0, 0, 0], direction } as const;
  await mkdir(target, { recursive: true });
  await writeFile(join(target, `${name}.nii.gz`), writeNifti(grid, voxels));
  await writeFile(join(target, `${name}_mask.nii.gz`), writeNifti(grid, bits));
}
