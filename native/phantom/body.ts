/** The torso's frame: skin, fat, muscle wall, ribs, spine, couch; and the map of distances to the cavity that bounds every organ. */

import type { Random } from '../random.ts';
import { type Canvas, occupancy, paint, type Shade } from './canvas.ts';
import { textureAt, textureNear } from './noise.ts';
import type { Patient } from './patient.ts';
import { ellipsoid, type Field, type Shape, type TubePoint, tube } from './shapes.ts';

// The standard patient's cavity: a superellipse around (0, −5) mm. z = 0 is the top of the right diaphragm.
const cavity = { y: -5, a: 132, b: 86, power: 2.4 };
const vertebraMm = 30;
const ribMm = 27;

const bone =
  (cortex: number, marrow: number, cortexMm: number): Shade =>
  (x, y, z, d) =>
    d > -cortexMm ? cortex : marrow + 16 * textureAt(x / 1.1, y / 1.1, z / 1.1);

/** How far the chest's wall stands in from the standard cross-section at a height, in mm. */
const chestTaper = (z: number): number => (z > 0 ? 0.0009 * z * z : 0);

/** Paints everything outside the cavity and fat inside it. Returns the signed distance to the cavity's wall for each voxel, in mm. */
export function paintBody(canvas: Canvas, patient: Patient, random: Random): Float32Array {
  const { grid, scale, hu } = canvas;
  const [ni, nj, nk] = grid.dims;
  const inside = new Float32Array(ni * nj * nk);
  const plan = crossSection(canvas, random);
  const { muscle } = patient.hu;
  const edge = Math.max(canvas.edgeMm, grid.spacing[0]);
  const thickness = grid.spacing[2] / scale[2];
  const ribSlices = thickness > 1.6 ? [-0.34, 0, 0.34] : [0];
  const phase = random.range(0, 64);
  for (let k = 0; k < nk; k++) {
    const z = (grid.origin[2] + k * grid.spacing[2]) / scale[2];
    const taper = chestTaper(z) + (z < -60 ? 0.0006 * (z + 60) ** 2 : 0);
    const [c2, s2] = [3.5 * Math.cos(z / 70 + phase), 3.5 * Math.sin(z / 70 + phase)];
    const fatZ = patient.fatMm * (z < 0 ? Math.min(1.25, 1 - z / 400) : Math.max(0.65, 1 - z / 250));
    for (let p = 0; p < ni * nj; p++) {
      const index = p + ni * nj * k;
      const d = plan.distance[p] + taper * plan.tapers[p] + c2 * plan.cos2[p] + s2 * plan.sin2[p];
      inside[index] = d;
      const wall = plan.wall[p] + (z > 0 ? 6 * plan.lateral[p] * Math.min(1, z / 60) : 0);
      const outer = d - wall - fatZ * plan.fat[p];
      if (outer > edge) {
        hu[index] = -1000;
        continue;
      }
      const i = p % ni;
      const x = (grid.origin[0] + i * grid.spacing[0]) / scale[0];
      const y = (grid.origin[1] + ((p - i) / ni) * grid.spacing[1]) / scale[1];
      const t = textureNear(x / 2.4 + phase, y / 2.4, z / 4);
      let value = -104 + 4 * t;
      if (d > wall) {
        // Connective-tissue septa: thin sheets where the texture crosses zero.
        if (Math.abs(t) < 0.07) value += 32;
        value += (15 - value) * occupancy(-outer - 1.8, 2);
        value += (muscle - value) * occupancy(d - wall, edge);
      } else if (d > -edge) {
        const split = textureAt(x / 9, y / 9 + phase, z / 14);
        const layer = Math.abs(d - wall * (0.52 + 0.12 * split));
        const between = split > 0.1 && layer < 2 ? 0.7 * (1 - layer / 2) : 0;
        const tissue = muscle + 4 * t - between * 130;
        value += (tissue - value) * occupancy(-d, edge);
        let shaft = 0;
        let sum = 0;
        for (const s of ribSlices) {
          const part = ribPart(plan.angle[p], z + s * thickness, d, x);
          shaft += part;
          sum += part * ribHu;
        }
        if (shaft > 0) value += (sum / shaft - value) * (shaft / ribSlices.length);
      } else if (Math.abs(t) < 0.05) value += 22;
      if (outer > -edge) value += (-1000 - value) * (1 - occupancy(outer, edge));
      hu[index] = value;
    }
  }
  paintCouch(canvas);
  if (patient.sex === 'F') paintBreasts(canvas, random);
  return inside;
}

