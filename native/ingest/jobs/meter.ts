/** How fast a phase goes and how long it will take still. */
import type { ImportPhase, ImportProgress } from '../../contract/jobs.ts';

/** Before this much time has passed nothing can be said. */
const leastMs = 1000;

export class Meter {
  readonly #report: (progress: ImportProgress) => void;
  #phase: ImportPhase | null = null;
  #started = 0;
  #done = 0;
  #total = 0;
  #bytes = 0;
  #bytesTotal = 0;

  constructor(report: (progress: ImportProgress) => void) {
    this.#report = report;
  }

  /** A phase of `total` steps begins; `bytes` where its speed is one of bytes. */
  begin(phase: ImportPhase, total: number, bytes = 0): void {
    this.#phase = phase;
    this.#started = performance.now();
    this.#done = 0;
    this.#total = total;
    this.#bytes = 0;
    this.#bytesTotal = bytes;
    this.#tell();
  }

  step(count = 1, bytes = 0): void {
    this.set(this.#done + count, this.#total, this.#bytes + bytes);
  }

  set(done: number, total = this.#total, bytes = this.#bytes): void {
    this.#done = done;
    this.#total = total;
    this.#bytes = bytes;
    this.#tell();
  }

  #tell(): void {
    if (this.#phase === null) return;
    const ms = performance.now() - this.#started;
    const progress: ImportProgress = { phase: this.#phase, done: this.#done, total: this.#total };
    if (ms >= leastMs && this.#done > 0) {
      progress.filesPerSecond = (1000 * this.#done) / ms;
      if (this.#bytes > 0) progress.bytesPerSecond = (1000 * this.#bytes) / ms;
      const part = this.#bytesTotal > 0 ? this.#bytes / this.#bytesTotal : this.#done / this.#total;
      if (part > 0 && this.#total > 0) progress.secondsLeft = ((ms / 1000) * (1 - part)) / part;
    }
    this.#report(progress);
  }
}
