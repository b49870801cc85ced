/** The outlines that panes of a volume show. */
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { colors } from '../ui/colors.ts';
import { useView } from '../ui/store.ts';
import { useLesionMasks, volumeQuery } from './lesionMasks.ts';
import type { Outline } from './overlay.ts';

type ByVolume = ReadonlyMap<string, readonly Outline[]>;

/** Of the library's lesions in each of these volumes, and of the lesion being marked. */
export function useOutlines(volumes: readonly string[]): ByVolume {
  const shown = useView((s) => s.outlines);
  const selected = useView((s) => s.lesion?.id);
  const proposal = useView((s) => s.proposal);
  const lesions = useQueries({ queries: volumes.map((id) => volumeQuery(id)), combine: lesionsOf });
  const masks = useLesionMasks(shown ? lesions.ids : noIds);
  return useMemo(() => {
    const all = new Map<string, Outline[]>();
    const add = (volume: string, outline: Outline) => {
      all.set(volume, [...(all.get(volume) ?? []), outline]);
    };
    for (const { id, mask } of masks) {
      const volume = lesions.volumeOf.get(id);
      const color = id === selected ? colors.lesionSelected : colors.lesion;
      if (volume !== undefined) add(volume, { id, mask, color, width: id === selected ? 1.8 : 1.2 });
    }
    if (proposal)
      add(proposal.volume.id, { id: 'proposal', mask: proposal.mask, color: colors.query, width: 1.8 });
    return all;
  }, [masks, lesions, selected, proposal]);
}
const noIds: readonly string[] = [];

function lesionsOf(
  results: readonly { data?: { volume: { id: string }; lesions: readonly { id: string }[] } }[],
) {
  const volumeOf = new Map(
    results.flatMap(({ data }) => data?.lesions.map(({ id }) => [id, data.volume.id] as const) ?? []),
  );
  return { volumeOf, ids: [...volumeOf.keys()] };
}
