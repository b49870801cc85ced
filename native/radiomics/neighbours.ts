/** The points beside a point of a grid, as steps of its index. */
import type { Vec3 } from '../volume/volume.ts';

/** One of each two opposite directions to the 26 points at a Chebyshev distance of 1. */
export function directions([nx, ny]: Vec3): readonly number[] {
  const steps: number[] = [];
  for (let z = 0; z <= 1; z++) {
    for (let y = -z; y <= 1; y++) {
      for (let x = y > 0 || z > 0 ? -1 : 1; x <= 1; x++) {
        if (z > 0 || y > 0 || x > 0) steps.push(x + nx * (y + ny * z));
      }
    }
  }
  return steps;
}

/** All 26. */
export function neighbours(dims: Vec3): readonly number[] {
  return directions(dims).flatMap((step) => [step, -step]);
}

/** The six that share a face. */
export function faceNeighbours([nx, ny]: Vec3): readonly number[] {
  return [1, -1, nx, -nx, nx * ny, -nx * ny];
}
