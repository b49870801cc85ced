/** The reader process: parses and decodes files, writes voxels to staging, holds no catalog and may die. */
import { readerContract } from '../contract/reader.ts';
import { runChild } from '../process/child.ts';
import { readFoundSeries } from './readSeries.ts';
import { findSeries } from './sources.ts';

runChild(readerContract, {
  scan: ({ paths }, { signal, progress }) => findSeries(paths, progress, signal),
  read: ({ series, staging, lesionPer }, { signal, progress }) =>
    readFoundSeries(series, { staging, lesionPer, signal, onProgress: progress }),
});
