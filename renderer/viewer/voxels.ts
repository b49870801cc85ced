/**
 * Voxels in the window: a volume, or the box around a lesion, streamed slice by slice from the shell's protocol into one
 * buffer that the renderers, the HU probe and the brush share. The store (voxelStore.ts) makes, lends and discards them.
 */
import type { VolumeRow } from '../../native/contract/model.ts';
import { boxUrl, slicesUrl } from '../urls.ts';
import { type Box, type Grid, gridOf, subGrid, type Vec3, wholeBox } from './grid.ts';
import { nextRange, type SliceRange } from './streamOrder.ts';

/** About this many bytes are asked for at once. */
const chunkBytes = 4 * 1024 * 1024;
const parallelRequests = 4;
/** The first request, and one for a slice that was scrolled to, are this small, so that its picture appears early. */
const fewSlices = 3;
/** Slices that arrive within this time are handed on together. */
const deliveryMs = 300;

/** What is done where slices cannot be read; says whether they can be now. The window sets it, which can ask the engine. */
export const voxelFaults: { mend: (volume: string) => Promise<boolean> } = {
  mend: async () => false,
};

export class Voxels {
  /** Unique for this buffer. */
  readonly key: string;
  readonly volume: string;
  readonly grid: Grid;
  /** The voxels of the volume held here. */
  readonly box: Box;
  readonly data: Int16Array | Float32Array;
  /** One byte per slice: 1 once its voxels are here; before, what lies in the buffer means nothing. */
  readonly loaded: Uint8Array;
  /** Bytes of the copy that the graphics adapter draws from; set by who makes that copy. */
  pictureBytes = 0;
  /** One byte per slice: 1 once it was asked for. */
  readonly #asked: Uint8Array;
  readonly #listeners = new Set<() => void>();
  readonly #whole: boolean;
  #abort: AbortController | null = null;
  #wanted = 0;
  #urgent = false;
  #loadedCount = 0;
  #failure: string | null = null;
  readonly #cleanups = new Set<() => void>();
  #fresh: number[] = [];
  #lastDelivery = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(row: VolumeRow, box: Box | null) {
    const whole = gridOf(row);
    this.#whole = box === null;
    this.box = box ?? wholeBox(row.dims);
    this.volume = row.id;
    this.key = `${row.id}-${nextKey++}`;
    this.grid = box ? subGrid(whole, box) : whole;
    const [ni, nj, nk] = this.grid.dims;
    this.data = row.dtype === 'int16' ? new Int16Array(ni * nj * nk) : new Float32Array(ni * nj * nk);
    this.loaded = new Uint8Array(nk);
    this.#asked = new Uint8Array(nk);
  }

  get complete(): boolean {
    return this.#loadedCount === this.loaded.length;
  }
  get fraction(): number {
    return this.#loadedCount / this.loaded.length;
  }
  /** Why voxels are missing, or null. */
  get failure(): string | null {
    return this.#failure;
  }
  /** The slice of this grid that comes next. */
  get wanted(): number {
    return this.#wanted;
  }
  /** Whether nobody uses them now. */
  get released(): boolean {
    return this.#abort === null;
  }

  /** Told after every part that arrives or fails; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The voxels of one slice, as a view of the buffer. */
  slice(k: number): Int16Array | Float32Array {
    const size = this.grid.dims[0] * this.grid.dims[1];
    return this.data.subarray(k * size, (k + 1) * size);
  }

  /** HU at the nearest voxel of a continuous index of this grid, or null outside it or before it arrived. */
  valueAt(index: Vec3): number | null {
    const [i, j, k] = index.map((x) => Math.round(x));
    const [ni, nj, nk] = this.grid.dims;
    if (i < 0 || j < 0 || k < 0 || i >= ni || j >= nj || k >= nk || !this.loaded[k]) return null;
    return this.data[i + ni * (j + nj * k)];
  }

  /** Runs once when the voxels are released; returns the function that takes that back. */
  onRelease(cleanup: () => void): () => void {
    this.#cleanups.add(cleanup);
    return () => this.#cleanups.delete(cleanup);
  }

  /** Begins to stream, or goes on with what is missing; `startSlice` is the stored index of the slice wanted first. */
  use(startSlice: number): void {
    const start = Math.round(startSlice) - this.box[2];
    this.want(Math.min(this.loaded.length - 1, Math.max(0, start)));
    if (this.#abort) return;
    this.#abort = new AbortController();
    this.#failure = null;
    this.#asked.set(this.loaded);
    if (!this.complete) void this.#stream(this.#abort.signal);
  }

  /** Makes a slice of this grid the next to come, and what is missing around it the next after. */
  want(k: number): void {
    this.#wanted = k;
    if (this.#abort && this.#asked[k] === 0) void this.#hurry(this.#abort.signal);
  }

  /** Stops streaming and frees every copy made of the voxels; what arrived stays here. */
  release(): void {
    if (!this.#abort) return;
    this.#abort.abort();
    this.#abort = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#take();
    this.#listeners.clear();
    // Last in, first out: panes let go of the picture before the caches beneath them do.
    const cleanups = [...this.#cleanups].reverse();
    this.#cleanups.clear();
    for (const cleanup of cleanups) cleanup();
  }

  /** Gives the memory back at once rather than when the page happens to collect it. Nothing can be read afterwards. */
  discard(): void {
    this.release();
    this.loaded.fill(0);
    (this.data.buffer as ArrayBuffer).transfer(0);
  }

  async #stream(signal: AbortSignal): Promise<void> {
    const [ni, nj] = this.grid.dims;
    const sliceBytes = ni * nj * this.data.BYTES_PER_ELEMENT;
    const most = Math.max(1, Math.floor(chunkBytes / sliceBytes));
    const worker = async (first: number) => {
      let size = first;
      while (await this.#ask(size, signal)) size = most;
    };
    await Promise.all([
      worker(fewSlices),
      ...Array.from({ length: parallelRequests - 1 }, () => worker(most)),
    ]);
  }

  /** Asks for the wanted slice beside what is under way; one such request at a time, for what is wanted by then. */
  async #hurry(signal: AbortSignal): Promise<void> {
    if (this.#urgent) return;
    this.#urgent = true;
    try {
      while (this.#asked[this.#wanted] === 0 && (await this.#ask(fewSlices, signal)));
    } finally {
      this.#urgent = false;
    }
  }

  /** Fetches the most urgent slices that nobody asked for; false when there are none or the voxels were released. */
  async #ask(most: number, signal: AbortSignal): Promise<boolean> {
    const range = signal.aborted ? null : nextRange(this.#asked, this.#wanted, most);
    if (!range) return false;
    this.#asked.fill(1, range.first, range.last + 1);
    const fetched = () =>
      this.#fetchRange(range, signal).then(
        () => true,
        () => false,
      );
    if ((await fetched()) || signal.aborted) return !signal.aborted;
    if ((await voxelFaults.mend(this.volume)) && (await fetched())) return true;
    if (signal.aborted) return false;
    this.#failure = 'Some slices could not be read, and the original images are not where they were.';
    this.#tell();
    return true;
  }

  async #fetchRange({ first, last }: SliceRange, signal: AbortSignal): Promise<void> {
    const [i0, j0, k0, i1, j1] = this.box;
    const url = this.#whole
      ? slicesUrl(this.volume, first, last)
      : boxUrl(this.volume, [i0, j0, k0 + first, i1, j1, k0 + last]);
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) throw new Error(`voxels: status ${response.status}`);
    const [ni, nj] = this.grid.dims;
    const sliceBytes = ni * nj * this.data.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(this.data.buffer, first * sliceBytes, (last - first + 1) * sliceBytes);
    const reader = response.body.getReader();
    let filled = 0;
    let announced = first;
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw new Error('voxels: released');
      if (done) break;
      if (filled + value.length > bytes.length) throw new Error('voxels: more bytes than asked for');
      bytes.set(value, filled);
      filled += value.length;
      const ready = first + Math.floor(filled / sliceBytes);
      if (ready > announced) {
        this.#arrived(announced, ready - 1);
        announced = ready;
      }
    }
    if (filled !== bytes.length) throw new Error('voxels: fewer bytes than asked for');
  }

  #arrived(first: number, last: number): void {
    for (let k = first; k <= last; k++) this.#fresh.push(k);
    const wait = this.#lastDelivery + deliveryMs - performance.now();
    const all = this.#loadedCount + this.#fresh.length >= this.loaded.length;
    const awaited = this.loaded[this.#wanted] === 0 && first <= this.#wanted && this.#wanted <= last;
    if (wait <= 0 || all || awaited) this.#deliver();
    else this.#timer ??= setTimeout(() => this.#deliver(), wait);
  }

  /** Hands what arrived on at once: every delivery repaints the panes. */
  #deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastDelivery = performance.now();
    this.#take();
    this.#tell();
  }

  #take(): void {
    for (const k of this.#fresh) {
      if (this.loaded[k]) continue;
      this.loaded[k] = 1;
      this.#loadedCount++;
    }
    this.#fresh = [];
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

let nextKey = 1;
