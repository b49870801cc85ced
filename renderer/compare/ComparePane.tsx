/** One pane of the comparison: a side at the place and the scale that all panes share. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { SimilarityGrid } from '../../native/contract/explain.ts';
import type { Measurements } from '../../native/contract/model.ts';
import { minus } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { dragWindow, useView } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import type { Heat } from '../viewer/heat.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';
import { PlanePane } from '../viewer/PlanePane.tsx';
import { useRenderPath } from '../viewer/renderPath.ts';
import { useVoxels } from '../viewer/useVoxels.ts';
import { holdsWhole } from './currentSides.ts';
import { scrollLinked, setPlace, useLinked } from './linked.ts';
import { sliceAtOffset } from './linkedScroll.ts';
import { fieldOf, movedTo, panMmOf } from './scale.ts';
import { useSetup } from './setup.ts';
import { endOf, panned, panOf, type Side, shifted, sideOf, surroundingsMm } from './side.ts';

export interface MapOver {
  readonly cells: SimilarityGrid;
  /** Of all panes, so that their colours compare. */
  readonly strongest: number;
}

interface ComparePaneProps {
  /** Unique among the panes of the window. */
  readonly id: string;
  readonly testId: 'compare-query' | 'compare-hit';
  readonly volume: string;
  readonly lesion: Pick<Measurements, 'boxIjk' | 'centerMm'>;
  readonly mask: Mask | null;
  readonly commonMm: number;
  readonly shiftMm: number;
  readonly map: MapOver | null;
  readonly title: string;
  readonly color: string;
  readonly active: boolean;
  /** Whether the pane is behind another one, or has no place at present. */
  readonly state: 'shown' | 'under' | 'away';
  readonly onActive?: () => void;
  readonly children?: ReactNode;
}

export function ComparePane(props: ComparePaneProps) {
  const { id, testId, lesion, mask, shiftMm, map, title, color, state, onActive, children } = props;
  const identity = useIdentity();
  const { data } = useQuery(volumeQuery(props.volume));
  const row = data?.volume;
  const plane = useSetup((s) => s.plane);
  const toFit = useSetup((s) => s.toFit);
  const linked = useLinked();
  const { offsetMm, pan } = linked.places[plane];
  const cpu = useRenderPath() === 'cpu';
  const window = useView((s) => s.window);
  const inverted = useView((s) => s.inverted);
  const outlines = useView((s) => s.outlines);
  const whole = useView((s) => holdsWhole(s, props.volume));
  const side = useMemo(() => row && sideOf(row, lesion, plane, whole), [row, lesion, plane, whole]);
  const voxels = useVoxels(
    side?.row ?? null,
    side?.box ?? null,
    side ? Math.round(side.centre[2]) + side.first[2] : 0,
  );
  const drawn = useMemo(
    () =>
      side && mask && outlines ? [{ id: testId, mask: shifted(mask, side.first), color, width: 1.6 }] : [],
    [side, mask, outlines, testId, color],
  );
  const heat = useMemo(() => heatOf(map, side), [map, side]);
  const wanted = offsetMm + shiftMm;
  const slice = side ? sliceAtOffset(side.grid, side.geometry, side.centreIndex, wanted) : 0;
  const ended = side ? endOf(side, slice, wanted) : null;
  const scaled = { toFit, extentMm: side?.extentMm ?? 1, commonMm: props.commonMm };
  const fieldMm = fieldOf(scaled, linked);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the focus on the picture inside makes its hit the active one
    <div
      className="compare-cell"
      data-state={state}
      data-active={props.active}
      data-field-mm={fieldMm}
      inert={state !== 'shown'}
      onFocus={onActive}
    >
      <PlanePane
        id={id}
        testId={testId}
        label={`${title}, ${plane}`}
        voxels={voxels}
        geometry={side?.geometry ?? null}
        slice={slice}
        sliceOffset={side ? side.first[side.geometry.normal] : 0}
        centre={side ? panned(side, panMmOf(scaled, pan)) : null}
        scale={{ fieldMm }}
        window={window}
        inverted={inverted}
        cpu={cpu}
        cursor="default"
        active={false}
        outlines={drawn}
        heat={heat}
        crosshair={null}
        stroke={null}
        brush={null}
        onScroll={scrollLinked}
        onMove={({ centre, size, pxPerMm }) => {
          if (!side) return;
          const { pan: moved, ...scale } = movedTo(scaled, panOf(side, centre), Math.min(...size) / pxPerMm);
          setPlace(plane, { pan: moved });
          useLinked.setState(scale);
        }}
        primary="window"
        onWindow={dragWindow}
      >
        <div className="pane-text top-left">
          <b style={{ color }}>{title}</b>
          <br />
          {row && identity.patient(row.patient)}
          <br />
          <span className="dim">{identity.text(row?.description)}</span>
          {side?.box && (
            <span className="dim">
              {identity.text(side.row.description) ? ' · ' : ''}
              {surroundingsMm / 10} cm around
            </span>
          )}
          {ended !== null && (
            <div className="pane-end" data-testid="compare-end">
              Ends here, {minus(Math.round(ended))} mm from the centre
            </div>
          )}
        </div>
        <div className="pane-text top-right">
          {side
            ? `${slice + side.first[side.geometry.normal] + 1} / ${side.row.dims[side.geometry.normal]}`
            : ''}
        </div>
        <div className="pane-text bottom-right">
          {toFit && (
            <span
              className="slab-mark"
              title="Each lesion fills the same part of its pane: sizes do not compare"
            >
              to fit{' '}
            </span>
          )}
          {row && <SourceMarks source={row} warnings={row.warnings} />}W {window.width} C{' '}
          {minus(window.center)}
        </div>
        {voxels?.failure && <div className="pane-failure">{voxels.failure}</div>}
      </PlanePane>
      {children}
    </div>
  );
}

/** A map over what is loaded of a side. */
function heatOf(map: MapOver | null, side: Side | undefined): Heat | null {
  if (!map || map.cells.volume !== side?.row.id) return null;
  const { cells, strongest } = map;
  const [i, j, k] = side.first;
  const b = cells.box;
  return { ...cells, box: [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k], strongest };
}
