/** Backs a library up by itself: when it is opened, and then as long as it is open, on each day on which it holds other things. */
import { PrecedentError } from '../contract/errors.ts';
import { fileExists } from '../files/files.ts';
import { backupPlace } from './backupPlace.ts';
import { backupPath, listBackups, makeBackup } from './backups.ts';
import { backupWork } from './backupWork.ts';
import type { Library } from './library.ts';

const everyMs = 3_600_000;

export class AutomaticBackups {
  readonly #library: Library;
  readonly #onDamage: (why: string) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #day = '';
  #problem: string | undefined;

  constructor(library: Library, onDamage: (why: string) => Promise<void>) {
    this.#library = library;
    this.#onDamage = onDamage;
  }

  /** Why the last one could not be made. */
  get problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    const look = () => {
      this.#running = this.#running.then(() => this.#backUp());
    };
    look();
    this.#timer = setInterval(look, everyMs);
    this.#timer.unref();
  }

  /** Lets the one that is being made come to its end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Runs `work` while none is made. */
  held<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#running.then(work);
    this.#running = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #backUp(): Promise<void> {
    const today = new Date().toISOString().slice(0, 10);
    const { layout, reads, readOnly, demonstration } = this.#library;
    // The demonstration can be made again.
    if (readOnly || demonstration || this.#day === today || reads.counts().patients === 0) return;
    try {
      await this.#backUpIfChanged(layout.catalog, today);
      this.#day = today;
      this.#problem = undefined;
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      this.#problem = error.message;
      if (error.kind === 'corrupt') await this.#onDamage(error.what);
    }
  }

  async #backUpIfChanged(catalog: string, today: string): Promise<void> {
    const place = await backupPlace(this.#library.layout, this.#library.session.policy);
    const [newest] = await listBackups(place);
    if (newest && (await fileExists(backupPath(place, newest.name)))) {
      if (newest.kind === 'automatic' && newest.at.startsWith(today)) return;
      if ((await backupWork({ catalog })).rowsHash === newest.rowsHash) return;
    }
    await makeBackup(place, catalog, 'automatic');
  }
}
