/** What is drawn over a picture: lesion outlines, crosshair, reference lines, the stroke under the hand, the scale bar. */

import { type DrawnAnnotation, drawAnnotations } from '../measure/drawn.ts';
import { type Mask, sliceContour } from './contours.ts';
import type { Grid, Vec3 } from './grid.ts';
import { drawHeat, type Heat } from './heat.ts';
import { indexToPixel, type PaneView } from './planes.ts';
import type { CutLine } from './referenceLines.ts';

export interface Outline {
  readonly id: string;
  readonly mask: Mask;
  readonly color: string;
  readonly width: number;
  readonly dashed?: boolean;
}

export type Stroke =
  | { readonly kind: 'ellipse' | 'rectangle'; readonly points: readonly Vec3[] }
  | { readonly kind: 'freehand'; readonly points: readonly Vec3[] }
  | { readonly kind: 'sphere'; readonly points: readonly Vec3[] };

export interface OverlayScene {
  /** Under everything else. */
  readonly heat: Heat | null;
  readonly outlines: readonly Outline[];
  readonly crosshair: Vec3 | null;
  readonly cuts: readonly CutLine[];
  readonly annotations: readonly DrawnAnnotation[];
  readonly stroke: Stroke | null;
  readonly brush: { readonly centre: Vec3; readonly radiusMm: number; readonly erase: boolean } | null;
  readonly scaleBar: boolean;
}

const cache = new WeakMap<Mask, Map<string, Float32Array>>();

function contour(mask: Mask, view: PaneView): Float32Array {
  const { normal, right, down } = view.geometry;
  const key = `${normal}${right}${down}:${view.slice}`;
  let slices = cache.get(mask);
  if (!slices) {
    slices = new Map();
    cache.set(mask, slices);
  }
  let segments = slices.get(key);
  if (!segments) {
    segments = sliceContour(mask, normal, right, down, view.slice);
    slices.set(key, segments);
  }
  return segments;
}

/** Repaints the overlay canvas; sizes are CSS pixels. */
export function drawOverlay(
  canvas: HTMLCanvasElement,
  view: PaneView,
  grid: Grid,
  scene: OverlayScene,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = view.size;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (scene.heat) drawHeat(context, view, grid, scene.heat);
  if (scene.crosshair) drawCrosshair(context, view, grid, scene.crosshair);
  for (const cut of scene.cuts) drawCut(context, view, grid, cut);
  for (const outline of scene.outlines) drawOutline(context, view, grid, outline);
  drawAnnotations(context, view, grid, scene.annotations);
  if (scene.stroke) drawStroke(context, view, grid, scene.stroke);
  if (scene.brush) drawBrush(context, view, grid, scene.brush);
  if (scene.scaleBar) drawScaleBar(context, view);
}

function drawOutline(context: CanvasRenderingContext2D, view: PaneView, grid: Grid, outline: Outline): void {
  const segments = contour(outline.mask, view);
  if (segments.length === 0) return;
  const { right, down } = view.geometry;
  const index: [number, number, number] = [0, 0, 0];
  const path = new Path2D();
  for (let n = 0; n < segments.length; n += 4) {
    index[right] = segments[n];
    index[down] = segments[n + 1];
    path.moveTo(...indexToPixel(view, grid, index));
    index[right] = segments[n + 2];
    index[down] = segments[n + 3];
    path.lineTo(...indexToPixel(view, grid, index));
  }
  context.save();
  context.lineCap = 'round';
  // A dark rim keeps the line readable on bone and contrast medium.
  context.strokeStyle = 'rgba(0,0,0,0.55)';
  context.lineWidth = outline.width + 1.6;
  context.stroke(path);
  context.strokeStyle = outline.color;
  context.lineWidth = outline.width;
  context.stroke(path);
  context.restore();
}

function drawCrosshair(context: CanvasRenderingContext2D, view: PaneView, grid: Grid, at: Vec3): void {
  const [x, y] = indexToPixel(view, grid, at).map((v) => Math.round(v) + 0.5);
  const [width, height] = view.size;
  const gap = 14;
  context.save();
  context.strokeStyle = 'rgba(120, 178, 255, 0.5)';
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(x - gap, y);
  context.moveTo(x + gap, y);
  context.lineTo(width, y);
  context.moveTo(x, 0);
  context.lineTo(x, y - gap);
  context.moveTo(x, y + gap);
  context.lineTo(x, height);
  context.stroke();
  context.restore();
}

