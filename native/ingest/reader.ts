/** The reader process: walks, parses and decodes files, writes voxels to staging, holds no catalog and may die. */
import '../process/offline.ts';
import { readerContract } from '../contract/reader.ts';
import { readSourceImages } from '../dicom/sourceImages.ts';
import { runChild } from '../process/child.ts';
import { startWatchdog } from '../process/watchdog.ts';
import { readReportFile } from '../report/readReportFile.ts';
import { readDataset } from './msd.ts';
import { readHeaderRows, readHeaderValue } from './originalHeader.ts';
import { tableImages } from './readRegions.ts';
import { readFoundSeries } from './readSeries.ts';
import { describeFiles } from './sources/describe.ts';
import { unzip } from './sources/unzip.ts';
import { walkPaths } from './sources/walk.ts';

/** A CT of a thousand slices takes a part of this; what needs more is not what it says it is. */
const maxRssBytes = 2 * 2 ** 30;

startWatchdog(maxRssBytes);
runChild(readerContract, {
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
});
