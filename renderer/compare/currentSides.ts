/** The sides of the open comparison whose volumes are known, for keys and for what moves all of them together. */
import type { Hit, Measurements } from '../../native/contract/model.ts';
import { queryClient } from '../engine.ts';
import { useView } from '../ui/store.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';
import { useSetup } from './setup.ts';
import { type Side, sideOf } from './side.ts';

function sideIn(volume: string, lesion: Pick<Measurements, 'boxIjk' | 'centerMm'>): Side | null {
  const row = queryClient.getQueryData(volumeQuery(volume).queryKey)?.volume;
  const whole = useView.getState().row?.id === volume;
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
