/** The organs of the standard patient, jittered per patient, and the order in which they are painted. */

import type { Random } from '../random.ts';
import type { Vec3 } from '../volume/volume.ts';
import { paintBody, paintSkeleton, spineZone } from './body.ts';
import { type Canvas, paint, type Shade } from './canvas.ts';
import { textureAt, textureNear } from './noise.ts';
import type { Patient } from './patient.ts';
import {
  type Bounds,
  bumpy,
  ellipsoid,
  type Field,
  type Shape,
  smoothLine,
  smoothUnion,
  type TubePoint,
  tube,
  unite,
} from './shapes.ts';
import { growTree, type TreeRule } from './vessels.ts';

/** Organ numbers in the canvas's map are positions in this list plus one. */
export const organNames = [
  'Lung_L',
  'Lung_R',
  'Heart',
  'Aorta',
  'Liver',
  'Spleen',
  'Kidney_L',
  'Kidney_R',
  'Pancreas',
  'Stomach',
  'Colon',
] as const;
export type OrganName = (typeof organNames)[number];

export type OrganShapes = Readonly<Record<OrganName, Shape>>;

interface Painter {
  readonly canvas: Canvas;
  readonly patient: Patient;
  readonly random: Random;
  /** A new texture offset, so that no two organs share a pattern. */
  offset(): number;
  put(shape: Shape, shade: Shade, organ?: OrganName): void;
  /** A centre moved and radii stretched by this patient's own amounts. */
  near(center: Vec3, sd?: number): Vec3;
  sized(radii: Vec3): Vec3;
}

const everywhere: Bounds = [-200, -200, -400, 200, 200, 400];

/** Paints the whole torso and returns the organs' shapes in standard coordinates, for placing lesions. */
export function paintTorso(canvas: Canvas, patient: Patient, random: Random): OrganShapes {
  const painter: Painter = {
    canvas,
    patient,
    random,
    offset: () => random.range(0, 60),
    put: (shape, shade, organ) => paint(canvas, shape, shade, organ ? organNames.indexOf(organ) + 1 : 0),
    near: (c, sd = 3) => [
      c[0] + random.normal(0, sd),
      c[1] + random.normal(0, sd),
      c[2] + random.normal(0, sd),
    ],
    sized: (r) => {
      const common = random.normal(1, 0.04);
      return [r[0] * common * random.normal(1, 0.03), r[1] * common * random.normal(1, 0.03), r[2] * common];
    },
  };
  const wall = paintBody(canvas, patient, random);
  const inCavity =
    (gap: number): Field =>
    (_x, _y, _z, index) =>
      wall[index] + gap;
  const dome = diaphragm(random);
  const heart = ellipsoid(painter.near([24, -32, 37], 2), painter.sized([57, 42, 46]), 0.6);
  const [Lung_L, Lung_R] = paintLungs(painter, inCavity(1), dome, heart);
  paintSkeleton(canvas, patient, wall, random);
  const chest = paintChest(painter, heart);
  const abdomen = paintAbdomen(painter, inCavity, dome);
  return { Lung_L, Lung_R, ...chest, ...abdomen };
}

/** Height of the diaphragm (mm) over a position: two domes, deepest at the back. */
function diaphragm(random: Random): (x: number, y: number) => number {
  const right = 8 + random.normal(0, 4);
  const left = right - random.range(8, 20);
  return (x, y) => {
    const side = (x < 0 ? x + 68 : x - 72) / 72;
    const front = (y + 8) / 84;
    const rho = Math.min(1.25, side * side + front * front);
    const drop = 24 * rho + 52 * rho * rho * rho * (y > -8 ? 1 : 0.35);
    return (x < 0 ? right : left) - drop;
  };
}

// Half width of the mediastinum at positions from front to back: [y, mm].
const mediastinum: readonly (readonly [number, number])[] = [
  [-95, 7],
  [-70, 12],
  [-40, 27],
  [0, 33],
  [30, 29],
  [70, 22],
  [110, 20],
];

