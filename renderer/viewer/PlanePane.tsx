/**
 * One plane of one volume: the picture, what is drawn over it, and the hand on it. Holds no state of its own beyond the
 * pane's size and the stroke in progress; what it shows and what a gesture means comes from its owner.
 */
import { type PointerEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { DrawnAnnotation } from '../measure/drawn.ts';
import { createCanvasRenderer } from './canvasRenderer.ts';
import { createCornerstoneRenderer } from './cornerstone.ts';
import type { Vec3 } from './grid.ts';
import type { Heat } from './heat.ts';
import { Magnifier } from './Magnifier.tsx';
import { type Drag, dragOf, notchSlices } from './mouse.ts';
import { drawOverlay, type Outline, type OverlayScene, type Stroke } from './overlay.ts';
import type { PaneRenderer } from './paneRenderer.ts';
import {
  edgeLetters,
  fitPxPerMm,
  gridCentre,
  type PaneView,
  type PlaneGeometry,
  pixelToIndex,
} from './planes.ts';
import type { Window } from './presets.ts';
import type { CutLine } from './referenceLines.ts';
import { useArrival } from './useVoxels.ts';
import type { Voxels } from './voxels.ts';

export interface Gesture {
  readonly view: PaneView;
  /** Continuous voxel index under the pointer. */
  readonly index: Vec3;
  /** Movement since the last event, in CSS pixels. */
  readonly moved: readonly [number, number];
  readonly alt: boolean;
}

export interface PaneHandlers {
  readonly onScroll: (steps: number) => void;
  /** The view after moving the picture or zooming at a point. */
  readonly onMove: (next: PaneView) => void;
  /** Primary button, where the tool in the hand decides. */
  readonly onPress?: (gesture: Gesture) => void;
  readonly onDrag?: (gesture: Gesture) => void;
  readonly onRelease?: (gesture: Gesture) => void;
  readonly onHover?: (gesture: Gesture | null) => void;
  /** Movement in CSS pixels of a drag that sets the window. */
  readonly onWindow?: (moved: readonly [number, number]) => void;
  readonly onDoubleClick?: () => void;
  readonly onActive?: () => void;
}

export interface PlanePaneProps extends PaneHandlers {
  readonly id: string;
  readonly testId: string;
  readonly label: string;
  readonly voxels: Voxels | null;
  readonly geometry: PlaneGeometry | null;
  readonly slice: number;
  readonly centre: Vec3 | null;
  /** Either relative to the whole slice fitting the pane, or the mm that its shorter side shows. */
  readonly scale: { readonly zoom: number } | { readonly fieldMm: number };
  readonly window: Window;
  readonly inverted: boolean;
  /** Where given, the highest value within this many mm around the slice is shown. */
  readonly slabMm?: number | null;
  readonly cpu: boolean;
  readonly cursor: string;
  /** What the primary button alone does; by default the tool in the hand decides. */
  readonly primary?: Drag;
  readonly active: boolean;
  readonly outlines: readonly Outline[];
  readonly heat?: Heat | null;
  readonly crosshair: Vec3 | null;
  /** Where the slices of other panes cut this one. */
  readonly cuts?: readonly CutLine[];
  readonly annotations?: readonly DrawnAnnotation[];
  readonly stroke: Stroke | null;
  readonly brush: OverlayScene['brush'];
  readonly children?: ReactNode;
  readonly sliceOffset?: number;
}

export function PlanePane(props: PlanePaneProps) {
  const { voxels, geometry, cpu, id } = props;
  const host = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<PaneRenderer | null>(null);
  const [size, setSize] = useState<readonly [number, number]>([0, 0]);
  /** The voxels of which a picture has been on the screen. */
  const [painted, setPainted] = useState<string | null>(null);
  const sliceOffset = useRef(0);
  sliceOffset.current = props.sliceOffset ?? 0;
  const arrival = useArrival(voxels);

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const measure = () => setSize([element.clientWidth, element.clientHeight]);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const hasSize = size[0] > 1 && size[1] > 1;
  useLayoutEffect(() => {
    const element = picture.current;
    if (!element || !hasSize) return;
    const onPainted = ({
      voxels: shown,
      view: { slice, geometry: g },
    }: {
      voxels: Voxels;
      view: PaneView;
    }) => {
      const arrived = g.normal === 2 ? shown.loaded[slice] === 1 : shown.fraction > 0;
      if (!arrived) return;
      // Set on the element itself: drawing the pane again for it would double the work of scrolling.
      if (host.current) host.current.dataset.paintedSlice = String(slice + sliceOffset.current);
      setPainted(shown.key);
    };
    const made = cpu
      ? createCanvasRenderer(element, onPainted)
      : createCornerstoneRenderer(element, id, onPainted);
    renderer.current = made;
    return () => {
      renderer.current = null;
      made.dispose();
    };
  }, [cpu, id, hasSize]);

  const view = paneView(props, size);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `arrival` stands for voxels that arrived since the last paint
  useLayoutEffect(() => {
    if (voxels && view && hasSize)
      renderer.current?.show({
        voxels,
        view,
        window: props.window,
        inverted: props.inverted,
        slabMm: props.slabMm ?? null,
      });
    else renderer.current?.clear();
  }, [
    voxels,
    view && viewKey(view),
    props.window,
    props.inverted,
    props.slabMm,
    hasSize,
    cpu,
    cpu ? arrival : 0,
  ]);

  const {
    outlines,
    heat = null,
    crosshair,
    cuts = noCuts,
    annotations = noAnnotations,
    stroke,
    brush,
  } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is compared by value
  useEffect(() => {
    if (!overlay.current) return;
    if (view && voxels && hasSize) {
      drawOverlay(overlay.current, view, voxels.grid, {
        heat,
        outlines,
        crosshair,
        cuts,
        annotations,
        stroke,
        brush,
        scaleBar: true,
      });
    } else {
      overlay.current.getContext('2d')?.clearRect(0, 0, overlay.current.width, overlay.current.height);
    }
  }, [voxels, view && viewKey(view), hasSize, heat, outlines, crosshair, cuts, annotations, stroke, brush]);

  // React listens to the wheel passively; zooming with Ctrl must not zoom the page.
  const latest = useRef({ props, view });
  latest.current = { props, view };
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let travelled = 0;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { props: now, view: shown } = latest.current;
      if (!shown || !now.voxels) return;
      now.onActive?.();
      if (event.ctrlKey) {
        const at = pixelOf(event, element);
        zoomAt(now, shown, at, Math.exp(-event.deltaY / 400));
        return;
      }
      // A mouse wheel gives a notch at once, a touchpad many small movements.
      // With Shift some systems turn the wheel sideways.
      const delta = event.deltaY || event.deltaX;
      travelled += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? delta / 50 : delta;
      const steps = Math.abs(delta) >= 50 ? Math.sign(delta) : Math.trunc(travelled);
      if (steps !== 0) {
        travelled = 0;
        now.onScroll(steps * notchSlices(event.shiftKey));
      }
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  const drag = useRef<{
    drag: Drag;
    last: readonly [number, number];
    start: readonly [number, number];
  } | null>(null);
  const gestureOf = (event: PointerEvent, moved: readonly [number, number]): Gesture | null => {
    if (!view || !voxels || !host.current) return null;
    const at = pixelOf(event, host.current);
    return { view, index: pixelToIndex(view, voxels.grid, at), moved, alt: event.altKey };
  };
  const onPointerDown = (event: PointerEvent) => {
    if (!view || !host.current) return;
    props.onActive?.();
    const at = pixelOf(event, host.current);
    const asked = dragOf(event);
    if (!asked) return;
    const started = asked === 'tool' ? (props.primary ?? 'tool') : asked;
    drag.current = { drag: started, last: at, start: at };
    event.currentTarget.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault();
    const gesture = gestureOf(event, [0, 0]);
    if (started === 'tool' && gesture) props.onPress?.(gesture);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!view || !voxels || !host.current) return;
    const now = drag.current;
    const at = pixelOf(event, host.current);
    const moved: [number, number] = now ? [at[0] - now.last[0], at[1] - now.last[1]] : [0, 0];
    const gesture = gestureOf(event, moved);
    if (gesture) props.onHover?.(gesture);
    if (!now) return;
    now.last = at;
    if (now.drag === 'tool' && gesture) props.onDrag?.(gesture);
    if (now.drag === 'window') props.onWindow?.(moved);
    if (now.drag === 'pan') {
      const centre = pixelToIndex(view, voxels.grid, [
        view.size[0] / 2 - moved[0],
        view.size[1] / 2 - moved[1],
      ]);
      props.onMove({ ...view, centre });
    }
    if (now.drag === 'zoom') zoomAt(props, view, now.start, Math.exp(-moved[1] / 150));
  };
  const onPointerUp = (event: PointerEvent) => {
    const now = drag.current;
    drag.current = null;
    const gesture = gestureOf(event, [0, 0]);
    if (now?.drag === 'tool' && gesture) props.onRelease?.(gesture);
  };

  const letters = voxels && geometry ? edgeLetters(voxels.grid, geometry) : null;
  const ready = voxels !== null && painted === voxels.key;
  return (
    <div
      ref={host}
      className="pane"
      data-testid={props.testId}
      data-active={props.active}
      data-volume={voxels?.volume ?? ''}
      data-slice-index={voxels ? props.slice + (props.sliceOffset ?? 0) : ''}
      data-ready={ready}
      data-complete={voxels?.complete ?? false}
      role="application"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the pane takes keys for scrolling
      tabIndex={0}
      style={{ cursor: voxels ? props.cursor : 'default' }}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => {
        drag.current = null;
      }}
      onPointerLeave={() => props.onHover?.(null)}
      onFocus={props.onActive}
      onDoubleClick={props.onDoubleClick}
      onContextMenu={(event) => event.preventDefault()}
    >
      <div ref={picture} className="pane-picture" />
      <canvas ref={overlay} className="pane-overlay" />
      {letters && (
        <div className="pane-letters" aria-hidden="true">
          <span style={{ top: 6, left: '50%', transform: 'translateX(-50%)' }}>{letters.top}</span>
          <span style={{ bottom: 4, left: '50%', transform: 'translateX(-50%)' }}>{letters.bottom}</span>
          <span style={{ left: 7, top: '50%', transform: 'translateY(-50%)' }}>{letters.left}</span>
          <span style={{ right: 7, top: '50%', transform: 'translateY(-50%)' }}>{letters.right}</span>
        </div>
      )}
      {voxels && !voxels.complete && !voxels.failure && (
        <div className="pane-progress" style={{ width: `${voxels.fraction * 100}%` }} />
      )}
      <Magnifier
        picture={
          voxels && view
            ? { voxels, view, window: props.window, inverted: props.inverted, slabMm: props.slabMm ?? null }
            : null
        }
        scene={{ heat, outlines, crosshair, cuts, annotations, stroke, brush, scaleBar: false }}
      />
      {props.children}
    </div>
  );
}

