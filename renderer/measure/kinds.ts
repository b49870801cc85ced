/** The kinds of measurement: how each is called, which of its points a line joins, and what it says. */
import {
  type AnnotationKind,
  type AnnotationShape,
  annotationKinds,
  type MeasuredRow,
} from '../../native/contract/annotations.ts';
import { area, fixed, hu, meanSd, minus, mm } from '../ui/format.ts';
import type { Grid } from '../viewer/grid.ts';
import { angleDegrees, distanceMm, ellipseAreaMm2, ellipseOf } from './geometry.ts';
import { ellipseStatistics, type HuSource } from './statistics.ts';

/** The tool that draws a kind; the ellipse that marks a lesion is another tool. */
export type MeasureTool = `measure-${AnnotationKind}`;
export const measureTool = (kind: AnnotationKind): MeasureTool => `measure-${kind}`;

/** The kind that a tool draws, or null for any other tool. */
export function measuredKind(tool: string): AnnotationKind | null {
  return annotationKinds.find((kind) => measureTool(kind) === tool) ?? null;
}

export type Measured = Pick<AnnotationShape, 'kind' | 'plane' | 'points'>;
type Values = MeasuredRow['values'];

interface Kind {
  readonly name: string;
  readonly lines: readonly (readonly [number, number])[];
  /** `voxels` of the volume itself, or null before they are there: HU are left out then. */
  readonly measure: (measured: Measured, grid: Grid, voxels: HuSource | null) => Values;
  readonly text: (values: Values) => readonly (string | undefined)[];
}

export const kinds: Readonly<Record<AnnotationKind, Kind>> = {
  length: {
    name: 'Length',
    lines: [[0, 1]],
    measure: ({ points: [a, b] }, grid) => ({ lengthMm: distanceMm(a, b, grid) }),
    text: ({ lengthMm }) => [lengthMm === undefined ? undefined : mm(lengthMm)],
  },
  angle: {
    name: 'Angle',
    lines: [
      [0, 1],
      [1, 2],
    ],
    measure: ({ points }, grid) => {
      const degrees = angleDegrees(points, grid);
      return degrees === null ? {} : { degrees };
    },
    text: ({ degrees }) => [degrees === undefined ? undefined : `${fixed(degrees, 1)}°`],
  },
  bidimensional: {
    name: 'Diameters',
    lines: [
      [0, 1],
      [2, 3],
    ],
    measure: ({ points: [a, b, c, d] }, grid) => {
      const diameters = [distanceMm(a, b, grid), distanceMm(c, d, grid)];
      return { lengthMm: Math.max(...diameters), shortMm: Math.min(...diameters) };
    },
    text: ({ lengthMm = 0, shortMm = 0 }) => [`${fixed(lengthMm, 1)} × ${fixed(shortMm, 1)} mm`],
  },
  ellipse: {
    name: 'Ellipse (HU)',
    lines: [],
    measure: ({ points, plane }, grid, voxels) => {
      const ellipse = ellipseOf(points, plane, grid);
      return {
        areaMm2: ellipseAreaMm2(ellipse),
        ...(voxels && ellipseStatistics(ellipse, voxels)),
      };
    },
    text: ({ areaMm2 = 0, meanHu, sdHu = 0, minHu = 0, maxHu = 0 }) => [
      ...(meanHu === undefined ? [] : [meanSd(meanHu, sdHu), `${minus(Math.round(minHu))} to ${hu(maxHu)}`]),
      area(areaMm2),
    ],
  },
  probe: {
    name: 'Probe',
    lines: [],
    measure: ({ points: [at] }, _grid, voxels) => {
      const value = voxels?.valueAt(at) ?? null;
      return value === null ? {} : { hu: value };
    },
    text: ({ hu: value }) => [value === undefined ? undefined : hu(value)],
  },
};

/** What a measurement says, line by line. */
export function linesOf(measured: Measured, grid: Grid, voxels: HuSource | null): readonly string[] {
  const { measure, text } = kinds[measured.kind];
  return text(measure(measured, grid, voxels)).filter((line) => line !== undefined);
}
