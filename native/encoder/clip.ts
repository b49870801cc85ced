/** Turns a CT slice into the input of an image encoder of the CLIP family, exactly as its training code did. */
import { PrecedentError } from '../contract/errors.ts';
import { type GreyPicture, resizeBicubic, type Stretch } from './pillowResize.ts';

/** One slice in HU, row-major, as the patient is seen: x to the right, y down. */
export interface HuSlice {
  readonly hu: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}
export interface HuWindow {
  readonly center: number;
  readonly width: number;
}
export type Rgb = readonly [number, number, number];

export interface ClipTransform {
  /** Side of the square input in pixels. */
  readonly size: number;
  /** As open_clip names it. `shortest`: the shorter side becomes `size` and the middle is kept; `squash`: both become `size`. */
  readonly resizeMode: 'shortest' | 'squash';
  /** Subtracted from, and divided into, values of 0…1, in the order R, G, B. */
  readonly mean: Rgb;
  readonly std: Rgb;
  /** One window makes a grey picture; three make its red, green and blue. */
  readonly windows: readonly [HuWindow] | readonly [HuWindow, HuWindow, HuWindow];
}

/**
 * [3, size, size] of one slice: windowed to 8 bits, then torchvision's Resize (Pillow, bicubic, antialiased), CenterCrop, ToTensor and
 * Normalize. Equal to Pillow 9.4 with torchvision 0.14 to the last bit of float32.
 * Throws `usage` when the slice is empty or its length is not width × height, `unreadable` when a value is not finite.
 */
export function clipInput(slice: HuSlice, transform: ClipTransform): Float32Array {
  checkSlice(slice);
  const { size, mean, std, windows } = transform;
  const [columns, rows] = stretches(slice, transform);
  const pictures = windows.map((window) => resizeBicubic(greyPicture(slice, window), columns, rows).pixels);
  const input = new Float32Array(3 * size * size);
  for (let channel = 0; channel < 3; channel++) {
    const pixels = pictures.length === 1 ? pictures[0] : pictures[channel];
    const values = normalised(mean[channel], std[channel]);
    const start = channel * size * size;
    for (let at = 0; at < pixels.length; at++) input[start + at] = values[pixels[at]];
  }
  return input;
}

/** The window's lower edge becomes 0 and its upper edge 255, rounded to the nearest and half up. */
export function greyPicture({ hu, width, height }: HuSlice, window: HuWindow): GreyPicture {
  const low = window.center - window.width / 2;
  const pixels = new Uint8Array(width * height);
  for (let at = 0; at < pixels.length; at++) {
    const value = Math.min(1, Math.max(0, (hu[at] - low) / window.width));
    pixels[at] = Math.floor(value * 255 + 0.5);
  }
  return { pixels, width, height };
}

/** What of the resized slice is kept, along its rows and along its columns. */
function stretches(
  { width, height }: HuSlice,
  { size, resizeMode }: ClipTransform,
): readonly [Stretch, Stretch] {
  const shorter = Math.min(width, height);
  const side = (from: number): Stretch => {
    const length = resizeMode === 'squash' || from === shorter ? size : Math.trunc((size * from) / shorter);
    return { length, first: roundHalfEven((length - size) / 2), count: size };
  };
  return [side(width), side(height)];
}

/** Python's round, by which torchvision places the crop. */
function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** What each grey value becomes; every step rounds to float32, as tensors do. */
function normalised(mean: number, std: number): Float32Array {
  const f32 = Math.fround;
  return Float32Array.from({ length: 256 }, (_, grey) => f32(f32(grey / 255) - f32(mean)) / f32(std));
}

function checkSlice({ hu, width, height }: HuSlice): void {
  if (!(width > 0 && height > 0) || hu.length !== width * height) {
    throw new PrecedentError('usage', `${hu.length} values are no slice of ${width} × ${height}`);
  }
  for (let at = 0; at < hu.length; at++) {
    if (Number.isFinite(hu[at])) continue;
    throw new PrecedentError(
      'unreadable',
      'the slice holds voxels that are not numbers',
      undefined,
      'import it again',
    );
  }
}
