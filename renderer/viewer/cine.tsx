/** Cine: runs through the slices of the active pane, from the last back to the first, until it is stopped. */
import { useEffect } from 'react';
import { create } from 'zustand';
import { useView } from '../ui/store.ts';
import { useWindows } from '../windows/state.ts';
import { scrollPane, scrollToEnd } from './scroll.ts';

/** Slices per second that can be chosen. */
const speeds = [2, 5, 8, 12, 16, 24, 30] as const;

const useCineSpeed = create<{ readonly place: number }>(() => ({ place: 3 }));

function slicesPerSecond(place: number): number {
  return speeds[place];
}

export function changeCineSpeed(by: 1 | -1): void {
  useCineSpeed.setState(({ place }) => ({ place: Math.min(speeds.length - 1, Math.max(0, place + by)) }));
}

/** Steps while cine runs and the viewer is in front. */
export function useCine(): void {
  const apart = useWindows((s) => s.apart);
  const running = useView((s) => s.cine && s.row !== null && (apart || s.compare === null));
  const place = useCineSpeed((s) => s.place);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      const { activePane } = useView.getState();
      if (!scrollPane(activePane, 1)) scrollToEnd(activePane, false);
    }, 1000 / slicesPerSecond(place));
    return () => clearInterval(timer);
  }, [running, place]);
}

/** Says how fast it runs. */
export function CineMark() {
  const speed = useCineSpeed((s) => s.place);
  return (
    <div className="cine-mark" data-testid="cine-mark">
      ▶ {slicesPerSecond(speed)} / s
    </div>
  );
}
