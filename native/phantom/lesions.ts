/** Places lesions in organs and paints them by the table of kinds. */

import type { Random } from '../random.ts';
import type { Box, Mask, Vec3 } from '../volume/volume.ts';
import { boxDims } from '../volume/volume.ts';
import { type Canvas, fieldAt, occupancy } from './canvas.ts';
import type { LesionKind } from './kinds.ts';
import { textureAt } from './noise.ts';
import { type OrganName, type OrganShapes, organNames } from './organs.ts';
import type { Patient, Tissue } from './patient.ts';
import type { Field } from './shapes.ts';
import { unit } from './vessels.ts';

export interface PaintedLesion {
  readonly kind: LesionKind;
  readonly organ: OrganName;
  /** Centre in mm (LPS). */
  readonly centerMm: Vec3;
  /** Longest diameter asked for, in mm. */
  readonly diameterMm: number;
  readonly mask: Mask;
  /** Signed distance to the surface in mm at each voxel of the mask's box grown by one voxel on each side in-plane. */
  readonly level: Float32Array;
}

const organTissue: Partial<Record<OrganName, Tissue>> = {
  Liver: 'liver',
  Spleen: 'spleen',
  Pancreas: 'pancreas',
  Kidney_L: 'cortex',
  Kidney_R: 'cortex',
  Colon: 'bowelWall',
};

/** A centre for a lesion of radius `radius` mm in an organ, clear of `taken`, inside the scanned range; null when none is found. */
export function placeLesion(
  canvas: Canvas,
  shapes: OrganShapes,
  kind: LesionKind,
  organ: OrganName,
  radius: number,
  taken: readonly PaintedLesion[],
  random: Random,
): Vec3 | null {
  const { grid, scale } = canvas;
  const { bounds, field } = shapes[organ];
  const margin = radius + grid.spacing[2];
  const range = (a: 0 | 1 | 2): [number, number] => {
    const half = a === 2 ? margin : margin + 4;
    return [
      Math.max(bounds[a] * scale[a], grid.origin[a] + half),
      Math.min(bounds[a + 3] * scale[a], grid.origin[a] + (grid.dims[a] - 1) * grid.spacing[a] - half),
    ];
  };
  const [rx, ry, rz] = [range(0), range(1), range(2)];
  if (rx[0] >= rx[1] || ry[0] >= ry[1] || rz[0] >= rz[1]) return null;
  for (let attempt = 0; attempt < 1500; attempt++) {
    const c: Vec3 = [random.range(...rx), random.range(...ry), random.range(...rz)];
    const d = fieldAt(canvas, field, ...c);
    // In slender organs (pancreas) a large lesion's centre cannot lie deep: 6 mm always suffices.
    const fits =
      kind.depth === 'wall'
        ? d < 0 && d > -7
        : d <
          -(kind.bulge > 0
            ? Math.min(kind.depth * radius, organ === 'Pancreas' ? 6 : 16)
            : kind.depth * radius);
    if (!fits) continue;
    const clear = taken.every(
      (t) => Math.hypot(...t.centerMm.map((v, a) => v - c[a])) > t.diameterMm / 2 + radius + 5,
    );
    if (clear && owned(canvas, c, organ)) return c;
  }
  return null;
}

/** Whether the voxel at a position ended up as the organ's: another organ may have been painted over its shape. */
function owned(canvas: Canvas, c: Vec3, organ: OrganName): boolean {
  const { grid } = canvas;
  const [i, j, k] = c.map((v, a) => Math.round((v - grid.origin[a]) / grid.spacing[a]));
  return canvas.organ[i + grid.dims[0] * (j + grid.dims[1] * k)] === organNames.indexOf(organ) + 1;
}

/** The outline: distance to the surface and depth (0 centre, 1 surface) at an offset from the centre. */
type Outline = (dx: number, dy: number, dz: number) => void;

