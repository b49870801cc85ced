/**
 * Finds what can be imported under some paths: CT series with the RT Structure Sets drawn on them, and NIfTI images
 * with their masks. Files are opened read-only and only their beginning is read; what is left out is listed with a reason.
 */
import { lstat, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { niftiHeaderOf } from '../nifti/header.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { dicomEncoding } from './dataset.ts';
import type { DicomHeader } from './header.ts';
import { type RtstructReferences, readRtstructReferences, rtstructSopClass } from './rtstruct.ts';
import type { Skipped } from './slices.ts';
import { type Progress, readFileHeader } from './volume.ts';

/** The files of one CT series, by path, and the RT Structure Sets drawn on it. A UID that the files lack is empty. */
export interface SeriesFiles {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly patientId: string;
  readonly issuer: string | undefined;
  readonly frameOfReferenceUid: string | undefined;
  readonly files: readonly string[];
  readonly rtstructs: readonly string[];
}

export interface RtstructFile extends RtstructReferences {
  readonly path: string;
}

/** `NAME.nii` or `NAME.nii.gz` with `NAME_mask.nii(.gz)`; `name` is NAME without its folder. */
export interface NiftiFiles {
  readonly name: string;
  readonly image: string;
  readonly masks: readonly string[];
}

export interface ScanResult {
  readonly series: readonly SeriesFiles[];
  readonly rtstructs: readonly RtstructFile[];
  readonly nifti: readonly NiftiFiles[];
  readonly skipped: readonly Skipped[];
}

const ctImageSopClass = '1.2.840.10008.5.1.4.1.1.2';
/** SOP Class UID → why its objects are left out (PS3.4 table B.5-1). */
const skippedSopClasses: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.3.10': 'not an image (a DICOM directory)',
  '1.2.840.10008.5.1.4.1.1.2.1': 'enhanced (multi-frame) CT is not handled yet',
  '1.2.840.10008.5.1.4.1.1.2.2': 'enhanced (multi-frame) CT is not handled yet',
  '1.2.840.10008.5.1.4.1.1.7': 'a secondary capture, not a CT slice',
  '1.2.840.10008.5.1.4.1.1.66.4': 'a DICOM segmentation is not handled yet',
};
const sidecar =
  /(\.(csv|tsv|txt|md|json|ya?ml|xml|html?|pdf|png|jpe?g|gif|bmp|zip|gz|tar|npz|npy|xlsx?|docx?|log|py|sh|exe|inf|ini)|^(licen[cs]e|readme|changelog|dicomdir|autorun|version|thumbs\.db|\..*))$/i;
const niftiName = /\.nii(\.gz)?$/i;
const maskSuffix = /_mask$/i;
const maxRtstructBytes = 256 * 2 ** 20;
/** The beginning that tells whether a file is DICOM or NIfTI. */
const sniffBytes = 4096;
const maxDepth = 64;

/**
 * Walks files and folders (nested; a folder reached twice, by a link or otherwise, is walked once) in the order of
 * their names and sorts what it finds.
 * @throws PrecedentError `cancelled`; nothing else: a file or folder that cannot be read is skipped
 */
