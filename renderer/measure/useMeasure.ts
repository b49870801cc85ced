/** The hand that measures: draws with a measuring tool, takes hold of what is drawn, and says what panes show of it. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { AnnotationShape } from '../../native/contract/annotations.ts';
import { type Plane, planeAxes } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { smallestMm } from '../query/marks.ts';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import type { Grid, Vec3 } from '../viewer/grid.ts';
import type { Gesture } from '../viewer/PlanePane.tsx';
import { indexToPixel } from '../viewer/planes.ts';
import { useArrival } from '../viewer/useVoxels.ts';
import type { Voxels } from '../viewer/voxels.ts';
import { annotationsQuery, newAnnotationId, saveAnnotation, select, useMeasurements } from './annotations.ts';
import type { DrawnAnnotation } from './drawn.ts';
import { distanceMm, moveHandle, type Point, pointsOfStroke, shift, within } from './geometry.ts';
import { gripAt } from './grip.ts';
import { linesOf, measuredKind } from './kinds.ts';

/** A measurement in the hand; `points` of it follow the pointer by what is done to it. */
interface Draft {
  readonly shape: AnnotationShape;
  readonly doing:
    | { readonly what: 'stroke'; readonly from: Vec3 }
    /** The second arm of an angle follows the pointer until it is clicked. */
    | { readonly what: 'arm' }
    | (Held & { readonly what: 'handle'; readonly handle: number })
    | (Held & { readonly what: 'whole'; readonly last: Vec3 });
}
interface Held {
  /** Where it was taken, in CSS pixels. */
  readonly at: readonly [number, number];
  readonly moved: boolean;
}

/** A hand that only chooses trembles by this many CSS pixels at most. */
const tremblePx = 3;

export function useMeasure(row: VolumeRow, grid: Grid, voxels: Voxels | null) {
  const tool = useView((s) => s.tool);
  const kind = measuredKind(tool);
  const selected = useMeasurements((s) => s.selected);
  const identity = useIdentity();
  const { data: ofStudy } = useQuery(annotationsQuery(row));
  const [draft, setDraft] = useState<Draft | null>(null);
  const own = useMemo(() => ofStudy?.filter(({ volume }) => volume === row.id) ?? [], [ofStudy, row.id]);

  // A measurement belongs to the tool and the volume it was begun with.
  // biome-ignore lint/correctness/useExhaustiveDependencies: clears on change
  useEffect(() => setDraft(null), [tool, row.id]);

  const arrival = useArrival(voxels);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `arrival` stands for voxels that arrived
  const drawn = useMemo((): readonly DrawnAnnotation[] => {
    const others: AnnotationShape[] = own.filter(({ id }) => id !== draft?.shape.id);
    return [...others, ...(draft ? [draft.shape] : [])].map((shape) => ({
      ...shape,
      text: [...linesOf(shape, grid, voxels), identity.text(shape.label)].filter(Boolean),
      selected: shape.id === (draft?.shape.id ?? selected),
    }));
  }, [own, draft, selected, grid, voxels, arrival, identity]);

  /** The draft with the pointer elsewhere; it stays on its slice, though the pane may be scrolled meanwhile. */
  const follow = (now: Draft, { view, index: pointer }: Gesture): Draft => {
    const { shape, doing } = now;
    if ('moved' in doing && !doing.moved) {
      const [x, y] = indexToPixel(view, grid, pointer);
      if (Math.hypot(x - doing.at[0], y - doing.at[1]) <= tremblePx) return now;
    }
    const { normal } = planeAxes(grid.direction, shape.plane);
    const index: Point = [pointer[0], pointer[1], pointer[2]];
    index[normal] = shape.points[0][normal];
    const to = within(index, row.dims);
    switch (doing.what) {
      case 'stroke': {
        const from = shape.kind === 'probe' ? to : doing.from;
        return {
          shape: { ...shape, points: pointsOfStroke(shape.kind, shape.plane, from, to, grid) },
          doing,
        };
      }
      case 'arm':
        return { shape: { ...shape, points: moveHandle(shape, 2, to, grid) }, doing };
      case 'handle':
        return {
          shape: { ...shape, points: moveHandle(shape, doing.handle, to, grid) },
          doing: { ...doing, moved: true },
        };
      case 'whole': {
        const by: Vec3 = [index[0] - doing.last[0], index[1] - doing.last[1], index[2] - doing.last[2]];
        return {
          shape: { ...shape, points: shift(shape.points, by, row.dims) },
          doing: { ...doing, last: index, moved: true },
        };
      }
    }
  };

  return {
    drawn,
    holding: draft !== null,
    /** Whether the press was for a measurement, so that no other tool takes it. */
    press: (plane: Plane, { view, index }: Gesture): boolean => {
      if (draft?.doing.what === 'arm') return true;
      if (!kind && tool !== 'crosshair') return false;
      const at = indexToPixel(view, grid, index);
      const grip = gripAt(own, view, grid, at);
      const held = own.find(({ id }) => id === grip?.id);
      if (grip && held) {
        select(held.id);
        const doing =
          grip.handle === null
            ? ({ what: 'whole', last: index, at, moved: false } as const)
            : ({ what: 'handle', handle: grip.handle, at, moved: false } as const);
        setDraft({ shape: held, doing });
        return true;
      }
      select(null);
      if (!kind) return false;
      const from = within(index, row.dims);
      const points = pointsOfStroke(kind, plane, from, from, grid);
      setDraft({
        shape: { id: newAnnotationId(), volume: row.id, kind, plane, points, label: '' },
        doing: { what: 'stroke', from },
      });
      return true;
    },
    /** The pointer moved over a pane, pressed or not. */
    move: (plane: Plane, gesture: Gesture): void =>
      setDraft((now) => (now?.shape.plane === plane ? follow(now, gesture) : now)),
    /** Whether something was in the hand. */
    release: (plane: Plane, gesture: Gesture): boolean => {
      if (!draft) return false;
      const { shape, doing } = draft.shape.plane === plane ? follow(draft, gesture) : draft;
      const { points } = shape;
      const small = shape.kind !== 'probe' && distanceMm(points[0], points[1], grid) < smallestMm;
      if (doing.what === 'stroke' && shape.kind === 'angle' && !small) {
        setDraft({ shape, doing: { what: 'arm' } });
        return true;
      }
      // A click elsewhere while an arm is drawn changes nothing; nor does one that moved nothing.
      if (doing.what === 'arm' && (shape.plane !== plane || armless(points, grid))) return true;
      setDraft(null);
      const changed = 'moved' in doing ? doing.moved : !small;
      if (changed) saveAnnotation(shape);
      return true;
    },
  };
}

function armless(points: readonly Vec3[], grid: Grid): boolean {
  return distanceMm(points[1], points[2], grid) < smallestMm;
}
