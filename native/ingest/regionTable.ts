/** Reads a table of points with diameters or of boxes (as LUNA16 has) and turns its rows into masks on a grid. */
import { PrecedentError } from '../contract/errors.ts';
import { tightenMask } from '../lesion/mask.ts';
import {
  type Box,
  boxDims,
  clipBox,
  type Grid,
  indexToWorld,
  type Mask,
  type Vec3,
  worldToIndex,
} from '../volume/volume.ts';
import { readTable } from './csv.ts';

/** A point in mm (LPS) or voxel indices with a diameter in mm, or a box of voxel indices. */
export type RegionShape =
  | {
      readonly kind: 'ball';
      readonly center: Vec3;
      readonly in: 'mm' | 'voxels';
      readonly diameterMm: number;
    }
  | { readonly kind: 'box'; readonly box: Box };

export interface RegionRow {
  /** The image the row is about; undefined where the table has no such column: then every row is about each image. */
  readonly image: string | undefined;
  readonly name: string | undefined;
  readonly shape: RegionShape;
  /** The values of the other columns. */
  readonly labels: Readonly<Record<string, string>>;
}

const maxRows = 1_000_000;
const largestDiameterMm = 1000;
const patientSpaces = /^(lps|ras)$/i;

type Role =
  | 'image'
  | 'name'
  | 'diameter'
  | 'space'
  | 'x'
  | 'y'
  | 'z'
  | 'i'
  | 'j'
  | 'k'
  | (typeof corners)[number];
const corners = ['i0', 'j0', 'k0', 'i1', 'j1', 'k1'] as const;

/** Column, in lower case without separators → what it holds. */
const roles: Readonly<Record<string, Role>> = {
  image: 'image',
  series: 'image',
  case: 'image',
  seriesuid: 'image',
  seriesinstanceuid: 'image',
  name: 'name',
  label: 'name',
  diametermm: 'diameter',
  diameter: 'diameter',
  space: 'space',
  ...Object.fromEntries(
    (['x', 'y', 'z'] as const).flatMap((axis, n) =>
      [
        axis,
        `coord${axis}`,
        `${axis}mm`,
        `${axis}lps`,
        `${axis}ras`,
        `coord${axis}ras`,
        'lps'[n],
        'ras'[n],
      ].map((column) => [column, axis]),
    ),
  ),
  ...Object.fromEntries(['i', 'j', 'k', ...corners].map((column) => [column, column as Role])),
};

interface Columns {
  readonly at: Readonly<Partial<Record<Role, number>>>;
  readonly kind: 'mm' | 'voxels' | 'box';
  /** The names of the columns say that x grows to the right and y to the front. */
  readonly isRas: boolean;
}

/** Whether the columns of a table are those of regions: points with a diameter, or boxes. */
export function isRegionTable(header: readonly string[]): boolean {
  return columnsOf(header) !== null;
}

/** Whether each row of such a table says which image it lies in. */
export function namesImages(header: readonly string[]): boolean {
  return columnsOf(header)?.at.image !== undefined;
}

/**
 * The regions of a table. Columns, whatever their case: `image`, `series`, `case` or `seriesuid`; `coordX`, `coordY`, `coordZ` or
 * `x`, `y`, `z` in mm (LPS, or RAS by a column `space` or names such as `x_ras`) or `i`, `j`, `k` in voxels of the stored volume, with
 * `diameter_mm` or `diameter`; or `i0`, `j0`, `k0`, `i1`, `j1`, `k1` (inclusive); `name` or `label`; others are labels.
 * @throws PrecedentError `unreadable` when it is no such table, `limit`
 */
export function readRegionTable(bytes: Uint8Array): { rows: RegionRow[]; warnings: string[] } {
  const [header, ...body] = readTable(bytes);
  const columns = columnsOf(header ?? []);
  if (!columns) throw new PrecedentError('unreadable', 'the table has no columns of points or boxes');
  if (body.length > maxRows) throw new PrecedentError('limit', 'the table has more than a million rows');
  const warnings: string[] = [];
  const used = new Set(Object.values(columns.at));
  const rows = body.flatMap((cells, n): RegionRow[] => {
    const shape = shapeOf(cells, columns);
    if (!shape) {
      warnings.push(`row ${n + 2} of the table gives no region and was left out`);
      return [];
    }
    const text = (role: Role) => cells[columns.at[role] ?? -1] || undefined;
    const labels = header.flatMap((name, c) =>
      used.has(c) || !name || !cells[c] ? [] : [[name, cells[c]] as const],
    );
    const image = columns.at.image === undefined ? undefined : (text('image') ?? '');
    return [{ image, name: text('name'), shape, labels: Object.fromEntries(labels) }];
  });
  return { rows, warnings };
}

