/** Writes everything that a library holds into a new folder, in formats that need no Precedent to be read. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { catalogContentHash } from '../catalog/contentHash.ts';
import { type Database, openSnapshot, schemaVersion } from '../catalog/database.ts';
import { type StoredRow, tableNames, tableRows } from '../catalog/wholeTables.ts';
import { type Archived, type ArchiveManifest, archiveFile } from '../contract/archive.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Library } from '../engine/library.ts';
import { listFolder, readFileBytes } from '../files/files.ts';
import { createPackage } from '../files/package.ts';
import { unpackMask } from '../lesion/mask.ts';
import { niftiFile } from '../nifti/nifti.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Grid } from '../volume/volume.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';
import {
  type ArchivedRow,
  boxGrid,
  boxOf,
  checksumFile,
  gridOf,
  maskFile,
  maskTables,
  tableFile,
  vectorsFile,
  vectorTables,
  volumeFile,
} from './format.ts';
import { npyHeader } from './npy.ts';
import { readMe } from './readMe.ts';

/** Fast, since CT hardly becomes smaller by more work. */
const pack = (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 1 });

type Add = (name: string, bytes: Uint8Array) => Promise<void>;

/** The catalog is written as it was at the beginning, whatever happens meanwhile. Throws `refused`, `storage`, `corrupt`, `cancelled`. */
export async function writeArchive(
  library: Library,
  target: string,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<Archived> {
  const catalog = openSnapshot(library.db);
  const whole = await createPackage(target).catch((error: unknown) => {
    catalog.close();
    throw error;
  });
  try {
    const sums: string[] = [];
    let bytes = 0;
    const add: Add = async (name, content) => {
      throwIfCancelled(signal);
      await whole.add(name, content);
      sums.push(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
      bytes += content.length;
    };
    const grids = volumeGrids(catalog);
    const tables: Record<string, number> = {};
    for (const table of tableNames(catalog)) tables[table] = await addTable(catalog, table, grids, add);
    let done = 0;
    for (const { uid } of grids.values()) {
      onProgress({ done, total: grids.size });
      await addVolume(library, uid, add);
      done++;
    }
    await addFolders(library.layout.encoders, 'encoders', add);
    const manifest: ArchiveManifest = {
      format: 'precedent-archive',
      version: 1,
      schema: schemaVersion,
      contentHash: catalogContentHash(catalog),
      tables,
      volumes: tables.volume,
      lesions: tables.lesion,
    };
    await add('README.txt', Buffer.from(readMe));
    await add(archiveFile, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    await whole.add(checksumFile, Buffer.from(sums.join('')));
    throwIfCancelled(signal);
    await whole.commit();
    onProgress({ done, total: grids.size });
    const { contentHash, volumes, lesions } = manifest;
    return { contentHash, volumes, lesions, files: sums.length + 1, bytes };
  } catch (error) {
    await whole.abandon();
    throw error;
  } finally {
    catalog.close();
  }
}

type Grids = ReadonlyMap<unknown, Grid & { readonly uid: string }>;

/** By the number of the volume's row. */
function volumeGrids(catalog: Database): Grids {
  const rows = [...tableRows(catalog, 'volume')];
  return new Map(rows.map((row) => [row.id, { uid: String(row.uid), ...gridOf(row) }]));
}

/** Returns how many rows the table has. */
async function addTable(catalog: Database, table: string, grids: Grids, add: Add): Promise<number> {
  const lines: string[] = [];
  /** The vectors of each key, in the order of their rows. */
  const matrices = new Map<string, Uint8Array[]>();
  for (const row of tableRows(catalog, table)) {
    const archived: ArchivedRow = {};
    for (const [name, value] of Object.entries(row)) {
      if (!(value instanceof Uint8Array)) archived[name] = value;
      else if (name === 'mask' && maskTables.has(table)) {
        archived[name] = { file: maskFile(table, row) };
        await add(maskFile(table, row), await pack(maskImage(row, value, grids)));
      } else if (name === 'vector' && vectorTables.has(table)) {
        const file = vectorsFile(table, row.key);
        const matrix = matrices.get(file) ?? [];
        matrices.set(file, matrix);
        archived[name] = { file, row: matrix.push(value) - 1 };
      } else archived[name] = { base64: Buffer.from(value).toString('base64') };
    }
    lines.push(`${JSON.stringify(archived)}\n`);
  }
  for (const [file, vectors] of matrices) await add(file, matrixFile(vectors));
  await add(tableFile(table), Buffer.from(lines.join('')));
  return lines.length;
}

/** 1 inside and 0 outside, on the part of the volume's grid that the region's box is. */
function maskImage(row: StoredRow, packed: Uint8Array, grids: Grids): Uint8Array {
  const grid = grids.get(row.volume);
  if (!grid)
    throw new PrecedentError('corrupt', 'a region belongs to no volume', 'catalog', 'run precedent verify');
  const box = boxOf(row);
  return niftiFile(boxGrid(grid, box), unpackMask(box, packed).bits);
}

function matrixFile(vectors: readonly Uint8Array[]): Uint8Array {
  const [{ length }] = vectors;
  if (vectors.some((vector) => vector.length !== length))
    throw new PrecedentError(
      'corrupt',
      'vectors of one key differ in length',
      'catalog',
      'run precedent verify',
    );
  return Buffer.concat([npyHeader(vectors.length, length / 2), ...vectors]);
}

/** Its voxels in HU, and the private copies of its originals. */
async function addVolume({ layout }: Library, uid: string, add: Add): Promise<void> {
  const file = await openVoxelFile(layout.voxelFile(uid));
  try {
    await add(volumeFile(uid), await pack(niftiFile(file.grid, (await file.readAll()).voxels)));
  } finally {
    await file.close();
  }
  await addFolder(join(layout.originals, uid), `originals/${uid}`, add);
}

async function addFolders(folder: string, name: string, add: Add): Promise<void> {
  for (const each of await listFolder(folder)) await addFolder(join(folder, each), `${name}/${each}`, add);
}

async function addFolder(folder: string, name: string, add: Add): Promise<void> {
  for (const file of await listFolder(folder))
    await add(`${name}/${file}`, await readFileBytes(join(folder, file)));
}
