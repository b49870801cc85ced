/** A lesion's slice in the viewer's window, at a scale that is the same on every card of a search. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useRef } from 'react';
import type { Plane } from '../../native/contract/mark.ts';
import { useView } from '../ui/store.ts';
import { fillSlice } from '../viewer/canvasRenderer.ts';
import type { Box } from '../viewer/grid.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';
import { indexToPixel } from '../viewer/planes.ts';
import './hitPicture.css';
import { type LesionSlice, lesionSlice, scaleBarMm, sliceVoxels } from './lesionSlice.ts';

interface LesionPictureProps {
  readonly volume: string;
  readonly boxIjk: Box;
  readonly plane: Plane;
  /** The side of the square that is shown, in mm. */
  readonly fieldMm: number;
  /** In CSS pixels. */
  readonly size: number;
}

export function LesionPicture({ volume, boxIjk, plane, fieldMm, size }: LesionPictureProps) {
  const row = useQuery(volumeQuery(volume));
  const slice = useMemo(
    () => (row.data ? lesionSlice(row.data.volume, boxIjk, plane, fieldMm) : null),
    [row.data, boxIjk, plane, fieldMm],
  );
  const voxels = useQuery(sliceVoxels(row.data?.volume, slice));
  // Many cards follow a drag of the window: each when there is time.
  const grey = useDeferredValue(useView((s) => s.window));
  const inverted = useView((s) => s.inverted);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { data } = voxels;
  useEffect(() => {
    if (canvas.current && data && slice)
      paint(canvas.current, { slice, data, grey, inverted, fieldMm, size });
  }, [data, slice, grey, inverted, fieldMm, size]);
  const failed = row.isError || voxels.isError;
  const bar = scaleBarMm(fieldMm);
  return (
    <span
      className="lesion-picture"
      style={{ width: size, height: size }}
      data-testid="lesion-picture"
      data-state={failed ? 'failed' : data ? 'ready' : 'loading'}
      data-plane={plane}
      data-field-mm={fieldMm}
    >
      <canvas ref={canvas} style={{ width: size, height: size }} />
      {failed ? (
        <span className="lesion-picture-failed">No picture</span>
      ) : (
        <span className="scale" title={`The bar is ${bar} mm long`}>
          <span className="dim">{bar} mm</span>
          <span className="scale-bar" style={{ width: (size * bar) / fieldMm }} />
        </span>
      )}
    </span>
  );
}

interface Painting {
  readonly slice: LesionSlice;
  readonly data: Int16Array | Float32Array;
  readonly grey: { readonly width: number; readonly center: number };
  readonly inverted: boolean;
  readonly fieldMm: number;
  readonly size: number;
}

function paint(canvas: HTMLCanvasElement, { slice, data, grey, inverted, fieldMm, size }: Painting): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { grid, geometry, centre } = slice;
  const { right, down, rightSign, downSign } = geometry;
  const source = document.createElement('canvas');
  const voxels = { grid, data, loaded: new Uint8Array(grid.dims[2]).fill(1) };
  fillSlice(source, { voxels, view: { geometry, slice: 0 }, window: grey, inverted, slabMm: null });
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(size * ratio);
  const view = { geometry, slice: 0, centre, pxPerMm: size / fieldMm, size: [size, size] } as const;
  const corner: [number, number, number] = [0, 0, 0];
  corner[right] = rightSign > 0 ? -0.5 : grid.dims[right] - 0.5;
  corner[down] = downSign > 0 ? -0.5 : grid.dims[down] - 0.5;
  const [x, y] = indexToPixel(view, grid, corner);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingQuality = 'high';
  const side = (axis: 0 | 1 | 2) => grid.dims[axis] * grid.spacing[axis] * view.pxPerMm;
  context.drawImage(source, x, y, side(right), side(down));
}
