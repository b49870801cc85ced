/** Window presets for CT, in HU, with the key that selects each. */

export interface Window {
  readonly width: number;
  readonly center: number;
}
export interface WindowPreset extends Window {
  readonly name: string;
  readonly key: string;
}

export const windowPresets: readonly WindowPreset[] = [
  { key: '1', name: 'Soft tissue', width: 400, center: 40 },
  { key: '2', name: 'Lung', width: 1500, center: -600 },
  { key: '3', name: 'Bone', width: 1800, center: 400 },
  { key: '4', name: 'Brain', width: 80, center: 40 },
  { key: '5', name: 'Liver', width: 150, center: 60 },
  { key: '6', name: 'Mediastinum', width: 350, center: 50 },
];

/** The grey-value range shown, in HU (DICOM PS3.3 C.11.2.1.2 without the half-unit, as values are continuous HU). */
export function windowRange(window: Window): { lower: number; upper: number } {
  return { lower: window.center - window.width / 2, upper: window.center + window.width / 2 };
}

/** The preset a window equals, if any. */
export function presetOf(window: Window): WindowPreset | undefined {
  return windowPresets.find((preset) => preset.width === window.width && preset.center === window.center);
}
