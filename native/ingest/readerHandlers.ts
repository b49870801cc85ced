/** What a reader answers: one entry for each request of its contract. */
import type { ReaderContract } from '../contract/reader.ts';
import { readSourceImages } from '../dicom/sourceImages.ts';
import type { Handlers } from '../process/serve.ts';
import { readReportFile } from '../report/readReportFile.ts';
import { readDataset } from './msd.ts';
import { readHeaderRows, readHeaderValue } from './originalHeader.ts';
import { tableImages } from './readRegions.ts';
import { readFoundSeries } from './readSeries.ts';
import { describeFiles } from './sources/describe.ts';
import { unzip } from './sources/unzip.ts';
import { walkPaths } from './sources/walk.ts';

export const readerHandlers: Handlers<ReaderContract> = {
  walk: ({ paths }, { signal, progress }) => walkPaths(paths, { signal, onProgress: progress }),
  unzip: ({ path, into }, { signal, progress }) => unzip(path, into, { signal, onProgress: progress }),
  describe: ({ files }, { signal, progress }) =>
    describeFiles(files, { signal, onFile: (path) => progress({ path }) }),
  read: ({ series, options }, { signal, progress }) =>
    readFoundSeries(series, { options, signal, onFile: (path) => progress({ path }) }),
  dataset: ({ path }) => readDataset(path),
  table: ({ path }) => tableImages(path),
  report: ({ report }) => readReportFile(report),
  images: ({ files }, { progress }) => readSourceImages(files, (path) => progress({ path })),
  header: (params) => readHeaderRows(params),
  headerValue: (params) => readHeaderValue(params),
};
