/** Types of filterBankTables.mjs: the parts of an encoder's manifest that are tables. */
import type { MultiPlaneManifest } from '../../native/encoder/manifest.ts';
export const planes: MultiPlaneManifest['input']['planes'];
export const scales: MultiPlaneManifest['input']['scales'];
export const scaleShares: readonly number[];
export const windows: MultiPlaneManifest['input']['windows'];
