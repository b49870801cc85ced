/** Asks the readers for something that a file may make impossible: the file that took too long or too much is told apart. */
import { PrecedentError } from '../../contract/errors.ts';
import type {
  FileDescription,
  FoundFile,
  FoundSeries,
  ReadOptions,
  ReadVolume,
  ReportFile,
  Skipped,
} from '../../contract/reader.ts';
import { throwIfCancelled } from '../../process/cancel.ts';
import type { JobServices } from './work.ts';

export interface Asking {
  readonly reader: JobServices['reader'];
  readonly group: string;
  readonly priority: number;
  readonly signal: AbortSignal;
}
/** Why an answer did not come, and the file that was open then. */
interface Culprit {
  readonly path: string | undefined;
  readonly reason: string;
}

/** So many files of one series may fail before the series is given up. */
const mostCulprits = 3;

/**
 * Asks until there is an answer or a file to blame: one that passed a limit, or at which two readers died; one reader
 * alone may have been killed for no fault of the file. Anything else is thrown.
 */
async function ask<T>(
  { signal }: Asking,
  call: (onProgress: (opening: { path: string }) => void) => Promise<T>,
): Promise<{ readonly answer: T } | { readonly culprit: Culprit }> {
  let suspect: string | null | undefined = null;
  for (;;) {
    let path: string | undefined;
    try {
      const answer = await call((opening) => {
        path = opening.path;
      });
      return { answer };
    } catch (thrown) {
      throwIfCancelled(signal);
      const error = PrecedentError.from(thrown);
      if (error.kind === 'limit') return { culprit: { path, reason: error.message } };
      if (error.kind !== 'interrupted') throw error;
      if (suspect === path)
        return {
          culprit: {
            path,
            reason: 'reading it stopped the reader process: too much memory, or a fault of a decoder',
          },
        };
      suspect = path;
    }
  }
}

/** The files below some paths. Throws also `interrupted` where two readers died at it. */
export async function walk(
  asking: Asking,
  paths: readonly string[],
  onProgress: (progress: { done: number }) => void = () => undefined,
): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  const asked = await ask(asking, () =>
    asking.reader.call('walk', { paths: [...paths] }, { ...asking, onProgress }),
  );
  if ('answer' in asked) return asked.answer;
  throw new PrecedentError('interrupted', `the folders could not be walked: ${asked.culprit.reason}`);
}

/** What each file is. A file that stops its reader is skipped, and the others are asked for again. */
export async function describeFiles(asking: Asking, files: readonly FoundFile[]): Promise<FileDescription[]> {
  const asked = await ask(asking, (onProgress) =>
    asking.reader.call('describe', { files: [...files] }, { ...asking, onProgress }),
  );
  if ('answer' in asked) return asked.answer;
  const { path, reason } = asked.culprit;
  const at = Math.max(
    0,
    files.findIndex((file) => file.path === path),
  );
  const culprit: FileDescription = { kind: 'skipped', path: files[at].path, reason };
  const before = at > 0 ? await describeFiles(asking, files.slice(0, at)) : [];
  const after = at + 1 < files.length ? await describeFiles(asking, files.slice(at + 1)) : [];
  return [...before, culprit, ...after];
}

/** Reads a series, without those of its files that stop the reader. */
export async function readSeries(
  asking: Asking,
  series: FoundSeries,
  options: ReadOptions,
): Promise<{ volumes: ReadVolume[]; skipped: Skipped[] }> {
  const skipped: Skipped[] = [];
  let rest = series;
  for (;;) {
    const asked = await ask(asking, (onProgress) =>
      asking.reader.call('read', { series: rest, options }, { ...asking, onProgress }),
    );
    if ('answer' in asked)
      return { volumes: asked.answer.volumes, skipped: [...skipped, ...asked.answer.skipped] };
    const { path, reason } = asked.culprit;
    skipped.push({ path: path ?? rest.files[0], reason });
    rest = without(rest, path);
    if (path === undefined || skipped.length > mostCulprits || rest.files.length === 0)
      return { volumes: [], skipped };
  }
}

function without(series: FoundSeries, path: string | undefined): FoundSeries {
  return {
    ...series,
    files: series.files.filter((file) => file !== path),
    regions: series.regions.filter((region) => region.path !== path),
  };
}

/** As `ask`, of one file: its fault is its reason. A cancelled request or a full disk is none, and is thrown. */
async function askOnce<T>(
  asking: Asking,
  call: () => Promise<T>,
): Promise<{ readonly answer: T } | { readonly reason: string }> {
  try {
    const asked = await ask(asking, call);
    return 'answer' in asked ? asked : { reason: asked.culprit.reason };
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (error.kind === 'cancelled' || error.kind === 'storage') throw error;
    return { reason: error.message };
  }
}

/** The files that a DICOMDIR names and that are not there, or not below it. */
export async function missingOf(asking: Asking, dicomdir: string): Promise<Skipped[]> {
  const asked = await askOnce(asking, () => asking.reader.call('walk', { paths: [dicomdir] }, asking));
  return 'answer' in asked ? asked.answer.skipped : [{ path: dicomdir, reason: asked.reason }];
}

/** Unpacks an archive; one that cannot be unpacked is skipped. */
export async function unzip(
  asking: Asking,
  path: string,
  into: string,
): Promise<{ files: FoundFile[]; skipped: Skipped[] }> {
  const asked = await askOnce(asking, () => asking.reader.call('unzip', { path, into }, asking));
  return 'answer' in asked ? asked.answer : { files: [], skipped: [{ path, reason: asked.reason }] };
}

/** What the mask values of a data set stand for, or why that cannot be told. */
export async function readDataset(
  asking: Asking,
  path: string,
): Promise<{ readonly name: string; readonly names: Record<string, string> } | { readonly reason: string }> {
  const asked = await askOnce(asking, () => asking.reader.call('dataset', { path }, asking));
  return 'answer' in asked ? asked.answer : asked;
}

/** The images that a table of lesions names, or why that cannot be told. */
export async function readTable(
  asking: Asking,
  path: string,
): Promise<{ readonly images: ReadonlySet<string> } | { readonly reason: string }> {
  const asked = await askOnce(asking, () => asking.reader.call('table', { path }, asking));
  return 'answer' in asked ? { images: new Set(asked.answer) } : asked;
}

/** The text of a report, or why there is none. */
export async function readReport(
  asking: Asking,
  report: ReportFile,
): Promise<
  { readonly text: string; readonly title?: string; readonly date?: string } | { readonly reason: string }
> {
  const asked = await askOnce(asking, () => asking.reader.call('report', { report }, asking));
  return 'answer' in asked ? asked.answer : asked;
}
