/** Lets the engine make voxels again that could not be read. */
import { callEngine } from '../engine.ts';
import { useSession, whenUnlocked } from '../lock/session.ts';
import { voxelFaults } from './voxels.ts';

const asked = new Map<string, Promise<boolean>>();

/** To be called once, before the first voxels are borrowed. */
export function startMending(): void {
  voxelFaults.mend = (volume) => {
    // Several parts of one volume fail at once; what could not be made again is not tried for each.
    const before = asked.get(volume);
    if (before) return before;
    const mended = mend(volume).then((sound) => {
      if (sound) asked.delete(volume);
      return sound;
    });
    asked.set(volume, mended);
    return mended;
  };
}

async function mend(volume: string): Promise<boolean> {
  try {
    return (await callEngine('files.mend', { kind: 'voxels', id: volume })).sound;
  } catch {
    if (!useSession.getState().session?.locked) return false;
    // They were refused, not damaged: what was under way goes on when somebody signed in.
    await whenUnlocked();
    return true;
  }
}
