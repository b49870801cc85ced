/** Where a lesion of the library or a region in one of its volumes lies. */
import type { RegionQuery } from '../contract/feedback.ts';
import type { EmbedRegion } from '../encoder/voxelSource.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import type { Engine } from './engine.ts';
import { inside } from './imageFile.ts';

/** A lesion or a region where its voxels lie. */
export interface Placed {
  readonly volume: string;
  readonly region: EmbedRegion;
  /** Where it is a lesion of the library. */
  readonly row: GalleryRow | undefined;
}

/** Throws `not-found`, and `usage` for a region outside of its volume. */
export function placed({ library }: Engine, query: RegionQuery): Placed {
  if ('lesion' in query) {
    const { id, volume } = library.reads.lesion(query.lesion);
    return { volume, region: library.lesionRegion(id), row: library.gallery().get(id) };
  }
  const { id, dims } = library.reads.volume(query.volume);
  const drawn = 'mask' in query ? { box: query.mask.box, mask: query.mask } : { box: query.roi };
  return { volume: id, region: inside(drawn, { dims }), row: undefined };
}