function mediastinumWidth(y: number): number {
  for (let n = 1; n < mediastinum.length; n++) {
    const [a, b] = [mediastinum[n - 1], mediastinum[n]];
    if (y < b[0]) return a[1] + (b[1] - a[1]) * Math.max(0, (y - a[0]) / (b[0] - a[0]));
  }
  return mediastinum[mediastinum.length - 1][1];
}

function paintLungs(
  p: Painter,
  inCavity: Field,
  dome: (x: number, y: number) => number,
  heart: Shape,
): [Shape, Shape] {
  const { patient, random, put } = p;
  put(
    {
      bounds: everywhere,
      field: (x, y, z, i) => {
        const c = inCavity(x, y, z, i);
        return c > 6 ? c : Math.max(c, (Math.abs(dome(x, y) - 1.5 - z) - 2.2) * 0.75);
      },
    },
    () => patient.hu.muscle,
  );
  const lung = (side: number): Shape => ({
    bounds: side < 0 ? [-200, -200, -120, 0, 200, 400] : [0, -200, -120, 200, 200, 400],
    field: (x, y, z, i) => {
      const c = inCavity(x, y, z, i);
      if (c > 6) return c;
      if (x * side < 0) return 5 - x * side;
      const middle = smoothUnion(Math.abs(x - 3) - mediastinumWidth(y), heart.field(x, y, z, i) - 4, 12);
      return Math.max(c, -middle, (dome(x, y) - z) * 0.8);
    },
  });
  const emphysema = random.next() < 0.3 ? random.range(20, 55) : 0;
  const base = random.range(-872, -838);
  const offset = p.offset();
  const tissue: Shade = (x, y, z) => {
    // Dependent lung is denser in a supine patient.
    const value = base + 0.28 * (y + 10) + 9 * textureNear(x / 2 + offset, y / 2, z / 2);
    if (emphysema === 0) return value;
    const holes = textureAt(x / 2.6, y / 2.6 + offset, z / 3.5);
    return holes > 0.9 ? value - emphysema * (holes - 0.5) : value;
  };
  const shapes: [Shape, Shape] = [lung(1), lung(-1)];
  put(shapes[0], tissue, 'Lung_L');
  put(shapes[1], tissue, 'Lung_R');
  for (const [which, s] of [1, -1].entries()) {
    const field = shapes[which].field;
    const inside = (x: number, y: number, z: number): boolean =>
      x * s > 6 && z > dome(x, y) + 3 && (Math.abs(x) / 126) ** 2.4 + (Math.abs(y + 5) / 79) ** 2.4 < 1;
    const hilum: Vec3 = [s * 37, 2, 64];
    const roots: readonly (readonly [Vec3, number])[] = [
      [[s * 0.55, 0.55, -1], 6.2],
      [[s * 0.9, -0.1, -0.8], 5],
      [[s * 1, -0.7, -0.1], 4.6],
      [[s * 0.8, 0.9, 0.2], 4.8],
      [[s * 0.7, -0.3, 1], 5],
      [[s * 0.35, 0.8, -0.9], 4.4],
    ];
    for (const [direction, radius] of roots) {
      const rule: TreeRule = { start: hilum, direction, radius, smallest: 0.6, length: 8.5, allowed: inside };
      paintTree(p, rule, patient.hu.pulmonary, (x, y, z, i) => field(x, y, z, i) - 4);
    }
    const bronchus: TubePoint[] = [
      [s * 11, 6, 98, 6.4],
      [s * 32, 8, 72, 5.4],
      [s * 43, 18, 46, 3.9],
      [s * 52, 29, 20, 2.6],
      [s * 60, 36, -5, 1.9],
    ];
    put(tube(bronchus), (_x, _y, _z, d) => (d < -1.3 ? -965 : -20));
    put(tube([bronchus[1], [s * 58, -8, 66, 2.6], [s * 74, -28, 60, 1.7]]), (_x, _y, _z, d) =>
      d < -1.1 ? -950 : -40,
    );
  }
  return shapes;
}

/** Grows and paints one tree; pieces that leave `within` are cut by it. */
function paintTree(p: Painter, rule: TreeRule, hu: number, within: Field): void {
  for (const piece of growTree(rule, p.random)) {
    const shape = tube(piece);
    p.put(
      {
        bounds: shape.bounds,
        field: (x, y, z, i) => {
          const d = shape.field(x, y, z, i);
          return d > 4 ? d : Math.max(d, within(x, y, z, i));
        },
      },
      () => hu,
    );
  }
}

