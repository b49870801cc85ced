/** The surface of a mask as triangles in the patient's mm (LPS): marching cubes through its distance, then smoothed in mm. */
/// <reference path="./vtkMarchingCubes.d.ts" />
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray.js';
import vtkImageData from '@kitware/vtk.js/Common/DataModel/ImageData.js';
import vtkImageMarchingCubes from '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js';
import type { Mask } from '../viewer/contours.ts';
import type { Grid } from '../viewer/grid.ts';
import { type Field, type Levelled, signedDistance } from './distance.ts';

export interface Mesh {
  /** x, y, z of every point, in mm (LPS). */
  readonly points: Float32Array;
  /** Unit vectors that point outwards, one for each point. */
  readonly normals: Float32Array;
  /** Three points of each triangle, counter-clockwise as seen from outside. */
  readonly triangles: Uint32Array;
  readonly volumeMl: number;
}

/**
 * Null for an empty mask.
 *
 * @param grid of the volume that the mask's box counts in
 */
export function surfaceOf(mask: Mask, grid: Grid): Mesh | null {
  const field = signedDistance(mask, grid.spacing);
  if (!field) return null;
  const { points, triangles } = marched(field);
  smooth(points, triangles);
  toPatient(points, field, grid);
  const volume = enclosed(points, triangles);
  // A grid whose axes are left-handed turns every triangle inside out.
  if (volume < 0)
    for (let t = 0; t < triangles.length; t += 3) {
      const second = triangles[t + 1];
      triangles[t + 1] = triangles[t + 2];
      triangles[t + 2] = second;
    }
  return { points, normals: normalsOf(points, triangles), triangles, volumeMl: Math.abs(volume) / 1000 };
}

/** The surface at a field's level, in mm from its first cell (Lorensen & Cline 1987). */
function marched(field: Levelled): { readonly points: Float32Array; readonly triangles: Uint32Array } {
  const image = vtkImageData.newInstance();
  image.setDimensions([...field.dims]);
  image.setSpacing([...field.spacing]);
  image.getPointData().setScalars(vtkDataArray.newInstance({ numberOfComponents: 1, values: field.values }));
  const filter = vtkImageMarchingCubes.newInstance({ contourValue: field.level, mergePoints: true });
  filter.setInputData(image);
  const surface = filter.getOutputData();
  const cells = surface.getPolys().getData();
  const triangles = new Uint32Array((cells.length / 4) * 3);
  for (let t = 0; 4 * t < cells.length; t++)
    for (let n = 0; n < 3; n++) triangles[3 * t + n] = cells[4 * t + 1 + n];
  return { points: Float32Array.from(surface.getPoints().getData()), triangles };
}

/** Rounds of smoothing, and its two factors: 1/λ + 1/μ = 0.1 keeps what is larger than a few cells. */
const rounds = 10;
const lambda = 0.5;
const mu = 1 / (0.1 - 1 / lambda);

/** Takes the corners off a mesh, in place, and leaves it its size: each point goes towards its neighbours and back (Taubin 1995). */
function smooth(points: Float32Array, triangles: Uint32Array): void {
  const sums = new Float32Array(points.length);
  const counts = new Uint16Array(points.length / 3);
  for (let t = 0; t < triangles.length; t++) counts[triangles[t]] += 2;
  for (let round = 0; round < 2 * rounds; round++) {
    sums.fill(0);
    for (let t = 0; t < triangles.length; t += 3)
      for (let n = 0; n < 3; n++) {
        const one = 3 * triangles[t + n];
        const other = 3 * triangles[t + ((n + 1) % 3)];
        for (let c = 0; c < 3; c++) {
          sums[one + c] += points[other + c];
          sums[other + c] += points[one + c];
        }
      }
    const factor = round % 2 === 0 ? lambda : mu;
    for (let p = 0; p < counts.length; p++)
      for (let c = 0; c < 3; c++) {
        const at = 3 * p + c;
        if (counts[p] > 0) points[at] += factor * (sums[at] / counts[p] - points[at]);
      }
  }
}

/** From mm along the volume's axes, counted from the field's first cell, to the patient's mm (LPS), in place. */
function toPatient(points: Float32Array, field: Field, { origin, direction }: Grid): void {
  for (let p = 0; p < points.length; p += 3) {
    const x = points[p] + field.firstMm[0];
    const y = points[p + 1] + field.firstMm[1];
    const z = points[p + 2] + field.firstMm[2];
    for (let c = 0; c < 3; c++)
      points[p + c] = origin[c] + x * direction[c] + y * direction[3 + c] + z * direction[6 + c];
  }
}

/** The volume inside a closed mesh in mm³, negative where its triangles face inwards: the tetrahedra to its first point, summed. */
function enclosed(points: Float32Array, triangles: Uint32Array): number {
  let sum = 0;
  const at = (t: number, c: number) => points[3 * triangles[t] + c] - points[c];
  for (let t = 0; t < triangles.length; t += 3) {
    sum +=
      at(t, 0) * (at(t + 1, 1) * at(t + 2, 2) - at(t + 1, 2) * at(t + 2, 1)) -
      at(t, 1) * (at(t + 1, 0) * at(t + 2, 2) - at(t + 1, 2) * at(t + 2, 0)) +
      at(t, 2) * (at(t + 1, 0) * at(t + 2, 1) - at(t + 1, 1) * at(t + 2, 0));
  }
  return sum / 6;
}

/** Of each point the mean of its triangles' normals, by their area. */
function normalsOf(points: Float32Array, triangles: Uint32Array): Float32Array {
  const normals = new Float32Array(points.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const side = (to: number, axis: number) => points[to + axis] - points[a + axis];
    const x = side(b, 1) * side(c, 2) - side(b, 2) * side(c, 1);
    const y = side(b, 2) * side(c, 0) - side(b, 0) * side(c, 2);
    const z = side(b, 0) * side(c, 1) - side(b, 1) * side(c, 0);
    for (const p of [a, b, c]) {
      normals[p] += x;
      normals[p + 1] += y;
      normals[p + 2] += z;
    }
  }
  for (let p = 0; p < normals.length; p += 3) {
    const length = Math.hypot(normals[p], normals[p + 1], normals[p + 2]) || 1;
    normals[p] /= length;
    normals[p + 1] /= length;
    normals[p + 2] /= length;
  }
  return normals;
}
