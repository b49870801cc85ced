/** Reads the text of one report: a text file, a PDF, a DICOM structured report or a PDF inside of a DICOM object. */

import { PrecedentError } from '../contract/errors.ts';
import type { ReportFile } from '../contract/reader.ts';
import { ascii, parseDataSet, valueBytes } from '../dicom/dataset.ts';
import { reportClass, textValue } from './classes.ts';
import { pdfText } from './pdf.ts';
import { plainReport } from './plainText.ts';
import { structuredReport } from './sr.ts';

export interface ReportText {
  readonly title?: string | undefined;
  /** As DICOM writes it: YYYYMMDD. */
  readonly date?: string | undefined;
  /** At most 1 MB; lines end with a line feed. */
  readonly text: string;
}

const readers: Readonly<
  Record<ReportFile['format'], (bytes: Uint8Array) => ReportText | Promise<ReportText>>
> = {
  text: (bytes) => ({ text: plainReport(bytes) }),
  pdf: async (bytes) => ({ text: await pdfText(bytes) }),
  sr: structuredReport,
  'dicom-pdf': encapsulatedPdf,
};

/** @throws PrecedentError `unreadable`, `unsupported` or `limit`, with the reason. */
export async function readReport(bytes: Uint8Array, format: ReportFile['format']): Promise<ReportText> {
  return readers[format](bytes);
}

async function encapsulatedPdf(bytes: Uint8Array): Promise<ReportText> {
  const { dataSet, decode } = parseDataSet(bytes);
  const kind = reportClass(ascii(dataSet, 'x00080016'));
  if (kind && 'reason' in kind) throw new PrecedentError('unsupported', kind.reason);
  const pdf = valueBytes(dataSet, 'x00420011');
  if (!pdf) throw new PrecedentError('unreadable', 'the DICOM object holds no document');
  const title = textValue(dataSet, 'x00420010', decode) ?? textValue(dataSet, 'x00081030', decode);
  return {
    title,
    date: ascii(dataSet, 'x00080023') ?? ascii(dataSet, 'x00080020'),
    text: await pdfText(pdf),
  };
}
