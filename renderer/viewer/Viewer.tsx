/** The three planes of the open volume: keeps them on one focus, and hands strokes of the region tools and the brush on. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Plane } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { useMeasure } from '../measure/useMeasure.ts';
import { markOfStroke, type RegionTool, regionTools } from '../query/marks.ts';
import { paint } from '../query/maskEdit.ts';
import { useProposeMark } from '../query/useProposal.ts';
import { colors } from '../ui/colors.ts';
import { Empty } from '../ui/Empty.tsx';
import { dragWindow, editProposal, setFocus, setPane, type Tool, useView } from '../ui/store.ts';
import { CornerText } from './CornerText.tsx';
import { CineMark, useCine } from './cine.tsx';
import type { Mask } from './contours.ts';
import { gridOf, type Vec3 } from './grid.ts';
import { layouts } from './layouts.ts';
import { useLesionMasks, volumeQuery } from './lesionMasks.ts';
import type { Drag } from './mouse.ts';
import { NoWebgl } from './NoWebgl.tsx';
import type { Outline, Stroke } from './overlay.ts';
import { type Gesture, PlanePane } from './PlanePane.tsx';
import { fitPxPerMm, planeGeometry } from './planes.ts';
import { useRenderPath } from './renderPath.ts';
import { scrollPlane } from './scroll.ts';
import { useOpenVoxels, useVoxels } from './useVoxels.ts';
import type { Voxels } from './voxels.ts';

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
  'measure-length': 'crosshair',
  'measure-angle': 'crosshair',
  'measure-bidimensional': 'crosshair',
  'measure-ellipse': 'crosshair',
  'measure-probe': 'crosshair',
};

export function Viewer() {
  const row = useView((s) => s.row);
  const path = useRenderPath();
  const focus = useView((s) => s.focus);
  const axialNormal = row ? planeGeometry(gridOf(row), 'axial').normal : 2;
  const voxels = useVoxels(row, null, axialNormal === 2 ? focus[2] : (row?.dims[2] ?? 0) / 2);
  useEffect(() => useOpenVoxels.setState({ voxels }), [voxels]);
  const detail = useQuery(volumeQuery(row?.id ?? null));
  const outlines = useOutlines(row, detail.data?.lesions ?? []);

  if (path === 'none') return <NoWebgl />;
  if (!row) {
    return (
      <div className="viewer-empty">
        <Empty
          title="No volume open"
          text="Choose a lesion or a study in the library on the left. It opens here in three planes."
        />
      </div>
    );
  }
  return <ThreePlanes row={row} voxels={voxels} outlines={outlines} cpu={path === 'cpu'} />;
}

/** Outlines of the library's lesions in the open volume, and of the lesion being marked. */
function useOutlines(row: VolumeRow | null, lesions: readonly { id: string }[]): readonly Outline[] {
  const shown = useView((s) => s.outlines);
  const selected = useView((s) => s.lesion?.id);
  const proposal = useView((s) => s.proposal);
  const masks = useLesionMasks(shown ? lesions.map((lesion) => lesion.id) : noIds);
  return useMemo(() => {
    const list: Outline[] = masks.map(({ id, mask }) => ({
      id,
      mask,
      color: id === selected ? colors.lesionSelected : colors.lesion,
      width: id === selected ? 1.8 : 1.2,
    }));
    if (proposal && proposal.volume.id === row?.id)
      list.push({ id: 'proposal', mask: proposal.mask, color: colors.query, width: 1.8 });
    return list;
  }, [masks, selected, proposal, row]);
}
const noIds: readonly string[] = [];

interface Drawing {
  readonly plane: Plane;
  readonly slice: number;
  readonly stroke: Stroke;
}

