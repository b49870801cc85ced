/** Takes enhanced (multi-frame) CT apart: what the functional groups say of each frame, and one slice for each. */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import {
  type Attributes,
  attributes,
  code,
  codes,
  number,
  type ReadValue,
  unsigned,
  unsignedLong,
} from './attributes.ts';
import { items, type ParsedDataSet, valueBytes } from './dataset.ts';
import { readItems, wantedTags } from './elements.ts';
import type { DicomHeader } from './header.ts';
import type { SliceFile } from './slices.ts';

/** Enhanced CT Image Storage and Legacy Converted Enhanced CT Image Storage (PS3.4 table B.5-1). */
export const enhancedCtSopClasses: readonly string[] = [
  '1.2.840.10008.5.1.4.1.1.2.1',
  '1.2.840.10008.5.1.4.1.1.2.2',
];

/** What one frame says otherwise than its file. */
export type FrameAttributes = Partial<Attributes>;

const sharedGroups = 'x52009229';
const perFrameGroups = 'x52009230';

/** The time of a DT value, without its date and zone. */
const timeOfDateTime: ReadValue<string> = (dataSet, tag, decode) =>
  code(dataSet, tag, decode)
    ?.slice(8)
    .replace(/[+-].*/, '') || undefined;
const double: ReadValue<number> = (dataSet, tag) =>
  valueBytes(dataSet, tag)?.length === 8 ? dataSet.double(tag) : undefined;

type Rows = Readonly<Partial<Record<keyof Attributes, readonly [tag: string, read: ReadValue<unknown>]>>>;
const same = (...names: (keyof Attributes)[]): Rows =>
  Object.fromEntries(names.map((name) => [name, attributes[name]]));

/** What frames of classic images had in their headers, kept by a conversion. */
const converted = same(
  'acquisitionTime',
  'contentTime',
  'kvp',
  'triggerTime',
  'gantryDetectorTilt',
  'convolutionKernel',
  'acquisitionNumber',
);

/** Functional group sequence → the attributes read from its item (PS3.3 sections C.7.6.16.2 and C.8.15.3). */
const groups: readonly (readonly [sequence: string, Rows])[] = [
  ['x00209170', converted],
  ['x00209171', converted],
  [
    'x00209111',
    {
      acquisitionNumber: ['x00209156', unsigned],
      acquisitionTime: ['x00189074', timeOfDateTime],
      temporalPositionIndex: ['x00209128', unsignedLong],
    },
  ],
  ['x00209113', same('imagePositionPatient')],
  ['x00209116', same('imageOrientationPatient')],
  ['x00289110', same('pixelSpacing', 'sliceThickness', 'spacingBetweenSlices')],
  ['x00289145', same('rescaleIntercept', 'rescaleSlope', 'rescaleType')],
  ['x00289132', same('windowCenter', 'windowWidth')],
  ['x00189329', { imageType: ['x00089007', codes] }],
  ['x00189304', same('gantryDetectorTilt')],
  ['x00189314', same('convolutionKernel')],
  ['x00189325', { kvp: ['x00180060', number] }],
  ['x00189118', { triggerTime: ['x00209153', double] }],
];
const wanted = wantedTags(
  groups.flatMap(([sequence, rows]) => [sequence, ...Object.values(rows).map(([tag]) => tag)]),
);

/**
 * What the functional groups say: of all frames, and of each. Null when the sequences are missing or damaged.
 * @throws PrecedentError `limit`
 */
export function readFunctionalGroups(
  parsed: ParsedDataSet,
): { readonly shared: FrameAttributes; readonly frames: readonly FrameAttributes[] } | null {
  const itemsOf = (tag: string): readonly DataSet[] | null => {
    const element = parsed.dataSet.elements[tag];
    return element ? readItems(parsed.dataSet.byteArray, parsed.encoding, element, wanted) : null;
  };
  const frames = itemsOf(perFrameGroups);
  if (!frames) return null;
  const valuesOf = (item: DataSet) => frameAttributes(item, parsed);
  const shared = Object.assign({}, ...(itemsOf(sharedGroups) ?? []).map(valuesOf));
  return { shared, frames: frames.map(valuesOf) };
}

export const functionalGroupTags: readonly string[] = [sharedGroups, perFrameGroups];

function frameAttributes(item: DataSet, { decode }: ParsedDataSet): FrameAttributes {
  const found: Record<string, unknown> = {};
  for (const [sequence, rows] of groups) {
    const [group] = items(item, sequence);
    if (!group) continue;
    for (const [name, [tag, read]] of Object.entries(rows)) {
      const value = read(group, tag, decode);
      if (value !== undefined) found[name] = value;
    }
  }
  return found;
}

/**
 * The slices of a file: an ordinary image is one, an enhanced CT as many as it has frames, each with a header of its own
 * in which the functional groups (per frame, else shared) take the place of the file's attributes.
 * @throws PrecedentError `unsupported` for another multi-frame image, `unreadable` when the frames are not all described
 */
export function sliceFrames(path: string, header: DicomHeader): readonly SliceFile[] {
  const { frames, numberOfFrames = 1 } = header;
  if (!frames) {
    if (numberOfFrames === 1) return [{ path, header, frame: 0 }];
    const isEnhanced = enhancedCtSopClasses.includes(header.sopClassUid ?? '');
    throw isEnhanced
      ? new PrecedentError('unreadable', 'the enhanced CT does not describe its frames')
      : new PrecedentError('unsupported', 'a multi-frame image that is not an enhanced CT');
  }
  if (frames.length !== numberOfFrames) {
    throw new PrecedentError(
      'unreadable',
      `the enhanced CT describes ${frames.length} frames, but says that it has ${numberOfFrames}`,
    );
  }
  return frames.map((own, frame) => ({ path, header: { ...header, ...own, frames: undefined }, frame }));
}
