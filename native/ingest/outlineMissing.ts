/** Measures the outlines of lesions that an earlier version took in without. */
import type { Library } from '../engine/library.ts';
import { unpackMask } from '../lesion/mask.ts';
import { outlineIn } from '../lesion/outline.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';

/** Returns how many were measured; lesions of a volume that cannot be read go without. Throws `cancelled` and `storage`. */
export async function outlineMissing(library: Library, signal: AbortSignal): Promise<number> {
  let measured = 0;
  for (const [volume, lesions] of library.reads.withoutOutline()) {
    const file = await openVoxelFile(library.layout.voxelFile(volume)).catch(() => undefined);
    if (!file) continue;
    try {
      for (const lesion of lesions) {
        throwIfCancelled(signal);
        const { box, packed } = library.reads.lesionMask(lesion);
        const outline = await outlineIn(file, unpackMask(box, packed)).catch(() => undefined);
        if (!outline) continue;
        library.writes.setOutline(lesion, outline);
        measured++;
      }
    } finally {
      await file.close();
    }
  }
  return measured;
}
