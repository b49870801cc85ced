/** Makes guessing a passphrase slow: after each wrong one the next is tried later. */
import { PrecedentError } from '../native/contract/errors.ts';

/** The first may be a slip of the finger. */
const waitsMs = [0, 1000, 2000, 4000, 8000, 15_000, 30_000] as const;

export class Guesses {
  readonly #now: () => number;
  #wrong = 0;
  #notBefore = 0;
  /** A second guess does not begin beside one that runs. */
  #running = false;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get waitMs(): number {
    return Math.max(0, this.#notBefore - this.#now());
  }

  /** Lets a secret be tried; `refused` is what a wrong one throws. Throws `busy` where it is too early. */
  async try<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#running || this.waitMs > 0)
      throw new PrecedentError(
        'busy',
        'too many wrong passphrases',
        undefined,
        `try again in ${Math.max(1, Math.ceil(this.waitMs / 1000))} s`,
      );
    this.#running = true;
    try {
      const result = await attempt();
      this.#wrong = 0;
      return result;
    } catch (thrown) {
      if (PrecedentError.from(thrown).kind === 'refused') {
        this.#notBefore = this.#now() + waitsMs[Math.min(this.#wrong, waitsMs.length - 1)];
        this.#wrong++;
      }
      throw thrown;
    } finally {
      this.#running = false;
    }
  }
}
