/** The attributes of an image that Precedent needs, one row each, and how their values are read. */
import type { DataSet } from 'dicom-parser';
import type { Vec3 } from '../volume/volume.ts';
import type { DecodeText } from './charset.ts';
import { ascii, decimals, uint16, uint32, valueBytes } from './dataset.ts';

/** A text value longer than this is cut: no attribute read here may have more than 1024 characters (PS3.5 table 6.2-1). */
const maxTextLength = 1024;

export type ReadValue<T> = (dataSet: DataSet, tag: string, decode: DecodeText) => T | undefined;

export const code: ReadValue<string> = (dataSet, tag) => ascii(dataSet, tag)?.slice(0, maxTextLength);
const text: ReadValue<string> = (dataSet, tag, decode) => {
  const bytes = valueBytes(dataSet, tag);
  return (bytes && decode(bytes.subarray(0, 4 * maxTextLength)).slice(0, maxTextLength)) || undefined;
};
export const codes: ReadValue<readonly string[]> = (dataSet, tag) =>
  ascii(dataSet, tag)
    ?.slice(0, maxTextLength)
    .split('\\')
    .map((part) => part.trim());
export const number: ReadValue<number> = (dataSet, tag) => decimals(dataSet, tag)?.[0];
export const pair: ReadValue<readonly [number, number]> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 2 ? [values[0], values[1]] : undefined;
};
export const vector: ReadValue<Vec3> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 3 ? [values[0], values[1], values[2]] : undefined;
};
const sixNumbers: ReadValue<readonly number[]> = (dataSet, tag) => {
  const values = decimals(dataSet, tag);
  return values?.length === 6 ? values : undefined;
};
export const unsigned: ReadValue<number> = (dataSet, tag) => uint16(dataSet, tag);
export const unsignedLong: ReadValue<number> = (dataSet, tag) => uint32(dataSet, tag);
/** Of VR US or SS, whichever the writer chose: Pixel Representation alone says how stored values are signed. */
const storedValue: ReadValue<number> = (dataSet, tag) => {
  const value = uint16(dataSet, tag);
  if (value === undefined || uint16(dataSet, 'x00280103') !== 1) return value;
  return value >= 32_768 ? value - 65_536 : value;
};
const present: ReadValue<boolean> = (dataSet, tag) => dataSet.elements[tag] !== undefined;

/** Attribute → tag and how its value is read (PS3.6). A further attribute is a further row. */
export const attributes = {
  specificCharacterSet: ['x00080005', code],
  imageType: ['x00080008', codes],
  sopClassUid: ['x00080016', code],
  sopInstanceUid: ['x00080018', code],
  studyDate: ['x00080020', code],
  studyTime: ['x00080030', code],
  acquisitionTime: ['x00080032', code],
  contentTime: ['x00080033', code],
  accessionNumber: ['x00080050', text],
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
  patientIdentityRemoved: ['x00120062', code],
  contrastBolusAgent: ['x00180010', text],
  sliceThickness: ['x00180050', number],
  kvp: ['x00180060', number],
  spacingBetweenSlices: ['x00180088', number],
  /** In ms after the R wave. */
  triggerTime: ['x00181060', number],
  /** In degrees; its sign differs between manufacturers. */
  gantryDetectorTilt: ['x00181120', number],
  convolutionKernel: ['x00181210', text],
  studyInstanceUid: ['x0020000d', code],
  seriesInstanceUid: ['x0020000e', code],
  studyId: ['x00200010', text],
  seriesNumber: ['x00200011', number],
  acquisitionNumber: ['x00200012', number],
  instanceNumber: ['x00200013', number],
  imagePositionPatient: ['x00200032', vector],
  imageOrientationPatient: ['x00200037', sixNumbers],
  frameOfReferenceUid: ['x00200052', code],
  temporalPositionIdentifier: ['x00200100', number],
  temporalPositionIndex: ['x00209128', unsignedLong],
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
  /** As stored values are: before rescaling. */
  pixelPaddingValue: ['x00280120', storedValue],
  /** The other end of the range of padding values, which it includes. */
  pixelPaddingRangeLimit: ['x00280121', storedValue],
  burnedInAnnotation: ['x00280301', code],
  conversionType: ['x00080064', code],
  windowCenter: ['x00281050', number],
  windowWidth: ['x00281051', number],
  rescaleIntercept: ['x00281052', number],
  rescaleSlope: ['x00281053', number],
  rescaleType: ['x00281054', code],
  lossyImageCompression: ['x00282110', code],
  modalityLut: ['x00283000', present],
} as const satisfies Record<string, readonly [string, ReadValue<unknown>]>;

export type Attributes = {
  readonly [K in keyof typeof attributes]: (typeof attributes)[K][1] extends ReadValue<infer T>
    ? T | undefined
    : never;
};
