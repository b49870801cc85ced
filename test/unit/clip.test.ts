import { describe, expect, test } from 'vitest';
import { type ClipTransform, clipInput, greyPicture, type HuSlice } from '../../native/encoder/clip.ts';
import { generatedSlice, greys, normalised, resized } from './clip.fixtures.ts';

const softTissue = { center: 40, width: 400 };
const plain: ClipTransform = {
  size: 8,
  resizeMode: 'shortest',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  windows: [softTissue],
};
const grey = (input: Float32Array) => Array.from(input, (value) => Math.round(value * 255));

test.each(resized)('$width × $height becomes $size ($resizeMode) as in Pillow and torchvision', (made) => {
  const { width, height, size, resizeMode, rows } = made;
  const input = clipInput(generatedSlice(width, height), { ...plain, size, resizeMode });
  const expected = rows.flat();
  expect(grey(input)).toEqual([...expected, ...expected, ...expected]);
});

test.each(normalised)('values are normalised in float32 by mean $mean and std $std', (made) => {
  const { mean, std, channels } = made;
  const hu = greys.map((value) => softTissue.center - 200 + (value / 255) * 400);
  // A slice as tall as the input keeps its rows: a column for each grey value.
  const slice: HuSlice = { hu: greys.flatMap(() => hu), width: 8, height: 8 };
  const input = clipInput(slice, { ...plain, mean, std });
  for (const [channel, values] of channels.entries()) {
    expect(Array.from(input.subarray(64 * channel, 64 * channel + 8))).toEqual(values.map(Math.fround));
  }
});

test('the window is cut off at its edges and rounded to the nearest grey', () => {
  const hu = [-1000, -160, -159.3, -159.2, 39.9, 40, 239.1, 239.3, 240, 3000];
  const { pixels } = greyPicture({ hu, width: 10, height: 1 }, softTissue);
  expect(Array.from(pixels)).toEqual([0, 0, 0, 1, 127, 128, 254, 255, 255, 255]);
});

test('three windows become red, green and blue, in their order', () => {
  const windows = [
    { center: -600, width: 1500 },
    { center: 40, width: 400 },
    { center: 400, width: 1800 },
  ] as const;
  const slice = generatedSlice(13, 9);
  const input = clipInput(slice, { ...plain, windows });
  for (const [channel, window] of windows.entries()) {
    const alone = clipInput(slice, { ...plain, windows: [window] });
    expect(input.subarray(64 * channel, 64 * (channel + 1))).toEqual(alone.subarray(0, 64));
  }
});

test('a very long slice is cropped without being resized as a whole', () => {
  const input = clipInput(generatedSlice(20_000, 2), { ...plain, size: 480 });
  expect(input).toHaveLength(3 * 480 * 480);
  expect(new Set(input).size).toBeGreaterThan(10);
});

describe('a slice that is none', () => {
  test.each<[string, HuSlice, string]>([
    ['empty', { hu: [], width: 0, height: 3 }, 'usage'],
    ['of another length', { hu: [1, 2, 3], width: 2, height: 2 }, 'usage'],
    ['not a number', { hu: [1, 2, Number.NaN, 4], width: 2, height: 2 }, 'unreadable'],
    ['infinite', { hu: [1, 2, Number.POSITIVE_INFINITY, 4], width: 2, height: 2 }, 'unreadable'],
  ])('%s', (_, slice, kind) => {
    expect(() => clipInput(slice, plain)).toThrow(expect.objectContaining({ kind }));
  });
});