interface CrossSection {
  readonly distance: Float32Array;
  /** Angle from the back's midline, 0…π. */
  readonly angle: Float32Array;
  readonly cos2: Float32Array;
  readonly sin2: Float32Array;
  readonly lateral: Float32Array;
  /** How much of the taper applies: hardly any beside the spine. */
  readonly tapers: Float32Array;
  readonly wall: Float32Array;
  readonly fat: Float32Array;
}

/** What depends on x and y only, once per patient. */
function crossSection(canvas: Canvas, random: Random): CrossSection {
  const { grid, scale } = canvas;
  const [ni, nj] = grid.dims;
  const make = (): Float32Array => new Float32Array(ni * nj);
  const out = {
    distance: make(),
    angle: make(),
    cos2: make(),
    sin2: make(),
    lateral: make(),
    tapers: make(),
    wall: make(),
    fat: make(),
  };
  const power = cavity.power + random.range(-0.15, 0.25);
  const belly = random.range(0, 0.25);
  const turns = [random.range(0, 6), random.range(0, 6)];
  for (let j = 0; j < nj; j++) {
    const y = (grid.origin[1] + j * grid.spacing[1]) / scale[1] - cavity.y;
    for (let i = 0; i < ni; i++) {
      const x = (grid.origin[0] + i * grid.spacing[0]) / scale[0];
      const p = i + ni * j;
      const ax = Math.abs(x) / cavity.a;
      const ay = Math.abs(y) / cavity.b;
      const px = ax ** (power - 1);
      const py = ay ** (power - 1);
      const rho = (px * ax + py * ay) ** (1 / power) + 1e-6;
      const slope = Math.hypot(px / cavity.a, py / cavity.b) / rho ** (power - 1) + 1e-6;
      out.distance[p] = (rho - 1) / slope;
      const angle = Math.atan2(Math.abs(x), y);
      out.angle[p] = angle;
      const side = Math.atan2(x, y);
      out.cos2[p] = Math.cos(2 * side + turns[0]);
      out.sin2[p] = Math.sin(3 * side + turns[1]);
      const lateral = Math.sin(angle) ** 2;
      out.lateral[p] = lateral;
      out.tapers[p] = y > 0 ? 1 - 0.92 * Math.exp(-((x / 48) ** 2)) : 1;
      out.wall[p] = y > 0 ? 17 + 3 * lateral : 12 + 8 * lateral;
      const midline = y > 0 ? 0.4 * Math.exp(-((x / 26) ** 2)) : -belly * Math.exp(-((x / 70) ** 2));
      out.fat[p] = 0.8 + 0.3 * lateral - midline;
    }
  }
  return out;
}

// The attenuation of what `ribPart` last met; a field beside the function spares millions of small objects.
let ribHu = 0;

/** How much of a voxel is rib or costal cartilage: ribs run down and forward in the wall, 27 mm apart. */
function ribPart(angle: number, z: number, d: number, x: number): number {
  if (d < 0.5 || d > 13 || Math.abs(x) < 24) return 0;
  const descent = 86 * Math.sin(Math.min(angle, 2.1) * (Math.PI / 4.2)) - Math.max(0, angle - 2.1) * 45;
  const along = (z + descent) / ribMm;
  const n = Math.floor(along);
  if (n < -5) return 0;
  const boneEnd = n === -5 ? 0.9 : n === -4 ? 1.45 : Math.min(2.7, 2.15 + 0.14 * (n + 3));
  const cartilageEnd = n < -3 ? boneEnd : Math.min(3, boneEnd + 0.55);
  if (angle > cartilageEnd) return 0;
  const dz = ((along - n - 0.5) * ribMm) / 6.6;
  const dr = (d - 6.5) / 4.4;
  const q = Math.sqrt(dz * dz + dr * dr);
  ribHu = angle > boneEnd ? 105 : q > 0.62 ? 620 : 190;
  return occupancy((q - 1) * 5, 2.2);
}

