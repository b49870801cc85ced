/** A round lens at the pointer over a pane, while the magnifier is in the hand: picture and overlay, both larger. */
import './magnifier.css';
import { useEffect, useRef } from 'react';
import { magnifiedGreys } from './magnified.ts';
import { factorOf, stepMagnifier, useMagnifier } from './magnifier.ts';
import { drawOverlay, type OverlayScene } from './overlay.ts';
import type { Picture } from './paneRenderer.ts';
import { type PaneView, pixelToIndex } from './planes.ts';

/** In CSS pixels. */
const diameter = 220;

/** Where the pointer was last, so that a lens stands there before the pointer moves again. */
let seen: readonly [number, number] = [-1, -1];
window.addEventListener('pointermove', ({ clientX, clientY }) => {
  seen = [clientX, clientY];
});

interface MagnifierProps {
  readonly picture: Picture | null;
  readonly scene: OverlayScene;
}

export function Magnifier(props: MagnifierProps) {
  const on = useMagnifier((s) => s.on);
  return on && props.picture ? <Lens picture={props.picture} scene={props.scene} /> : null;
}

function Lens({ picture, scene }: { picture: Picture; scene: OverlayScene }) {
  const place = useMagnifier((s) => s.place);
  const box = useRef<HTMLDivElement>(null);
  const image = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const pointer = useRef<readonly [number, number] | null>(null);
  const factor = factorOf(place);

  const draw = () => {
    const [lens, canvas, lines] = [box.current, image.current, overlay.current];
    if (!lens || !canvas || !lines) return;
    lens.hidden = pointer.current === null;
    if (!pointer.current) return;
    const [x, y] = pointer.current;
    lens.style.transform = `translate(${x - diameter / 2}px, ${y - diameter / 2}px)`;
    const { view, voxels } = picture;
    const magnified: PaneView = {
      ...view,
      centre: pixelToIndex(view, voxels.grid, [x, y]),
      pxPerMm: view.pxPerMm * factor,
      size: [diameter, diameter],
    };
    paint(canvas, picture, magnified);
    // What is written beside measurements stands in the pane already.
    const annotations = scene.annotations.map((each) => ({ ...each, text: [] }));
    const lensScene = { ...scene, annotations, crosshair: null, cuts: [], brush: null, scaleBar: false };
    drawOverlay(lines, magnified, voxels.grid, lensScene);
  };
  const latest = useRef(draw);
  latest.current = draw;
  // What is under the lens may be another picture now.
  useEffect(() => latest.current());

  useEffect(() => {
    const pane = box.current?.parentElement;
    if (!pane) return;
    let frame = 0;
    const follow = (at: readonly [number, number] | null) => {
      pointer.current = at;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        latest.current();
      });
    };
    const onMove = (event: PointerEvent) => {
      const { left, top } = pane.getBoundingClientRect();
      follow([event.clientX - left, event.clientY - top]);
    };
    const onLeave = () => follow(null);
    // Before the pane scrolls: with Alt the wheel makes the lens stronger or weaker.
    const onWheel = (event: WheelEvent) => {
      if (!event.altKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      stepMagnifier((event.deltaY || event.deltaX) < 0 ? 1 : -1);
    };
    const { left, top, right, bottom } = pane.getBoundingClientRect();
    const [x, y] = seen;
    if (x >= left && x < right && y >= top && y < bottom) follow([x - left, y - top]);
    pane.addEventListener('pointermove', onMove);
    pane.addEventListener('pointerleave', onLeave);
    pane.addEventListener('wheel', onWheel, { capture: true, passive: false });
    return () => {
      cancelAnimationFrame(frame);
      pane.removeEventListener('pointermove', onMove);
      pane.removeEventListener('pointerleave', onLeave);
      pane.removeEventListener('wheel', onWheel, { capture: true });
    };
  }, []);

  return (
    <div ref={box} className="lens" data-testid="lens" aria-hidden="true" hidden>
      <canvas ref={image} className="lens-layer" />
      <canvas ref={overlay} className="lens-layer" />
      <span className="lens-factor">{factor}×</span>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, picture: Picture, view: PaneView): void {
  const side = Math.round(diameter * (window.devicePixelRatio || 1));
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== side) canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) return;
  const greys = magnifiedGreys(picture, view, side, side);
  const data = context.createImageData(side, side);
  const pixels = new Uint32Array(data.data.buffer);
  for (let n = 0; n < greys.length; n++) {
    const grey = greys[n];
    pixels[n] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  context.putImageData(data, 0, 0);
}
