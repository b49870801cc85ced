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
  type Types,
} from '@cornerstonejs/core';
import { indexToWorld } from './grid.ts';
import { type Painted, type PaneRenderer, type Picture, wantSlice } from './paneRenderer.ts';
import { onSlices, registerPicture, startPictures } from './pictureVolume.ts';
import { indexToPixel, screenVectors } from './planes.ts';
import { windowRange } from './presets.ts';
import type { SliceRange } from './streamOrder.ts';
import type { Voxels } from './voxels.ts';

/** While slices arrive, for every millisecond of drawing so many pass without. */
const calm = 4;
/** A frame that took longer did something else as well. */
const longestDrawingMs = 150;

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

/**
 * Leaves of a plane across the stored slices what has arrived around the wanted one: the texture is grey where nothing was
 * copied into it. Empty where the whole picture may be seen.
 */
function clipOfArrived({ voxels, view }: Picture): string {
  if (view.geometry.normal === 2 || voxels.complete) return '';
  const { loaded, wanted, grid } = voxels;
  if (loaded[wanted] === 0) return 'inset(50%)';
  let [first, last] = [wanted, wanted];
  while (loaded[first - 1] === 1) first--;
  while (loaded[last + 1] === 1) last++;
  const axis = view.geometry.down === 2 ? 1 : 0;
  const edges = [first - 0.5, last + 0.5].map(
    (k) => indexToPixel(view, grid, [view.centre[0], view.centre[1], k])[axis],
  );
  const before = Math.max(0, Math.min(...edges));
  const after = Math.max(0, view.size[axis] - Math.max(...edges));
  return axis === 1 ? `inset(${before}px 0 ${after}px)` : `inset(0 ${after}px 0 ${before}px)`;
}

/**
 * Frees the lookup tables, textures on the graphics adapter, of what a viewport shows. Cornerstone 5.14 registers each
 * mapper as their user and, unlike vtk.js, never takes that back: they and the mapper would stay for good.
 */
function freeTables(drawing: RenderingEngine, viewport: PlanarViewport): void {
  const window: GraphicsResources = drawing
    .getOffscreenMultiRenderWindow(viewport.id)
    .getOpenGLRenderWindow();
  for (const { actor } of viewport.getActors()) {
    const shown = actor as Types.ImageActor;
    const mapper = window.getViewNodeFor(shown.getMapper());
    const property = shown.getProperty();
    for (const table of [property.getRGBTransferFunction(0), property.getPiecewiseFunction(0)])
      if (mapper && table) window.unregisterGraphicsResourceUser(table, mapper);
  }
}

/**
 * Makes a pane draw everything with one shader program. vtk.js writes counters of the picture into a comment of the vertex
 * shader: each would be compiled anew and kept for good. Panes may not share one: vtk.js does not set all of a program's
 * values for every picture.
 */
function keepProgram(actor: Types.ImageActor, pane: string): void {
  const mapper = actor.getMapper() as unknown as ReplacesShaders;
  const replacement = { originalValue: '//\\d+Plane\\d+Image\\d+', replacementValue: `//${pane}` };
  mapper.setViewSpecificProperties({
    OpenGL: {
      ShaderReplacements: [{ shaderType: 'Vertex', replaceFirst: false, replaceAll: true, ...replacement }],
    },
  });
}

interface ReplacesShaders {
  setViewSpecificProperties(properties: unknown): void;
}

/** What vtk.js has and its types leave out. */
interface GraphicsResources {
  getViewNodeFor(renderable: unknown): unknown;
  unregisterGraphicsResourceUser(of: unknown, user: unknown): void;
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

  /** Until then no picture is drawn again for slices that arrived; the cores are left to what brings them. */
  let calmUntil = 0;
  let later: ReturnType<typeof setTimeout> | undefined;

  const onRendered = () => {
    const now = performance.now();
    // The frame began with what its timeline says; all panes that were due have been drawn in it.
    const drawingMs = Math.min(longestDrawingMs, now - Number(document.timeline.currentTime));
    calmUntil = now + calm * drawingMs;
    if (!wanted || mounted !== wanted.voxels) return;
    element.style.clipPath = clipOfArrived(wanted);
    painted(wanted);
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
    if (!mounted) return;
    freeTables(drawing, viewport);
    viewport.removeData(mounted.key);
    mounted = null;
  };

  /** Draws again where slices that are shown have arrived: a plane along them at once, one across them when there is time. */
  const onArrival = ({ first, last }: SliceRange) => {
    if (!wanted || wanted.voxels !== mounted) return;
    const { geometry, slice } = wanted.view;
    if (geometry.normal !== 2 || wanted.slabMm !== null) {
      later ??= setTimeout(() => {
        later = undefined;
        if (mounted) viewport.render();
      }, calmUntil - performance.now());
    } else if (first <= slice && slice <= last) viewport.render();
  };

  const mount = async ({ voxels, view }: Picture) => {
    registerPicture(voxels);
    const { up, towardsViewer } = screenVectors(voxels.grid, view.geometry);
    unmount();
    await viewport.setDisplaySets({
      displaySetId: voxels.key,
      options: { orientation: { viewPlaneNormal: towardsViewer, viewUp: up } },
    });
    for (const { actor } of viewport.getActors()) keepProgram(actor as Types.ImageActor, id);
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
      clearTimeout(later);
      element.removeEventListener(Enums.Events.IMAGE_RENDERED, onRendered);
      drawing.disableElement(id);
      element.replaceChildren();
    },
  };
}
