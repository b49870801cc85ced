/** What the marked lesion would become, drawn in its place while a correction is still being chosen. */
import { create } from 'zustand';
import type { Mask } from '../viewer/contours.ts';

export const useMaskPreview = create<{ readonly mask: Mask | null }>(() => ({ mask: null }));
