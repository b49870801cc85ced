/** Reads the files of one DICOM CT series into volumes in HU, with what the header says about them. */
import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { PrecedentError } from '../contract/errors.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Volume } from '../volume/volume.ts';
import { type DicomHeader, readHeader } from './header.ts';
import { pixelLayout, type Skipped, type SliceFile, type Stack, stackSlices } from './slices.ts';
import { decodePixels } from './transferSyntax.ts';

export type Progress = (progress: { readonly done: number; readonly total: number }) => void;

/** What the header of a series says, without its geometry; ages and dates as DICOM writes them. */
export interface SeriesMeta {
  readonly patient: {
    readonly patientId: string;
    readonly issuer?: string;
    readonly name?: string;
    readonly sex?: string;
    readonly birthDate?: string;
  };
  readonly study: {
    readonly uid: string;
    readonly date?: string;
    readonly description?: string;
    readonly age?: string;
  };
  readonly series: {
    readonly uid: string;
    readonly modality: string;
    readonly description?: string;
    readonly number?: number;
    readonly kernel?: string;
    readonly manufacturer?: string;
    readonly model?: string;
    readonly contrast?: string;
    readonly kvp?: number;
    readonly sliceThicknessMm?: number;
    readonly frameOfReferenceUid?: string;
  };
  readonly acquisitionNumber?: number;
  readonly lossy: boolean;
  /** Window centre and width in HU. */
  readonly window?: [number, number];
}

export interface SeriesVolume {
  readonly volume: Volume;
  readonly meta: SeriesMeta;
  /** In the order of k. */
  readonly files: readonly { readonly path: string; readonly sopInstanceUid: string | undefined }[];
  /** SHA-256 (hex) over the files' bytes, in the order of `files`. */
  readonly contentHash: string;
  readonly warnings: readonly string[];
}

const maxFileBytes = 512 * 2 ** 20;
const maxHeaderBytes = 64 * 2 ** 20;
/** Enough for almost every CT header; where it is not, eight times as much is read, and so on. */
const firstChunkBytes = 64 * 1024;

/** The header of a file, reading no more of it than needed. @throws PrecedentError `unreadable` or `limit` */
export async function readFileHeader(path: string): Promise<{ header: DicomHeader; fileBytes: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let length = firstChunkBytes; ; length *= 8) {
      const buffer = Buffer.alloc(Math.min(length, size));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead < buffer.length)
        throw new PrecedentError('unreadable', 'the file changed while it was read');
      const header = readHeader(buffer, size);
      if (header.complete || buffer.length >= size || (header.modality && header.modality !== 'CT')) {
        return { header, fileBytes: size };
      }
      if (8 * length > maxHeaderBytes) throw new PrecedentError('limit', 'the header is too long');
    }
  } finally {
    await file.close();
  }
}

/**
 * The stacks that a series' files form, from their headers alone: each becomes one volume.
 * Files that cannot be part of one are skipped with a reason.
 * @throws PrecedentError `cancelled`
 */
