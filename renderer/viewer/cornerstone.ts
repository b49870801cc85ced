/**
 * Cornerstone3D behind the pane interface: one rendering engine for the whole application, our own image loader that
 * hands it slices of the shared voxel buffer, and the metadata it asks for. Nothing else in the window knows Cornerstone.
 */
import {
  cache,
  Enums,
  getRenderingCapabilities,
  imageLoader,
  imageLoadPoolManager,
  init,
  metaData,
  type PlanarViewport,
  RenderingEngine,
  type Types,
  utilities,
} from '@cornerstonejs/core';
import { indexToWorld } from './grid.ts';
import type { Painted, PaneRenderer, Picture } from './paneRenderer.ts';
import { screenVectors } from './planes.ts';
import { windowRange } from './presets.ts';
import type { Voxels } from './voxels.ts';

const scheme = 'precedent';
let engine: RenderingEngine | null = null;

/** Whether this window can draw with WebGL 2. Ask before anything else here: without it Cornerstone throws. */
export function hasWebgl(): boolean {
  return getRenderingCapabilities().webgl2;
}

/** The graphics adapter's name as the browser tells it, and whether it is software. */
export function graphics(): { readonly name: string; readonly software: boolean } {
  const { renderer, softwareRasterizer } = getRenderingCapabilities();
  return { name: renderer, software: softwareRasterizer };
}

function renderingEngine(): RenderingEngine {
  if (engine) return engine;
  init({ rendering: { webGlContextCount: 1 }, debug: {} });
  imageLoader.registerImageLoader(scheme, loadSlice);
  metaData.addProvider(provideMetadata, 10_000);
  // Slices wait for their bytes, not for a turn: the order of arrival is the stream's.
  imageLoadPoolManager.setMaxSimultaneousRequests(Enums.RequestType.Prefetch, 100_000);
  cache.setMaxCacheSize(16 * 1024 ** 3);
  engine = new RenderingEngine('precedent');
  return engine;
}

const registered = new Map<string, Voxels>();

function sliceOf(imageId: string): { voxels: Voxels; k: number } | null {
  const [prefix, key, k] = imageId.split(':');
  const voxels = prefix === scheme ? registered.get(key) : undefined;
  return voxels ? { voxels, k: Number(k) } : null;
}

function imageIdsOf(voxels: Voxels): string[] {
  return Array.from({ length: voxels.grid.dims[2] }, (_, k) => `${scheme}:${voxels.key}:${k}`);
}

/** Makes the voxels known to Cornerstone, and forgets every trace of them when they are released. */
function register(voxels: Voxels): void {
  if (registered.has(voxels.key)) return;
  registered.set(voxels.key, voxels);
  const imageIds = imageIdsOf(voxels);
  utilities.genericViewportDisplaySetMetadataProvider.add(voxels.key, {
    imageIds,
    kind: 'planar',
    volumeId: volumeIdOf(voxels),
  });
  voxels.onRelease(() => {
    if (cache.getVolumeLoadObject(volumeIdOf(voxels))) cache.removeVolumeLoadObject(volumeIdOf(voxels));
    for (const imageId of imageIds) {
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
    }
    utilities.genericViewportDisplaySetMetadataProvider.remove(voxels.key);
    registered.delete(voxels.key);
  });
}

function volumeIdOf(voxels: Voxels): string {
  return `${scheme}-volume:${voxels.key}`;
}

function loadSlice(imageId: string): { promise: Promise<Types.IImage> } {
  const found = sliceOf(imageId);
  if (!found) return { promise: Promise.reject(new Error('unknown image')) };
  const { voxels, k } = found;
  return { promise: voxels.whenSlice(k).then(() => imageOf(imageId, voxels, k)) };
}

function imageOf(imageId: string, voxels: Voxels, k: number): Types.IImage {
  const [columns, rows] = voxels.grid.dims;
  const pixels = voxels.slice(k);
  return {
    imageId,
    minPixelValue: -1024,
    maxPixelValue: 3071,
    slope: 1,
    intercept: 0,
    windowCenter: 40,
    windowWidth: 400,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    getPixelData: () => pixels,
    getCanvas: () => {
      throw new Error('not drawn as an image');
    },
    rows,
    columns,
    height: rows,
    width: columns,
    color: false,
    rgba: false,
    numberOfComponents: 1,
    columnPixelSpacing: voxels.grid.spacing[0],
    rowPixelSpacing: voxels.grid.spacing[1],
    sliceThickness: voxels.grid.spacing[2],
    invert: false,
    sizeInBytes: pixels.byteLength,
    isPreScaled: true,
    dataType: pixels instanceof Int16Array ? 'Int16Array' : 'Float32Array',
    // Cornerstone moves the pixels into its voxel manager and deletes them from here: the member must exist.
    imageFrame: {} as Types.IImageFrame,
  };
}

