/** Which DICOM objects are reports, and what of them says whose they are. */
import type { DataSet } from 'dicom-parser';
import type { ReportFile } from '../contract/reader.ts';
import { ascii, parseDataSet, valueBytes } from '../dicom/dataset.ts';

const structured = { format: 'sr' } as const;

/** SOP class (PS3.4 section B.5) → how its text is read, or why it is not. */
const classes: Readonly<
  Record<string, { readonly format: 'sr' | 'dicom-pdf' } | { readonly reason: string }>
> = {
  '1.2.840.10008.5.1.4.1.1.88.11': structured, // Basic Text SR
  '1.2.840.10008.5.1.4.1.1.88.22': structured, // Enhanced SR
  '1.2.840.10008.5.1.4.1.1.88.33': structured, // Comprehensive SR
  '1.2.840.10008.5.1.4.1.1.88.34': structured, // Comprehensive 3D SR
  '1.2.840.10008.5.1.4.1.1.88.35': structured, // Extensible SR
  '1.2.840.10008.5.1.4.1.1.88.59': structured, // Key Object Selection
  '1.2.840.10008.5.1.4.1.1.88.65': structured, // Chest CAD SR
  '1.2.840.10008.5.1.4.1.1.88.69': structured, // Colon CAD SR
  '1.2.840.10008.5.1.4.1.1.88.67': { reason: 'a report of the radiation dose, not of findings' },
  '1.2.840.10008.5.1.4.1.1.88.40': { reason: 'a log of the procedure, not a report of findings' },
  '1.2.840.10008.5.1.4.1.1.104.1': { format: 'dicom-pdf' },
  '1.2.840.10008.5.1.4.1.1.104.2': {
    reason: 'an encapsulated CDA document is not read; export the report as text, PDF or DICOM SR',
  },
};

/** How a SOP class is read as a report, why it is not, or undefined where it is none. */
export function reportClass(sopClassUid: string | undefined) {
  return sopClassUid !== undefined && Object.hasOwn(classes, sopClassUid) ? classes[sopClassUid] : undefined;
}

export type ReportReferences = Omit<ReportFile, 'path' | 'format'>;

/**
 * Whose report a DICOM object is, from the file or its beginning.
 * @throws PrecedentError `unreadable` when the bytes are not DICOM
 */
export function readReportReferences(bytes: Uint8Array): ReportReferences {
  // The first element of an SR's content; all that is asked for stands before it.
  const { dataSet, decode } = parseDataSet(bytes, 'x0040a040');
  const text = (tag: string) => textValue(dataSet, tag, decode);
  return {
    patientId: text('x00100020'),
    issuer: text('x00100021'),
    studyUid: ascii(dataSet, 'x0020000d'),
    accessionNumber: text('x00080050'),
    sopInstanceUid: ascii(dataSet, 'x00080018'),
  };
}

/** A short text value in the data set's character set. */
export function textValue(
  dataSet: DataSet,
  tag: string,
  decode: (bytes: Uint8Array) => string,
): string | undefined {
  const bytes = valueBytes(dataSet, tag);
  return (bytes && decode(bytes).slice(0, 1024)) || undefined;
}
