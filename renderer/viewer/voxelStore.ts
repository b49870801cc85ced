/**
 * Lends voxels to whatever shows them: one buffer for all who show the same part of a volume. Buffers that nobody shows any
 * more stay, so that going back is immediate, until the budget needs their room; the least recently used goes first, and
 * those in use never.
 */
import type { VolumeRow } from '../../native/contract/model.ts';
import { type Box, boxDims, wholeBox } from './grid.ts';
import { Voxels } from './voxels.ts';

interface Lent {
  readonly voxels: Voxels;
  users: number;
}

export interface Held {
  /** Bytes of what is shown now, with the graphics adapter's copies, and of what is kept for going back. */
  readonly shown: number;
  readonly kept: number;
}

/** Until main has told how much memory the machine has. */
const firstBudget = 1024 ** 3;

export class VoxelStore {
  /** Least recently used first. */
  readonly #lent = new Map<string, Lent>();
  #budget = firstBudget;

  /** The voxels of a box of a volume, null for all of it; give them back with `giveBack`. `startSlice` comes first. */
  borrow(row: VolumeRow, box: Box | null, startSlice: number): Voxels {
    const name = nameOf(row.id, box ?? wholeBox(row.dims));
    const known = this.#lent.get(name);
    if (!known) this.#makeRoom(bytesOf(row, box));
    const lent = known ?? { voxels: new Voxels(row, box), users: 0 };
    lent.users++;
    this.#touch(name, lent);
    lent.voxels.use(startSlice);
    return lent.voxels;
  }

  giveBack(voxels: Voxels): void {
    const name = nameOf(voxels.volume, voxels.box);
    const lent = this.#lent.get(name);
    if (!lent || lent.voxels !== voxels) return;
    lent.users--;
    this.#touch(name, lent);
    if (lent.users > 0) return;
    voxels.release();
    // What never arrived is no use to anyone.
    if (voxels.fraction === 0) this.#drop(name, voxels);
    this.#makeRoom(0);
  }

  /** Drops what is kept of volumes that nobody shows any more. */
  forget(volumes: readonly string[]): void {
    for (const [name, { voxels, users }] of this.#lent)
      if (users === 0 && volumes.includes(voxels.volume)) this.#drop(name, voxels);
  }

  /** In bytes; what is kept beyond it goes at once. */
  setBudget(bytes: number): void {
    this.#budget = bytes;
    this.#makeRoom(0);
  }

  get held(): Held {
    let [shown, kept] = [0, 0];
    for (const { voxels, users } of this.#lent.values()) {
      if (users > 0) shown += voxels.data.byteLength + voxels.pictureBytes;
      else kept += voxels.data.byteLength;
    }
    return { shown, kept };
  }

  #touch(name: string, lent: Lent): void {
    this.#lent.delete(name);
    this.#lent.set(name, lent);
  }

  #makeRoom(bytes: number): void {
    const { shown, kept } = this.held;
    let excess = shown + kept + bytes - this.#budget;
    for (const [name, { voxels, users }] of this.#lent) {
      if (excess <= 0) return;
      if (users > 0) continue;
      excess -= voxels.data.byteLength;
      this.#drop(name, voxels);
    }
  }

  #drop(name: string, voxels: Voxels): void {
    this.#lent.delete(name);
    voxels.discard();
  }
}

/** The store of this window. */
export const voxelStore = new VoxelStore();

function nameOf(volume: string, box: Box): string {
  return `${volume} ${box.join(',')}`;
}

/** What a buffer takes, with as much again for the copy that is drawn from. */
function bytesOf(row: VolumeRow, box: Box | null): number {
  const [ni, nj, nk] = box ? boxDims(box) : row.dims;
  return 2 * ni * nj * nk * (row.dtype === 'int16' ? 2 : 4);
}
