/** A volume as the window is told of it: of patient P, 100 × 80 × 40 voxels along the patient's axes. */
import type { VolumeRow } from '../../native/contract/model.ts';

export const volume = (id: string, more: Partial<VolumeRow> = {}): VolumeRow => ({
  id,
  patient: 'P',
  study: 'now',
  series: `series ${id}`,
  dims: [100, 80, 40],
  spacingMm: [1, 1, 2],
  originMm: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  path: '',
  dtype: 'int16',
  warnings: [],
  lossy: false,
  interpolated: false,
  copied: false,
  deidentified: false,
  lesions: 0,
  ...more,
});
