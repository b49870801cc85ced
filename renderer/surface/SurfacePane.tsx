/** One patient's surfaces, drawn as often as they, the orientation or the scale change. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Vec3 } from '../viewer/grid.ts';
import { barLength } from './fit.ts';
import type { Mesh } from './mesh.ts';
import { edgesOf, type Orientation, standardViews } from './orientation.ts';
import { type Look, SurfaceScene } from './scene.ts';

export interface ShownSurface {
  readonly mesh: Mesh;
  readonly look: Look;
}

interface SurfacePaneProps {
  readonly testId: string;
  readonly label: string;
  /** The same array while nothing of it changes. */
  readonly surfaces: readonly ShownSurface[];
  readonly ready: boolean;
  readonly centre: Vec3;
  readonly orientation: Orientation;
  readonly mmPerPixel: number;
  /** By CSS pixels of a drag. */
  readonly onTurn: (right: number, down: number) => void;
  readonly onZoom: (factor: number) => void;
  readonly onSize: (width: number, height: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly children: ReactNode;
}

export function SurfacePane(props: SurfacePaneProps) {
  const { surfaces, orientation, centre, mmPerPixel, onTurn, onZoom, onSize } = props;
  const picture = useRef<HTMLDivElement>(null);
  const scene = useRef<SurfaceScene | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const drag = useRef<readonly [number, number] | null>(null);

  const tellSize = useRef(onSize);
  tellSize.current = onSize;
  useEffect(() => {
    const element = picture.current;
    if (!element) return;
    const made = new SurfaceScene(element);
    scene.current = made;
    const observer = new ResizeObserver(() => {
      const { width, height } = element.getBoundingClientRect();
      made.resize(width, height, devicePixelRatio);
      setSize({ width, height });
      tellSize.current(width, height);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.delete();
      scene.current = null;
    };
  }, []);

  useEffect(() => {
    scene.current?.show(surfaces);
  }, [surfaces]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when the surfaces or the size are others
  useEffect(() => {
    if (size.width > 0) scene.current?.draw({ ...orientation, centre, mmPerPixel });
  }, [surfaces, orientation, centre, mmPerPixel, size]);

  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const element = picture.current;
    // React's own wheel listener may not prevent the page from scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom.current(Math.exp(event.deltaY / 800));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);

  const letters = edgesOf(orientation);
  const facing = standardViews.find(({ direction, up }) =>
    [0, 1, 2].every(
      (c) => Math.abs(direction[c] - orientation.direction[c]) + Math.abs(up[c] - orientation.up[c]) < 1e-6,
    ),
  );
  const bar = barLength(mmPerPixel, size.width);
  return (
    <div
      className="pane surface-pane"
      data-testid={props.testId}
      data-ready={props.ready}
      data-triangles={surfaces.reduce((sum, { mesh }) => sum + mesh.triangles.length / 3, 0)}
      data-facing={facing?.name ?? ''}
      data-mm-per-pixel={mmPerPixel}
      role="application"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the pane takes keys for turning
      tabIndex={0}
      onKeyDown={props.onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = [event.clientX, event.clientY];
      }}
      onPointerMove={({ clientX, clientY }) => {
        if (!drag.current) return;
        onTurn(clientX - drag.current[0], clientY - drag.current[1]);
        drag.current = [clientX, clientY];
      }}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
    >
      <div ref={picture} className="pane-picture" />
      <div className="pane-letters" aria-hidden="true">
        <span style={{ top: 6, left: '50%', transform: 'translateX(-50%)' }}>{letters.top}</span>
        <span style={{ bottom: 4, left: '50%', transform: 'translateX(-50%)' }}>{letters.bottom}</span>
        <span style={{ left: 7, top: '50%', transform: 'translateY(-50%)' }}>{letters.left}</span>
        <span style={{ right: 7, top: '50%', transform: 'translateY(-50%)' }}>{letters.right}</span>
      </div>
      <div className="surface-bar" aria-hidden="true">
        <i style={{ width: bar / mmPerPixel }} />
        {bar >= 10 ? `${bar / 10} cm` : `${bar} mm`}
      </div>
      {props.children}
    </div>
  );
}
