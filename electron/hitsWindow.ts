/** The second window, for hits: opened beside the first, put where its user had it, closed with the first. */
import { type BrowserWindow, screen } from 'electron';
import { log, loggable } from './log.ts';
import { placeHits, type RememberedHits, readRemembered, writeRemembered } from './placement.ts';

interface HitsWindowOptions {
  /** The file of the user's profile that keeps its place. */
  readonly file: string;
  /** The window that keeps the viewer; null once it is gone. */
  readonly first: () => BrowserWindow | null;
  readonly make: () => BrowserWindow;
  /** Told whenever it was opened or closed. */
  readonly onChange: (open: boolean) => void;
}

/** How long a window must stand still before its place is written. */
const settleMs = 400;

export class HitsWindow {
  readonly #options: HitsWindowOptions;
  #window: BrowserWindow | null = null;
  #remembered: RememberedHits;
  #ending = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: HitsWindowOptions) {
    this.#options = options;
    this.#remembered = readRemembered(options.file);
  }

  get window(): BrowserWindow | null {
    return this.#window;
  }

  /** Opens it if it was open when the application ended. */
  restore(): void {
    if (this.#remembered.open) this.open();
  }

  /** Opens it, or brings it to the front. Nothing happens without a first window. */
  open(): void {
    const first = this.#options.first();
    if (this.#window) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.focus();
      return;
    }
    if (!first) return;
    const place = placeHits(this.#remembered, screen.getAllDisplays(), first.getBounds());
    const window = this.#options.make();
    this.#window = window;
    window.setBounds(place.bounds);
    if (place.maximized) window.maximize();
    let timer: NodeJS.Timeout | undefined;
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#remember(window), settleMs);
    };
    window.on('move', moved);
    window.on('resize', moved);
    window.once('close', () => {
      clearTimeout(timer);
      this.#remember(window);
    });
    window.once('closed', () => {
      this.#window = null;
      // What was open when the application ends is open at the next start.
      if (this.#ending) return;
      this.#write({ ...this.#remembered, open: false });
      this.#options.onChange(false);
    });
    this.#write({ ...this.#remembered, open: true });
    this.#options.onChange(true);
  }

  close(): void {
    this.#window?.close();
  }

  toggle(): void {
    if (this.#window) this.close();
    else this.open();
  }

  /** The application ends, or the first window is gone: closes it, and remembers that it was open. */
  async end(): Promise<void> {
    this.#ending = true;
    this.close();
    await this.#writing;
  }

  #remember(window: BrowserWindow): void {
    if (window.isDestroyed() || window.isMinimized()) return;
    this.#write({
      ...this.#remembered,
      bounds: window.getNormalBounds(),
      maximized: window.isMaximized(),
    });
  }

  /** One write after the other; a place that cannot be kept is no reason to stop. */
  #write(next: RememberedHits): void {
    if (JSON.stringify(next) === JSON.stringify(this.#remembered)) return;
    this.#remembered = next;
    this.#writing = this.#writing
      .then(() => writeRemembered(this.#options.file, next))
      .catch((thrown: unknown) => log.error(loggable(thrown)));
  }
}
