/** De-identifies what was read of a series: what the catalog will say, and copies of its files for the library to keep. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';
import type { ReadVolume } from '../contract/reader.ts';
import { burnedInRisk, hasTextInMargins } from '../dicom/deidentify/burnedIn.ts';
import { deidentifyFile } from '../dicom/deidentify/deidentifyFile.ts';
import { cleanDescriptor } from '../dicom/deidentify/descriptors.ts';
import { Deidentifier } from '../dicom/deidentify/identity.ts';
import { deidentifyMeta } from '../dicom/deidentify/meta.ts';
import { readHeader } from '../dicom/header.ts';
import { readContent, writeFileAtomic } from '../files/files.ts';
import { isGzip } from '../nifti/header.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';

const maxInflatedBytes = 4 * 2 ** 30;

/** What a series without a PatientID counts as: a patient of its own. */
export function unknownPatient(studyUid: string): string {
  return `unknown ${studyUid}`;
}

/**
 * The volume as if its files had come without what identifies the patient. Their copies lie in `staging`; the content
 * hash is that of the copies, which follow from the files and the secret, so that importing again finds it unchanged.
 */
export async function deidentifySeries(
  read: ReadVolume,
  { staging, secret }: { readonly staging: string; readonly secret: Uint8Array },
): Promise<ReadVolume> {
  const context = new Deidentifier(secret);
  const hash = createHash('sha256');
  const files: ReadVolume['files'] = [];
  const risks = new Set<string>();
  for (const [n, { path, sopInstanceUid }] of read.files.entries()) {
    const original = await readContent(path);
    if (isDicom(path)) for (const risk of burnedInRisk(readHeader(original))) risks.add(risk);
    const bytes = withoutIdentity(path, original, context);
    const staged = join(staging, `${read.contentHash.slice(0, 16)}-${n}.copy`);
    await writeFileAtomic(staged, bytes);
    hash.update(bytes);
    files.push({ path, staged, sopInstanceUid: sopInstanceUid && context.uid(sopInstanceUid) });
  }
  const burnedIn = await slicesWithText(read.staged);
  if (burnedIn > 0)
    risks.add(`${burnedIn === 1 ? '1 slice' : `${burnedIn} slices`} with what looks like text`);
  const contentHash = hash.digest('hex');
  const { patient, study, series, lossy } = read;
  const isUnknown = patient.patientId === unknownPatient(study.uid);
  const meta = deidentifyMeta(
    { patient: { ...patient, patientId: isUnknown ? '' : patient.patientId }, study, series, lossy },
    context,
  );
  const renamed = new Map(
    [...read.lesions, ...read.organs].map(({ name }, n) => [
      name,
      cleanDescriptor(name) || `region ${n + 1}`,
    ]),
  );
  const rename = <R extends { name: string }>(region: R): R => ({
    ...region,
    name: renamed.get(region.name) ?? region.name,
  });
  return {
    ...read,
    patient: { ...meta.patient },
    study: { ...meta.study },
    series: { ...meta.series },
    files,
    contentHash,
    identity: `${meta.series.uid}/${files[0]?.sopInstanceUid ?? contentHash}`,
    caseName: undefined,
    lesions: read.lesions.map((lesion) => ({
      ...rename(lesion),
      organs: lesion.organs.map((organ) => ({ ...organ, organ: renamed.get(organ.organ) ?? 'organ' })),
    })),
    organs: read.organs.map(rename),
    warnings: [
      ...read.warnings.map((text) =>
        [...renamed].reduce((said, [name, clean]) => said.replaceAll(name, clean), text),
      ),
      ...(risks.size > 0 ? [`the pixels may show who it is (${[...risks].join('; ')}): look at them`] : []),
    ],
  };
}

function isDicom(path: string): boolean {
  return !/\.(nii(\.gz)?|nrrd)$/i.test(path);
}

/** In how many slices something like writing stands: de-identification leaves the pixels as they are, and says so. */
async function slicesWithText(staged: string): Promise<number> {
  const file = await openVoxelFile(staged);
  try {
    const [columns, rows, slices] = file.grid.dims;
    let found = 0;
    for (let k = 0; k < slices; k++)
      if (hasTextInMargins(Int32Array.from(await file.readSlice(k)), rows, columns)) found++;
    return found;
  } finally {
    await file.close();
  }
}

function withoutIdentity(path: string, bytes: Uint8Array, context: Deidentifier): Uint8Array {
  if (/\.nii(\.gz)?$/i.test(path)) return blankNifti(bytes);
  if (/\.nrrd$/i.test(path)) return blankNrrd(bytes);
  return deidentifyFile(bytes, context);
}

/** Where free text may stand in a header: offset and length (nifti1.h, nifti2.h). */
const niftiTexts = {
  348: [[4, 28], [148, 80], [228, 24], [328, 16]],
  540: [[240, 80], [320, 24], [508, 16]],
} as const; // biome-ignore format: one row a version

/** Free text of the header blanked, extensions dropped; the voxels stay where they are. */
function blankNifti(bytes: Uint8Array): Uint8Array {
  const isPacked = isGzip(bytes);
  const plain = Buffer.from(isPacked ? gunzipSync(bytes, { maxOutputLength: maxInflatedBytes }) : bytes);
  const littleEndian = plain.readInt32LE(0) === 348 || plain.readInt32LE(0) === 540;
  const size = littleEndian ? plain.readInt32LE(0) : plain.readInt32BE(0);
  if (size !== 348 && size !== 540) throw new PrecedentError('unreadable', 'not a NIfTI header');
  for (const [offset, length] of niftiTexts[size]) plain.fill(0, offset, offset + length);
  const voxels = voxelOffset(plain, size, littleEndian);
  if (voxels > size) plain.fill(0, size, Math.min(voxels, plain.length));
  return isPacked ? gzipSync(plain) : plain;
}

function voxelOffset(plain: Buffer, size: 348 | 540, littleEndian: boolean): number {
  if (size === 348) return littleEndian ? plain.readFloatLE(108) : plain.readFloatBE(108);
  return Number(littleEndian ? plain.readBigInt64LE(168) : plain.readBigInt64BE(168));
}

/** The fields that say how voxels lie and are packed; comments and key/value pairs are free text. */
const nrrdField =
  /^(NRRD\d+$|(type|dimension|space|space dimension|sizes|space directions|space origin|kinds|endian|encoding|spacings|measurement frame|line skip|byte skip):)/i;

function blankNrrd(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = text.indexOf('\n\n');
  const crlf = text.indexOf('\r\n\r\n');
  const [cut, gap] = end < 0 || (crlf >= 0 && crlf < end) ? [crlf, 4] : [end, 2];
  if (cut < 0) throw new PrecedentError('unreadable', 'the NRRD header has no end');
  const lines = text.subarray(0, cut).toString('latin1').split(/\r?\n/);
  const kept = lines.filter((line) => nrrdField.test(line)).join('\n');
  return Buffer.concat([Buffer.from(`${kept}\n\n`, 'latin1'), text.subarray(cut + gap)]);
}
