/** Says what a DICOM file is by its SOP class, reading no further than the attributes that need to be known. */
import { PrecedentError } from '../../contract/errors.ts';
import type { FileDescription } from '../../contract/reader.ts';
import { attributes, type ReadValue } from '../../dicom/attributes.ts';
import { ascii, deflatedLittleEndian, type ParsedDataSet, parseDataSet } from '../../dicom/dataset.ts';
import { wantedTags } from '../../dicom/elements.ts';
import { maxHeaderBytes } from '../../dicom/limits.ts';
import { enhancedCtSopClasses } from '../../dicom/multiframe.ts';
import { readRtstructReferences, rtstructSopClass } from '../../dicom/rtstruct.ts';
import { labelMapSegSopClass, readSegReferences, segSopClass } from '../../dicom/seg.ts';
import { readReportReferences, reportClass } from '../../report/classes.ts';
import { dicomdirSopClass } from './dicomdir.ts';
import type { OpenedFile } from './openedFile.ts';

/** The beginning of a file, or all of it (`whole`), and those of its elements that were looked for. */
interface Beginning extends ParsedDataSet {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly fileBytes: number;
  readonly whole: boolean;
}
interface DicomObject {
  /** All that is needed stands before this element, which every such object has. */
  readonly before: (typeof marks)[keyof typeof marks];
  readonly describe: (beginning: Beginning) => FileDescription;
}

const marks = {
  instanceNumber: 'x00200013',
  rows: 'x00280010',
  roiContours: 'x30060039',
  sharedGroups: 'x52009229',
  pixelData: 'x7fe00010',
} as const;
const mediaSopClassTag = 'x00020002';
const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, frameOfReferenceUid } = attributes;
const { modality, accessionNumber, patientId, issuerOfPatientId, numberOfFrames } = attributes;
const read = [
  ...[sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, frameOfReferenceUid],
  ...[modality, accessionNumber, patientId, issuerOfPatientId, numberOfFrames],
  attributes.specificCharacterSet,
];
const wanted = wantedTags([...read.map(([tag]) => tag), ...Object.values(marks)]);
/** What is read when the beginning was not enough: so many times as much. */
const growth = 16;

const slice: DicomObject = { before: marks.pixelData, describe: describeSlice };
const multiFrame: DicomObject = { before: marks.rows, describe: describeImage };
const seg: DicomObject = {
  before: marks.sharedGroups,
  describe: ({ path, bytes }) => ({ kind: 'seg', path, ...readSegReferences(bytes) }),
};
const secondaryCapture = 'a secondary capture, not a CT slice';
/** SOP Class UID (PS3.4 table B.5-1) → what its objects are, or why they are left out. */
const objects: ReadonlyMap<string, DicomObject | string> = new Map<string, DicomObject | string>([
  ['1.2.840.10008.5.1.4.1.1.2', slice],
  ...enhancedCtSopClasses.map((uid) => [uid, multiFrame] as const),
  [
    rtstructSopClass,
    {
      before: marks.roiContours,
      describe: ({ path, bytes }) => ({ kind: 'rtstruct', path, ...readRtstructReferences(bytes) }),
    },
  ],
  [segSopClass, seg],
  [labelMapSegSopClass, seg],
  ['1.2.840.10008.5.1.4.1.1.7', secondaryCapture],
  ...[1, 2, 3, 4].map((n) => [`1.2.840.10008.5.1.4.1.1.7.${n}`, secondaryCapture] as const),
  [dicomdirSopClass, { before: marks.instanceNumber, describe: ({ path }) => ({ kind: 'dicomdir', path }) }],
]);

/**
 * What a DICOM file is. `first` is its beginning; more is read where that is not enough.
 * @throws PrecedentError with the reason where it is nothing to import, `unreadable` or `limit`
 */
export function describeDicom(path: string, first: Uint8Array, file: OpenedFile): FileDescription {
  for (let bytes = first; ; bytes = file.beginning(bytes.length * growth)) {
    const description = describeBeginning(path, bytes, file.bytes);
    if (description) return description;
    if (bytes.length * growth > maxHeaderBytes) throw new PrecedentError('limit', 'the header is too long');
  }
}

