/**
 * Synthetic lesions with sharp, known borders for training: without them the model learns only from outlines by hand, which
 * run outside a nodule's border, and never sees a lesion brighter than its organ, nor a mass whose outline is not convex.
 */
import type { Mask, Vec3, Volume } from '../volume/volume.ts';

const kinds = [
  { lesion: [-50, 80], background: [-880, -780] }, // solid nodule or mass in lung
  { lesion: [-650, -350], background: [-880, -800] }, // ground-glass nodule
  { lesion: [0, 80], background: [90, 140] }, // hypodense in an enhanced organ
  { lesion: [120, 200], background: [50, 100] }, // hyperdense in an organ
  { lesion: [20, 80], background: [-120, -80] }, // soft tissue in fat
] as const;

/** Half axes in mm and the centre in mm from the scene's. */
interface Lobe {
  readonly radii: Vec3;
  readonly at: Vec3;
}

/**
 * Scene `index` (its kind by turns): an ellipsoid or a few that overlap, with noise, half of them with a wall or a vessel
 * of its density.
 */
export function growScene(index: number, random: () => number): { volume: Volume; mask: Mask } {
  const between = (low: number, high: number) => low + (high - low) * random();
  const kind = kinds[index % kinds.length];
  const lesion = between(kind.lesion[0], kind.lesion[1]);
  const background = between(kind.background[0], kind.background[1]);
  const noise = between(8, 35);
  const radius = 3 * 14 ** random();
  const lobes = drawLobes(radius, index % 2 === 1 ? 1 + Math.floor(between(1, 4)) : 1, random);
  const pixel = Math.max(0.7, radius / 20);
  const spacing: Vec3 = [pixel, pixel, between(1, 2.5) * pixel];
  const reach = [0, 1, 2].map((a) => Math.max(...lobes.map((l) => Math.abs(l.at[a]) + l.radii[a])));
  const half = spacing.map((s, a) => Math.ceil((2.4 * reach[a]) / s));
  const dims: Vec3 = [2 * half[0] + 1, 2 * half[1] + 1, 2 * half[2] + 1];
  const shift = [random() - 0.5, random() - 0.5, random() - 0.5];
  const wallAt = index % 4 === 1 ? between(0.5, 1) * reach[1] : Infinity;
  const vesselRadius = index % 4 === 3 ? between(0.15, 0.35) * radius : 0;
  const voxels = new Int16Array(dims[0] * dims[1] * dims[2]);
  const bits = new Uint8Array(voxels.length);
  for (let k = 0, v = 0; k < dims[2]; k++) {
    const z = (k - half[2] + shift[2]) * spacing[2];
    for (let j = 0; j < dims[1]; j++) {
      const y = (j - half[1] + shift[1]) * spacing[1];
      for (let i = 0; i < dims[0]; i++, v++) {
        const x = (i - half[0] + shift[0]) * spacing[0];
        const inside = lobes.some(
          ({ radii: r, at: c }) =>
            ((x - c[0]) / r[0]) ** 2 + ((y - c[1]) / r[1]) ** 2 + ((z - c[2]) / r[2]) ** 2 <= 1,
        );
        if (inside) bits[v] = 1;
        const same = inside || y > wallAt || y * y + z * z < vesselRadius ** 2;
        // The sum of three uniform numbers is near enough to a normal one.
        const grain = noise * 2 * (random() + random() + random() - 1.5);
        voxels[v] = Math.round((same ? lesion : background) + grain);
      }
    }
  }
  const volume: Volume = { dims, spacing, origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1], voxels };
  return { volume, mask: { box: [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1], bits } };
}

/** The first in the middle, each other with its centre on the rim of the first. */
function drawLobes(radius: number, count: number, random: () => number): Lobe[] {
  const draw = (size: number): Vec3 => [
    (0.75 + 0.5 * random()) * size,
    (0.75 + 0.5 * random()) * size,
    (0.75 + 0.5 * random()) * size,
  ];
  const lobes: Lobe[] = [{ radii: draw(count > 1 ? 0.75 * radius : radius), at: [0, 0, 0] }];
  while (lobes.length < count) {
    const [turn, up] = [2 * Math.PI * random(), 1.6 * random() - 0.8];
    const flat = Math.sqrt(1 - up * up);
    const [x, y, z] = lobes[0].radii;
    const at: Vec3 = [flat * Math.cos(turn) * x, flat * Math.sin(turn) * y, up * z];
    lobes.push({ radii: draw((0.35 + 0.4 * random()) * radius), at });
  }
  return lobes;
}
