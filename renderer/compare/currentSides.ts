/** The sides of the open comparison whose volumes are known, for keys and for what moves all of them together. */
import type { Hit, Measurements } from '../../native/contract/model.ts';
import { queryClient } from '../engine.ts';
import { useView, type ViewState } from '../ui/store.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';
import { useSetup } from './setup.ts';
import { type Side, sideOf } from './side.ts';

/** Whether the planes hold a volume, or are about to: nothing of it is loaded again then. */
export function holdsWhole({ row, beside }: Pick<ViewState, 'row' | 'beside'>, volume: string): boolean {
  return row?.id === volume || Object.hasOwn(beside, volume);
}

function sideIn(volume: string, lesion: Pick<Measurements, 'boxIjk' | 'centerMm'>): Side | null {
  const row = queryClient.getQueryData(volumeQuery(volume).queryKey)?.volume;
  const whole = holdsWhole(useView.getState(), volume);
  return row ? sideOf(row, lesion, useSetup.getState().plane, whole) : null;
}

export function querySide(): Side | null {
  const { subject } = useView.getState();
  return subject?.measurements && subject.volume !== null
    ? sideIn(subject.volume, subject.measurements)
    : null;
}

export function hitSide(hit: Hit): Side | null {
  return sideIn(hit.volume, hit);
}

export function currentSides(): readonly Side[] {
  const hits = useView.getState().compare?.hits ?? [];
  return [querySide(), ...hits.map(hitSide)].filter((side) => side !== null);
}
