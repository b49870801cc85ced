/** What lies under a job's sources, as pieces of work: walked, unpacked, described and grouped. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Job, JobNote } from '../../catalog/jobs.ts';
import type { FileDescription, FoundFile, FoundSeries, RegionFile, Skipped } from '../../contract/reader.ts';
import { ensureFolder } from '../../files/files.ts';
import { inOrder } from '../../process/inOrder.ts';
import { reportOwner } from '../../report/owner.ts';
import { mirOrganOf, msdRoots } from '../msd.ts';
import { isRegionTable, namesImages } from '../regionTable.ts';
import { groupFound } from '../sources/group.ts';
import { type Asking, describeFiles, missingOf, readDataset, readTable, unzip, walk } from './callReader.ts';
import type { Meter } from './meter.ts';
import { type JobServices, shownPath, type UnpackedFrom, type Work } from './work.ts';

interface Scanned {
  readonly work: readonly Work[];
  readonly notes: readonly JobNote[];
}
interface Found {
  readonly files: readonly FoundFile[];
  readonly unpacked: UnpackedFrom | undefined;
}

const filesPerBatch = 200;

/** What the sources hold now, so that a job that goes on knows whether it still knows them. Throws `cancelled`. */
export async function walkSources(
  { reader }: JobServices,
  job: Job,
  signal: AbortSignal,
  meter: Meter,
): Promise<{ files: FoundFile[]; notes: JobNote[]; fingerprint: string }> {
  meter.begin('scan', 0);
  const asking = { reader, group: job.id, priority: job.priority, signal };
  const { files, skipped } = await walk(asking, job.sources, ({ done }) => meter.set(done, 0));
  const hash = createHash('sha256');
  for (const { path, bytes, mtimeMs } of files) hash.update(JSON.stringify([path, bytes, mtimeMs]));
  return { files, notes: notesOf(skipped, undefined), fingerprint: hash.digest('hex') };
}

/** Sorts walked files into series with their regions, and reports with their studies. Throws `cancelled`, `storage`. */
export async function scanSources(
  services: JobServices,
  job: Job,
  files: readonly FoundFile[],
  signal: AbortSignal,
  meter: Meter,
): Promise<Scanned> {
  const notes: JobNote[] = [];
  const work: Work[] = [];
  const scan = async ({ files, unpacked }: Found): Promise<string[]> => {
    const described = await describeAll(services, job, files, signal, meter);
    const own = described.filter(({ path }) => path !== job.labels);
    const sorted = await sortFound(asking, own, files, unpacked);
    work.push(...sorted.work);
    notes.push(...sorted.notes);
    return own.flatMap((file) => (file.kind === 'zip' ? [file.path] : []));
  };
  const asking = { reader: services.reader, group: job.id, priority: job.priority, signal };
  const archives = await scan({ files, unpacked: undefined });
  for (const [n, archive] of archives.entries()) {
    const folder = join(services.library.layout.unpacked, job.id, String(n));
    await ensureFolder(folder);
    const unzipped = await unzip(asking, archive, folder);
    const unpacked = { folder, archive };
    notes.push(...notesOf(unzipped.skipped, unpacked));
    if (unzipped.files.length > 0) await scan({ files: unzipped.files, unpacked });
  }
  return { work, notes };
}

async function describeAll(
  { reader }: JobServices,
  job: Job,
  files: readonly FoundFile[],
  signal: AbortSignal,
  meter: Meter,
): Promise<FileDescription[]> {
  const batches: FoundFile[][] = [];
  for (let n = 0; n < files.length; n += filesPerBatch) batches.push(files.slice(n, n + filesPerBatch));
  meter.begin('scan', files.length);
  const described: FileDescription[] = [];
  const asking = { reader, group: job.id, priority: job.priority, signal };
  for await (const batch of inOrder(batches, reader.size, (files) => describeFiles(asking, files))) {
    described.push(...batch);
    meter.set(described.length);
  }
  return described;
}

async function sortFound(
  asking: Asking,
  described: readonly FileDescription[],
  files: readonly FoundFile[],
  unpacked: UnpackedFrom | undefined,
): Promise<Scanned> {
  const known = new Map(files.map((file) => [file.path, file]));
  const { series: grouped, reports, skipped } = groupFound(described, files);
  for (const { kind, path } of described)
    if (kind === 'dicomdir') skipped.push(...(await missingOf(asking, path)));
  const named = await nameLabels(asking, described, grouped);
  const withTables = await attachTables(asking, described, named.series);
  const series = withTables.series.map((found) => ({ ...found, ...uidsOf(found) }));
  const notes = notesOf(
    [...skipped, ...named.skipped, ...withTables.skipped, ...unused(described, series)],
    unpacked,
  );
  const work: Work[] = series.map((found) => ({
    kind: 'series',
    series: found,
    files: [...found.files, ...found.regions.map(({ path }) => path)].flatMap(
      (path) => known.get(path) ?? [],
    ),
    unpacked,
  }));
  const studies = Map.groupBy(series, ({ studyUid }) => studyUid);
  const candidates = [...studies].map(([studyUid, own]) => ({
    studyUid,
    patientId: own[0].patientId,
    accessionNumber: own[0].accessionNumber,
    folders: [...new Set(own.flatMap(({ files }) => files.map((file) => dirname(file))))],
    caseNames: own.flatMap(({ caseName }) => caseName ?? []),
  }));
  for (const report of reports) {
    const owner = reportOwner(report, candidates);
    if ('reason' in owner) notes.push(...notesOf([{ path: report.path, reason: owner.reason }], unpacked));
    else work.push({ kind: 'report', report, study: owner.studyUid, unpacked });
  }
  return { work, notes };
}

