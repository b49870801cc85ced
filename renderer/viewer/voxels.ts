/**
 * Voxels in the window: a volume, or the box around a lesion, streamed slice by slice from the shell's protocol into one
 * buffer that the renderers, the HU probe and the brush share. Whoever opens one must release it.
 */
import type { VolumeRow } from '../../native/contract/model.ts';
import { boxUrl, slicesUrl } from '../urls.ts';
import { type Box, type Grid, gridOf, subGrid, type Vec3, wholeBox } from './grid.ts';
import { streamOrder } from './streamOrder.ts';

/** About this many bytes are asked for at once. */
const chunkBytes = 8 * 1024 * 1024;
const parallelRequests = 2;
/** Slices that arrive within this time are handed on together. */
const deliveryMs = 300;

export class Voxels {
  /** Unique for this buffer. */
  readonly key: string;
  readonly volume: string;
  readonly grid: Grid;
  /** The voxels of the volume held here. */
  readonly box: Box;
  readonly data: Int16Array | Float32Array;
  /** One byte per slice: 1 once its voxels are here. */
  readonly loaded: Uint8Array;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #sliceWaiters = new Map<number, (() => void)[]>();
  readonly #whole: boolean;
  #loadedCount = 0;
  #failure: string | null = null;
  #released = false;
  readonly #cleanups: (() => void)[] = [];
  #fresh: number[] = [];
  #lastDelivery = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(row: VolumeRow, box: Box | null, startSlice: number) {
    const whole = gridOf(row);
    this.#whole = box === null;
    this.box = box ?? wholeBox(row.dims);
    this.volume = row.id;
    this.key = `${row.id}-${nextKey++}`;
    this.grid = box ? subGrid(whole, box) : whole;
    const [ni, nj, nk] = this.grid.dims;
    this.data = row.dtype === 'int16' ? new Int16Array(ni * nj * nk) : new Float32Array(ni * nj * nk);
    // Air, so that what has not arrived yet is black rather than grey.
    this.data.fill(-1024);
    this.loaded = new Uint8Array(nk);
    void this.#stream(startSlice - this.box[2]);
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
  get released(): boolean {
    return this.#released;
  }

  /** Told after every part that arrives or fails; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the slice's voxels are here; never, when they failed. */
  whenSlice(k: number): Promise<void> {
    if (this.loaded[k]) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sliceWaiters.set(k, [...(this.#sliceWaiters.get(k) ?? []), resolve]);
    });
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

  /** Runs when the voxels are released. */
  onRelease(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#sliceWaiters.clear();
    // Last in, first out: panes let go of the picture before the caches beneath them do.
    for (const cleanup of this.#cleanups.reverse()) cleanup();
  }

  async #stream(start: number): Promise<void> {
    const [ni, nj, nk] = this.grid.dims;
    const sliceBytes = ni * nj * this.data.BYTES_PER_ELEMENT;
    const queue = streamOrder(nk, start, Math.max(1, Math.floor(chunkBytes / sliceBytes)));
    const worker = async () => {
      for (let range = queue.shift(); range && !this.#released; range = queue.shift()) {
        try {
          await this.#fetchRange(range.first, range.last, sliceBytes);
        } catch {
          if (this.#released) return;
          this.#failure = 'Some slices could not be read; run Verify on the library.';
          this.#tell();
        }
      }
    };
    await Promise.all(Array.from({ length: parallelRequests }, worker));
  }

  async #fetchRange(first: number, last: number, sliceBytes: number): Promise<void> {
    const [i0, j0, k0, i1, j1] = this.box;
    const url = this.#whole
      ? slicesUrl(this.volume, first, last)
      : boxUrl(this.volume, [i0, j0, k0 + first, i1, j1, k0 + last]);
    const response = await fetch(url, { signal: this.#abort.signal });
    if (!response.ok || !response.body) throw new Error(`voxels: status ${response.status}`);
    const bytes = new Uint8Array(this.data.buffer, first * sliceBytes, (last - first + 1) * sliceBytes);
    const reader = response.body.getReader();
    let filled = 0;
    let announced = first;
    for (;;) {
      const { done, value } = await reader.read();
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
    if (this.#released) return;
    for (let k = first; k <= last; k++) this.#fresh.push(k);
    const wait = this.#lastDelivery + deliveryMs - performance.now();
    const all = this.#loadedCount + this.#fresh.length === this.loaded.length;
    if (wait <= 0 || all) this.#deliver();
    else this.#timer ??= setTimeout(() => this.#deliver(), wait);
  }

  /** Hands what arrived on at once: every delivery repaints the panes. */
  #deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#released) return;
    this.#lastDelivery = performance.now();
    for (const k of this.#fresh) {
      if (this.loaded[k]) continue;
      this.loaded[k] = 1;
      this.#loadedCount++;
      for (const resolve of this.#sliceWaiters.get(k) ?? []) resolve();
      this.#sliceWaiters.delete(k);
    }
    this.#fresh = [];
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

let nextKey = 1;