const psoasLine: readonly TubePoint[] = [
  [24, 50, -92, 5],
  [31, 49, -130, 12],
  [42, 43, -195, 18],
];

function column(cx: number, cy: number, rx: number, ry: number, z0: number, z1: number): Shape {
  const flat = ellipsoid([cx, cy, 0], [rx, ry, 1e5]);
  return {
    bounds: [cx - rx, cy - ry, z0, cx + rx, cy + ry, z1],
    field: (x, y, z, index) => Math.max(flat.field(x, y, 0, index), z0 - z, z - z1),
  };
}

const zoneColumn = column(0, 52, 25, 25, -400, 400);
const zonePsoas = tube(psoasLine);

/** The space that spine and psoas keep from every organ. */
export const spineZone: Field = (x, y, z, index) =>
  y < 5 ? 20 : Math.min(zoneColumn.field(x, y, z, index), zonePsoas.field(Math.abs(x), y, z, index));

/** Spine, sternum and the deep muscles; painted after the lungs, which reach behind them. */
export function paintSkeleton(canvas: Canvas, patient: Patient, wall: Float32Array, random: Random): void {
  paintMuscles(canvas, patient, wall);
  paintSpine(canvas, random);
}

function paintSpine(canvas: Canvas, random: Random): void {
  const phase = random.range(0, vertebraMm);
  const density = random.range(120, 230);
  const within = (z: number): number => {
    const m = (z + phase) % vertebraMm;
    return m < 0 ? m + vertebraMm : m;
  };
  const outline: Field = (x, y, z) => {
    const waist = 1 - 0.07 * Math.sin((within(z) / vertebraMm) * Math.PI);
    const u = x / (21 * waist);
    const v = (y - 46) / (16.5 * waist);
    const k = Math.sqrt(u * u + v * v);
    return Math.max((k - 1) * 17, y - 61 + 0.006 * x * x);
  };
  paint(canvas, { field: outline, bounds: [-24, 28, -400, 24, 64, 400] }, (x, y, z, d) => {
    const m = within(z);
    const disc = Math.min(m, vertebraMm - m);
    if (disc < 3.2) return 88;
    if (disc < 4.6 || d > -1.5) return 400;
    return density + 16 * textureAt(x / 0.9, y / 0.9, z / 0.9);
  });
  paint(canvas, column(0, 71, 10.5, 9.5, -400, 400), () => -30);
  paint(canvas, column(0, 71, 6, 5.5, -400, 400), () => 38);
  const arch = bone(540, density, 1.8);
  const { grid, scale } = canvas;
  const low = grid.origin[2] / scale[2] - vertebraMm;
  const high = (grid.origin[2] + grid.dims[2] * grid.spacing[2]) / scale[2] + vertebraMm;
  for (let n = Math.floor((low + phase) / vertebraMm); n * vertebraMm - phase < high; n++) {
    const z = (n + 0.6) * vertebraMm - phase;
    const ribbed = z > -115;
    for (const s of [-1, 1]) {
      const parts: TubePoint[][] = [
        [
          [s * 13, 58, z, 4.5],
          [s * 14, 74, z - 2, 5],
        ],
        [
          [s * 14, 74, z - 2, 5],
          [s * 7, 82, z - 5, 4],
          [0, 85, z - 8, 4],
        ],
        [
          [s * 15, 74, z, 4.5],
          [s * (ribbed ? 36 : 42), ribbed ? 82 : 72, z + 1, 3.6],
        ],
        [
          [s * 15, 77, z - 15, 5.2],
          [s * 14, 78, z - 3, 4.5],
        ],
      ];
      if (ribbed)
        parts.push([
          [s * 21, 60, z + 8, 4],
          [s * 40, 80, z + 3, 3.8],
        ]);
      for (const part of parts) paint(canvas, tube(part), arch);
    }
    paint(
      canvas,
      tube([
        [0, 84, z - 8, 3.6],
        [0, 101, z - 17, 3.4],
      ]),
      arch,
    );
  }
  const sternum = ellipsoid([0, -98, 85], [17, 5.2, 78]);
  const follows: Field = (x, y, z, index) => sternum.field(x, y - chestTaper(z), z, index);
  paint(canvas, { field: follows, bounds: [-17, -106, 5, 17, -80, 165] }, bone(420, 150, 1.6));
}

