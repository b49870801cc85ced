/**
 * The panes of a layout. Those of the open volume hand strokes of the region tools, the brush and the measuring tools on;
 * those of another volume are looked at, until a double click or a key makes that the open one.
 */
import { type DragEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { Plane } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { useMeasure } from '../measure/useMeasure.ts';
import { cutPart } from '../query/cutPart.ts';
import { markOfStroke, type RegionTool, regionTools } from '../query/marks.ts';
import { paint } from '../query/maskEdit.ts';
import { useMaskPreview } from '../query/maskPreview.ts';
import { useProposeMark } from '../query/useProposal.ts';
import { notice } from '../ui/notice.ts';
import {
  dragWindow,
  editProposal,
  openPane,
  type Pane,
  setFocus,
  setStand,
  standOf,
  type Tool,
  useView,
  type ViewState,
} from '../ui/store.ts';
import { useCine } from './cine.tsx';
import type { Mask } from './contours.ts';
import { type Grid, gridOf, type Vec3 } from './grid.ts';
import { hangIn } from './hang.ts';
import { layouts } from './layouts.ts';
import { sharesFrame } from './linking.ts';
import type { Drag } from './mouse.ts';
import { movePane } from './movePane.ts';
import type { Outline, Stroke } from './overlay.ts';
import { PaneText } from './PaneText.tsx';
import { type Gesture, PlanePane } from './PlanePane.tsx';
import { usePatientSeries } from './patientSeries.ts';
import { type PlaneGeometry, planeGeometry } from './planes.ts';
import { type CutLine, cutOf } from './referenceLines.ts';
import { draggedVolume, isVolumeDrag } from './SeriesStrip.tsx';
import './stage.css';
import { scrollPane } from './scroll.ts';
import { useShownVoxels } from './shownVoxels.tsx';
import { useOutlines } from './useOutlines.ts';

const titles: Readonly<Record<Plane, string>> = { axial: 'Axial', coronal: 'Coronal', sagittal: 'Sagittal' };
const cursors: Readonly<Record<Tool, string>> = {
  crosshair: 'crosshair',
  window: 'ns-resize',
  pan: 'grab',
  zoom: 'zoom-in',
  ellipse: 'crosshair',
  rectangle: 'crosshair',
  freehand: 'crosshair',
  sphere: 'crosshair',
  brush: 'none',
  part: 'crosshair',
  'measure-length': 'crosshair',
  'measure-angle': 'crosshair',
  'measure-bidimensional': 'crosshair',
  'measure-ellipse': 'crosshair',
  'measure-probe': 'crosshair',
};
/** Tools that work on every volume; the others belong to the open one. */
const lookingTools: readonly Tool[] = ['crosshair', 'window', 'pan', 'zoom'];

interface Drawing {
  readonly plane: Plane;
  readonly slice: number;
  readonly stroke: Stroke;
}

/** A pane with what it shows and where that stands. */
interface Shown {
  readonly place: number;
  readonly pane: Pane;
  readonly row: VolumeRow;
  readonly grid: Grid;
  readonly geometry: PlaneGeometry;
  readonly at: Vec3;
  readonly slice: number;
  readonly testId: string;
}

export function Stage({ row, cpu }: { row: VolumeRow; cpu: boolean }) {
  const grid = useMemo(() => gridOf(row), [row]);
  const state = useView(useShallow(staged));
  const { inverted, tool, brush, activePane, maximised, layout, referenceLines } = state;
  const byVolume = useShownVoxels((s) => s.byVolume);
  const voxels = byVolume[row.id] ?? null;
  const series = usePatientSeries(row.patient);
  const shown = shownPanes(state);
  const volumes = [...new Set(shown.map((one) => one.row.id))];
  const outlines = useOutlines(volumes);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [hover, setHover] = useState<{ place: number; index: Vec3; alt: boolean } | null>(null);
  const [dropping, setDropping] = useState<number | null>(null);
  const painting = useRef<Mask | null>(null);
  const [wet, setWet] = useState<Mask | null>(null);
  const propose = useProposeMark();
  const measure = useMeasure(row, grid, voxels);
  const cuts = useCuts(shown, referenceLines, activePane);
  useCine();

  // A stroke belongs to the tool and the volume it was begun with.
  // biome-ignore lint/correctness/useExhaustiveDependencies: clears on change
  useEffect(() => {
    setDrawing(null);
    painting.current = null;
    setWet(null);
  }, [tool, row.id]);

  const preview = useMaskPreview((s) => s.mask);
  const drawn = wet ?? preview;
  const ownOutlines = outlines.get(row.id) ?? noOutlines;
  const openOutlines = useMemo(
    () => (drawn ? ownOutlines.map((o) => (o.id === 'proposal' ? { ...o, mask: drawn } : o)) : ownOutlines),
    [ownOutlines, drawn],
  );

  const onPress = (plane: Plane, gesture: Gesture) => {
    if (measure.press(plane, gesture)) return;
    if (tool === 'crosshair') moveFocus(plane, gesture);
    else if (isRegion(tool)) {
      setDrawing({
        plane,
        slice: gesture.view.slice,
        stroke: { kind: tool, points: [gesture.index] },
      });
    } else if (tool === 'brush') dab(gesture);
    else if (tool === 'part') cutPart(row.id, gesture.index);
  };
  const onDrag = (plane: Plane, gesture: Gesture) => {
    if (measure.holding) return;
    if (tool === 'crosshair') moveFocus(plane, gesture);
    else if (isRegion(tool)) {
      setDrawing((now) => {
        if (!now || now.plane !== plane) return now;
        const points =
          now.stroke.kind === 'freehand'
            ? [...now.stroke.points, gesture.index]
            : [now.stroke.points[0], gesture.index];
        return { ...now, stroke: { kind: now.stroke.kind, points } };
      });
    } else if (tool === 'brush') dab(gesture);
  };
  const onRelease = (plane: Plane, gesture: Gesture) => {
    if (measure.release(plane, gesture)) return;
    if (tool === 'brush') {
      editProposal(painting.current);
      painting.current = null;
      setWet(null);
    }
    if (!drawing || !isRegion(tool)) return;
    setDrawing(null);
    const mark = markOfStroke(tool, drawing.plane, drawing.slice, drawing.stroke.points, grid);
    if (mark) propose.mutate({ row, mark });
  };
  const moveFocus = (plane: Plane, gesture: Gesture) => {
    const next: [number, number, number] = [gesture.index[0], gesture.index[1], gesture.index[2]];
    next[planeGeometry(grid, plane).normal] = useView.getState().focus[planeGeometry(grid, plane).normal];
    setFocus(next);
  };
  const dab = (gesture: Gesture) => {
    const { proposal } = useView.getState();
    if (!proposal || proposal.volume.id !== row.id) return;
    const edited = paint(
      painting.current ?? proposal.mask,
      {
        centre: gesture.index,
        radiusMm: brush.radiusMm,
        flat: brush.ball ? null : gesture.view.geometry.normal,
        erase: brush.erase !== gesture.alt,
      },
      grid,
    );
    // The last voxel stays: an empty lesion is discarded by its own button, not by a slip of the brush.
    if (edited) {
      painting.current = edited;
      setWet(edited);
    }
  };

  /** What the hand does on a pane of the open volume. */
  const onOpen = (plane: Plane) => ({
    onPress: (gesture: Gesture) => onPress(plane, gesture),
    onDrag: (gesture: Gesture) => onDrag(plane, gesture),
    onRelease: (gesture: Gesture) => onRelease(plane, gesture),
    onDoubleClick: () => {
      if (lookingTools.includes(tool)) useView.setState({ maximised: !maximised });
    },
  });
  /** What it does on one of another volume. */
  const onBeside = ({ place, geometry }: Shown) => {
    const move = (gesture: Gesture) => {
      if (tool !== 'crosshair') return;
      const next: [number, number, number] = [gesture.index[0], gesture.index[1], gesture.index[2]];
      const now = standOf(useView.getState(), place);
      if (now) next[geometry.normal] = now.at[geometry.normal];
      setStand(place, next);
    };
    return {
      onPress: (gesture: Gesture) => {
        if (lookingTools.includes(tool)) move(gesture);
        else
          notice(
            'info',
            'This is not the open volume',
            'Double click it, or press Enter on it, to mark and measure in it.',
          );
      },
      onDrag: move,
      onDoubleClick: () => openPane(place),
    };
  };

  const dropOn = (place: number) => ({
    onDragOver: (event: DragEvent) => {
      if (!isVolumeDrag(event)) return;
      event.preventDefault();
      setDropping(place);
    },
    onDragLeave: () => setDropping(null),
    onDrop: (event: DragEvent) => {
      const id = draggedVolume(event);
      if (id === null) return;
      event.preventDefault();
      setDropping(null);
      const dropped = series?.flatMap((one) => one.volumes).find((one) => one.id === id);
      if (dropped) hangIn(place, dropped);
    },
  });

  const examinationOf = (volume: VolumeRow) =>
    series?.find(({ study }) => study.studyInstanceUid === volume.study);
  const { areas, columns } = layouts[maximised ? 'one' : layout];
  return (
    <div
      className="planes"
      data-layout={maximised ? 'one' : layout}
      style={{ gridTemplateAreas: areas, gridTemplateColumns: columns }}
    >
      {shown.map((one, n) => {
        const { place, pane, geometry, slice, at } = one;
        const open = one.row.id === row.id;
        const here = hover?.place === place ? hover : null;
        const window = pane.window ?? state.window;
        const title = titles[pane.plane];
        return (
          <div
            key={place}
            className="plane"
            data-dropping={dropping === place}
            style={{ gridArea: 'abcd'[n] }}
            {...dropOn(place)}
          >
            <PlanePane
              id={`pane-${place}`}
              testId={one.testId}
              label={`${title} plane${open ? '' : ' of another volume'}, slice ${slice + 1} of ${one.row.dims[geometry.normal]}`}
              voxels={byVolume[one.row.id] ?? null}
              geometry={geometry}
              slice={slice}
              centre={pane.centre}
              scale={{ zoom: pane.zoom }}
              window={window}
              inverted={inverted}
              slabMm={pane.slabMm}
              cpu={cpu}
              cursor={open || lookingTools.includes(tool) ? cursors[tool] : 'not-allowed'}
              primary={primaryDrag(tool)}
              active={activePane === place}
              outlines={open ? openOutlines : (outlines.get(one.row.id) ?? noOutlines)}
              crosshair={tool === 'crosshair' ? at : null}
              cuts={cuts.get(place)}
              annotations={open ? measure.drawn : undefined}
              stroke={
                open && drawing?.plane === pane.plane && drawing.slice === slice ? drawing.stroke : null
              }
              brush={
                open && tool === 'brush' && here
                  ? { centre: here.index, radiusMm: brush.radiusMm, erase: brush.erase !== here.alt }
                  : null
              }
              onScroll={(steps) => scrollPane(place, steps)}
              onMove={(next) => movePane(place, next)}
              onWindow={dragWindow}
              onHover={(gesture) => {
                if (gesture && open) measure.move(pane.plane, gesture);
                setHover(gesture ? { place, index: gesture.index, alt: gesture.alt } : null);
              }}
              onActive={() => {
                if (useView.getState().activePane !== place) useView.setState({ activePane: place });
              }}
              {...(open ? onOpen(pane.plane) : onBeside(one))}
            >
              <PaneText
                place={place}
                pane={pane}
                row={one.row}
                voxels={byVolume[one.row.id] ?? null}
                title={title}
                geometry={geometry}
                slice={slice}
                window={window}
                probe={here ? here.index : null}
                first={shown.findIndex((other) => other.row.id === one.row.id) === n}
                examination={examinationOf(one.row)}
                openExamination={examinationOf(row)}
              />
            </PlanePane>
          </div>
        );
      })}
    </div>
  );
}
const noOutlines: readonly Outline[] = [];

/** What the stage is drawn from. */
function staged(state: ViewState) {
  const { row, focus, beside, panes, activePane, maximised, layout, referenceLines } = state;
  const { window, inverted, tool, brush } = state;
  return {
    ...{ row, focus, beside, panes, activePane, maximised, layout, referenceLines },
    ...{ window, inverted, tool, brush },
  };
}

/** The panes that are on the stage, or the active one alone. */
function shownPanes(state: ReturnType<typeof staged>): readonly Shown[] {
  const { panes, row, maximised, activePane } = state;
  const ids = new Set<string>();
  return panes.flatMap((pane, place) => {
    const stand = standOf(state, place);
    if (!stand || (maximised && place !== activePane)) return [];
    const grid = gridOf(stand.row);
    const geometry = planeGeometry(grid, pane.plane);
    const name = stand.row.id === row?.id ? `viewport-${pane.plane}` : `beside-${pane.plane}`;
    const testId = ids.has(name) ? `${name}-${place}` : name;
    ids.add(name);
    const slice = Math.round(stand.at[geometry.normal]);
    return [{ place, pane, row: stand.row, grid, geometry, at: stand.at, slice, testId }];
  });
}

/** By place, the lines where the other panes' slices cut a pane's: of the same frame of reference. */
function useCuts(
  shown: readonly Shown[],
  wanted: boolean,
  active: number,
): ReadonlyMap<number, readonly CutLine[]> {
  const crosshair = useView((s) => s.tool === 'crosshair');
  const key = shown.map(({ place, row, pane, slice }) => [place, row.id, pane.plane, slice].join(' ')).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown is compared by its key
  return useMemo(() => {
    if (!wanted) return new Map();
    return new Map(
      shown.map((one) => {
        // The crosshair stands where the planes of one volume cut each other.
        const others = shown.filter(
          (other) =>
            other !== one && sharesFrame(one.row, other.row) && !(crosshair && other.row.id === one.row.id),
        );
        const lines = others.flatMap((other): CutLine[] => {
          const ends = cutOf(one, other);
          return ends ? [{ from: ends[0], to: ends[1], active: other.place === active }] : [];
        });
        return [one.place, lines];
      }),
    );
  }, [key, wanted, active, crosshair]);
}

function primaryDrag(tool: Tool): Drag {
  return tool === 'pan' || tool === 'zoom' || tool === 'window' ? tool : 'tool';
}

function isRegion(tool: Tool): tool is RegionTool {
  return regionTools.some((name) => name === tool);
}
