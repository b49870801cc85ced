/** The kinds of measurement: how each is called, which of its points a line joins, and what it says. */
import {
  type AnnotationKind,
  type AnnotationShape,
  annotationKinds,
} from '../../native/contract/annotations.ts';
import { area, hu, meanSd, minus, mm } from '../ui/format.ts';
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
type Lines = readonly string[];

interface Kind {
  readonly name: string;
  readonly lines: readonly (readonly [number, number])[];
  /** `voxels` of the volume itself, or null where another one is open: HU are left out then. */
  readonly values: (measured: Measured, grid: Grid, voxels: HuSource | null) => Lines;
}

export const kinds: Readonly<Record<AnnotationKind, Kind>> = {
  length: {
    name: 'Length',
    lines: [[0, 1]],
    values: ({ points: [a, b] }, grid) => [mm(distanceMm(a, b, grid))],
  },
  angle: {
    name: 'Angle',
    lines: [
      [0, 1],
      [1, 2],
    ],
    values: ({ points }, grid) => {
      const degrees = angleDegrees(points, grid);
      return degrees === null ? [] : [`${degrees.toFixed(1)}°`];
    },
  },
  bidimensional: {
    name: 'Diameters',
    lines: [
      [0, 1],
      [2, 3],
    ],
    values: ({ points: [a, b, c, d] }, grid) => {
      const diameters = [distanceMm(a, b, grid), distanceMm(c, d, grid)];
      return [`${Math.max(...diameters).toFixed(1)} × ${Math.min(...diameters).toFixed(1)} mm`];
    },
  },
  ellipse: {
    name: 'Ellipse (HU)',
    lines: [],
    values: ({ points, plane }, grid, voxels) => {
      const ellipse = ellipseOf(points, plane, grid);
      const found = voxels && ellipseStatistics(ellipse, voxels);
      return [
        ...(found
          ? [meanSd(found.meanHu, found.sdHu), `${minus(Math.round(found.minHu))} to ${hu(found.maxHu)}`]
          : []),
        area(ellipseAreaMm2(ellipse, grid)),
      ];
    },
  },
  probe: {
    name: 'Probe',
    lines: [],
    values: ({ points: [at] }, _grid, voxels) => {
      const value = voxels?.valueAt(at) ?? null;
      return value === null ? [] : [hu(value)];
    },
  },
};