/** Nothing where the beginning holds too little to say. */
function describeBeginning(path: string, bytes: Uint8Array, fileBytes: number): FileDescription | undefined {
  const whole = bytes.length === fileBytes;
  const parse = (until: string): Beginning | undefined => {
    try {
      return { ...parseDataSet(bytes, until, wanted), path, bytes, fileBytes, whole };
    } catch (thrown) {
      if (whole) throw thrown;
      return undefined;
    }
  };
  const header = parse(marks.pixelData);
  const object = header && objectOf(header);
  if (!object) return undefined;
  if (whole || object.before in header.dataSet.elements) return object.describe(header);
  // The element itself may be a sequence that breaks off here; it need not be read then.
  const upTo = parse(object.before);
  return upTo && object.before in upTo.dataSet.elements ? object.describe(upTo) : undefined;
}

/** Nothing where that cannot be said yet. @throws PrecedentError with the reason where its kind is not imported */
function objectOf(header: Beginning): DicomObject | undefined {
  const sopClass = valueIn(header, sopClassUid) ?? ascii(header.dataSet, mediaSopClassTag);
  const object = objects.get(sopClass ?? '') ?? reportOf(sopClass);
  if (typeof object === 'string') throw new PrecedentError('unsupported', object);
  if (object && object !== slice && object !== multiFrame) return object;
  const modalityIs = valueIn(header, modality);
  if (!modalityIs && !header.whole && !(marks.instanceNumber in header.dataSet.elements)) return undefined;
  if (modalityIs && modalityIs !== 'CT') {
    throw new PrecedentError('unsupported', notCt(modalityIs));
  }
  if (object) return object;
  if (!modalityIs) throw new PrecedentError('unsupported', 'no modality');
  if (sopClass) throw new PrecedentError('unsupported', 'modality CT, but not a CT slice');
  return slice;
}

function reportOf(sopClass: string | undefined): DicomObject | string | undefined {
  const found = reportClass(sopClass);
  if (!found) return undefined;
  if ('reason' in found) return found.reason;
  return {
    before: marks.instanceNumber,
    describe: ({ path, bytes }) => ({ kind: 'report', path, ...found, ...readReportReferences(bytes) }),
  };
}

function describeSlice(beginning: Beginning): FileDescription {
  const { dataSet, transferSyntax, complete, fileBytes, whole } = beginning;
  const pixelData = dataSet.elements[marks.pixelData];
  if (!pixelData) {
    const what = complete ? 'the file has no pixel data' : 'the DICOM data set is damaged or cut off';
    throw new PrecedentError('unreadable', what);
  }
  const deflated = transferSyntax === deflatedLittleEndian;
  const end = pixelData.dataOffset + (pixelData.hadUndefinedLength ? 0 : pixelData.length);
  // How long a deflated data set is cannot be told from its beginning.
  if ((whole || !deflated) && end > (deflated ? dataSet.byteArray.length : fileBytes)) {
    throw new PrecedentError('unreadable', 'the file is cut off inside its pixel data');
  }
  return describeImage(beginning);
}

function describeImage(beginning: Beginning): FileDescription {
  const frames = valueIn(beginning, numberOfFrames) ?? 1;
  return {
    kind: 'image',
    path: beginning.path,
    bytes: beginning.fileBytes,
    sopInstanceUid: valueIn(beginning, sopInstanceUid),
    studyUid: valueIn(beginning, studyInstanceUid) ?? '',
    seriesUid: valueIn(beginning, seriesInstanceUid) ?? '',
    frameOfReferenceUid: valueIn(beginning, frameOfReferenceUid),
    accessionNumber: valueIn(beginning, accessionNumber),
    patientId: valueIn(beginning, patientId) ?? '',
    issuer: valueIn(beginning, issuerOfPatientId),
    frames: Number.isSafeInteger(frames) ? Math.max(1, frames) : 1,
  };
}

function valueIn<T>(
  { dataSet, decode }: Beginning,
  [tag, read]: readonly [string, ReadValue<T>],
): T | undefined {
  return read(dataSet, tag, decode);
}

/** Defined terms of Modality (PS3.3 section C.7.3.1.1.1): another text may be anything, a name among it, and is not repeated. */
const modalities = new Set(
  `AR ASMT AU BDUS BI BMD CR CT CTPROTOCOL DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC HD IO IOL IVOCT IVUS KER KO LEN LS M3D MG MR NM OAM
  OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD
  RTSEGANN RTSTRUCT RWV SC SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA XA XAPROTOCOL XC`.split(/\s+/),
);

function notCt(modality: string): string {
  return modalities.has(modality) ? `modality ${modality} is not CT` : 'the modality is not CT';
}
