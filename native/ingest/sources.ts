/** What lies under some paths, as series that can be read one at a time. */

import type { FoundSeries } from '../contract/reader.ts';
import { scanFolder } from '../dicom/scan.ts';

type Progress = (progress: { done: number; total: number }) => void;

/** DICOM series with their RT Structure Sets, then NIfTI images with their masks, and what was left out and why. */
export async function findSeries(
  paths: readonly string[],
  onProgress: Progress,
  signal: AbortSignal,
): Promise<{ series: FoundSeries[]; skipped: { path: string; reason: string }[] }> {
  const found = await scanFolder(paths, onProgress, signal);
  return {
    series: [
      ...found.series.map(({ files, rtstructs }) => ({
        format: 'dicom' as const,
        files: [...files],
        regions: [...rtstructs],
      })),
      ...found.nifti.map(({ image, masks }) => ({
        format: 'nifti' as const,
        files: [image],
        regions: [...masks],
      })),
    ],
    skipped: [...found.skipped],
  };
}
