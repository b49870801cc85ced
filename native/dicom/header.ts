/** Reads the header of a DICOM file: the attributes that Precedent needs, one row each in the table below. */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import type { Vec3 } from '../volume/volume.ts';
import type { DecodeText } from './charset.ts';
import { ascii, decimals, deflatedLittleEndian, parseDataSet, uint16, valueBytes } from './dataset.ts';
import { isLossy } from './transferSyntax.ts';

const pixelDataTag = 'x7fe00010';
/** A text value longer than this is cut: no attribute read here may have more than 1024 characters (PS3.5 table 6.2-1). */
const maxTextLength = 1024;

type ReadValue<T> = (dataSet: DataSet, tag: string, decode: DecodeText) => T | undefined;

const code: ReadValue<string> = (dataSet, tag) => ascii(dataSet, tag)?.slice(0, maxTextLength);
const text: ReadValue<string> = (dataSet, tag, decode) => {
  const bytes = valueBytes(dataSet, tag);
  return (bytes && decode(bytes.subarray(0, 4 * maxTextLength)).slice(0, maxTextLength)) || undefined;
};
const codes: ReadValue<readonly string[]> = (dataSet, tag) =>
  ascii(dataSet, tag)
    ?.slice(0, maxTextLength)
    .split('\\')
    .map((part) => part.trim());
const number: ReadValue<number> = (dataSet, tag) => decimals(dataSet, tag)?.[0];
const pair: ReadValue<readonly [number, number]> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 2 ? [values[0], values[1]] : undefined;
};
const vector: ReadValue<Vec3> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 3 ? [values[0], values[1], values[2]] : undefined;
};
const sixNumbers: ReadValue<readonly number[]> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 6 ? values : undefined;
};
const unsigned: ReadValue<number> = (dataSet, tag) => uint16(dataSet, tag);
const present: ReadValue<boolean> = (dataSet, tag) => dataSet.elements[tag] !== undefined;

/** Attribute → tag and how its value is read (PS3.6). A further attribute is a further row. */
const attributes = {
  specificCharacterSet: ['x00080005', code],
  imageType: ['x00080008', codes],
  sopClassUid: ['x00080016', code],
  sopInstanceUid: ['x00080018', code],
  studyDate: ['x00080020', code],
  modality: ['x00080060', code],
  manufacturer: ['x00080070', text],
  studyDescription: ['x00081030', text],
  seriesDescription: ['x0008103e', text],
  manufacturerModelName: ['x00081090', text],
  patientName: ['x00100010', text],
  patientId: ['x00100020', text],
  issuerOfPatientId: ['x00100021', text],
  patientBirthDate: ['x00100030', code],
  patientSex: ['x00100040', code],
  patientAge: ['x00101010', code],
  contrastBolusAgent: ['x00180010', text],
  sliceThickness: ['x00180050', number],
  kvp: ['x00180060', number],
  convolutionKernel: ['x00181210', text],
  studyInstanceUid: ['x0020000d', code],
  seriesInstanceUid: ['x0020000e', code],
  seriesNumber: ['x00200011', number],
  acquisitionNumber: ['x00200012', number],
  instanceNumber: ['x00200013', number],
  imagePositionPatient: ['x00200032', vector],
  imageOrientationPatient: ['x00200037', sixNumbers],
  frameOfReferenceUid: ['x00200052', code],
  samplesPerPixel: ['x00280002', unsigned],
  photometricInterpretation: ['x00280004', code],
  numberOfFrames: ['x00280008', number],
  rows: ['x00280010', unsigned],
  columns: ['x00280011', unsigned],
  pixelSpacing: ['x00280030', pair],
  bitsAllocated: ['x00280100', unsigned],
  bitsStored: ['x00280101', unsigned],
  highBit: ['x00280102', unsigned],
  pixelRepresentation: ['x00280103', unsigned],
  pixelPaddingValue: ['x00280120', unsigned],
  windowCenter: ['x00281050', number],
  windowWidth: ['x00281051', number],
  rescaleIntercept: ['x00281052', number],
  rescaleSlope: ['x00281053', number],
  rescaleType: ['x00281054', code],
  lossyImageCompression: ['x00282110', code],
  modalityLut: ['x00283000', present],
} as const satisfies Record<string, readonly [string, ReadValue<unknown>]>;

type Attributes = {
  readonly [K in keyof typeof attributes]: (typeof attributes)[K][1] extends ReadValue<infer T>
    ? T | undefined
    : never;
};

export interface DicomHeader extends Attributes {
  readonly transferSyntax: string;
  /** By the transfer syntax or Lossy Image Compression (0028,2110), the pixel values went through a lossy codec. */
  readonly lossy: boolean;
  /** Where the pixel data lies in `bytes`; `length` is undefined for encapsulated (compressed) pixel data. */
  readonly pixelData: { readonly offset: number; readonly length: number | undefined } | undefined;
  /** The data set's bytes: those given, or for a deflated file the inflated ones. */
  readonly bytes: Uint8Array;
  /** False when the given bytes ended before the pixel data: more of the file is needed to say what it holds. */
  readonly complete: boolean;
}

/**
 * The header of a DICOM file, from the whole file or from its beginning.
 * @param fileBytes size of the whole file when `bytes` is only its beginning
 * @throws PrecedentError `unreadable` when the bytes are not DICOM or the file ends before its pixel data does
 */
export function readHeader(bytes: Uint8Array, fileBytes: number = bytes.length): DicomHeader {
  const { dataSet, transferSyntax, complete, decode } = parseDataSet(bytes, pixelDataTag);
  const values: Record<string, unknown> = {};
  for (const [name, [tag, read]] of Object.entries(attributes)) values[name] = read(dataSet, tag, decode);
  const header = values as Attributes;
  const element = dataSet.elements[pixelDataTag];
  const pixelData = element && {
    offset: element.dataOffset,
    length: element.hadUndefinedLength ? undefined : element.length,
  };
  const size = transferSyntax === deflatedLittleEndian ? dataSet.byteArray.length : fileBytes;
  const whole = bytes.length >= fileBytes;
  if (pixelData && (whole || transferSyntax !== deflatedLittleEndian)) {
    if (pixelData.offset + (pixelData.length ?? 0) > size) {
      throw new PrecedentError('unreadable', 'the file is cut off inside its pixel data');
    }
  } else if (!pixelData && whole && !complete) {
    throw new PrecedentError('unreadable', 'the DICOM data set is damaged or cut off');
  }
  return {
    ...header,
    transferSyntax,
    lossy: isLossy(transferSyntax, header.lossyImageCompression),
    pixelData,
    bytes: dataSet.byteArray,
    complete: pixelData !== undefined || (whole && complete),
  };
}
