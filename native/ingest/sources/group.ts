/** Sorts described files into series with the regions drawn on them, tables and reports. Opens nothing. */
import { dirname } from 'node:path';
import type {
  FileDescription,
  FoundFile,
  FoundSeries,
  RegionFile,
  ReportFile,
  Skipped,
} from '../../contract/reader.ts';
import { pairByName } from './pairByName.ts';
import { byCodeUnit } from './reasons.ts';

type Of<K extends FileDescription['kind']> = Extract<FileDescription, { kind: K }>;
type Image = Of<'image'>;
type DrawnRegion = Of<'rtstruct' | 'seg'>;

export interface Found {
  readonly series: FoundSeries[];
  /** Tables and JSON files: labels, boxes, or a data set's own description. */
  readonly tables: string[];
  readonly json: string[];
  readonly reports: ReportFile[];
  readonly skipped: Skipped[];
}

const notThere: Readonly<Record<DrawnRegion['kind'], string>> = {
  rtstruct: 'the CT series that this RT Structure Set was drawn on is not among the files',
  seg: 'the CT series that this segmentation was drawn on is not among the files',
};

/**
 * The same result for the same files, in whatever order they were described: everything ascends by path. A UID or PatientID
 * that the files lack is empty. ZIP archives are passed over: what was in them is described by itself.
 * @param sizes the described files, where the bytes of NIfTI and NRRD images are to be known
 */
export function groupFound(
  descriptions: readonly FileDescription[],
  sizes: readonly Pick<FoundFile, 'path' | 'bytes'>[] = [],
): Found {
  const sorted = [...descriptions].sort((a, b) => byCodeUnit(a.path, b.path));
  const skipped: Skipped[] = [];
  const images = withoutDuplicates(only(sorted, 'image'), skipped);
  const regions = withoutDuplicates(only(sorted, 'rtstruct', 'seg'), skipped);
  const paired = pairByName(only(sorted, 'nifti', 'nrrd'), skipped);
  const bytes = new Map(sizes.map((file) => [file.path, file.bytes]));
  const series = [
    ...attach(groupSeries(images), regions, skipped),
    ...paired.map(({ image, masks, caseName }) => ({
      format: image.kind,
      files: [image.path],
      regions: masks.map(({ path, kind }) => ({ path, format: kind })),
      caseName,
      studyUid: '',
      seriesUid: '',
      patientId: '',
      bytes: bytes.get(image.path) ?? 0,
    })),
  ];
  skipped.push(
    ...only(sorted, 'skipped').map(({ path, reason }) => ({ path, reason })),
    ...only(sorted, 'dicomdir').map(({ path }) => ({ path, reason: 'not an image (a DICOM directory)' })),
  );
  return {
    series,
    tables: only(sorted, 'table').map(({ path }) => path),
    json: only(sorted, 'json').map(({ path }) => path),
    reports: [
      ...withoutDuplicates(only(sorted, 'report'), skipped).map(({ kind, ...report }) => report),
      ...only(sorted, 'text', 'pdf').map(({ kind, path }) => ({ format: kind, path })),
    ],
    skipped: skipped.sort((a, b) => byCodeUnit(a.path, b.path)),
  };
}

function only<K extends FileDescription['kind']>(
  descriptions: readonly FileDescription[],
  ...kinds: readonly K[]
): Of<K>[] {
  const wanted: readonly string[] = kinds;
  return descriptions.filter((one): one is Of<K> => wanted.includes(one.kind));
}

function withoutDuplicates<T extends { readonly path: string; readonly sopInstanceUid?: string }>(
  found: readonly T[],
  skipped: Skipped[],
): T[] {
  const seen = new Set<string>();
  return found.filter(({ path, sopInstanceUid }) => {
    if (sopInstanceUid === undefined || !seen.has(sopInstanceUid)) {
      return sopInstanceUid === undefined || seen.add(sopInstanceUid);
    }
    skipped.push({ path, reason: 'a duplicate: another file has the same SOP instance UID' });
    return false;
  });
}

function groupSeries(images: readonly Image[]): Image[][] {
  const groups = Map.groupBy(images, ({ issuer, patientId, studyUid, seriesUid, path }) =>
    // Careless anonymising gives several patients the same UIDs; the patient therefore belongs to the key.
    // Some anonymisers strip the UIDs; then a folder is a series.
    JSON.stringify([issuer, patientId, studyUid, seriesUid || dirname(path)]),
  );
  return [...groups.values()];
}

/** Gives each region file to the series it names, or where it names none to those of its frame of reference. */
function attach(
  groups: readonly (readonly Image[])[],
  regions: readonly DrawnRegion[],
  skipped: Skipped[],
): FoundSeries[] {
  const bySeries = Map.groupBy(groups, ([{ seriesUid }]) => seriesUid);
  const byFrame = Map.groupBy(groups, ([{ frameOfReferenceUid }]) => frameOfReferenceUid);
  const attached = new Map<readonly Image[], RegionFile[]>(groups.map((group) => [group, []]));
  for (const { kind, path, referencedSeriesUid, frameOfReferenceUid } of regions) {
    const byReference = referencedSeriesUid ? bySeries.get(referencedSeriesUid) : undefined;
    const targets =
      referencedSeriesUid || !frameOfReferenceUid ? byReference : byFrame.get(frameOfReferenceUid);
    if (!targets) skipped.push({ path, reason: notThere[kind] });
    for (const target of targets ?? []) attached.get(target)?.push({ path, format: kind });
  }
  return groups.map((group) => {
    const [{ studyUid, seriesUid, patientId, issuer }] = group;
    return {
      format: 'dicom',
      files: group.map(({ path }) => path),
      regions: attached.get(group) ?? [],
      studyUid,
      seriesUid,
      patientId,
      issuer,
      accessionNumber: group.find(({ accessionNumber }) => accessionNumber)?.accessionNumber,
      bytes: group.reduce((sum, image) => sum + image.bytes, 0),
    };
  });
}