function paintChest(p: Painter, heart: Shape): { Heart: Shape; Aorta: Shape } {
  const { patient, random, put } = p;
  const { hu } = patient;
  const blood: Shade = () => hu.chamber;
  put(
    tube([
      [5, 17, 100, 7.5],
      [6, 12, 20, 7],
      [14, 4, -12, 7],
      [30, -8, -24, 8],
    ]),
    (_x, _y, _z, d) => (d < -5.8 ? -300 : 36),
  );
  put(
    tube([
      [-7, 27, 100, 3.2],
      [-6, 28, -20, 2.6],
    ]),
    () => hu.cava,
  );
  put(
    tube([
      [0, -26, 52, 14],
      [-6, -30, 110, 15.5],
    ]),
    () => (hu.aorta + hu.chamber) / 2,
  );
  put(
    tube([
      [22, -48, 58, 13],
      [18, -36, 84, 13],
      [14, -18, 92, 12],
    ]),
    () => hu.pulmonary,
  );
  put(
    tube([
      [14, -18, 84, 10],
      [-18, -6, 78, 9],
      [-40, 2, 66, 6],
    ]),
    () => hu.pulmonary,
  );
  put(
    tube([
      [14, -18, 88, 9],
      [32, -4, 80, 8],
      [40, 4, 66, 6],
    ]),
    () => hu.pulmonary,
  );
  put(
    tube([
      [-24, -22, 48, 9.5],
      [-25, -20, 110, 9.5],
    ]),
    () => hu.cava + (patient.phase === 'arterial' ? 160 : 0),
  );
  const chambers = [
    ellipsoid(p.near([46, -24, 28], 1), [25, 15, 19], 0.6),
    ellipsoid(p.near([14, -53, 30], 1), [29, 13, 24], 0.45),
    ellipsoid(p.near([-17, -30, 40], 1), [17, 20, 24]),
    ellipsoid(p.near([10, 0, 54], 1), [26, 13, 17]),
  ];
  const offset = p.offset();
  put(
    heart,
    (x, y, z, d, i) => {
      const t = textureAt(x / 4 + offset, y / 4, z / 4);
      if (d > -3 && t > 0.5) return -70;
      let cavity = 99;
      for (const c of chambers) cavity = Math.min(cavity, c.field(x, y, z, i));
      const w = Math.max(0, Math.min(1, 0.5 - cavity / 2.5));
      return hu.myocardium + w * (hu.chamber - hu.myocardium) + 3 * t;
    },
    'Heart',
  );
  put(
    tube([
      [10, 0, 54, 8],
      [-38, 8, 56, 5],
    ]),
    blood,
  );
  put(
    tube([
      [10, 2, 54, 8],
      [40, 8, 58, 5],
    ]),
    blood,
  );
  const wide = random.range(0.9, 1.22);
  const Aorta = tube(
    smoothLine(
      [
        [25, 26, 105, 12.5 * wide],
        [22, 25, 40, 12 * wide],
        [15, 17, -20, 11 * wide],
        [9, 15, -80, 10 * wide],
        [5, 16, -210, 8.5 * wide],
      ],
      3,
    ),
  );
  // Plaques with age: calcium in the outermost millimetres where the texture is high.
  const plaque = patient.age > 58 ? 2.6 - patient.age / 60 : 9;
  const calcium = (x: number, y: number, z: number): boolean =>
    textureAt(x / 2.5 + offset, y / 2.5, z / 4) > plaque;
  put(Aorta, (x, y, z, d) => (d > -1.6 && calcium(x, y, z) ? 650 : hu.aorta), 'Aorta');
  return { Heart: heart, Aorta };
}

type Abdomen = 'Liver' | 'Spleen' | 'Kidney_L' | 'Kidney_R' | 'Pancreas' | 'Stomach' | 'Colon';