function drawCut(context: CanvasRenderingContext2D, view: PaneView, grid: Grid, cut: CutLine): void {
  context.save();
  context.strokeStyle = cut.active ? 'rgba(255, 196, 87, 0.9)' : 'rgba(255, 196, 87, 0.45)';
  context.lineWidth = 1;
  context.setLineDash([7, 5]);
  context.beginPath();
  context.moveTo(...indexToPixel(view, grid, cut.from));
  context.lineTo(...indexToPixel(view, grid, cut.to));
  context.stroke();
  context.restore();
}

function drawStroke(context: CanvasRenderingContext2D, view: PaneView, grid: Grid, stroke: Stroke): void {
  const points = stroke.points.map((p) => indexToPixel(view, grid, p));
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return;
  const path = new Path2D();
  if (stroke.kind === 'freehand') {
    path.moveTo(...first);
    for (const point of points.slice(1)) path.lineTo(...point);
    path.closePath();
  } else if (stroke.kind === 'rectangle') {
    path.rect(first[0], first[1], last[0] - first[0], last[1] - first[1]);
  } else if (stroke.kind === 'ellipse') {
    path.ellipse(
      (first[0] + last[0]) / 2,
      (first[1] + last[1]) / 2,
      Math.abs(last[0] - first[0]) / 2,
      Math.abs(last[1] - first[1]) / 2,
      0,
      0,
      2 * Math.PI,
    );
  } else {
    path.arc(first[0], first[1], Math.hypot(last[0] - first[0], last[1] - first[1]), 0, 2 * Math.PI);
  }
  context.save();
  context.strokeStyle = 'rgba(0,0,0,0.6)';
  context.lineWidth = 3;
  context.stroke(path);
  context.strokeStyle = strokeColor;
  context.lineWidth = 1.5;
  context.stroke(path);
  context.restore();
}

function drawBrush(
  context: CanvasRenderingContext2D,
  view: PaneView,
  grid: Grid,
  brush: { centre: Vec3; radiusMm: number; erase: boolean },
): void {
  const [x, y] = indexToPixel(view, grid, brush.centre);
  context.save();
  context.beginPath();
  context.arc(x, y, Math.max(2, brush.radiusMm * view.pxPerMm), 0, 2 * Math.PI);
  context.strokeStyle = brush.erase ? '#ff8f8f' : strokeColor;
  context.lineWidth = 1.25;
  if (brush.erase) context.setLineDash([4, 3]);
  context.stroke();
  context.restore();
}

/** Lengths a scale bar may have, in mm. */
const barLengths = [100, 50, 20, 10, 5, 2, 1] as const;

function drawScaleBar(context: CanvasRenderingContext2D, view: PaneView): void {
  const [width, height] = view.size;
  const mm = barLengths.find((length) => length * view.pxPerMm <= width * 0.3) ?? 1;
  const length = mm * view.pxPerMm;
  // Above the corner text on the left, clear of everything else that is written on a pane.
  const x = 12.5;
  const y = height - 46.5;
  context.save();
  const bar = new Path2D();
  bar.moveTo(x, y - 4);
  bar.lineTo(x, y);
  bar.lineTo(x + length, y);
  bar.lineTo(x + length, y - 4);
  const text = mm >= 10 ? `${mm / 10} cm` : `${mm} mm`;
  context.font = '10.5px "Inter Variable", sans-serif';
  context.lineJoin = 'round';
  context.strokeStyle = 'rgba(0,0,0,0.75)';
  context.lineWidth = 3;
  context.stroke(bar);
  context.strokeText(text, x + length + 5, y + 1);
  context.strokeStyle = '#d6dde6';
  context.fillStyle = '#d6dde6';
  context.lineWidth = 1;
  context.stroke(bar);
  context.fillText(text, x + length + 5, y + 1);
  context.restore();
}

const strokeColor = '#5fd8ec';
