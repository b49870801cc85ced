/** Lets the engine make voxels again that could not be read. */
import { callEngine } from '../engine.ts';
import { voxelFaults } from './voxels.ts';

const asked = new Map<string, Promise<boolean>>();

/** To be called once, before the first voxels are borrowed. */
export function startMending(): void {
  voxelFaults.mend = (volume) => {
    // Several parts of one volume fail at once; what could not be made again is not tried for each.
    const before = asked.get(volume);
    if (before) return before;
    const mended = callEngine('files.mend', { kind: 'voxels', id: volume }).then(
      ({ sound }) => {
        if (sound) asked.delete(volume);
        return sound;
      },
      () => false,
    );
    asked.set(volume, mended);
    return mended;
  };
}