function paintMuscles(canvas: Canvas, patient: Patient, wall: Float32Array): void {
  const { muscle } = patient.hu;
  const striated: Shade = (x, y, z) => {
    const t = textureAt(x / 2.2, y / 2.2, z / 9);
    return muscle + 3 * t - (t > 1.5 ? 55 : 0);
  };
  const soft: Shade = (x, y, z) => muscle + 4 * textureAt(x / 3, y / 3, z / 6);
  for (const s of [-1, 1]) {
    const erector = column(s * 28, 85, 23, 15, -400, 400);
    const within: Field = (x, y, z, index) => Math.max(erector.field(x, y, z, index), wall[index] - 15.5);
    paint(canvas, { field: within, bounds: erector.bounds }, striated, -1);
    paint(canvas, tube(psoasLine.map(([x, y, z, r]): TubePoint => [s * x, y, z, r])), soft, -1);
    paint(canvas, ellipsoid([s * 60, 68, -160], [17, 8, 60]), soft, -1);
    paint(
      canvas,
      tube([
        [s * 9 + 2, 27, 5, 4],
        [s * 14 + 2, 28, -60, 5.5],
        [s * 12, 31, -135, 4],
      ]),
      soft,
      -1,
    );
  }
}

function paintBreasts(canvas: Canvas, random: Random): void {
  const gland = random.range(0.2, 1.4);
  const size = random.range(0.8, 1.15);
  for (const s of [-1, 1]) {
    const shape = ellipsoid([s * 68, -104, 66], [56 * size, 30 * size, 52 * size], s * 0.35);
    paint(canvas, shape, (x, y, z, d, index) => {
      if (canvas.hu[index] > -150) return canvas.hu[index];
      if (d > -2.5) return -5;
      const t = textureAt(x / 3.2, y / 3.2, z / 3.2);
      return t > 1.5 - gland ? 15 : -103 + 4 * t;
    });
  }
}

/** A curved couch under the back: two thin shells with foam between. */
function paintCouch(canvas: Canvas): void {
  const { grid, hu } = canvas;
  const [ni, nj, nk] = grid.dims;
  let back = 0;
  for (let index = 0; index < hu.length; index++) {
    if (hu[index] > -400) back = Math.max(back, Math.floor(index / ni) % nj);
  }
  const top = grid.origin[1] + (back + 1.5) * grid.spacing[1];
  for (let j = 0; j < nj; j++) {
    const y = grid.origin[1] + j * grid.spacing[1];
    for (let i = 0; i < ni; i++) {
      const x = grid.origin[0] + i * grid.spacing[0];
      const depth = y - (top - (x * x) / 2200);
      if (depth < -2 || depth > 18 || Math.abs(x) > 195) continue;
      const shell = Math.max(0, 1 - Math.min(Math.abs(depth), Math.abs(depth - 16)) / 2);
      const value = depth > 0 && depth < 16 ? -950 + 620 * shell : -1000 + 650 * shell;
      for (let k = 0; k < nk; k++) {
        const index = i + ni * (j + nj * k);
        if (hu[index] <= -990) hu[index] = value;
      }
    }
  }
}
