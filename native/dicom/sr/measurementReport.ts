/**
 * The content of a Measurement Report (PS3.16 TID 1500): each measurement a group of its own, by TID 1501 or, for a region, by
 * TID 1410; a lesion by TID 1411. What lies on source images is drawn on them in pixels, all else in the frame of reference.
 */
import type { AnnotationKind, Measure, MeasuredRow } from '../../contract/annotations.ts';
import { PrecedentError } from '../../contract/errors.ts';
import type { Measurements } from '../../contract/model.ts';
import type { SourceImage } from '../../contract/structuredReport.ts';
import { type Grid, indexToWorld, type Vec3 } from '../../volume/volume.ts';
import { type Code, concepts, units } from './concepts.ts';
import {
  code,
  container,
  coordinates,
  coordinates3d,
  distinct,
  type Item,
  image,
  number,
  personName,
  referencesOf,
  text,
  uidRef,
} from './items.ts';

export interface ReportedLesion {
  readonly name: string;
  readonly trackingUid: string;
  readonly measurements: Measurements;
  /** Closed outlines on slices k, as continuous voxel indices i, j. */
  readonly contours: readonly {
    readonly k: number;
    readonly points: readonly (readonly [number, number])[];
  }[];
}
export interface ReportedMeasurement {
  readonly row: MeasuredRow;
  readonly name: string;
  readonly trackingUid: string;
}
export interface Report {
  readonly grid: Grid;
  /** The image of each slice k, or null where it is none of the source's. */
  readonly images: readonly (SourceImage | null)[];
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string | undefined;
  /** Who measured, where that may be said. */
  readonly observer: string | undefined;
  readonly measurements: readonly ReportedMeasurement[];
  readonly lesion: ReportedLesion | null;
}

/** Precedent as an observer. */
const deviceUid = '2.25.197468402743915087226317544803918645117';

/** @throws PrecedentError `unsupported` where something lies on no image and the series has no frame of reference */
export function measurementReport(report: Report): Item {
  const groups = [
    ...report.measurements.map((measurement) => measurementGroup(report, measurement)),
    ...(report.lesion ? [lesionGroup(report, report.lesion)] : []),
  ];
  const library = distinct(groups.flatMap(referencesOf)).map((reference) =>
    image('CONTAINS', null, reference),
  );
  return container(
    'CONTAINS',
    concepts.report,
    [
      code('HAS CONCEPT MOD', concepts.language, concepts.english),
      ...observers(report.observer),
      code('HAS CONCEPT MOD', concepts.procedureReported, concepts.ct),
      ...(library.length > 0
        ? [
            container('CONTAINS', concepts.imageLibrary, [
              container('CONTAINS', concepts.imageLibraryGroup, library),
            ]),
          ]
        : []),
      container('CONTAINS', concepts.imagingMeasurements, groups),
    ],
    '1500',
  );
}

/** TID 1002: the program, and the person where they may be named. */
export function observers(name: string | undefined): Item[] {
  const context = 'HAS OBS CONTEXT';
  return [
    ...(name === undefined
      ? []
      : [
          code(context, concepts.observerType, concepts.person),
          personName(context, concepts.personName, name),
        ]),
    code(context, concepts.observerType, concepts.device),
    uidRef(context, concepts.deviceUid, deviceUid),
    text(context, concepts.deviceName, 'Precedent'),
    text(context, concepts.deviceManufacturer, 'Precedent'),
  ];
}

interface Quantity {
  readonly of: Measure;
  readonly name: Code;
  readonly unit: Code;
  readonly derivation?: Code;
  /** Which points it is the measure of, and what they are. */
  readonly drawn?: {
    readonly graphic: 'POINT' | 'POLYLINE';
    readonly points: (row: MeasuredRow, grid: Grid) => Vec3[];
  };
}

const all = (row: MeasuredRow): Vec3[] => row.points;

const density = (of: Measure, derivation: Code): Quantity => ({
  of,
  name: concepts.attenuation,
  unit: units.hounsfield,
  derivation,
});

/** What is written of each kind; a value that could not be measured is left out. */
const quantities: Readonly<Record<AnnotationKind, readonly Quantity[]>> = {
  length: [
    {
      of: 'lengthMm',
      name: concepts.length,
      unit: units.millimetre,
      drawn: { graphic: 'POLYLINE', points: all },
    },
  ],
  angle: [
    { of: 'degrees', name: concepts.angle, unit: units.degree, drawn: { graphic: 'POLYLINE', points: all } },
  ],
  bidimensional: [
    {
      of: 'lengthMm',
      name: concepts.longAxis,
      unit: units.millimetre,
      drawn: { graphic: 'POLYLINE', points: (row, grid) => majorFirst(row, grid).slice(0, 2) },
    },
    {
      of: 'shortMm',
      name: concepts.shortAxis,
      unit: units.millimetre,
      drawn: { graphic: 'POLYLINE', points: (row, grid) => majorFirst(row, grid).slice(2) },
    },
  ],
  ellipse: [
    { of: 'areaMm2', name: concepts.area, unit: units.squareMillimetre },
    density('meanHu', concepts.mean),
    density('sdHu', concepts.standardDeviation),
    density('minHu', concepts.minimum),
    density('maxHu', concepts.maximum),
  ],
  probe: [
    {
      of: 'hu',
      name: concepts.attenuation,
      unit: units.hounsfield,
      drawn: { graphic: 'POINT', points: all },
    },
  ],
};