function provideMetadata(type: string, imageId: unknown): unknown {
  const found = typeof imageId === 'string' ? sliceOf(imageId) : null;
  if (!found) return undefined;
  const { grid, data, volume } = found.voxels;
  switch (type) {
    case 'imagePixelModule': {
      const bits = data.BYTES_PER_ELEMENT * 8;
      return {
        bitsAllocated: bits,
        bitsStored: bits,
        highBit: bits - 1,
        pixelRepresentation: 1,
        photometricInterpretation: 'MONOCHROME2',
        samplesPerPixel: 1,
        rows: grid.dims[1],
        columns: grid.dims[0],
      };
    }
    case 'imagePlaneModule':
      return {
        frameOfReferenceUID: volume,
        rows: grid.dims[1],
        columns: grid.dims[0],
        imageOrientationPatient: grid.direction.slice(0, 6),
        rowCosines: grid.direction.slice(0, 3),
        columnCosines: grid.direction.slice(3, 6),
        imagePositionPatient: indexToWorld(grid, [0, 0, found.k]),
        sliceThickness: grid.spacing[2],
        pixelSpacing: [grid.spacing[1], grid.spacing[0]],
        rowPixelSpacing: grid.spacing[1],
        columnPixelSpacing: grid.spacing[0],
      };
    case 'generalSeriesModule':
      return { modality: 'CT', seriesInstanceUID: found.voxels.key };
    case 'modalityLutModule':
      return { rescaleSlope: 1, rescaleIntercept: 0 };
    case 'voiLutModule':
      return { windowCenter: [40], windowWidth: [400] };
    case 'sopCommonModule':
      return { sopInstanceUID: imageId, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' };
    default:
      return undefined;
  }
}

/** A pane drawn by Cornerstone in `element`, which must stay its own. */
export function createCornerstoneRenderer(
  element: HTMLDivElement,
  id: string,
  painted: Painted,
): PaneRenderer {
  const drawing = renderingEngine();
  drawing.enableElement({
    viewportId: id,
    type: Enums.ViewportType.PLANAR_NEXT,
    element,
    defaultOptions: { background: [0, 0, 0] },
  });
  const viewport = drawing.getViewport(id) as unknown as PlanarViewport;
  let wanted: Picture | null = null;
  let mounted: Voxels | null = null;
  let busy = false;
  let size = '';

  const onRendered = () => {
    if (wanted && mounted === wanted.voxels) painted(wanted);
  };
  element.addEventListener(Enums.Events.IMAGE_RENDERED, onRendered);

  const apply = (picture: Picture) => {
    const { voxels, view } = picture;
    const nowSize = view.size.join('x');
    if (nowSize !== size) {
      size = nowSize;
      drawing.resize(true, true);
    }
    const { up, towardsViewer } = screenVectors(voxels.grid, view.geometry);
    const anchor: [number, number, number] = [view.centre[0], view.centre[1], view.centre[2]];
    anchor[view.geometry.normal] = view.slice;
    const anchorWorld = indexToWorld(voxels.grid, anchor);
    viewport.setDisplaySetPresentation(voxels.key, {
      voiRange: windowRange(picture.window),
      invert: picture.inverted,
      interpolationType: Enums.InterpolationType.LINEAR,
      blendMode:
        picture.slabMm === null ? Enums.BlendModes.COMPOSITE : Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
      slabThickness: picture.slabMm ?? 0,
    });
    const orientation = { viewPlaneNormal: towardsViewer, viewUp: up };
    const slice = { kind: 'volumePoint' as const, sliceWorldPoint: anchorWorld };
    if (viewport.getViewState().slice?.kind !== 'volumePoint') viewport.setViewState({ orientation, slice });
    // Cornerstone's scale is relative to its own fit of the slice; ours is absolute.
    const fit = viewport.getResolvedView()?.getSliceBasis().fitParallelScale ?? 1;
    viewport.setViewState({
      orientation,
      slice,
      anchorWorld,
      anchorCanvas: [0.5, 0.5],
      scale: (2 * fit * view.pxPerMm) / view.size[1],
      scaleMode: 'fit',
    });
  };

  const unmount = () => {
    if (mounted) viewport.removeData(mounted.key);
    mounted = null;
  };

  const work = async () => {
    if (busy) return;
    busy = true;
    try {
      while (wanted && wanted.voxels !== mounted) {
        const { voxels, view } = wanted;
        if (voxels.released) break;
        register(voxels);
        const { up, towardsViewer } = screenVectors(voxels.grid, view.geometry);
        await viewport.setDisplaySets({
          displaySetId: voxels.key,
          options: { orientation: { viewPlaneNormal: towardsViewer, viewUp: up } },
        });
        mounted = voxels;
        voxels.onRelease(() => {
          if (mounted === voxels) unmount();
        });
      }
    } finally {
      busy = false;
    }
    if (wanted && wanted.voxels === mounted && !mounted.released) apply(wanted);
  };

  return {
    show(picture) {
      wanted = picture;
      if (picture.voxels === mounted) apply(picture);
      else void work();
    },
    clear() {
      wanted = null;
      unmount();
    },
    dispose() {
      wanted = null;
      unmount();
      element.removeEventListener(Enums.Events.IMAGE_RENDERED, onRendered);
      drawing.disableElement(id);
      element.replaceChildren();
    },
  };
}
