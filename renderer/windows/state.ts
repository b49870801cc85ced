/** Which of the two windows this page is in, and whether hits and comparison stand in the second one. */
import { create } from 'zustand';
import type { WindowKind } from '../../native/contract/windows.ts';

interface Windows {
  readonly kind: WindowKind;
  /** Whether the second window is open: then the viewer has the first to itself. */
  readonly apart: boolean;
}

export const useWindows = create<Windows>(() => ({ kind: 'first', apart: false }));

export function isHitsPage(): boolean {
  return useWindows.getState().kind === 'hits';
}
