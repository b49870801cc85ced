/**
 * Query and hit by turns in one pane: by the clock, or by the hand that holds a key. Where the system asks for little motion,
 * the clock runs only when it is started.
 */
import { useEffect } from 'react';
import { create } from 'zustand';
import { useSetup } from './setup.ts';

/** Turns per second that can be chosen; twice as many as flashes, of which no more than three a second are safe (WCAG 2.3.1). */
const rates = [0.5, 1, 1.5, 2, 3, 4] as const;

interface Flicker {
  readonly on: boolean;
  readonly running: boolean;
  /** Whether the hit is in front. */
  readonly hit: boolean;
}
const off: Flicker = { on: false, running: false, hit: false };

export const useFlicker = create<Flicker>(() => off);

export function turnsPerSecond(place: number): number {
  return rates[Math.min(place, rates.length - 1)];
}

export function changeFlickerRate(by: 1 | -1): void {
  useSetup.setState(({ flickerRate }) => ({
    flickerRate: Math.min(rates.length - 1, Math.max(0, flickerRate + by)),
  }));
}

export function toggleFlicker(): void {
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  useFlicker.setState(({ on }) => (on ? off : { on: true, running: !calm, hit: false }));
}

export function stopFlicker(): void {
  useFlicker.setState(off);
}

/** Starts or stops the clock. */
export function runFlicker(running: boolean): void {
  useFlicker.setState({ running });
}

/** The hit in the query's place for as long as the key is held. */
export function holdHit(): void {
  useFlicker.setState({ on: true, running: false, hit: true });
}

/** Runs the clock, and lets go of what is held; for the open comparison. */
export function useFlickerClock(): void {
  const running = useFlicker((s) => s.on && s.running);
  const place = useSetup((s) => s.flickerRate);
  useEffect(() => {
    if (!running) return;
    const turn = () => useFlicker.setState(({ hit }) => ({ hit: !hit }));
    const timer = setInterval(turn, 1000 / turnsPerSecond(place));
    return () => clearInterval(timer);
  }, [running, place]);
  useEffect(() => {
    const release = () => {
      const { on, running: turning } = useFlicker.getState();
      if (on && !turning) useFlicker.setState({ hit: false });
    };
    window.addEventListener('keyup', release);
    window.addEventListener('blur', release);
    return () => {
      window.removeEventListener('keyup', release);
      window.removeEventListener('blur', release);
      stopFlicker();
    };
  }, []);
}
