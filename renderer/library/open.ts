/** From a row of the library to the viewer. */
import type { LesionRow } from '../../native/contract/model.ts';
import { queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { openVolume, useView } from '../ui/store.ts';
import { volumeQuery } from '../viewer/lesionMasks.ts';

let latest = 0;

/** Opens the lesion's volume, centred on it; of several clicks in a row the last one counts. */
export async function openLesion(lesion: LesionRow): Promise<void> {
  const turn = ++latest;
  useView.setState({ lesion });
  try {
    const { volume } = await queryClient.fetchQuery(volumeQuery(lesion.volume));
    if (turn === latest) openVolume(volume, lesion);
  } catch (error) {
    failed('The lesion could not be opened', error);
  }
}
