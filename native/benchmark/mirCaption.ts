/** A case in words, from its count and its largest size alone, in the benchmark's form (organ, count, longest diameter). */
import type { MirLabels, MirOrgan } from './mirLabels.ts';

/**
 * For example "Multiple lesions (7) in the liver, the largest 24 mm, 2 to 3 cm". The size stands in millimetres, and in whole
 * centimetres between which it lies, so that captions of like sizes share words.
 */
export function mirCaption(
  organ: MirOrgan,
  { numberTumors: n, maxTumorSizeCm: cm }: Pick<MirLabels, 'numberTumors' | 'maxTumorSizeCm'>,
): string {
  if (n === 0) return `No lesion in the ${organ}`;
  const whole = Math.floor(cm);
  const size = `${Math.round(cm * 10)} mm, ${whole} to ${whole + 1} cm`;
  return n === 1
    ? `Single lesion in the ${organ}, ${size}`
    : `Multiple lesions (${n}) in the ${organ}, the largest ${size}`;
}
