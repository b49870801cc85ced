/** Types of builtinTables.mjs: the parts of an encoder's manifest that are tables. */
import type { Manifest } from '../../native/encoder/manifest.ts';
export const planes: Manifest['input']['planes'];
export const scales: Manifest['input']['scales'];
export const scaleShares: readonly number[];
export const windows: Manifest['input']['windows'];
export const measurements: Manifest['measurements'];
export const normalisation: Manifest['normalisation'];
