/**
 * Cornerstone3D behind the pane interface: one rendering engine for the whole application, and a pane of it. With
 * pictureVolume.ts, the only place in the window that knows Cornerstone.
 */
import {
  Enums,
  getRenderingCapabilities,
  init,
  type PlanarViewport,
  RenderingEngine,
} from '@cornerstonejs/core';
import { indexToWorld } from './grid.ts';
import { type Painted, type PaneRenderer, type Picture, wantSlice } from './paneRenderer.ts';
import { onSlices, registerPicture, startPictures } from './pictureVolume.ts';
import { screenVectors } from './planes.ts';
import { windowRange } from './presets.ts';
import type { SliceRange } from './streamOrder.ts';
import type { Voxels } from './voxels.ts';

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
  startPictures();
  engine = new RenderingEngine('precedent');
  return engine;
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
  let forget = () => {};
  /** The greys of what is mounted; to set them again costs Cornerstone a new lookup table. */
  let greys = '';
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
    const { window, inverted, slabMm } = picture;
    const nowGreys = JSON.stringify([window, inverted, slabMm]);
    if (nowGreys !== greys) {
      greys = nowGreys;
      viewport.setDisplaySetPresentation(voxels.key, {
        voiRange: windowRange(window),
        invert: inverted,
        interpolationType: Enums.InterpolationType.LINEAR,
        blendMode: slabMm === null ? Enums.BlendModes.COMPOSITE : Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
        slabThickness: slabMm ?? 0,
      });
    }
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
    forget();
    if (mounted) viewport.removeData(mounted.key);
    mounted = null;
  };

  /** Draws again where slices that are shown have arrived. */
  const onArrival = ({ first, last }: SliceRange) => {
    if (!wanted || wanted.voxels !== mounted) return;
    const { geometry, slice } = wanted.view;
    const across = geometry.normal !== 2 || wanted.slabMm !== null;
    if (across || (first <= slice && slice <= last)) viewport.render();
  };

  const mount = async ({ voxels, view }: Picture) => {
    registerPicture(voxels);
    const { up, towardsViewer } = screenVectors(voxels.grid, view.geometry);
    forget();
    await viewport.setDisplaySets({
      displaySetId: voxels.key,
      options: { orientation: { viewPlaneNormal: towardsViewer, viewUp: up } },
    });
    mounted = voxels;
    greys = '';
    const stops = [onSlices(voxels, onArrival), voxels.onRelease(unmount)];
    forget = () => {
      for (const stop of stops) stop();
    };
  };

  const work = async () => {
    if (busy) return;
    busy = true;
    try {
      while (wanted && wanted.voxels !== mounted && !wanted.voxels.released) {
        const { voxels } = wanted;
        try {
          await mount(wanted);
        } catch (error) {
          // Released while it was mounted: there is nothing to show of it any more.
          if (!voxels.released) throw error;
        }
      }
    } finally {
      busy = false;
    }
    if (wanted && wanted.voxels === mounted && !mounted.released) apply(wanted);
  };

  return {
    show(picture) {
      wanted = picture;
      wantSlice(picture);
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
