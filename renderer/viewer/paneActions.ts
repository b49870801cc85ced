/** What keys and menus do with panes: the slab of the active one, moving together, coming to the same lesion. */
import type { LesionRow } from '../../native/contract/model.ts';
import { queryClient } from '../engine.ts';
import { failed, notice } from '../ui/notice.ts';
import { alignBeside, setFocus, setPane, useView } from '../ui/store.ts';
import { gridOf, type Vec3, worldToIndex } from './grid.ts';
import { slabsMm, steppedSlab } from './layouts.ts';
import { volumeQuery } from './lesionMasks.ts';

const get = useView.getState;

export function toggleSlab(): void {
  const { panes, activePane } = get();
  const slabMm = panes[activePane]?.slabMm ?? null;
  setPane(activePane, { slabMm: slabMm === null ? slabsMm.usual : null });
}

export function stepSlab(by: 1 | -1): void {
  const { panes, activePane } = get();
  setPane(activePane, { slabMm: steppedSlab(panes[activePane]?.slabMm ?? null, by) });
}

/**
 * Brings every volume beside the open one to the lesion that is called like the chosen one, or to its only one; from then on they keep
 * that distance. Without a chosen lesion the open volume's only one is taken.
 */
export async function alignOnLesions(): Promise<void> {
  const { row, lesion, beside } = get();
  if (!row) return;
  try {
    const lesionsOf = async (volume: string) => (await queryClient.fetchQuery(volumeQuery(volume))).lesions;
    const own = lesion ?? onlyOf(await lesionsOf(row.id));
    const found = new Map<string, Vec3>();
    for (const other of Object.values(beside)) {
      const lesions = await lesionsOf(other.row.id);
      const same = lesions.find(({ name }) => name === own?.name) ?? onlyOf(lesions);
      if (same) found.set(other.row.id, worldToIndex(gridOf(other.row), same.centerMm));
    }
    if (!own || found.size === 0) {
      notice(
        'info',
        'No lesion to go by',
        'Choose a lesion; another volume follows where it has one of the same name, or only one.',
      );
      return;
    }
    if (get().row?.id !== row.id) return;
    setFocus(worldToIndex(gridOf(row), own.centerMm));
    alignBeside(found);
  } catch (error) {
    failed('The panes could not be brought to the lesion', error);
  }
}

function onlyOf(lesions: readonly LesionRow[]): LesionRow | undefined {
  return lesions.length === 1 ? lesions[0] : undefined;
}