function paintAbdomen(
  p: Painter,
  inCavity: (gap: number) => Field,
  dome: (x: number, y: number) => number,
): Record<Abdomen, Shape> {
  const { patient, random, put } = p;
  const { hu } = patient;
  const under =
    (gap: number): Field =>
    (x, y, z) =>
      (z - dome(x, y) + gap) * 0.8;
  /** A shape kept inside the cavity, under the diaphragm and off the spine. */
  const bounded = (shape: Shape, gap: number): Shape => {
    const inside = inCavity(gap);
    const below = under(3 + gap);
    return {
      bounds: shape.bounds,
      field: (x, y, z, i) => {
        const d = shape.field(x, y, z, i);
        if (d > 9) return d;
        const c = inside(x, y, z, i);
        return c > 9 ? c : Math.max(d, c, below(x, y, z, i), 3 - spineZone(x, y, z, i));
      },
    };
  };

  const kidneys = [1, -1].map((s) =>
    bounded(ellipsoid(p.near([s * 70, 41, s > 0 ? -112 : -124], 3), p.sized([26, 24, 53]), s * 0.5, 0.12), 3),
  );
  const kidneyGap: Field = (x, y, z, i) =>
    z > -35 || y < -5 ? 20 : Math.min(kidneys[0].field(x, y, z, i), kidneys[1].field(x, y, z, i));

  paintBowel(p, inCavity(6), kidneyGap);
  const Colon = paintColon(p, (shape) => bounded(shape, 2.5));

  const hollow = ellipsoid([60, 18, -58], [34, 46, 68]);
  const spleenBody = ellipsoid(p.near([97, 38, -50], 3), p.sized([36, 47, 50]), -0.25);
  const Spleen = bounded(
    {
      bounds: spleenBody.bounds,
      field: bumpy(
        (x, y, z, i) => Math.max(spleenBody.field(x, y, z, i), -hollow.field(x, y, z, i)),
        1.2,
        3,
        p.offset(),
      ),
    },
    1.5,
  );

  const fundus = ellipsoid(p.near([56, -26, -42]), p.sized([40, 44, 44]));
  const antrum = tube(
    smoothLine(
      [
        [58, -36, -62, 24],
        [44, -50, -84, 17],
        [12, -52, -98, 14],
        [-18, -40, -98, 12],
      ],
      3,
    ),
  );
  const Stomach = bounded(
    {
      bounds: unite(fundus.bounds, antrum.bounds),
      field: (x, y, z, i) =>
        Math.max(
          smoothUnion(fundus.field(x, y, z, i), antrum.field(x, y, z, i), 10),
          3 - Spleen.field(x, y, z, i),
        ),
    },
    3,
  );
  const gasLevel = random.range(-62, -30);
  const rugae = p.offset();
  put(
    Stomach,
    (x, y, z, d) => {
      const t = textureAt(x / 2.2 + rugae, y / 2.2, z / 2.2);
      if (d > -4.2 - Math.max(0, t) * 1.4) return hu.bowelWall;
      if (y < gasLevel) return -965;
      return 14 + 6 * t + (t > 1.6 ? 30 : 0);
    },
    'Stomach',
  );

  for (const piece of [
    [
      [-31, 30, -70, 2.2],
      [-39, 37, -88, 2.4],
    ],
    [
      [35, 25, -68, 2.6],
      [46, 33, -88, 2.4],
    ],
    [
      [35, 25, -68, 2.6],
      [41, 38, -84, 2.2],
    ],
  ] as TubePoint[][])
    put(tube(piece), () => (hu.pancreas + hu.muscle) / 2);

  const duct = smoothLine(
    (
      [
        [-34, -12, -114, 15],
        [-22, -20, -99, 13],
        [2, -27, -90, 9.5],
        [30, -14, -84, 10],
        [58, 9, -76, 11],
        [84, 27, -66, 8.5],
      ] as const
    ).map(([x, y, z, r]): TubePoint => {
      const [a, b, c] = p.near([x, y, z], 2);
      return [a, b, c, r * random.range(0.82, 1.1)];
    }),
    3,
  );
  const gland = tube(duct);
  const Pancreas = bounded({ bounds: gland.bounds, field: bumpy(gland.field, 2, 1.9, p.offset()) }, 4);
  const lobules = p.offset();
  const atrophy = patient.age > 55 ? random.range(0, 0.9) : 0;
  put(
    Pancreas,
    (x, y, z) => {
      const t = textureAt(x / 1.5 + lobules, y / 1.5, z / 1.5);
      return hu.pancreas + 5 * t - (t > 1.7 - atrophy ? 75 : 0);
    },
    'Pancreas',
  );
  // Duodenum around the head.
  put(
    tube(
      smoothLine(
        [
          [-20, -36, -99, 11],
          [-46, -22, -104, 11],
          [-50, -4, -122, 11],
          [-34, 4, -142, 11],
          [10, 2, -146, 10],
        ],
        3,
      ),
    ),
    (x, y, z, d) => (d > -2.6 ? hu.bowelWall : 22 + 9 * textureAt(x / 2, y / 2, z / 2)),
  );

  const vessels: readonly (readonly [number, readonly TubePoint[]])[] = [
    [
      hu.cava,
      [
        [-18, -8, 26, 11],
        [-25, 6, 0, 11],
        [-27, 10, -40, 11],
        [-22, 16, -100, 10],
        [-18, 19, -210, 10],
      ],
    ],
    [
      hu.portalVein,
      [
        [86, 26, -60, 3.4],
        [56, 15, -71, 4],
        [26, -4, -80, 4.4],
        [0, -14, -86, 5.6],
        [-18, -11, -74, 6.3],
        [-34, -8, -62, 6.3],
      ],
    ],
    [
      hu.portalVein,
      [
        [-2, -14, -86, 5.4],
        [-5, -24, -130, 5],
        [-5, -30, -210, 4.4],
      ],
    ],
    [
      hu.aorta,
      [
        [8, 6, -86, 3.4],
        [7, -9, -102, 3.4],
        [5, -20, -150, 3],
        [5, -26, -210, 2.8],
      ],
    ],
    [
      hu.aorta,
      [
        [10, 7, -68, 3.5],
        [10, -8, -70, 3.2],
        [-6, -16, -72, 2.4],
        [-28, -16, -66, 2],
      ],
    ],
    [
      hu.aorta,
      [
        [10, -8, -70, 2.7],
        [40, 2, -66, 2.4],
        [84, 24, -56, 1.9],
      ],
    ],
    [
      hu.aorta,
      [
        [14, 16, -100, 2.7],
        [34, 28, -106, 2.5],
        [56, 38, -112, 2.2],
      ],
    ],
    [
      hu.aorta,
      [
        [2, 16, -104, 2.7],
        [-30, 28, -114, 2.5],
        [-56, 38, -123, 2.2],
      ],
    ],
    [
      hu.cava,
      [
        [-16, 12, -106, 4],
        [14, 2, -102, 3.8],
        [34, 22, -106, 4],
        [58, 36, -112, 4],
      ],
    ],
    [
      hu.cava,
      [
        [-26, 17, -112, 4],
        [-42, 28, -118, 4.2],
        [-58, 36, -123, 4],
      ],
    ],
  ];
  for (const [value, line] of vessels) put(tube(smoothLine(line, 3)), () => value);

  const [Kidney_L, Kidney_R] = kidneys;
  paintKidney(p, Kidney_L, 'Kidney_L', [56, 35, -112], 1);
  paintKidney(p, Kidney_R, 'Kidney_R', [-56, 35, -124], -1);

  const arciform = p.offset();
  const mottle = patient.phase === 'arterial' ? 24 : 3;
  put(
    Spleen,
    (x, y, z) => hu.spleen + mottle * Math.sin(2.6 * textureAt(x / 3.5 + arciform, y / 3.5, z / 3.5)),
    'Spleen',
  );

  const Liver = paintLiver(p, kidneyGap, bounded);
  return { Liver, Spleen, Kidney_L, Kidney_R, Pancreas, Stomach, Colon };
}