/** Paints one lesion and returns it with its mask. */
export function paintLesion(
  canvas: Canvas,
  patient: Patient,
  organField: Field,
  kind: LesionKind,
  organ: OrganName,
  centerMm: Vec3,
  diameterMm: number,
  random: Random,
): PaintedLesion {
  const { grid, hu } = canvas;
  const radius = diameterMm / 2;
  const offset = random.range(0, 60);
  const axes: Vec3 = [1, random.range(0.82, 1), random.range(0.8, 1)];
  const turn = random.range(0, Math.PI);
  const [ct, st] = [Math.cos(turn), Math.sin(turn)];
  let distance = 0;
  let depth = 0;
  const outline: Outline = (dx, dy, dz) => {
    const ux = (dx * ct + dy * st) / axes[0];
    const uy = (dy * ct - dx * st) / axes[1];
    const uz = dz / axes[2];
    const r = Math.sqrt(ux * ux + uy * uy + uz * uz) + 1e-6;
    const q = 3.2 / r;
    const bump = textureAt(ux * q + offset, uy * q, uz * q);
    const bounded = bump > 1.6 ? 1.6 : Math.max(bump, -1.6);
    const surface = radius * (1 + kind.irregular * (0.6 * bounded - 0.35));
    distance = (r - surface) * 0.93;
    depth = r / surface;
  };
  const own = organTissue[organ];
  const organHu = own ? patient.hu[own] : 0;
  const base = kind.hu[patient.phase] + (kind.relative ? organHu : 0) + random.normal(0, 3);
  const core = kind.core;
  const coreHu = core ? core.hu[patient.phase] + (core.relative ? organHu : 0) : 0;
  const rays = kind.spicules
    ? Array.from({ length: kind.spicules.count }, () => ({
        to: unit([random.normal(0, 1), random.normal(0, 1), random.normal(0, 0.35)]),
        reach: radius * (1 + (kind.spicules?.length ?? 0) * random.range(0.4, 1.1)),
      }))
    : [];
  const shade = (dx: number, dy: number, dz: number): number => {
    const m = kind.texture.mm / 2.5;
    const t = textureAt(dx / m + offset, dy / m, dz / m);
    let value = base + kind.texture.hu * t;
    if (core) {
      const border = core.share * (1 + core.uneven * 0.6 * textureAt(dx / 3 + 7, dy / 3 + offset, dz / 3));
      const w = Math.max(0, Math.min(1, ((border - depth) * radius) / 1.6 + 0.5));
      value += w * (coreHu + 0.6 * kind.texture.hu * t - value);
    }
    if (kind.rim && distance > -kind.rim.mm) value += kind.rim.add[patient.phase];
    if (kind.clumps && depth > 1 - kind.clumps.depth) {
      const c = textureAt((dx * 4.5) / radius + offset + 5, (dy * 4.5) / radius, (dz * 4.5) / radius + 3);
      const w = Math.max(0, Math.min(1, (c + 0.35 + (depth - 0.85) * 2.6) * 2));
      value += w * (Math.min(220, patient.hu.aorta * kind.clumps.ofAorta) - value);
    }
    return value;
  };

  const reach = Math.max(radius * 1.35, ...rays.map((r) => r.reach)) + kind.fadeMm + 3;
  const lo = centerMm.map((c, a) => Math.max(0, Math.floor((c - reach - grid.origin[a]) / grid.spacing[a])));
  const hi = centerMm.map((c, a) =>
    Math.min(grid.dims[a] - 1, Math.ceil((c + reach - grid.origin[a]) / grid.spacing[a])),
  );
  const box: Box = [lo[0], lo[1], lo[2], hi[0], hi[1], hi[2]];
  const [bi, bj, bk] = boxDims(box);
  const level = new Float32Array(bi * bj * bk).fill(9);
  const edge = Math.max(canvas.edgeMm, grid.spacing[0]);
  const fade = Math.max(edge, kind.fadeMm);
  const thickness = grid.spacing[2];
  const offsets = thickness > 1.6 ? [-0.34, 0, 0.34] : [0];
  const bulge = kind.bulge * radius;
  for (let k = 0; k < bk; k++) {
    const z = grid.origin[2] + (lo[2] + k) * thickness;
    for (let j = 0; j < bj; j++) {
      const y = grid.origin[1] + (lo[1] + j) * grid.spacing[1];
      for (let i = 0; i < bi; i++) {
        const x = grid.origin[0] + (lo[0] + i) * grid.spacing[0];
        const limit = fieldAt(canvas, organField, x, y, z) - bulge;
        if (limit > 3) continue;
        const [dx, dy, dz] = [x - centerMm[0], y - centerMm[1], z - centerMm[2]];
        let w = 0;
        for (const s of offsets) {
          outline(dx, dy, dz + s * thickness);
          let part = occupancy(Math.max(distance, limit), fade);
          if (distance > -1 && limit < 0) {
            for (const ray of rays) part = Math.max(part, spicule(ray, dx, dy, dz + s * thickness, radius));
          }
          w += part;
        }
        w = Math.min(1, w / offsets.length);
        outline(dx, dy, dz);
        level[i + bi * (j + bj * k)] = Math.max(distance, limit);
        if (w <= 0) continue;
        const index = lo[0] + i + grid.dims[0] * (lo[1] + j + grid.dims[1] * (lo[2] + k));
        const value = hu[index] + w * (shade(dx, dy, dz) - hu[index]);
        if (!kind.seeThrough || value > hu[index]) hu[index] = value;
      }
    }
  }
  return { kind, organ, centerMm, diameterMm, ...tighten(box, level) };
}

