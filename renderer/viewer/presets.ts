/** Window presets for CT, in HU, from the table in resources, and the window that fits what a slice holds. */
import table from '../../resources/presets/windows.json' with { type: 'json' };

export interface Window {
  readonly width: number;
  readonly center: number;
}
export interface WindowPreset extends Window {
  readonly name: string;
  /** The key that selects it, unless the user chose another. */
  readonly key: string;
}

export const windowPresets: readonly WindowPreset[] = table;

/** The grey-value range shown, in HU (DICOM PS3.3 C.11.2.1.2 without the half-unit, as values are continuous HU). */
export function windowRange(window: Window): { lower: number; upper: number } {
  return { lower: window.center - window.width / 2, upper: window.center + window.width / 2 };
}

/** The preset a window equals, if any. */
export function presetOf(window: Window): WindowPreset | undefined {
  return windowPresets.find((preset) => preset.width === window.width && preset.center === window.center);
}

/** What lies below, in HU, is the air around the patient. */
const airHu = -950;

/**
 * The window from the 1st to the 99th percentile of the values, in HU, without the air around the patient; null where there
 * is nothing but air or nothing at all. Narrower than 10 HU it would show noise alone.
 */
export function windowOf(values: Iterable<number>): Window | null {
  const body = Float32Array.from([...values].filter((hu) => hu > airHu)).sort();
  if (body.length === 0) return null;
  const lower = body[Math.floor(0.01 * (body.length - 1))];
  const upper = body[Math.ceil(0.99 * (body.length - 1))];
  return { width: Math.max(10, upper - lower), center: (lower + upper) / 2 };
}
