/** What is written in the corners of a pane, by the table of corners. */
import './cornerText.css';
import { Fragment, type ReactNode } from 'react';
import type { Plane } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { useIsKeyImage } from '../keyImages/keyImages.ts';
import { fixed, hu, minus, percent, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { type Corner, type CornerField, cornerNames, corners } from './corners.ts';
import type { Vec3 } from './grid.ts';
import type { Window } from './presets.ts';
import type { Voxels } from './voxels.ts';

interface CornerTextProps {
  readonly row: VolumeRow;
  readonly voxels: Voxels | null;
  readonly plane: Plane;
  readonly title: string;
  /** Counts from 0. */
  readonly slice: number;
  readonly count: number;
  /** Along the patient axis nearest to the slice's normal. */
  readonly positionMm: number;
  readonly window: Window;
  readonly slabMm: number | null;
  readonly zoom: number;
  /** Continuous voxel index under the pointer. */
  readonly probe: Vec3 | null;
  /** Whether it says whose picture it is and how it was made: of panes that show the same, the first. */
  readonly first: boolean;
  /** How long before or after the open examination another one was made, in words. */
  readonly apart: string | null;
  readonly studyDate?: string | undefined;
  /** How fast cine runs here. */
  readonly cine: ReactNode;
}

const places: Readonly<Record<Corner, string>> = {
  topLeft: 'top-left',
  topRight: 'top-right',
  bottomLeft: 'bottom-left',
  bottomRight: 'bottom-right',
};

export function CornerText(props: CornerTextProps) {
  const { row, voxels, probe, slice, window } = props;
  const identity = useIdentity();
  const isKey = useIsKeyImage(row, props.plane, slice);
  const value = probe && voxels ? voxels.valueAt(probe) : null;
  const fields: Readonly<Record<CornerField, ReactNode>> = {
    title: (
      <>
        {props.title}
        {props.apart !== null && (
          <span className="prior-mark" data-testid="prior-mark">
            {' '}
            {props.apart}
          </span>
        )}
      </>
    ),
    patient: identity.patient(row.patient),
    studyDate: identity.date(props.studyDate),
    description: identity.text(row.description),
    cine: props.cine,
    keyImage: isKey ? (
      <span className="key-mark" data-testid="key-mark" title="Key image">
        ★
      </span>
    ) : null,
    slice: `${slice + 1} / ${props.count}`,
    position: `${fixed(props.positionMm, 1)} mm`,
    density: value === null ? null : hu(value),
    voxel: value === null || !probe ? null : probe.map((x) => Math.round(x)).join(', '),
    thickness: thickness(row.sliceThicknessMm ?? row.spacingMm[2]),
    kernel: row.kernel,
    contrast: row.contrast,
    marks: <SourceMarks source={row} warnings={row.warnings} />,
    slab: props.slabMm === null ? null : <span className="slab-mark">MIP {props.slabMm} mm</span>,
    window: `W ${window.width} C ${minus(window.center)}`,
    zoom: percent(props.zoom),
  };
  return (
    <>
      {cornerNames.map((corner) => (
        <div
          key={corner}
          className={`pane-text ${places[corner]}`}
          data-testid={corner === 'bottomLeft' ? `probe-${props.title.toLowerCase()}` : undefined}
        >
          <Lines corner={corner} fields={fields} first={props.first} />
        </div>
      ))}
      {voxels?.failure && <div className="pane-failure">{voxels.failure}</div>}
    </>
  );
}

function Lines(props: { corner: Corner; fields: Readonly<Record<CornerField, ReactNode>>; first: boolean }) {
  const lines = corners[props.corner].flatMap((line) => {
    if (line.first && !props.first) return [];
    const written = line.fields.filter((name) => props.fields[name]);
    return written.length > 0 ? [{ ...line, written }] : [];
  });
  return lines.map(({ written, strong }, n) => {
    const text = written.map((name, at) => (
      <Fragment key={name}>
        {at > 0 && separatorOf(written[at - 1], name)}
        {props.fields[name]}
      </Fragment>
    ));
    return (
      <Fragment key={written.join()}>
        {n > 0 && <br />}
        {strong ? <b>{text}</b> : text}
      </Fragment>
    );
  });
}

/** How the picture was made is told apart by dots, marks stand beside each other. */
function separatorOf(before: CornerField, after: CornerField): string {
  const told: readonly CornerField[] = ['thickness', 'kernel', 'contrast'];
  return told.includes(before) && told.includes(after) ? ' · ' : ' ';
}