function measurementGroup(report: Report, { row, name, trackingUid }: ReportedMeasurement): Item {
  const region =
    row.kind === 'ellipse'
      ? [drawn(report, 'CONTAINS', concepts.imageRegion, 'ELLIPSE', majorFirst(row, report.grid))]
      : [];
  const values = quantities[row.kind].flatMap(({ of, name: concept, unit, derivation, drawn: figure }) => {
    const value = row.values[of];
    if (value === undefined) return [];
    const children = [
      ...(derivation ? [code('HAS CONCEPT MOD', concepts.derivation, derivation)] : []),
      ...(figure
        ? [
            drawn(
              report,
              'INFERRED FROM',
              concepts.sourceOfMeasurement,
              figure.graphic,
              figure.points(row, report.grid),
            ),
          ]
        : []),
    ];
    return [number(concept, value, unit, children)];
  });
  return group(name, trackingUid, [...region, ...values], region.length > 0 ? '1410' : '1501');
}

function lesionGroup(report: Report, { name, trackingUid, measurements: m, contours }: ReportedLesion): Item {
  const onImages = contours.every(({ k }) => report.images[k] != null);
  const outlines = contours.map(({ k, points }) => {
    const closed = [...points, points[0]].map(([i, j]): Vec3 => [i, j, k]);
    return onImages
      ? drawn(report, 'CONTAINS', concepts.imageRegion, 'POLYLINE', closed)
      : inSpace(report, 'CONTAINS', concepts.volumeSurface, 'POLYGON', closed);
  });
  const source = onImages ? [] : [uidRef('CONTAINS', concepts.sourceSeries, report.seriesInstanceUid)];
  const derived = (derivation: Code) => [code('HAS CONCEPT MOD', concepts.derivation, derivation)];
  return group(
    name,
    trackingUid,
    [
      code('CONTAINS', concepts.finding, concepts.lesion),
      ...outlines,
      ...source,
      number(concepts.volume, m.volumeMl * 1000, units.cubicMillimetre, []),
      number(concepts.longAxis, m.diameterMm, units.millimetre, []),
      number(concepts.maximumDiameter3d, m.diameter3dMm, units.millimetre, []),
      number(concepts.attenuation, m.meanHu, units.hounsfield, derived(concepts.mean)),
      number(concepts.attenuation, m.sdHu, units.hounsfield, derived(concepts.standardDeviation)),
    ],
    '1411',
  );
}

function group(name: string, trackingUid: string, content: readonly Item[], template: string): Item {
  return container(
    'CONTAINS',
    concepts.measurementGroup,
    [
      text('HAS OBS CONTEXT', concepts.trackingIdentifier, name),
      uidRef('HAS OBS CONTEXT', concepts.trackingUid, trackingUid),
      ...content,
    ],
    template,
  );
}

/** On its source image where all points lie on one slice that is one, else in space. */
function drawn(
  report: Report,
  relationship: 'CONTAINS' | 'INFERRED FROM',
  name: Code,
  graphic: 'POINT' | 'POLYLINE' | 'ELLIPSE',
  points: readonly Vec3[],
): Item {
  const k = Math.round(points[0][2]);
  const from = points.every((point) => Math.round(point[2]) === k) ? report.images[k] : null;
  if (!from) return inSpace(report, relationship, name, graphic, points);
  // An image's coordinates begin at the corner of its first pixel, whose centre is voxel 0.
  const pixels = points.map(([i, j]) => [i + 0.5, j + 0.5]);
  return coordinates(relationship, name, graphic, pixels, from);
}

function inSpace(
  { grid, frameOfReferenceUid }: Report,
  relationship: 'CONTAINS' | 'INFERRED FROM',
  name: Code,
  graphic: 'POINT' | 'POLYLINE' | 'POLYGON' | 'ELLIPSE',
  points: readonly Vec3[],
): Item {
  if (!frameOfReferenceUid)
    throw new PrecedentError(
      'unsupported',
      'a measurement lies on none of the source images, and the series names no frame of reference',
      undefined,
      'save the measurements as a table instead',
    );
  const places = points.map((point) => indexToWorld(grid, point));
  return coordinates3d(relationship, name, graphic, places, frameOfReferenceUid);
}

/** The ends of two axes, the longer axis first, as DICOM orders those of an ellipse. */
function majorFirst({ points: [a, b, c, d] }: MeasuredRow, grid: Grid): Vec3[] {
  const length = (p: Vec3, q: Vec3) => {
    const [from, to] = [indexToWorld(grid, p), indexToWorld(grid, q)];
    return Math.hypot(...from.map((value, axis) => value - to[axis]));
  };
  return length(a, b) >= length(c, d) ? [a, b, c, d] : [c, d, a, b];
}
