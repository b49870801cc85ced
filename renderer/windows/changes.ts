/**
 * Values that two windows change, each with the stamp of its last change: of two changes the later counts, of two at once the first
 * window's, so that both end with the same whatever the order in which their messages arrive (Lamport 1978).
 */
import {
  type SharedName,
  type SharedValues,
  type Stamp,
  sharedNames,
  type WindowKind,
  type WindowMessage,
} from '../../native/contract/windows.ts';

type ValuesMessage = Extract<WindowMessage, { readonly say: 'values' }>;

export class Changes {
  readonly #by: WindowKind;
  readonly #stamps: Partial<Record<SharedName, Stamp>> = {};
  readonly #known: Partial<SharedValues>;
  #count = 0;

  /** @param values what both windows begin with: the first window's counts as a change, the other's gives way to it */
  constructor(by: WindowKind, values: SharedValues) {
    this.#by = by;
    this.#known = by === 'first' ? {} : { ...values };
    this.made(values);
  }

  /** What of these values is another than was known, as a message to the other window; null where nothing is. */
  made(values: SharedValues): ValuesMessage | null {
    const names = sharedNames.filter((name) => values[name] !== this.#known[name]);
    if (names.length === 0) return null;
    this.#count += 1;
    for (const name of names) this.#stamps[name] = { count: this.#count, by: this.#by };
    Object.assign(this.#known, pick(values, names));
    return this.#message(names);
  }

  /** Takes in what the other window says, and returns what of it counts. */
  taken({ values, stamps }: ValuesMessage): Partial<SharedValues> {
    const names = sharedNames.filter((name) => {
      const stamp = stamps[name];
      return stamp && Object.hasOwn(values, name) && isLater(stamp, this.#stamps[name]);
    });
    for (const name of names) {
      const stamp = stamps[name];
      if (!stamp) continue;
      this.#stamps[name] = stamp;
      this.#count = Math.max(this.#count, stamp.count);
    }
    const later = pick(values, names);
    Object.assign(this.#known, later);
    return later;
  }

  /** All that was ever changed, for a page that has just begun. */
  all(): ValuesMessage {
    return this.#message(sharedNames.filter((name) => this.#stamps[name]));
  }

  #message(names: readonly SharedName[]): ValuesMessage {
    return { say: 'values', values: pick(this.#known, names), stamps: pick(this.#stamps, names) };
  }
}

function isLater(stamp: Stamp, than: Stamp | undefined): boolean {
  if (!than) return true;
  if (stamp.count !== than.count) return stamp.count > than.count;
  return stamp.by === 'first' && than.by === 'hits';
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
