/** Paints panes on the CPU: one slice through the window's lookup, scaled by the 2D canvas. Used where WebGL is missing. */
import { type Painted, type PaneRenderer, type Picture, wantSlice } from './paneRenderer.ts';
import { indexToPixel } from './planes.ts';
import { windowRange } from './presets.ts';
import { slabSlices } from './slab.ts';

/** HU that is black in every window. */
const nothing = -32768;

export function createCanvasRenderer(element: HTMLElement, painted: Painted): PaneRenderer {
  const canvas = document.createElement('canvas');
  canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%';
  element.appendChild(canvas);
  const source = document.createElement('canvas');
  let next: Picture | null = null;
  let frame = 0;

  const paint = () => {
    frame = 0;
    const context = canvas.getContext('2d');
    if (!context || !next) return;
    const { voxels, view } = next;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(view.size[0] * ratio);
    const height = Math.round(view.size[1] * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    fillSlice(source, next);
    const { right, down, rightSign, downSign } = view.geometry;
    const { spacing, dims } = voxels.grid;
    const corner: [number, number, number] = [0, 0, 0];
    corner[right] = rightSign > 0 ? -0.5 : dims[right] - 0.5;
    corner[down] = downSign > 0 ? -0.5 : dims[down] - 0.5;
    const [x, y] = indexToPixel(view, voxels.grid, corner);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, view.size[0], view.size[1]);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    const w = dims[right] * spacing[right] * view.pxPerMm;
    const h = dims[down] * spacing[down] * view.pxPerMm;
    context.drawImage(source, x, y, w, h);
    painted(next);
  };

  return {
    show(picture) {
      next = picture;
      wantSlice(picture);
      frame ||= requestAnimationFrame(paint);
    },
    clear() {
      next = null;
      canvas.width = canvas.width | 0;
    },
    dispose() {
      cancelAnimationFrame(frame);
      next = null;
      canvas.remove();
    },
  };
}

/** What one slice of a picture takes: voxels of a grid, the plane, and which slice of them. */
interface SlicePicture extends Pick<Picture, 'window' | 'inverted' | 'slabMm'> {
  readonly voxels: Pick<Picture['voxels'], 'grid' | 'data' | 'loaded'>;
  readonly view: Pick<Picture['view'], 'geometry' | 'slice'>;
}

/** Makes a canvas one slice: a pixel for each voxel, the right way round. */
export function fillSlice(
  canvas: HTMLCanvasElement,
  { voxels, view, window: grey, inverted, slabMm }: SlicePicture,
): void {
  const { normal, right, down, rightSign, downSign } = view.geometry;
  const { dims } = voxels.grid;
  const strides = [1, dims[0], dims[0] * dims[1]];
  const width = dims[right];
  const height = dims[down];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const { lower, upper } = windowRange(grey);
  const scale = 255 / Math.max(1e-6, upper - lower);
  const stepX = strides[right] * rightSign;
  const { first, last } = slabSlices(view.slice, dims[normal], voxels.grid.spacing[normal], slabMm);
  // What has not arrived yet is black: stored slices lie along axis 2.
  const arrived = (axis: number, index: number) => axis !== 2 || voxels.loaded[index] === 1;
  const offsets = Array.from({ length: last - first + 1 }, (_, n) => first + n)
    .filter((slice) => arrived(normal, slice))
    .map((slice) => (slice - first) * strides[normal]);
  const columns = Array.from({ length: width }, (_, x) => arrived(right, rightSign > 0 ? x : width - 1 - x));
  for (let y = 0, at = 0; y < height; y++) {
    const row = downSign > 0 ? y : height - 1 - y;
    const here = arrived(down, row);
    let from = first * strides[normal] + row * strides[down];
    if (rightSign < 0) from += (width - 1) * strides[right];
    for (let x = 0; x < width; x++, at++, from += stepX) {
      let highest = nothing;
      if (here && columns[x])
        for (const offset of offsets) highest = Math.max(highest, voxels.data[from + offset]);
      const bright = Math.min(255, Math.max(0, (highest - lower) * scale)) | 0;
      const level = inverted ? 255 - bright : bright;
      pixels[at] = 0xff000000 | (level << 16) | (level << 8) | level;
    }
  }
  context.putImageData(image, 0, 0);
}
