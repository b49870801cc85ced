/**
 * Reads the count and the size out of a caption that states them. Not a way to search: it shows what such captions give away.
 */
import { type MirOrgan, mirLesionGroup, mirOrgans } from './labels.ts';

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

interface StatedFinding {
  readonly organ: MirOrgan;
  readonly numberTumors: number;
  /** 0 without a tumour. */
  readonly cm: number;
}

/** What a caption says, or undefined where it says no organ, no count or no size. */
export function readCaption(caption: string): StatedFinding | undefined {
  const text = caption.toLowerCase();
  const organ = mirOrgans.find((name) => text.includes(name));
  if (!organ) return undefined;
  if (/\b(no|without) (tumors?|lesions?)\b|\bhealthy\b|\bnormal\b/.test(text))
    return { organ, numberTumors: 0, cm: 0 };
  const counted = /\b(\d+|[a-z]+) (?:tumors?|lesions?)\b/.exec(text);
  const size = /(\d+(?:\.\d+)?)\s*(?:cm|centimeters?)\b/.exec(text);
  if (!counted || !size) return undefined;
  const [, named] = counted;
  const count = /^\d+$/.test(named) ? Number(named) : Math.max(1, numbers.indexOf(named));
  return { organ, numberTumors: count, cm: Number(size[1]) };
}

/** The likeness of two stated findings: the flag first, then the group that the published rules give, then the size. */
export function statedLikeness(a: StatedFinding | undefined, b: StatedFinding | undefined): number {
  if (!a || !b || a.organ !== b.organ) return Number.NaN;
  const group = ({ organ, numberTumors, cm }: StatedFinding) => mirLesionGroup(organ, numberTumors, cm);
  const sameFlag = a.numberTumors > 0 === b.numberTumors > 0;
  return (sameFlag ? 2 : 0) + (group(a) === group(b) ? 1 : 0) + 1 / (2 + Math.abs(a.cm - b.cm));
}
