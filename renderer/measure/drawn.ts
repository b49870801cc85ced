/** Measurements painted over the picture of a pane. */
import type { Grid } from '../viewer/grid.ts';
import { indexToPixel, type PaneView } from '../viewer/planes.ts';
import { isHere } from './grip.ts';
import { kinds, type Measured } from './kinds.ts';

export interface DrawnAnnotation extends Measured {
  readonly id: string;
  /** What is written beside it. */
  readonly text: readonly string[];
  readonly selected: boolean;
}

type Pixel = readonly [number, number];
/** Apart from the colours of lesions and queries. */
const color = '#cdbcff';
const selectedColor = '#7df0b0';

/** Paints those that lie on the view's slice. */
export function drawAnnotations(
  context: CanvasRenderingContext2D,
  view: PaneView,
  grid: Grid,
  annotations: readonly DrawnAnnotation[],
): void {
  context.save();
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const each of annotations) if (isHere(each, view, grid)) drawOne(context, view, grid, each);
  context.restore();
}

function drawOne(
  context: CanvasRenderingContext2D,
  view: PaneView,
  grid: Grid,
  { kind, points, text, selected }: DrawnAnnotation,
): void {
  const at = points.map((point) => indexToPixel(view, grid, point));
  const ink = selected ? selectedColor : color;
  const path = new Path2D();
  for (const [a, b] of kinds[kind].lines) {
    path.moveTo(...at[a]);
    path.lineTo(...at[b]);
  }
  if (kind === 'ellipse') addEllipse(path, at);
  if (kind === 'probe') addCross(path, at[0]);
  rimmed(context, path, ink, 1.5);
  if (selected || kind !== 'ellipse') {
    const ends = new Path2D();
    for (const [x, y] of kind === 'probe' ? [] : at) {
      ends.moveTo(x + 3.5, y);
      ends.arc(x, y, 3.5, 0, 2 * Math.PI);
    }
    rimmed(context, ends, ink, selected ? 1.75 : 1);
  }
  writeBeside(context, view, at, text, ink);
}

function addEllipse(path: Path2D, [a, b, c, d]: readonly Pixel[]): void {
  const [dx, dy] = [(b[0] - a[0]) / 2, (b[1] - a[1]) / 2];
  const [rx, ry] = [Math.hypot(dx, dy), Math.hypot(d[0] - c[0], d[1] - c[1]) / 2];
  path.ellipse((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, rx, ry, Math.atan2(dy, dx), 0, 2 * Math.PI);
}

function addCross(path: Path2D, [x, y]: Pixel): void {
  for (const [dx, dy] of [
    [1, 0],
    [0, 1],
  ]) {
    path.moveTo(x - 7 * dx, y - 7 * dy);
    path.lineTo(x - 2 * dx, y - 2 * dy);
    path.moveTo(x + 2 * dx, y + 2 * dy);
    path.lineTo(x + 7 * dx, y + 7 * dy);
  }
}

/** A dark rim keeps a line readable on bone and contrast medium. */
function rimmed(context: CanvasRenderingContext2D, path: Path2D, ink: string, width: number): void {
  context.strokeStyle = 'rgba(0,0,0,0.65)';
  context.lineWidth = width + 2;
  context.stroke(path);
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.stroke(path);
}

const lineHeight = 14;

/** Right of the rightmost point, and inside the pane. */
function writeBeside(
  context: CanvasRenderingContext2D,
  view: PaneView,
  at: readonly Pixel[],
  text: readonly string[],
  ink: string,
): void {
  if (text.length === 0) return;
  context.font = '11.5px "Inter Variable", sans-serif';
  const right = at.reduce((best, point) => (point[0] > best[0] ? point : best));
  const width = Math.max(...text.map((line) => context.measureText(line).width));
  const x = Math.max(4, Math.min(right[0] + 9, view.size[0] - width - 4));
  const y = Math.max(lineHeight, Math.min(right[1] + 4, view.size[1] - lineHeight * text.length));
  context.strokeStyle = 'rgba(0,0,0,0.8)';
  context.lineWidth = 3;
  context.fillStyle = ink;
  for (const [n, line] of text.entries()) {
    context.strokeText(line, x, y + n * lineHeight);
    context.fillText(line, x, y + n * lineHeight);
  }
}
