/** What an embedding can stand for, and which encoders make it. */
import { z } from 'zod';

export const encoderKinds = ['slice', 'multi-plane', 'volume', 'text'] as const;
export type EncoderKind = (typeof encoderKinds)[number];

export const levelNames = ['lesion', 'lesion-slice', 'slice', 'volume', 'caption'] as const;
export const level = z.enum(levelNames);
export type Level = z.infer<typeof level>;

/** Whose vector it is, which kinds of encoder make it, and whether there is one for each slice. */
export const levels: Readonly<
  Record<
    Level,
    { readonly of: 'lesion' | 'volume'; readonly kinds: readonly EncoderKind[]; readonly slices: boolean }
  >
> = {
  /** One for each lesion. */
  lesion: { of: 'lesion', kinds: ['slice', 'multi-plane', 'volume'], slices: false },
  /** One for each slice that a lesion crosses, as the encoder crops it. */
  'lesion-slice': { of: 'lesion', kinds: ['slice'], slices: true },
  /** One for each slice of a volume, whole. */
  slice: { of: 'volume', kinds: ['slice'], slices: true },
  /** One for each volume: of its slices together, or of the whole. */
  volume: { of: 'volume', kinds: ['slice', 'volume'], slices: false },
  /** One for each lesion's caption. */
  caption: { of: 'lesion', kinds: ['text'], slices: false },
};