/** How much of a voxel at an offset from the centre a tapering radial strand fills. */
function spicule(
  ray: { to: Vec3; reach: number },
  dx: number,
  dy: number,
  dz: number,
  radius: number,
): number {
  const along = dx * ray.to[0] + dy * ray.to[1] + dz * ray.to[2];
  if (along < radius * 0.6 || along > ray.reach) return 0;
  const across = Math.sqrt(Math.max(0, dx * dx + dy * dy + dz * dz - along * along));
  const width = 0.8 + 2.2 * (1 - along / ray.reach);
  return occupancy(across - width, 1.8);
}

/** The mask (level below 0) in its smallest box, and the level on that box grown by one voxel in-plane. */
function tighten(box: Box, level: Float32Array): { mask: Mask; level: Float32Array } {
  const [bi, bj, bk] = boxDims(box);
  const low = [bi, bj, bk];
  const high = [-1, -1, -1];
  for (let v = 0; v < level.length; v++) {
    if (level[v] >= 0) continue;
    const at = [v % bi, Math.floor(v / bi) % bj, Math.floor(v / (bi * bj))];
    for (let a = 0; a < 3; a++) {
      low[a] = Math.min(low[a], at[a]);
      high[a] = Math.max(high[a], at[a]);
    }
  }
  const [ni, nj, nk] = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1];
  const bits = new Uint8Array(ni * nj * nk);
  const grown = new Float32Array((ni + 2) * (nj + 2) * nk).fill(9);
  for (let k = 0; k < nk; k++) {
    for (let j = -1; j <= nj; j++) {
      for (let i = -1; i <= ni; i++) {
        const [fi, fj] = [low[0] + i, low[1] + j];
        if (fi < 0 || fj < 0 || fi >= bi || fj >= bj) continue;
        const value = level[fi + bi * (fj + bj * (low[2] + k))];
        grown[i + 1 + (ni + 2) * (j + 1 + (nj + 2) * k)] = value;
        if (value < 0) bits[i + ni * (j + nj * k)] = 1;
      }
    }
  }
  const tight: Box = [
    box[0] + low[0],
    box[1] + low[1],
    box[2] + low[2],
    box[0] + high[0],
    box[1] + high[1],
    box[2] + high[2],
  ];
  return { mask: { box: tight, bits }, level: grown };
}