function paintLiver(p: Painter, kidneyGap: Field, bounded: (shape: Shape, gap: number) => Shape): Shape {
  const { patient, put, random } = p;
  const { hu } = patient;
  const right = ellipsoid(p.near([-68, 0, -62]), p.sized([76, 92, 76]));
  const left = ellipsoid(p.near([14, -48, -36]), p.sized([76, 36, 36]), -0.12);
  const hilum = ellipsoid(p.near([28, 22, -98], 2), [64, 62, 62]);
  const renal = ellipsoid(p.near([-50, 52, -128], 2), [36, 42, 66]);
  const raw: Field = (x, y, z, i) => {
    const d = smoothUnion(right.field(x, y, z, i), left.field(x, y, z, i), 22);
    return d > 9
      ? d
      : Math.max(d, -hilum.field(x, y, z, i), -renal.field(x, y, z, i), 6 - kidneyGap(x, y, z, i));
  };
  const Liver = bounded(
    { bounds: unite(right.bounds, left.bounds), field: bumpy(raw, 1.4, 4, p.offset()) },
    1.5,
  );
  const offset = p.offset();
  put(
    Liver,
    (x, y, z) =>
      hu.liver +
      2.2 * textureAt(x / 1.6 + offset, y / 1.6, z / 1.6) +
      2 * textureAt(x / 9, y / 9 + offset, z / 9),
    'Liver',
  );
  put(
    tube([
      [3, -86, -78, 4],
      [2, -62, -58, 3],
      [0, -40, -46, 2.2],
    ]),
    () => -80,
  );
  put(
    tube([
      [-24, 6, 2, 11],
      [-27, 10, -40, 11],
      [-25, 13, -70, 10.5],
    ]),
    () => hu.cava,
  );
  const within: Field = (x, y, z, i) => Liver.field(x, y, z, i) + 2;
  const allowed = (x: number, y: number, z: number): boolean =>
    Math.min(right.field(x, y, z, 0), left.field(x, y, z, 0)) < -3 && hilum.field(x, y, z, 0) > 2;
  const trees: readonly (readonly [Vec3, Vec3, number, number])[] = [
    [[-34, -8, -62], [-1, 0.2, 0.3], 6, hu.portalVein],
    [[-34, -8, -62], [-0.9, 0.7, -0.9], 4.2, hu.portalVein],
    [[-28, -12, -60], [0.9, -0.9, 0.6], 4.6, hu.portalVein],
    [[-28, 4, -6], [-1, 0.35, -0.55], 5, hu.hepaticVein],
    [[-28, 2, -6], [-0.45, -0.8, -0.6], 4.6, hu.hepaticVein],
    [[-24, 0, -6], [0.6, -0.9, -0.4], 4, hu.hepaticVein],
  ];
  for (const [start, direction, radius, value] of trees) {
    paintTree(p, { start, direction, radius, smallest: 1, length: 12, allowed }, value, within);
  }
  if (random.next() < 0.85) {
    put(ellipsoid(p.near([-46, -44, -96], 3), p.sized([13, 17, 27]), 0.3, 0.25), (_x, _y, _z, d) =>
      d > -1.6 ? 45 : 9,
    );
  }
  return Liver;
}