const noAnnotations: readonly DrawnAnnotation[] = [];
const noCuts: readonly CutLine[] = [];

function paneView(props: PlanePaneProps, size: readonly [number, number]): PaneView | null {
  const { voxels, geometry } = props;
  if (!voxels || !geometry || size[0] < 2 || size[1] < 2) return null;
  const { dims } = voxels.grid;
  const fit = fitPxPerMm(voxels.grid, geometry, size);
  return {
    geometry,
    slice: Math.min(dims[geometry.normal] - 1, Math.max(0, props.slice)),
    centre: props.centre ?? gridCentre(voxels.grid),
    pxPerMm: 'zoom' in props.scale ? fit * props.scale.zoom : Math.min(...size) / props.scale.fieldMm,
    size,
  };
}

function viewKey(view: PaneView): string {
  const { geometry: g } = view;
  return [g.plane, g.normal, view.slice, ...view.centre, view.pxPerMm, ...view.size].join(' ');
}

function zoomAt(
  props: PlanePaneProps,
  view: PaneView,
  pixel: readonly [number, number],
  factor: number,
): void {
  if (!props.voxels) return;
  const fit = fitPxPerMm(props.voxels.grid, view.geometry, view.size);
  const pxPerMm = Math.min(40, Math.max(fit * 0.4, view.pxPerMm * factor));
  const fixed = pixelToIndex(view, props.voxels.grid, pixel);
  const after = pixelToIndex({ ...view, pxPerMm }, props.voxels.grid, pixel);
  const { right, down } = view.geometry;
  const centre: [number, number, number] = [view.centre[0], view.centre[1], view.centre[2]];
  centre[right] += fixed[right] - after[right];
  centre[down] += fixed[down] - after[down];
  props.onMove({ ...view, centre, pxPerMm });
}

function pixelOf(event: { clientX: number; clientY: number }, element: HTMLElement): [number, number] {
  const box = element.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
