/** Reads structured reports back with dcmjs, and lets DCMTK and dicom3tools judge them where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import dcmjs from 'dcmjs';

interface Coded {
  readonly CodeValue: string;
  readonly CodingSchemeDesignator: string;
  readonly CodeMeaning: string;
}
interface Reference {
  readonly ReferencedSOPClassUID: string;
  readonly ReferencedSOPInstanceUID: string;
  readonly ReferencedFrameNumber?: string;
}
export interface ContentItem {
  readonly RelationshipType?: string;
  readonly ValueType: string;
  readonly ConceptNameCodeSequence?: readonly Coded[];
  readonly ConceptCodeSequence?: readonly Coded[];
  readonly TextValue?: string;
  readonly UID?: string;
  readonly PersonName?: unknown;
  readonly GraphicType?: string;
  readonly GraphicData?: number | readonly number[];
  readonly ReferencedFrameOfReferenceUID?: string;
  readonly ReferencedSOPSequence?: readonly Reference[];
  readonly MeasuredValueSequence?: readonly {
    readonly NumericValue: number | string;
    readonly MeasurementUnitsCodeSequence: readonly Coded[];
  }[];
  readonly ContentTemplateSequence?: readonly { readonly TemplateIdentifier: string }[];
  readonly ContentSequence?: readonly ContentItem[];
}
export interface ReportDataSet extends ContentItem {
  readonly SOPClassUID: string;
  readonly PatientID: string;
  readonly StudyInstanceUID: string;
  readonly CurrentRequestedProcedureEvidenceSequence?: readonly {
    readonly StudyInstanceUID: string;
    readonly ReferencedSeriesSequence: readonly {
      readonly SeriesInstanceUID: string;
      readonly ReferencedSOPSequence: readonly Reference[];
    }[];
  }[];
  readonly [attribute: string]: unknown;
}

export function readReport(path: string): ReportDataSet {
  dcmjs.log.setLevel('silent');
  const { buffer } = new Uint8Array(readFileSync(path));
  const { dict } = dcmjs.data.DicomMessage.readFile(buffer);
  return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict) as ReportDataSet;
}

/** The children of an item; one of a sequence of one is not always in a list. */
export function childrenOf(item: ContentItem): readonly ContentItem[] {
  return item.ContentSequence ? [...item.ContentSequence] : [];
}

/** An item as one line: relationship, type, and the code of its name. */
export function lineOf({ RelationshipType, ValueType, ConceptNameCodeSequence }: ContentItem): string {
  const name = ConceptNameCodeSequence?.[0];
  return [
    RelationshipType ?? 'root',
    ValueType,
    name ? `${name.CodeValue} ${name.CodingSchemeDesignator}` : '-',
  ].join(' | ');
}

export function numberOf(item: ContentItem): number {
  return Number(item.MeasuredValueSequence?.[0].NumericValue);
}

export function unitOf(item: ContentItem): string | undefined {
  return item.MeasuredValueSequence?.[0].MeasurementUnitsCodeSequence[0].CodeValue;
}

/** What the validators say against a file, line by line; nothing where none is installed. */
export function complaints(path: string): string[] {
  const found: string[] = [];
  if (installed('dsrdump', '--version')) {
    const { status, stderr } = spawnSync('dsrdump', [path], { encoding: 'utf8' });
    if (status !== 0) found.push(`dsrdump ended with ${status}`);
    found.push(...stderr.split('\n').filter((line) => /^[EF]:/.test(line)));
  }
  if (installed('dciodvfy', '-version')) {
    const { stderr } = spawnSync('dciodvfy', [path], { encoding: 'utf8' });
    found.push(...stderr.split('\n').filter((line) => line.startsWith('Error')));
  }
  return found;
}

function installed(command: string, flag: string): boolean {
  try {
    execFileSync(command, [flag], { stdio: 'ignore' });
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT');
  }
}