function paintKidney(p: Painter, kidney: Shape, name: OrganName, sinus: Vec3, side: number): void {
  const { hu } = p.patient;
  const offset = p.offset();
  p.put(
    kidney,
    (x, y, z, d) => {
      // Pyramids: medulla deep to 6 mm of cortex, parted by columns of cortex.
      const columns = Math.sin((z + offset) / 3.1) + 0.8 * textureAt(x / 3 + offset, y / 3, z / 3);
      const inner = Math.max(0, Math.min(1, (-d - 5.5) / 2)) * (columns > 0.45 ? 0.25 : 1);
      return hu.cortex + inner * (hu.medulla - hu.cortex);
    },
    name,
  );
  const fat = ellipsoid(sinus, [15, 10, 27], side * 0.35);
  const shape: Shape = { bounds: fat.bounds, field: bumpy(fat.field, 2.4, 2, offset) };
  p.put(shape, (x, y, z) => (textureAt(x / 1.8 + offset, y / 1.8, z / 2.2) > 0.5 ? hu.cava : -78));
  p.put(ellipsoid([sinus[0] + side * 3, sinus[1], sinus[2]], [7, 4.5, 15], side * 0.35), () => hu.pelvis);
}

/** Loops of small bowel and the mesentery's vessels. */
function paintBowel(p: Painter, inCavity: Field, kidneyGap: Field): void {
  const { random, patient, put } = p;
  const { hu } = patient;
  put(
    tube([
      [-14, 20, -90, 1],
      [0, -20, -110, 1],
    ]),
    () => -100,
  );
  const mesentery: TreeRule = {
    start: [0, -18, -112],
    direction: [0, -0.6, -1],
    radius: 4,
    smallest: 0.9,
    length: 13,
    allowed: (x, y, z) => Math.abs(x) < 90 && y > -70 && y < 30 && z < -95,
  };
  const inside: Field = (x, y, z, i) => inCavity(x, y, z, i);
  paintTree(p, mesentery, hu.portalVein, inside);
  for (let n = 0; n < 46; n++) {
    let at: TubePoint = [random.range(-72, 85), random.range(-66, 14), random.range(-210, -104), 0];
    const line: TubePoint[] = [];
    for (let m = 0; m < 4; m++) {
      at = [
        at[0] + random.normal(0, 17),
        at[1] + random.normal(0, 12),
        at[2] + random.normal(0, 12),
        random.range(8, 12),
      ];
      line.push([at[0], at[1], Math.min(at[0] > 15 ? -92 : -108, at[2]), at[3]]);
    }
    const loop = tube(smoothLine(line, 3));
    const shape: Shape = {
      bounds: loop.bounds,
      field: (x, y, z, i) => {
        const d = loop.field(x, y, z, i);
        return d > 6
          ? d
          : Math.max(d, inCavity(x, y, z, i), 6 - spineZone(x, y, z, i), 6 - kidneyGap(x, y, z, i));
      },
    };
    const content = random.next() < 0.12 ? -820 : random.range(12, 45);
    put(shape, (x, y, z, d) => {
      const fold = textureAt(x / 1.6, y / 1.6, z / 1.6);
      return d > -2.4 - Math.max(0, fold) ? hu.bowelWall : content + 6 * fold;
    });
  }
}

