/** How rows and regions stand in an archive ([docs/archive.md](../../docs/archive.md)), for writing and for reading. */
import { z } from 'zod';
import type { Stored, StoredRow } from '../catalog/wholeTables.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type Box, boxDims, type Grid, indexToWorld } from '../volume/volume.ts';

/** SHA-256 of every other file, as `sha256sum -c` reads it. */
export const checksumFile = 'SHA256SUMS';

export const tableFile = (table: string) => `tables/${table}.jsonl`;
export const volumeFile = (uid: string) => `volumes/${uid}.nii.gz`;
export const vectorsFile = (table: string, key: Stored) => `embeddings/${table}-${key}.npy`;

/** What stands in the place of bytes: the file that holds them, there the row of a matrix, or the bytes. */
const inPlaceOfBytes = z.union([
  z.strictObject({ file: z.string(), row: z.number().int().optional() }),
  z.strictObject({ base64: z.string() }),
]);
export type InPlaceOfBytes = z.infer<typeof inPlaceOfBytes>;
const archivedRow = z.record(z.string(), z.union([z.string(), z.number(), z.null(), inPlaceOfBytes]));
export type ArchivedRow = z.infer<typeof archivedRow>;

/** One line of a table's file. Throws `unreadable`. */
export function parseRow(line: string, table: string): ArchivedRow {
  try {
    return archivedRow.parse(JSON.parse(line));
  } catch {
    throw new PrecedentError(
      'unreadable',
      `a line of ${tableFile(table)} is no row`,
      undefined,
      'export it again',
    );
  }
}

/** Tables whose rows have a region: bits in the box that the row names, of a volume that it names. */
export const maskTables: ReadonlySet<string> = new Set(['lesion', 'organ', 'feedback_query', 'unsaved_mark']);
/** Tables whose rows have a vector, under a key. */
export const vectorTables: ReadonlySet<string> = new Set(['lesion_embedding', 'volume_embedding']);

/** Named by the id that a lesion or organ has outside, or else by its row. */
export function maskFile(table: string, row: StoredRow): string {
  return `masks/${typeof row.uid === 'string' ? row.uid : `${table}-${row.id}`}.nii.gz`;
}

/** The box of a row's region, in voxel indices of its volume. */
export function boxOf(row: Readonly<Record<string, unknown>>): Box {
  const corners =
    typeof row.box === 'string' ? row.box.split(',') : [row.i0, row.j0, row.k0, row.i1, row.j1, row.k1];
  const [i0, j0, k0, i1, j1, k1] = corners.map(Number);
  return [i0, j0, k0, i1, j1, k1];
}

const vec3 = z.tuple([z.number(), z.number(), z.number()]);
const storedGrid = z.object({
  spacing: vec3,
  origin: vec3,
  direction: z.tuple([...vec3.def.items, ...vec3.def.items, ...vec3.def.items]),
});

/** The grid of a row of `volume`. */
export function gridOf(row: Readonly<Record<string, unknown>>): Grid {
  const stored = { spacing: row.spacing, origin: row.origin, direction: row.direction };
  const texts = Object.entries(stored).map(([name, text]) => [name, JSON.parse(String(text))]);
  return {
    dims: [Number(row.ni), Number(row.nj), Number(row.nk)],
    ...storedGrid.parse(Object.fromEntries(texts)),
  };
}

/** The part of a grid that a box is. */
export function boxGrid(grid: Grid, box: Box): Grid {
  return { ...grid, dims: boxDims(box), origin: indexToWorld(grid, [box[0], box[1], box[2]]) };
}
