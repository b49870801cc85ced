/** Turns HU into the channels that a model takes: windows, mean and deviation, and their order in memory. */
import { PrecedentError } from '../contract/errors.ts';
import type { Window } from './manifestSchema.ts';

export interface ChannelRule {
  readonly windows: readonly Window[];
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/**
 * Writes `count` channels of one picture one after the other into `target` from `at` on, and returns where they end: 0…1
 * across each window, then (value − mean) / std. A lone window fills every channel.
 */
export function fillChannels(
  target: Float32Array,
  at: number,
  hu: ArrayLike<number>,
  { windows, mean, std }: ChannelRule,
  count = windows.length,
): number {
  let to = at;
  for (let channel = 0; channel < count; channel++) {
    const { center, width } = windows[windows.length === 1 ? 0 : channel];
    const low = center - width / 2;
    const [offset, scale] = [mean?.[channel] ?? 0, std?.[channel] ?? 1];
    for (let n = 0; n < hu.length; n++) {
      const value = (hu[n] - low) / width;
      target[to++] = ((value < 0 ? 0 : value > 1 ? 1 : value) - offset) / scale;
    }
  }
  return to;
}

/** Channels one after the other become the values of each point side by side. */
export function channelsLast(data: Float32Array, channels: number): Float32Array {
  const points = data.length / channels;
  const moved = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let point = 0; point < points; point++)
      moved[point * channels + channel] = data[channel * points + point];
  }
  return moved;
}

/** Throws `unreadable` when a value is not finite. */
export function checkFinite(hu: Float32Array): void {
  let sum = 0;
  for (let at = 0; at < hu.length; at++) sum += hu[at];
  if (Number.isFinite(sum)) return;
  throw new PrecedentError(
    'unreadable',
    'the volume holds voxels that are not numbers',
    undefined,
    'import it again',
  );
}
