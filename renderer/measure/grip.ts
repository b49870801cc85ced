/** Which measurement lies under the pointer. */
import type { Grid } from '../viewer/grid.ts';
import { indexToPixel, type PaneView } from '../viewer/planes.ts';
import { sliceOf } from './geometry.ts';
import { kinds, type Measured } from './kinds.ts';

type Pixel = readonly [number, number];

/** What of a measurement lies under the pointer: one of its points, or null for its line. */
export interface Grip {
  readonly id: string;
  readonly handle: number | null;
}

/** How near the pointer has to come to a point and to a line, in CSS pixels. */
const handlePx = 7;
const linePx = 5;
/** Whether a measurement lies on the slice that a view shows. */
export function isHere({ plane, points }: Measured, { geometry, slice }: PaneView, grid: Grid): boolean {
  return plane === geometry.plane && sliceOf(points, plane, grid) === slice;
}

/** The measurement of this slice at a CSS pixel: the nearest point, else the last drawn line that is near enough. */
export function gripAt(
  annotations: readonly (Measured & { readonly id: string })[],
  view: PaneView,
  grid: Grid,
  pixel: readonly [number, number],
): Grip | null {
  let grip: Grip | null = null;
  let nearest = handlePx;
  const here = annotations.filter((each) => isHere(each, view, grid));
  for (const { id, points } of here) {
    for (const [handle, point] of points.entries()) {
      const distance = apart(indexToPixel(view, grid, point), pixel);
      if (distance <= nearest) {
        nearest = distance;
        grip = { id, handle };
      }
    }
  }
  if (grip) return grip;
  const line = here.findLast(({ kind, points }) => {
    const at = points.map((point) => indexToPixel(view, grid, point));
    return kind === 'ellipse'
      ? fromEllipse(at, pixel) <= linePx
      : kinds[kind].lines.some(([a, b]) => fromSegment(at[a], at[b], pixel) <= linePx);
  });
  return line ? { id: line.id, handle: null } : null;
}

const apart = (a: Pixel, b: Pixel) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function fromSegment(a: Pixel, b: Pixel, p: Pixel): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const t = squared > 0 ? ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squared : 0;
  const along = Math.min(1, Math.max(0, t));
  return apart([a[0] + along * dx, a[1] + along * dy], p);
}

/** About how far a pixel lies from the outline, exact on it. */
function fromEllipse([a, b, c, d]: readonly Pixel[], p: Pixel): number {
  const [rx, ry] = [apart(a, b) / 2, apart(c, d) / 2];
  if (rx === 0) return fromSegment(c, d, p);
  if (ry === 0) return fromSegment(a, b, p);
  const [x, y] = [p[0] - (a[0] + b[0]) / 2, p[1] - (a[1] + b[1]) / 2];
  const along = (from: Pixel, to: Pixel, radius: number) =>
    (x * (to[0] - from[0]) + y * (to[1] - from[1])) / (2 * radius * radius);
  const part = Math.hypot(along(a, b, rx), along(c, d, ry));
  return Math.abs(part - 1) * Math.min(rx, ry);
}