/** An image without UIDs is a study and a series of its own, by the name of its case. */
function uidsOf({
  format,
  caseName,
  studyUid,
  seriesUid,
}: FoundSeries): Pick<FoundSeries, 'studyUid' | 'seriesUid'> {
  if (caseName === undefined) return { studyUid, seriesUid };
  return { studyUid: `${format}:${caseName}`, seriesUid: `${format}:${caseName}` };
}

/**
 * Gives each table of lesions to the series that its rows name, or, where they name none, to the one that lies beside it
 * alone. A table that concerns nothing here is skipped.
 */
async function attachTables(
  asking: Asking,
  described: readonly FileDescription[],
  series: readonly FoundSeries[],
): Promise<{ series: readonly FoundSeries[]; skipped: Skipped[] }> {
  const skipped: Skipped[] = [];
  const attached = new Map<FoundSeries, RegionFile[]>();
  for (const file of described) {
    if (file.kind !== 'table' || !isRegionTable(file.columns)) continue;
    const { path } = file;
    const named = namesImages(file.columns) ? await readTable(asking, path) : undefined;
    if (named && 'reason' in named) {
      skipped.push({ path, reason: named.reason });
      continue;
    }
    const beside = series.filter(({ files }) => files[0].startsWith(join(dirname(path), '/')));
    const own = named
      ? series.filter((found) => namesOf(found).some((name) => named.images.has(name)))
      : beside.slice(0, beside.length === 1 ? 1 : 0);
    if (own.length === 0) skipped.push({ path, reason: 'a table of lesions in none of the images here' });
    for (const found of own) attached.set(found, [...(attached.get(found) ?? []), { path, format: 'table' }]);
  }
  return {
    series: series.map((found) => ({
      ...found,
      regions: [...found.regions, ...(attached.get(found) ?? [])],
    })),
    skipped,
  };
}

function namesOf({ caseName, seriesUid, studyUid, patientId }: FoundSeries): string[] {
  return [caseName ?? '', seriesUid, studyUid, patientId].filter((name) => name !== '');
}

/** Tables and JSON files that say nothing about the series: the user may have meant them for labels. */
function unused(described: readonly FileDescription[], series: readonly FoundSeries[]): Skipped[] {
  const regions = series.flatMap((found) => found.regions.map(({ path }) => path));
  const stems = new Set(regions.map((path) => path.replace(/(\.seg)?\.(nii(\.gz)?|nrrd)$/i, '')));
  const datasets = new Set(
    msdRoots(described.map(({ path }) => path)).map((root) => join(root, 'dataset.json')),
  );
  return described.flatMap((file): Skipped[] => {
    const isTable = file.kind === 'table' && !isRegionTable(file.columns);
    const isJson =
      file.kind === 'json' && !datasets.has(file.path) && !stems.has(file.path.replace(/\.json$/i, ''));
    if (!isTable && !isJson) return [];
    return [{ path: file.path, reason: 'not an image; labels are given to an import as such' }];
  });
}

/** Where a dataset.json says what the values of its masks are, their series are told. */
async function nameLabels(
  asking: Asking,
  described: readonly FileDescription[],
  series: readonly FoundSeries[],
): Promise<{ series: readonly FoundSeries[]; skipped: Skipped[] }> {
  const skipped: Skipped[] = [];
  let named = series;
  for (const root of msdRoots(described.map(({ path }) => path))) {
    const path = join(root, 'dataset.json');
    const dataset = await readDataset(asking, path);
    if ('reason' in dataset) {
      skipped.push({ path, reason: dataset.reason });
      continue;
    }
    const mirOrgan = mirOrganOf(root, dataset);
    const [images, labels] = [join(root, 'images'), join(root, 'labels')];
    named = named.map((found) => {
      if (!found.files[0].startsWith(images)) return found;
      const regions = found.regions.map((region) =>
        region.path.startsWith(labels) ? { ...region, names: dataset.names } : region,
      );
      // Only masks say how many tumours there are.
      return { ...found, regions, mirOrgan: regions.length > 0 ? mirOrgan : undefined };
    });
  }
  return { series: named, skipped };
}

function notesOf(
  skipped: readonly { readonly path: string; readonly reason: string }[],
  unpacked: UnpackedFrom | undefined,
): JobNote[] {
  return skipped.map(({ path, reason }) => ({
    kind: 'skipped',
    path: shownPath(path, unpacked),
    text: reason,
  }));
}