/**
 * The mask of each row, in order: of a ball the voxels whose centre is within the radius, at least the nearest; of a box
 * its voxels. Rows that lie outside the grid give none, and `outside` is called.
 */
export function* tableMasks(
  rows: readonly RegionRow[],
  grid: Grid,
  outside: (row: RegionRow) => void = () => {},
): Generator<{ row: RegionRow; mask: Mask }> {
  for (const row of rows) {
    const { shape } = row;
    const mask = shape.kind === 'ball' ? ballMask(shape, grid) : boxMask(shape.box, grid);
    if (mask) yield { row, mask };
    else outside(row);
  }
}

function columnsOf(header: readonly string[]): Columns | null {
  const at: Partial<Record<Role, number>> = {};
  const clean = header.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ''));
  for (const [n, name] of clean.entries()) {
    const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
    if (role && at[role] === undefined) at[role] = n;
  }
  const has = (...wanted: readonly Role[]) => wanted.every((role) => at[role] !== undefined);
  const isRas = [at.x, at.y].every(
    (n) => n !== undefined && (/ras$/.test(clean[n]) || /^[ra]$/.test(clean[n])),
  );
  if (has(...corners)) return { at, kind: 'box', isRas };
  if (has('x', 'y', 'z', 'diameter')) return { at, kind: 'mm', isRas };
  return has('i', 'j', 'k', 'diameter') ? { at, kind: 'voxels', isRas } : null;
}

function shapeOf(cells: readonly string[], { at, kind, isRas }: Columns): RegionShape | null {
  const number = (role: Role) => {
    const text = cells[at[role] ?? -1] ?? '';
    return text === '' ? Number.NaN : Number(text);
  };
  if (kind === 'box') {
    const [i0, j0, k0, i1, j1, k1] = corners.map(number);
    const isBox = [i0, j0, k0, i1, j1, k1].every(Number.isInteger) && i0 <= i1 && j0 <= j1 && k0 <= k1;
    return isBox ? { kind: 'box', box: [i0, j0, k0, i1, j1, k1] } : null;
  }
  const [a, b, c] = kind === 'mm' ? (['x', 'y', 'z'] as const) : (['i', 'j', 'k'] as const);
  const point: Vec3 = [number(a), number(b), number(c)];
  const diameterMm = number('diameter');
  const space = cells[at.space ?? -1] ?? '';
  if (!point.every((value) => Math.abs(value) < 1e6)) return null;
  if (!(diameterMm >= 0 && diameterMm <= largestDiameterMm)) return null;
  if (space !== '' && !patientSpaces.test(space)) return null;
  const turned = kind === 'mm' && (space === '' ? isRas : /^ras$/i.test(space));
  const center: Vec3 = turned ? [-point[0], -point[1], point[2]] : point;
  return { kind: 'ball', center, in: kind, diameterMm };
}

function boxMask(wanted: Box, grid: Grid): Mask | null {
  const box = clipBox(wanted, grid.dims);
  if (!box) return null;
  const [ni, nj, nk] = boxDims(box);
  return { box, bits: new Uint8Array(ni * nj * nk).fill(1) };
}

function ballMask(ball: RegionShape & { kind: 'ball' }, grid: Grid): Mask | null {
  const center = ball.in === 'mm' ? ball.center : indexToWorld(grid, ball.center);
  const [ci, cj, ck] = worldToIndex(grid, center);
  const radius = ball.diameterMm / 2;
  const [ri, rj, rk] = grid.spacing.map((mm) => radius / mm);
  const near: Vec3 = [Math.round(ci), Math.round(cj), Math.round(ck)];
  const wanted: Box = [
    Math.min(near[0], Math.ceil(ci - ri)),
    Math.min(near[1], Math.ceil(cj - rj)),
    Math.min(near[2], Math.ceil(ck - rk)),
    Math.max(near[0], Math.floor(ci + ri)),
    Math.max(near[1], Math.floor(cj + rj)),
    Math.max(near[2], Math.floor(ck + rk)),
  ];
  const box = clipBox(wanted, grid.dims);
  if (!box) return null;
  const [ni, nj, nk] = boxDims(box);
  const bits = new Uint8Array(ni * nj * nk);
  const { spacing } = grid;
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, n++) {
        const x = (box[0] + i - ci) * spacing[0];
        const y = (box[1] + j - cj) * spacing[1];
        const z = (box[2] + k - ck) * spacing[2];
        const isNearest = box[0] + i === near[0] && box[1] + j === near[1] && box[2] + k === near[2];
        if (isNearest || x * x + y * y + z * z <= radius * radius) bits[n] = 1;
      }
    }
  }
  return tightenMask({ box, bits });
}