export async function scanFolder(
  paths: readonly string[],
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<ScanResult> {
  const skipped: Skipped[] = [];
  const files = await walk(paths, skipped, signal);
  const slices: { readonly path: string; readonly header: DicomHeader }[] = [];
  const rtstructs: RtstructFile[] = [];
  const niftis: string[] = [];
  for (const [done, path] of files.entries()) {
    throwIfCancelled(signal);
    onProgress?.({ done, total: files.length });
    try {
      const kind = await kindOf(path);
      if (kind === 'nifti') niftis.push(path);
      else {
        const found = await readDicom(path);
        if ('header' in found) slices.push(found);
        else rtstructs.push(found);
      }
    } catch (thrown) {
      skipped.push({ path, reason: reasonOf(thrown) });
    }
  }
  onProgress?.({ done: files.length, total: files.length });
  const uniqueSlices = withoutDuplicates(slices, ({ header }) => header.sopInstanceUid, skipped);
  const uniqueRtstructs = withoutDuplicates(rtstructs, ({ sopInstanceUid }) => sopInstanceUid, skipped);
  const series = attach(groupSeries(uniqueSlices), uniqueRtstructs, skipped);
  skipped.sort((a, b) => compare(a.path, b.path));
  return { series, rtstructs: uniqueRtstructs, nifti: pairMasks(niftis, skipped), skipped };
}

async function walk(paths: readonly string[], skipped: Skipped[], signal?: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set<string>();
  const visit = async (path: string, depth: number): Promise<void> => {
    throwIfCancelled(signal);
    try {
      const info = await stat(path);
      const real = await realpath(path);
      if (seen.has(real)) return;
      seen.add(real);
      if (info.isFile()) files.push(path);
      else if (!info.isDirectory()) skipped.push({ path, reason: 'not a regular file' });
      else if (depth > maxDepth) skipped.push({ path, reason: 'folders are nested too deeply' });
      else for (const name of (await readdir(path)).sort(compare)) await visit(join(path, name), depth + 1);
    } catch (thrown) {
      if (thrown instanceof PrecedentError) throw thrown;
      const dangling = await lstat(path).then(
        (link) => link.isSymbolicLink(),
        () => false,
      );
      skipped.push({ path, reason: dangling ? 'a link that leads nowhere' : reasonOf(thrown) });
    }
  };
  for (const path of paths) await visit(resolve(path), 0);
  return files;
}

async function kindOf(path: string): Promise<'dicom' | 'nifti'> {
  const beginning = await readBeginning(path, sniffBytes);
  if (dicomEncoding(beginning) !== null) return 'dicom';
  if (niftiName.test(path)) {
    niftiHeaderOf(beginning);
    return 'nifti';
  }
  if (sidecar.test(basename(path))) throw new PrecedentError('unsupported', 'not an image');
  throw new PrecedentError(
    'unsupported',
    beginning.length === 0 ? 'the file is empty' : 'neither DICOM nor NIfTI',
  );
}

async function readBeginning(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function readDicom(path: string): Promise<{ path: string; header: DicomHeader } | RtstructFile> {
  const { header, fileBytes } = await readFileHeader(path);
  const { sopClassUid, modality } = header;
  if (sopClassUid === rtstructSopClass) {
    if (fileBytes > maxRtstructBytes) throw new PrecedentError('limit', 'the RT Structure Set is too large');
    return { path, ...readRtstructReferences(await readFile(path)) };
  }
  const reason = skippedSopClasses[sopClassUid ?? ''];
  if (reason) throw new PrecedentError('unsupported', reason);
  if (modality !== 'CT') {
    throw new PrecedentError(
      'unsupported',
      modality ? `modality ${modality.slice(0, 16)} is not CT` : 'no modality',
    );
  }
  if (sopClassUid !== undefined && sopClassUid !== ctImageSopClass) {
    throw new PrecedentError('unsupported', 'modality CT, but not a CT slice');
  }
  if (!header.pixelData) throw new PrecedentError('unreadable', 'the file has no pixel data');
  // Thousands of slices are held at once: only the header's values may stay, not the buffer they came from.
  return { path, header: { ...header, bytes: new Uint8Array() } };
}

function withoutDuplicates<T extends { readonly path: string }>(
  found: readonly T[],
  uidOf: (item: T) => string | undefined,
  skipped: Skipped[],
): T[] {
  const seen = new Set<string>();
  return found.filter((item) => {
    const uid = uidOf(item);
    if (uid === undefined || !seen.has(uid)) return uid === undefined || seen.add(uid);
    skipped.push({ path: item.path, reason: 'a duplicate: another file has the same SOP instance UID' });
    return false;
  });
}

function groupSeries(
  slices: readonly { readonly path: string; readonly header: DicomHeader }[],
): SeriesFiles[] {
  const groups = new Map<string, { readonly header: DicomHeader; readonly files: string[] }>();
  for (const { path, header } of slices) {
    // Careless anonymising gives several patients the same UIDs; the patient therefore belongs to the key.
    const key = JSON.stringify([
      header.issuerOfPatientId,
      header.patientId,
      header.studyInstanceUid,
      // Some anonymisers strip the UIDs; then a folder is a series.
      header.seriesInstanceUid ?? dirname(path),
    ]);
    const group = groups.get(key);
    if (group) group.files.push(path);
    else groups.set(key, { header, files: [path] });
  }
  return [...groups.values()].map(({ header, files }) => ({
    studyUid: header.studyInstanceUid ?? '',
    seriesUid: header.seriesInstanceUid ?? '',
    patientId: header.patientId ?? '',
    issuer: header.issuerOfPatientId,
    frameOfReferenceUid: header.frameOfReferenceUid,
    files,
    rtstructs: [],
  }));
}

/** Gives each RT Structure Set to the series it names, or where it names none to those of its frame of reference. */
function attach(
  series: readonly SeriesFiles[],
  rtstructs: readonly RtstructFile[],
  skipped: Skipped[],
): SeriesFiles[] {
  const attached = new Map<SeriesFiles, string[]>();
  for (const { path, referencedSeriesUid, frameOfReferenceUid } of rtstructs) {
    const targets = series.filter((candidate) =>
      referencedSeriesUid !== undefined
        ? candidate.seriesUid === referencedSeriesUid
        : frameOfReferenceUid !== undefined && candidate.frameOfReferenceUid === frameOfReferenceUid,
    );
    if (targets.length === 0) {
      skipped.push({
        path,
        reason: 'the CT series that this RT Structure Set was drawn on is not among the files',
      });
    }
    for (const target of targets) attached.set(target, [...(attached.get(target) ?? []), path]);
  }
  return series.map((one) => ({ ...one, rtstructs: attached.get(one) ?? [] }));
}

function pairMasks(paths: readonly string[], skipped: Skipped[]): NiftiFiles[] {
  const stem = (path: string) => path.replace(niftiName, '');
  const images = new Map<string, { image: string; masks: string[] }>();
  for (const path of paths) {
    if (maskSuffix.test(stem(path))) continue;
    if (images.has(stem(path)))
      skipped.push({ path, reason: 'a duplicate: the same name with and without .gz' });
    else images.set(stem(path), { image: path, masks: [] });
  }
  for (const path of paths) {
    if (!maskSuffix.test(stem(path))) continue;
    const owner = images.get(stem(path).replace(maskSuffix, ''));
    if (owner) owner.masks.push(path);
    else skipped.push({ path, reason: 'a mask whose image is missing' });
  }
  return [...images].map(([key, { image, masks }]) => ({ name: basename(key), image, masks }));
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof PrecedentError) return thrown.message;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return systemReasons[code] ?? 'the file cannot be read';
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or folder',
  ELOOP: 'a link that leads to itself',
};

/** By code unit, so that the order does not depend on the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