function paintColon(p: Painter, bounded: (shape: Shape) => Shape): Shape {
  const { random, patient, put } = p;
  const { hu } = patient;
  // Haustra: the radius swells and narrows along each part.
  const haustral = (points: readonly TubePoint[]): TubePoint[] =>
    smoothLine(points, 5).map(
      ([x, y, z, r], n): TubePoint => [x, y, z, r * (n % 3 === 0 ? 0.84 : 1.05) * random.range(0.95, 1.05)],
    );
  const parts = [
    {
      line: [
        [-98, 20, -215, 22],
        [-100, 16, -170, 23],
        [-97, 4, -142, 21],
        [-94, -18, -134, 19],
      ] as TubePoint[],
      level: random.range(-12, 18),
    },
    {
      line: [
        [-94, -18, -134, 19],
        [-68, -50, -141, 19],
        [-30, -64, -147, 17],
        [12, -66, -142, 17],
        [56, -60, -127, 17],
        [90, -36, -106, 17],
        [103, -4, -92, 16],
      ] as TubePoint[],
      level: random.range(-72, -52),
    },
    {
      line: [
        [103, -4, -92, 15],
        [107, 20, -112, 14],
        [105, 30, -150, 13],
        [102, 30, -215, 13],
      ] as TubePoint[],
      level: random.range(8, 26),
    },
  ];
  const offset = p.offset();
  const shapes = parts.map(({ line, level }) => {
    const whole = tube(haustral(line));
    const shape = bounded({ bounds: whole.bounds, field: bumpy(whole.field, 1.3, 2.2, offset) });
    put(
      shape,
      (x, y, z, d) => {
        if (d > -2.6) return hu.bowelWall;
        const t = textureAt(x / 3 + offset, y / 3, z / 3);
        const gas = Math.max(0, Math.min(1, (level - y + 5 * t) / 3));
        const stool = 26 + 22 * t - 220 * Math.max(0, Math.min(1, (t - 1) * 2));
        return stool + gas * (-970 - stool);
      },
      'Colon',
    );
    return shape;
  });
  return {
    bounds: shapes.map((s) => s.bounds).reduce(unite),
    field: (x, y, z, i) => Math.min(...shapes.map((s) => s.field(x, y, z, i))),
  };
}
