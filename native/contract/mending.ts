/** Files that can be made again from the catalog and the originals, when a window meets one that is missing or damaged. */
import { z } from 'zod';
import { id } from './model.ts';

export const mendingRequests = {
  /** Voxels by volume, thumbnails by lesion. Whether the file is sound now: that it could be made again, or was sound after all. */
  'files.mend': {
    params: z.object({ kind: z.enum(['voxels', 'thumbnail']), id }),
    result: z.object({ sound: z.boolean() }),
  },
} as const;
