/** Reads the text of a report from its file, of which no more is loaded than a report may have. */

import { PrecedentError } from '../contract/errors.ts';
import type { ReportFile } from '../contract/reader.ts';
import { openForReading } from '../files/files.ts';
import { maxPdfBytes } from './pdf.ts';
import { maxReportBytes } from './plainText.ts';
import { type ReportText, readReport } from './readReport.ts';

/** What a DICOM object may hold beside its document. */
const dicomBytes = 2 ** 20;
const maxBytes: Readonly<Record<ReportFile['format'], number>> = {
  text: 4 * maxReportBytes,
  pdf: maxPdfBytes,
  sr: maxPdfBytes,
  'dicom-pdf': maxPdfBytes + dicomBytes,
};

/** @throws PrecedentError `unreadable`, `unsupported` or `limit`, with the reason. */
export async function readReportFile({
  path,
  format,
}: Pick<ReportFile, 'path' | 'format'>): Promise<ReportText> {
  const handle = await openForReading(path).catch(() => {
    throw new PrecedentError('unreadable', 'the report cannot be opened');
  });
  try {
    const { size } = await handle.stat();
    if (size > maxBytes[format]) throw new PrecedentError('limit', 'the report is too large');
    return await readReport(await handle.readFile(), format);
  } finally {
    await handle.close();
  }
}
