/** Reads the regions of an RT Structure Set: their names and contours in patient space (LPS, mm). */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { ascii, decimals, items, latin1, parseDataSet, trimPadding, valueBytes } from './dataset.ts';

export const rtstructSopClass = '1.2.840.10008.5.1.4.1.1.481.3';

/** A contour as drawn: `type` is Contour Geometric Type (3006,0042), `points` x,y,z after x,y,z in mm (LPS). */
export interface Contour {
  readonly type: string;
  readonly points: Float64Array;
}

export interface Roi {
  readonly number: number;
  readonly name: string;
  /** RT ROI Interpreted Type (3006,00A4) of its first observation. */
  readonly interpretedType: string | undefined;
  readonly contours: readonly Contour[];
}

export interface Rtstruct {
  readonly sopInstanceUid: string | undefined;
  readonly studyUid: string | undefined;
  readonly referencedSeriesUid: string | undefined;
  readonly frameOfReferenceUid: string | undefined;
  readonly rois: readonly Roi[];
  readonly warnings: readonly string[];
}

/** What an RT Structure Set refers to, without its contours. */
export type RtstructReferences = Omit<Rtstruct, 'rois' | 'warnings'>;

const roiContourSequence = 'x30060039';

/** The series that an RT Structure Set was drawn on. @throws PrecedentError `unreadable` or `unsupported` */
export function readRtstructReferences(bytes: Uint8Array): RtstructReferences {
  return referencesOf(parse(bytes, roiContourSequence));
}

/**
 * All regions of an RT Structure Set (PS3.3 section C.8.8.5, C.8.8.6, C.8.8.8); those without a contour included.
 * @throws PrecedentError `unreadable` when the bytes are damaged, `unsupported` when they are another object
 */
export function readRtstruct(bytes: Uint8Array): Rtstruct {
  const parsed = parse(bytes);
  if (!parsed.complete) throw new PrecedentError('unreadable', 'the RT Structure Set is damaged or cut off');
  const { dataSet, decode } = parsed;
  const warnings: string[] = [];
  const types = new Map<number, string | undefined>();
  for (const item of items(dataSet, 'x30060080')) {
    const number = decimals(item, 'x30060084')?.[0];
    if (number !== undefined && !types.has(number)) types.set(number, ascii(item, 'x300600a4'));
  }
  const contours = new Map<number, Contour[]>();
  for (const item of items(dataSet, roiContourSequence)) {
    const number = decimals(item, 'x30060084')?.[0];
    if (number === undefined) continue;
    const list = contours.get(number) ?? [];
    contours.set(number, list);
    for (const contour of items(item, 'x30060040')) {
      const points = contourPoints(contour);
      if (points) list.push({ type: ascii(contour, 'x30060042') ?? 'CLOSED_PLANAR', points });
      else warnings.push('a contour with unreadable points was left out');
    }
  }
  const rois = items(dataSet, 'x30060020').flatMap((item): Roi[] => {
    const number = decimals(item, 'x30060022')?.[0];
    if (number === undefined) return [];
    const nameBytes = valueBytes(item, 'x30060026');
    const name = nameBytes ? decode(nameBytes.subarray(0, 1024)) : '';
    return [
      {
        number,
        name: name || `ROI ${number}`,
        interpretedType: types.get(number),
        contours: contours.get(number) ?? [],
      },
    ];
  });
  return { ...referencesOf(parsed), rois, warnings: [...new Set(warnings)] };
}

function parse(bytes: Uint8Array, untilTag?: string): ReturnType<typeof parseDataSet> {
  const parsed = parseDataSet(bytes, untilTag);
  if (ascii(parsed.dataSet, 'x00080016') !== rtstructSopClass) {
    throw new PrecedentError('unsupported', 'not an RT Structure Set');
  }
  return parsed;
}

function referencesOf({ dataSet }: { readonly dataSet: DataSet }): RtstructReferences {
  const frames = items(dataSet, 'x30060010');
  const series = frames
    .flatMap((frame) => items(frame, 'x30060012'))
    .flatMap((study) => items(study, 'x30060014'))
    .map((item) => ascii(item, 'x0020000e'));
  const frame = frames[0] && ascii(frames[0], 'x00200052');
  const roiFrame = items(dataSet, 'x30060020').map((roi) => ascii(roi, 'x30060024'))[0];
  return {
    sopInstanceUid: ascii(dataSet, 'x00080018'),
    studyUid: ascii(dataSet, 'x0020000d'),
    referencedSeriesUid: series.find((uid) => uid !== undefined),
    frameOfReferenceUid: frame ?? roiFrame ?? ascii(dataSet, 'x00200052'),
  };
}

function contourPoints(contour: DataSet): Float64Array | null {
  const bytes = valueBytes(contour, 'x30060050');
  if (!bytes) return null;
  const points = Float64Array.from(trimPadding(latin1(bytes)).split('\\'), (part) =>
    part.trim() === '' ? Number.NaN : Number(part),
  );
  return points.length % 3 === 0 && points.every((value) => Math.abs(value) < 1e6) ? points : null;
}
