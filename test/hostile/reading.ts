/** Reads a folder in this process with the functions that the reader processes call, in the order that an import calls them. */
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PrecedentError } from '../../native/contract/errors.ts';
import type { FileDescription, FoundFile, Skipped } from '../../native/contract/reader.ts';
import { readLabels } from '../../native/ingest/labels.ts';
import { readDataset } from '../../native/ingest/msd.ts';
import { readFoundSeries } from '../../native/ingest/readSeries.ts';
import { isRegionTable } from '../../native/ingest/regionTable.ts';
import { describeFiles } from '../../native/ingest/sources/describe.ts';
import { groupFound } from '../../native/ingest/sources/group.ts';
import { unzip } from '../../native/ingest/sources/unzip.ts';
import { walkPaths } from '../../native/ingest/sources/walk.ts';
import { readReportFile } from '../../native/report/readReportFile.ts';
import { canary } from '../support/validFiles.ts';

export interface Outcome {
  readonly volumes: number;
  readonly reasons: readonly string[];
}

/** What was turned into a typed error without being one. */
const turned: Error[] = [];
const { from } = PrecedentError;
PrecedentError.from = (thrown) => {
  if (thrown instanceof Error && !(thrown instanceof PrecedentError) && !('syscall' in thrown))
    turned.push(thrown);
  return from(thrown);
};

/** A fault of ours, or words of a library where a reason belongs. */
function isFault(thrown: Error, reasons: readonly string[]): boolean {
  const ours = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => thrown instanceof kind);
  return ours || reasons.some((reason) => reason.includes(thrown.message));
}

/** Where the words for a reason are missing, ours would be these: every file here can be opened. */
const vague = /the file cannot be read$/;

/**
 * Everything that an import reads below `path`; staged voxels are removed again. What is refused comes back as a reason.
 * Throws whatever is no PrecedentError, and a PrecedentError `internal`.
 */
export async function readAll(path: string, staging: string): Promise<Outcome> {
  turned.length = 0;
  const { signal } = new AbortController();
  const reasons: string[] = [];
  const note = ({ reason }: Skipped) => reasons.push(reason);
  const attempt = async (step: () => Promise<unknown>) => {
    try {
      await step();
    } catch (thrown) {
      if (!(thrown instanceof PrecedentError) || thrown.kind === 'internal') throw thrown;
      reasons.push(thrown.message);
    }
  };
  let volumes = 0;
  const readFiles = async (files: readonly FoundFile[]): Promise<void> => {
    const described = await describeFiles(files, { signal });
    const found = groupFound(described, files);
    found.skipped.forEach(note);
    const regions = described.flatMap(regionTable);
    for (const series of found.series) {
      const options = { staging, lesionPer: 'roi' as const, rules: [] };
      const onFile = () => undefined;
      const read = await readFoundSeries(
        { ...series, regions: [...series.regions, ...regions] },
        { options, signal, onFile },
      );
      read.skipped.forEach(note);
      for (const volume of read.volumes) {
        volumes++;
        reasons.push(...volume.warnings);
        rmSync(volume.staged);
      }
    }
    for (const report of found.reports) await attempt(() => readReportFile(report));
    for (const table of found.tables) await attempt(() => readLabels(table));
    for (const file of found.json)
      await attempt(() => (basename(file) === 'dataset.json' ? readDataset(file) : readLabels(file)));
    for (const file of described) {
      if (file.kind !== 'zip') continue;
      const unpacked = await unzip(file.path, join(staging, 'unpacked'), { signal });
      unpacked.skipped.forEach(note);
      await readFiles(unpacked.files);
    }
  };
  const walked = await walkPaths([path], { signal });
  walked.skipped.forEach(note);
  await readFiles(walked.files);
  const fault = turned.find((thrown) => isFault(thrown, reasons));
  if (fault) throw fault;
  const bad = reasons.find(
    (reason) => /[\r\n]/.test(reason) || vague.test(reason) || reason.includes(canary),
  );
  if (bad !== undefined) throw new Error(`no reason: ${JSON.stringify(bad)}`);
  return { volumes, reasons };
}

function regionTable(file: FileDescription) {
  return file.kind === 'table' && isRegionTable(file.columns)
    ? [{ path: file.path, format: 'table' as const }]
    : [];
}
