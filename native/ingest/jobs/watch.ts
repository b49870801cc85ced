/** Watched folders: what arrives in them is imported once it has stopped growing. Polled, since network drives tell nothing. */
import { dirname } from 'node:path';
import type { CatalogWatched, WatchedFolder } from '../../catalog/watched.ts';
import type { ImportOptions, WatchRow } from '../../contract/jobs.ts';
import type { FoundFile } from '../../contract/reader.ts';
import type { JobQueue } from './queue.ts';

interface WatchServices {
  readonly watched: CatalogWatched;
  readonly queue: Pick<JobQueue, 'start'>;
  /** Every file under a folder; rejects when the folder cannot be read. */
  readonly walk: (folder: string) => Promise<readonly FoundFile[]>;
  /** Runs `step` in one transaction of the catalog. */
  readonly transaction: (step: () => void) => void;
  readonly now: () => number;
}
/** A file that is new or other than before, and since when it has been as it is. */
interface Arrival extends FoundFile {
  readonly since: number;
}
interface Seen {
  state: WatchRow['state'];
  arrivals: ReadonlyMap<string, Arrival>;
}

export const pollMs = 10_000;
/** A folder is imported when none of its files has changed for so long. */
export const settleMs = 30_000;

export class Watcher {
  readonly #services: WatchServices;
  readonly #seen = new Map<string, Seen>();
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;

  constructor(services: WatchServices) {
    this.#services = services;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.poll(), pollMs);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#polling;
  }

  list(): WatchRow[] {
    const { watched } = this.#services;
    return watched.folders().map(({ id, path, options }) => ({
      id,
      folder: path,
      options,
      state: this.#seen.get(id)?.state ?? 'watching',
      files: watched.count(id),
    }));
  }

  add(folder: string, options: ImportOptions): void {
    this.#services.watched.add(folder, options);
    void this.poll();
  }

  remove(id: string): void {
    this.#services.watched.remove(id);
    this.#seen.delete(id);
  }

  /** Looks into every folder once; a look that is under way is waited for. */
  poll(): Promise<void> {
    this.#polling ??= this.#pollAll().finally(() => {
      this.#polling = null;
    });
    return this.#polling;
  }

  async #pollAll(): Promise<void> {
    for (const folder of this.#services.watched.folders()) {
      try {
        await this.#pollFolder(folder);
      } catch {
        // Unplugged or unreachable: what is known of it stays, and it is looked for again.
        this.#seen.set(folder.id, { state: 'missing', arrivals: new Map() });
      }
    }
  }

  async #pollFolder({ id, path, options }: WatchedFolder): Promise<void> {
    const { watched, walk, queue, transaction, now } = this.#services;
    const files = await walk(path);
    const given = watched.files(id);
    const before = this.#seen.get(id)?.arrivals ?? new Map<string, Arrival>();
    const isOther = (file: FoundFile, than: Omit<FoundFile, 'path'> | undefined) =>
      file.bytes !== than?.bytes || file.mtimeMs !== than.mtimeMs;
    const arrivals = new Map(
      files
        .filter((file) => isOther(file, given.get(file.path)))
        .map((file) => {
          const known = before.get(file.path);
          const since = known && !isOther(file, known) ? known.since : now();
          return [file.path, { ...file, since }];
        }),
    );
    // The files of one folder belong together: a series is not taken while the rest of it is still coming.
    const unsettled = new Set<string>();
    for (const { path: file, since } of arrivals.values())
      if (now() - since < settleMs) unsettled.add(dirname(file));
    const ready = new Set<string>();
    for (const file of arrivals.keys()) if (!unsettled.has(dirname(file))) ready.add(dirname(file));
    const batch = files.filter((file) => ready.has(dirname(file.path)));
    if (batch.length > 0) {
      transaction(() => {
        watched.given(id, batch);
        queue.start({ origin: 'watch', sources: batch.map((file) => file.path), labels: undefined, options });
      });
      for (const { path: file } of batch) arrivals.delete(file);
    }
    this.#seen.set(id, { state: arrivals.size > 0 ? 'settling' : 'watching', arrivals });
  }
}
