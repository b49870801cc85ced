/** Reads the header of a DICOM file: the attributes that Precedent needs, of each frame where they differ. */
import { PrecedentError } from '../contract/errors.ts';
import { type Attributes, attributes } from './attributes.ts';
import { ascii, deflatedLittleEndian, type ParsedDataSet, parseDataSet } from './dataset.ts';
import { readItems, wantedTags } from './elements.ts';
import {
  enhancedCtSopClasses,
  type FrameAttributes,
  functionalGroupTags,
  readFunctionalGroups,
} from './multiframe.ts';
import { isLossy } from './transferSyntax.ts';

const pixelDataTag = 'x7fe00010';
const extendedOffsetTableTag = 'x7fe00001';
const referencedSeriesTag = 'x00081115';
const seriesTags = wantedTags(['x0020000e']);
const rows = Object.entries(attributes);
const wanted = wantedTags([
  ...rows.map(([, [tag]]) => tag),
  ...functionalGroupTags,
  referencedSeriesTag,
  extendedOffsetTableTag,
]);

/** Where bytes lie in the data set. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface DicomHeader extends Attributes {
  readonly transferSyntax: string;
  /** By the transfer syntax or Lossy Image Compression (0028,2110), the pixel values went through a lossy codec. */
  readonly lossy: boolean;
  /** Where the pixel data lies in `bytes`; `length` is undefined for encapsulated (compressed) pixel data. */
  readonly pixelData:
    | {
        readonly offset: number;
        readonly length: number | undefined;
        readonly vr?: string | undefined;
        /** Extended Offset Table (7FE0,0001). */
        readonly offsetTable?: Place | undefined;
      }
    | undefined;
  /** Of an enhanced CT: what each frame says otherwise than the file (`sliceFrames`). */
  readonly frames: readonly FrameAttributes[] | undefined;
  /** Series Instance UID of the first item of Referenced Series Sequence (0008,1115). */
  readonly referencedSeriesUid: string | undefined;
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
  const parsed = parseDataSet(bytes, pixelDataTag, wanted);
  const { dataSet, transferSyntax, complete, decode } = parsed;
  const values: Record<string, unknown> = {};
  for (const [name, [tag, read]] of rows) values[name] = read(dataSet, tag, decode);
  const isEnhanced = enhancedCtSopClasses.includes(ascii(dataSet, 'x00080016') ?? '');
  const groups = isEnhanced ? readFunctionalGroups(parsed) : null;
  const header = Object.assign(values, groups?.shared) as Attributes;
  const element = dataSet.elements[pixelDataTag];
  const pixelData = element && {
    offset: element.dataOffset,
    length: element.hadUndefinedLength ? undefined : element.length,
    vr: element.vr,
    offsetTable: placeOf(parsed, extendedOffsetTableTag),
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
    frames: groups?.frames,
    referencedSeriesUid: referencedSeries(parsed),
    bytes: dataSet.byteArray,
    complete: pixelData !== undefined || (whole && complete),
  };
}

function placeOf({ dataSet }: ParsedDataSet, tag: string): Place | undefined {
  const element = dataSet.elements[tag];
  return element && { offset: element.dataOffset, length: element.length };
}

function referencedSeries({ dataSet, encoding }: ParsedDataSet): string | undefined {
  const element = dataSet.elements[referencedSeriesTag];
  const [first] = (element && readItems(dataSet.byteArray, encoding, element, seriesTags)) ?? [];
  return first && ascii(first, 'x0020000e');
}