export async function planSeries(
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<{ stacks: Stack[]; skipped: Skipped[] }> {
  const files: SliceFile[] = [];
  const unreadable: Skipped[] = [];
  for (const path of paths) {
    throwIfCancelled(signal);
    try {
      const { header } = await readFileHeader(path);
      // Planning needs no bytes; a series of thousands would otherwise hold its headers' buffers.
      files.push({ path, header: { ...header, bytes: new Uint8Array() } });
    } catch (thrown) {
      unreadable.push({ path, reason: PrecedentError.from(thrown).message });
    }
  }
  const { stacks, skipped } = stackSlices(files);
  return { stacks, skipped: [...unreadable, ...skipped] };
}

/**
 * The volume of a stack: HU, k ascending along the slice normal, Int16 where every value is exact, else Float32.
 * HU = stored value · Rescale Slope + Rescale Intercept, slice by slice (PS3.3 section C.11.1.1.2).
 * @throws PrecedentError when a file has changed or cannot be decoded, `cancelled`
 */
export async function readStack(
  stack: Stack,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<SeriesVolume> {
  const { grid, slices } = stack;
  const perSlice = grid.dims[0] * grid.dims[1];
  const warnings = new Set(stack.warnings);
  const hash = createHash('sha256');
  let voxels: Int16Array | Float32Array = new Int16Array(perSlice * slices.length);
  for (const [k, slice] of slices.entries()) {
    throwIfCancelled(signal);
    const bytes = await readWhole(slice.path);
    hash.update(bytes);
    const header = readHeader(bytes);
    const layout = pixelLayout(header);
    if (layout.rows !== grid.dims[1] || layout.columns !== grid.dims[0]) {
      throw new PrecedentError('unreadable', 'a file of the series changed while it was read');
    }
    const stored = await decodePixels(header, layout);
    const { slope, intercept } = rescale(header, warnings);
    if (!rescaleInto(voxels, k * perSlice, stored, slope, intercept)) {
      voxels = Float32Array.from(voxels);
      rescaleInto(voxels, k * perSlice, stored, slope, intercept);
    }
    onProgress?.({ done: k + 1, total: slices.length });
  }
  const contentHash = hash.digest('hex');
  const { header } = slices[slices.length >> 1];
  if (!header.seriesInstanceUid || !header.studyInstanceUid) {
    warnings.add('the files lack a study or series UID: one was derived from their content');
  }
  return {
    volume: { ...grid, voxels },
    meta: {
      ...seriesMeta(header, derivedUid(contentHash)),
      lossy: slices.some((slice) => slice.header.lossy),
    },
    files: slices.map(({ path, header }) => ({ path, sopInstanceUid: header.sopInstanceUid })),
    contentHash,
    warnings: [...warnings],
  };
}

/**
 * All volumes of a series. A stack that cannot be decoded is skipped with its reason; the others are read.
 * To hold one volume at a time, use `planSeries` and `readStack`.
 * @throws PrecedentError `cancelled`
 */
export async function readSeries(
  paths: readonly string[],
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<{ volumes: SeriesVolume[]; skipped: Skipped[] }> {
  const { stacks, skipped } = await planSeries(paths, signal);
  const total = stacks.reduce((sum, stack) => sum + stack.slices.length, 0);
  const volumes: SeriesVolume[] = [];
  let before = 0;
  for (const stack of stacks) {
    const start = before;
    try {
      volumes.push(await readStack(stack, ({ done }) => onProgress?.({ done: start + done, total }), signal));
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      if (error.kind === 'cancelled') throw error;
      skipped.push({ path: stack.slices[0].path, reason: error.message });
    }
    before += stack.slices.length;
  }
  return { volumes, skipped };
}

async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxFileBytes) throw new PrecedentError('limit', 'the file is too large for a CT slice');
  return readFile(path);
}

function rescale(header: DicomHeader, warnings: Set<string>): { slope: number; intercept: number } {
  const { rescaleSlope, rescaleIntercept, rescaleType = 'HU' } = header;
  if (rescaleSlope === 0) throw new PrecedentError('unreadable', 'the rescale slope is zero');
  if (rescaleSlope === undefined || rescaleIntercept === undefined) {
    warnings.add('no rescale slope and intercept: stored values are taken for HU');
  }
  if (rescaleType !== 'HU') warnings.add('the rescaled values are not declared as HU');
  return { slope: rescaleSlope ?? 1, intercept: rescaleIntercept ?? 0 };
}

/** Writes one rescaled slice; false as soon as a value is not exact in the target's type. */
function rescaleInto(
  target: Int16Array | Float32Array,
  offset: number,
  stored: Int32Array,
  slope: number,
  intercept: number,
): boolean {
  const exact = target instanceof Int16Array;
  for (let n = 0; n < stored.length; n++) {
    const hu = stored[n] * slope + intercept;
    target[offset + n] = hu;
    if (exact && target[offset + n] !== hu) return false;
  }
  return true;
}

/** A UID made from 128 bits of a hash, in the form that PS3.5 section B.2 gives to UUIDs. */
function derivedUid(hash: string): string {
  return `2.25.${BigInt(`0x${hash.slice(0, 32)}`)}`;
}

function seriesMeta(h: DicomHeader, uidIfMissing: string): SeriesMeta {
  const { windowCenter, windowWidth } = h;
  return {
    patient: {
      patientId: h.patientId ?? '',
      issuer: h.issuerOfPatientId,
      name: h.patientName,
      sex: h.patientSex,
      birthDate: h.patientBirthDate,
    },
    study: {
      uid: h.studyInstanceUid ?? uidIfMissing,
      date: h.studyDate,
      description: h.studyDescription,
      age: h.patientAge,
    },
    series: {
      uid: h.seriesInstanceUid ?? uidIfMissing,
      modality: h.modality ?? '',
      description: h.seriesDescription,
      number: h.seriesNumber,
      kernel: h.convolutionKernel,
      manufacturer: h.manufacturer,
      model: h.manufacturerModelName,
      contrast: h.contrastBolusAgent,
      kvp: h.kvp,
      sliceThicknessMm: h.sliceThickness,
      frameOfReferenceUid: h.frameOfReferenceUid,
    },
    acquisitionNumber: h.acquisitionNumber,
    lossy: h.lossy,
    window:
      windowCenter !== undefined && windowWidth !== undefined && windowWidth > 0
        ? [windowCenter, windowWidth]
        : undefined,
  };
}