function ThreePlanes(props: {
  row: VolumeRow;
  voxels: Voxels | null;
  outlines: readonly Outline[];
  cpu: boolean;
}) {
  const { row, voxels, outlines, cpu } = props;
  const grid = useMemo(() => gridOf(row), [row]);
  const focus = useView((s) => s.focus);
  const panes = useView((s) => s.panes);
  const window = useView((s) => s.window);
  const inverted = useView((s) => s.inverted);
  const tool = useView((s) => s.tool);
  const brush = useView((s) => s.brush);
  const active = useView((s) => s.activePlane);
  const maximised = useView((s) => s.maximised);
  const chosenLayout = useView((s) => s.layout);
  const slabMm = useView((s) => s.slabMm);
  const cine = useView((s) => s.cine);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [hover, setHover] = useState<{ plane: Plane; index: Vec3; alt: boolean } | null>(null);
  const painting = useRef<Mask | null>(null);
  const [wet, setWet] = useState<Mask | null>(null);
  const propose = useProposeMark();
  const measure = useMeasure(row, grid, voxels);

  // A stroke belongs to the tool and the volume it was begun with.
  // biome-ignore lint/correctness/useExhaustiveDependencies: clears on change
  useEffect(() => setDrawing(null), [tool, row.id]);

  const shownOutlines = useMemo(
    () => (wet ? outlines.map((o) => (o.id === 'proposal' ? { ...o, mask: wet } : o)) : outlines),
    [outlines, wet],
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

  useCine();
  const layout = maximised ? 'one' : chosenLayout;
  const shownPlanes = maximised ? [maximised] : layouts[chosenLayout].planes;
  return (
    <div className="planes" data-layout={layout}>
      {shownPlanes.map((plane, place) => {
        const geometry = planeGeometry(grid, plane);
        const slice = Math.round(focus[geometry.normal]);
        const pane = panes[plane];
        const here = hover?.plane === plane ? hover : null;
        return (
          <div key={plane} className={`plane plane-${plane}`}>
            <PlanePane
              id={`plane-${plane}`}
              testId={`viewport-${plane}`}
              label={`${titles[plane]} plane, slice ${slice + 1} of ${row.dims[geometry.normal]}`}
              voxels={voxels}
              geometry={geometry}
              slice={slice}
              centre={pane.centre}
              scale={{ zoom: pane.zoom }}
              window={window}
              inverted={inverted}
              slabMm={slabMm}
              cpu={cpu}
              cursor={cursors[tool]}
              primary={primaryDrag(tool)}
              active={active === plane}
              outlines={shownOutlines}
              crosshair={tool === 'crosshair' ? focus : null}
              annotations={measure.drawn}
              stroke={drawing?.plane === plane && drawing.slice === slice ? drawing.stroke : null}
              brush={
                tool === 'brush' && here
                  ? { centre: here.index, radiusMm: brush.radiusMm, erase: brush.erase !== here.alt }
                  : null
              }
              onScroll={(steps) => scrollPlane(plane, steps)}
              onMove={(next) =>
                setPane(plane, {
                  centre: next.centre,
                  zoom: next.pxPerMm / fitPxPerMm(grid, geometry, next.size),
                })
              }
              onPress={(gesture) => onPress(plane, gesture)}
              onDrag={(gesture) => onDrag(plane, gesture)}
              onRelease={(gesture) => onRelease(plane, gesture)}
              onWindow={dragWindow}
              onHover={(gesture) => {
                if (gesture) measure.move(plane, gesture);
                setHover(gesture ? { plane, index: gesture.index, alt: gesture.alt } : null);
              }}
              onActive={() => useView.setState({ activePlane: plane })}
              onDoubleClick={() => {
                if (tool === 'crosshair' || primaryDrag(tool) !== 'tool')
                  useView.setState({ maximised: maximised ? null : plane });
              }}
            >
              <CornerText
                row={row}
                voxels={voxels}
                plane={plane}
                title={titles[plane]}
                slice={slice}
                count={row.dims[geometry.normal]}
                positionMm={positionMm(row, geometry.normal, slice)}
                window={window}
                slabMm={slabMm}
                zoom={pane.zoom}
                probe={here ? here.index : null}
                first={place === 0}
                cine={cine && active === plane ? <CineMark plane={plane} /> : null}
              />
            </PlanePane>
          </div>
        );
      })}
    </div>
  );
}

function primaryDrag(tool: Tool): Drag {
  return tool === 'pan' || tool === 'zoom' || tool === 'window' ? tool : 'tool';
}

function isRegion(tool: Tool): tool is RegionTool {
  return regionTools.some((name) => name === tool);
}

/** The patient coordinate (LPS) of a slice along the patient axis nearest to its normal, in mm. */
function positionMm(row: VolumeRow, normal: 0 | 1 | 2, slice: number): number {
  const axis = [0, 1, 2].reduce((best, c) =>
    Math.abs(row.direction[3 * normal + c]) > Math.abs(row.direction[3 * normal + best]) ? c : best,
  );
  return row.originMm[axis] + slice * row.spacingMm[normal] * row.direction[3 * normal + axis];
}
