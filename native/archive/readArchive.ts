/** Takes an archive into a library that holds no cases yet: checked first, then all at once. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { catalogContentHash } from '../catalog/contentHash.ts';
import { deleteAction } from '../catalog/deletionAudit.ts';
import { replaceTables, type Stored, type StoredRow } from '../catalog/wholeTables.ts';
import { type Archived, type ArchiveManifest, archiveFile, archiveManifest } from '../contract/archive.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Library } from '../engine/library.ts';
import { emptyFolder, ensureFolder, readFileBytes, writeFileAtomic } from '../files/files.ts';
import { drawThumbnail } from '../ingest/embedMissing.ts';
import { packMask } from '../lesion/mask.ts';
import { readNiftiLabels } from '../nifti/nifti.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { boxDims, type Volume } from '../volume/volume.ts';
import { openVoxelFile, writeVoxelFile } from '../volume/voxelFile.ts';
import {
  type ArchivedRow,
  boxOf,
  checksumFile,
  gridOf,
  type InPlaceOfBytes,
  parseRow,
  tableFile,
  volumeFile,
} from './format.ts';
import { readNpy } from './npy.ts';

/** Whether a folder is one that `writeArchive` wrote. */
export function isArchive(folder: string): boolean {
  return existsSync(join(folder, archiveFile));
}

/**
 * @param addEncoder takes up an encoder from its folder
 * @throws PrecedentError `refused` where there are cases already, `unreadable` or `corrupt` for an archive that is not whole,
 * `unsupported` for one of a newer version; then the library holds none of its cases, though maybe its encoders
 */
