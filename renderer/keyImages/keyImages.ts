/** The key images of the open study: marked and unmarked at once, kept by the engine, shown again as they were. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { KeyImage, KeyImageShape } from '../../native/contract/keyImages.ts';
import type { Plane } from '../../native/contract/mark.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { openVolume, useView } from '../ui/store.ts';
import { shownSlice, showSlice } from '../viewer/shownSlice.ts';

export function keyImagesQuery(row: VolumeRow | null) {
  return queryOptions({
    queryKey: [libraryKey, 'keyImages', row?.patient, row?.study] as const,
    queryFn: ({ signal }) => callEngine('keyImages.list', { volume: row?.id ?? '' }, { signal }),
    enabled: row !== null,
  });
}

/** Whether a slice of a volume is a key image. */
export function useIsKeyImage(row: VolumeRow, plane: Plane, slice: number): boolean {
  const { data } = useQuery(keyImagesQuery(row));
  return data?.some((image) => isSlice(image, row.id, plane, slice)) ?? false;
}

function isSlice(image: KeyImageShape, volume: string, plane: Plane, slice: number): boolean {
  return image.volume === volume && image.plane === plane && image.slice === slice;
}

/** Marks the slice of the active pane as a key image as it is shown, or takes the mark back. */
export function toggleKeyImage(): void {
  const shown = shownSlice();
  if (!shown) return;
  const { row, plane, slice, view } = shown;
  const known = queryClient.getQueryData(keyImagesQuery(row).queryKey) ?? [];
  const marked = known.find((image) => isSlice(image, row.id, plane, slice));
  if (marked) removeKeyImage(row, marked.id);
  else saveKeyImage(row, { id: `key-${crypto.randomUUID()}`, volume: row.id, plane, slice, view, note: '' });
}

export function saveKeyImage(row: VolumeRow, image: KeyImageShape): void {
  change(
    row,
    (images) => {
      // Who marked it and when is the engine's to say; until it answers nothing stands there.
      if (!images.some((each) => each.id === image.id))
        return [...images, { ...image, author: '', createdAt: '' }];
      return images.map((each) => (each.id === image.id ? { ...each, ...image } : each));
    },
    () => callEngine('keyImages.save', { image }),
  );
}

export function removeKeyImage(row: VolumeRow, id: string): void {
  change(
    row,
    (images) => images.filter((each) => each.id !== id),
    () => callEngine('keyImages.remove', { image: id }),
  );
}

/** Requests in the order in which they were made: a removal must not overtake the saving before it. */
let line: Promise<unknown> = Promise.resolve();
let changes = 0;

/** On the screen at once, then in the library. */
function change(
  row: VolumeRow,
  next: (images: readonly KeyImage[]) => KeyImage[],
  keep: () => Promise<unknown>,
): void {
  const { queryKey } = keyImagesQuery(row);
  void queryClient.cancelQueries({ queryKey });
  queryClient.setQueryData(queryKey, (images: readonly KeyImage[] = []) => next(images));
  const mine = ++changes;
  line = line
    .then(keep)
    .catch((error: unknown) => failed('The key image was not kept in the library', error))
    // What the library says now is older than the screen while another change waits.
    .then(() => (mine === changes ? queryClient.invalidateQueries({ queryKey }) : undefined));
}

/** Shows a key image as it was marked, opening its volume where another is open. */
export async function jumpToKeyImage({ volume, plane, view }: KeyImage): Promise<void> {
  try {
    if (useView.getState().row?.id !== volume)
      openVolume((await callEngine('volume.get', { volume })).volume, null);
    if (useView.getState().row?.id === volume) showSlice(plane, view);
  } catch (error) {
    failed('The key image could not be shown', error);
  }
}
