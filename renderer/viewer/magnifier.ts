/** The magnifier: whether it is in the hand and how strong it is. */
import { create } from 'zustand';

/** How many times larger than the pane it may show. */
const factors = [1.5, 2, 2.5, 3, 4] as const;
/** A press longer than this is a hold, which ends with the key. */
const holdMs = 400;

interface Magnifier {
  readonly on: boolean;
  readonly place: number;
}
export const useMagnifier = create<Magnifier>(() => ({ on: false, place: 1 }));

export function factorOf(place: number): number {
  return factors[place];
}

/** For a button, which is not held. */
export function toggleMagnifier(): void {
  useMagnifier.setState(({ on }) => ({ on: !on }));
}

/** The key was pressed: takes the magnifier, or puts it back; one that was held is put back when the key is let go. */
export function pressMagnifier(): void {
  const on = !useMagnifier.getState().on;
  useMagnifier.setState({ on });
  if (!on) return;
  const since = performance.now();
  const release = () => {
    if (performance.now() - since > holdMs) useMagnifier.setState({ on: false });
  };
  window.addEventListener('keyup', release, { once: true });
}

export function stepMagnifier(by: 1 | -1): void {
  useMagnifier.setState(({ place }) => ({
    place: Math.min(factors.length - 1, Math.max(0, place + by)),
  }));
}