export async function readArchive(
  library: Library,
  folder: string,
  addEncoder: (folder: string) => Promise<unknown>,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<Archived> {
  const { layout, db, writes, reads, audit } = library;
  // The record comes with the cases: one that tells of deletions is not to be replaced.
  const deleted = audit.list({ action: deleteAction, limit: 1 }).length > 0;
  if (reads.counts().patients > 0 || deleted)
    throw new PrecedentError(
      'refused',
      deleted ? 'cases were deleted from this library' : 'this library holds cases already',
      undefined,
      'name an empty or new folder',
    );
  const archive = await openArchive(folder);
  const { manifest } = archive;
  const rows = new Map<string, ArchivedRow[]>();
  for (const table of Object.keys(manifest.tables)) rows.set(table, await archive.rows(table));
  const volumes = rows.get('volume') ?? [];
  const bytes = new StoredBytes(archive);
  for (const [table, own] of rows) {
    for (const row of own) {
      throwIfCancelled(signal);
      await bytes.read(row, table);
    }
  }
  for (const name of archive.folders('encoders')) await addEncoder(join(folder, 'encoders', name));
  for (const [done, row] of volumes.entries()) {
    throwIfCancelled(signal);
    onProgress({ done, total: volumes.length });
    await takeVolume(library, archive, row);
  }
  await emptyFolder(layout.vectors);
  replaceTables(
    db,
    manifest.schema,
    (table) => bytes.stored(rows.get(table) ?? []),
    () => {
      if (catalogContentHash(db) !== manifest.contentHash)
        throw notWhole('its tables are not those that were written');
    },
  );
  writes.rehome(layout.originals, sep);
  for (const row of volumes) await drawThumbnails(library, String(row.uid));
  onProgress({ done: volumes.length, total: volumes.length });
  const { contentHash } = manifest;
  return { contentHash, volumes: volumes.length, lesions: manifest.lesions, ...archive.size };
}

function notWhole(what: string): PrecedentError {
  return new PrecedentError('corrupt', `the archive is damaged: ${what}`, undefined, 'export it again');
}

interface Archive {
  readonly manifest: ArchiveManifest;
  readonly size: { readonly files: number; readonly bytes: number };
  /** A file whose checksum is right. */
  file(name: string): Promise<Uint8Array>;
  rows(table: string): Promise<ArchivedRow[]>;
  /** The names of files below a folder of the archive. */
  files(folder: string): string[];
  folders(folder: string): string[];
}

/** Names come from the archive and go into paths: letters, digits and a few signs, none that could lead elsewhere. */
const checksumLine = /^([0-9a-f]{64}) {2}((?:[\w@-][\w@.-]*\/){0,2}[\w@-][\w@.-]*)$/;

async function openArchive(folder: string): Promise<Archive> {
  const text = Buffer.from(await readFileBytes(join(folder, checksumFile))).toString('utf8');
  const sums = new Map<string, string>();
  for (const line of text.split('\n').filter(Boolean)) {
    const [, sum, name] = checksumLine.exec(line) ?? [];
    if (name === undefined) throw notWhole(`${checksumFile} has a line that names no file of it`);
    sums.set(name, sum);
  }
  const size = { files: sums.size + 1, bytes: 0 };
  const file = async (name: string) => {
    const expected = sums.get(name);
    if (expected === undefined) throw notWhole(`${checksumFile} does not name a file that is needed`);
    const bytes = await readFileBytes(join(folder, ...name.split('/')));
    if (createHash('sha256').update(bytes).digest('hex') !== expected)
      throw notWhole(`${name} has another checksum`);
    size.bytes += bytes.length;
    return bytes;
  };
  const manifest = archiveManifest.safeParse(
    JSON.parse(Buffer.from(await file(archiveFile)).toString('utf8')),
  );
  if (!manifest.success)
    throw new PrecedentError(
      'unsupported',
      'this archive has another version',
      undefined,
      'use a newer Precedent',
    );
  const below = (parent: string) => [...sums.keys()].filter((name) => name.startsWith(`${parent}/`));
  return {
    manifest: manifest.data,
    size,
    file,
    rows: async (table) => {
      const lines = Buffer.from(await file(tableFile(table)))
        .toString('utf8')
        .split('\n')
        .filter(Boolean);
      if (lines.length !== manifest.data.tables[table]) throw notWhole(`${tableFile(table)} has other rows`);
      return lines.map((line) => parseRow(line, table));
    },
    files: below,
    folders: (parent) => [...new Set(below(parent).map((name) => name.split('/')[1]))],
  };
}

/** The bytes that rows refer to, read before the catalog is written: a transaction cannot wait for files. */
class StoredBytes {
  readonly #archive: Archive;
  readonly #masks = new Map<string, Uint8Array>();
  readonly #matrices = new Map<string, ReturnType<typeof readNpy>>();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  async read(row: ArchivedRow, table: string): Promise<void> {
    for (const value of Object.values(row)) {
      if (value === null || typeof value !== 'object' || !('file' in value)) continue;
      const { file } = value;
      if (value.row !== undefined) {
        if (!this.#matrices.has(file)) this.#matrices.set(file, readNpy(await this.#archive.file(file)));
      } else this.#masks.set(file, await this.#packed(file, row, table));
    }
  }

  async #packed(file: string, row: ArchivedRow, table: string): Promise<Uint8Array> {
    const box = boxOf(row);
    const { grid, values } = readNiftiLabels(await this.#archive.file(file));
    if (boxDims(box).some((side, axis) => side !== grid.dims[axis]))
      throw notWhole(`a region of ${table} does not fill its box`);
    return packMask({ box, bits: Uint8Array.from(values, (value) => (value > 0 ? 1 : 0)) });
  }

  *stored(rows: Iterable<ArchivedRow>): Generator<StoredRow> {
    for (const row of rows) {
      const stored = Object.entries(row).map(([name, value]) => [name, this.#value(value)] as const);
      yield Object.fromEntries(stored);
    }
  }

  #value(value: ArchivedRow[string]): Stored {
    return value !== null && typeof value === 'object' ? this.#bytes(value) : value;
  }

  #bytes(value: InPlaceOfBytes): Uint8Array {
    if ('base64' in value) return Buffer.from(value.base64, 'base64');
    const bytes =
      value.row === undefined
        ? this.#masks.get(value.file)
        : this.#matrices.get(value.file)?.vector(value.row);
    if (!bytes) throw notWhole('a file that it names was not read');
    return bytes;
  }
}

async function drawThumbnails(library: Library, volume: string): Promise<void> {
  const { rows } = library.reads.lesions({ volume, offset: 0, limit: 1_000_000 });
  const file = await openVoxelFile(library.layout.voxelFile(volume));
  try {
    for (const { id, boxIjk } of rows) await drawThumbnail(library, file, id, { box: boxIjk });
  } finally {
    await file.close();
  }
}

const volumeRow = z.object({
  uid: z.string().regex(/^[a-z0-9-]{1,64}$/),
  dtype: z.enum(['int16', 'float32']),
});

/** Its voxels, and the private copies of its originals; where the catalog does not follow, the next opening removes them. */
async function takeVolume({ layout }: Library, archive: Archive, row: ArchivedRow): Promise<void> {
  const { uid, dtype } = volumeRow.parse(row);
  const grid = gridOf(row);
  const { values, grid: written } = readNiftiLabels(await archive.file(volumeFile(uid)));
  if (grid.dims.some((side, axis) => side !== written.dims[axis]))
    throw notWhole(`volume ${uid} has another grid`);
  const voxels: Volume['voxels'] = dtype === 'int16' ? Int16Array.from(values) : Float32Array.from(values);
  await writeVoxelFile(layout.voxelFile(uid), { ...grid, voxels });
  const folder = join(layout.originals, uid);
  for (const name of archive.files(`originals/${uid}`)) {
    await ensureFolder(folder);
    await writeFileAtomic(join(folder, name.split('/')[2]), await archive.file(name));
  }
}
