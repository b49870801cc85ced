/** Classes of an evaluation: the values of a label as they are, or ranges of a numeric label that share a name. */
import { PrecedentError } from '../contract/errors.ts';

/** A named range of a numeric label, both ends included. */
export interface ClassRange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const number = String.raw`-?\d+(?:\.\d+)?`;
const rangePattern = new RegExp(`^(${number})(?:-(${number}))?$`);
const example = "write it like 'benign=1-2,malignant=4-5'";

/**
 * Parses `name=value` or `name=from-to`, separated by commas; ends are included and a name may occur more than once.
 * @throws PrecedentError `usage` for anything else, a range the wrong way round, or classes that overlap.
 */
export function parseClasses(text: string): ClassRange[] {
  const ranges = text.split(',').map((part): ClassRange => {
    const cut = part.indexOf('=');
    const name = part.slice(0, cut).trim();
    if (cut < 0 || name === '') throw wrong(`"${part.trim()}" in the classes is not NAME=RANGE`);
    const match = rangePattern.exec(part.slice(cut + 1).trim());
    if (!match) throw wrong(`class "${name}" is not a number or a range of numbers`);
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from > to) throw wrong(`the range of class "${name}" runs the wrong way`);
    return { name, from, to };
  });
  for (const [i, a] of ranges.entries()) {
    for (const b of ranges.slice(i + 1)) {
      if (a.name !== b.name && a.from <= b.to && b.from <= a.to) {
        throw wrong(`classes "${a.name}" and "${b.name}" overlap`);
      }
    }
  }
  return ranges;
}

function wrong(what: string): PrecedentError {
  return new PrecedentError('usage', what, undefined, example);
}

/** The class of a label value, or null when it takes no part. Without ranges each distinct value is a class. */
export function classOf(value: string | undefined, ranges: readonly ClassRange[] | undefined): string | null {
  const text = value?.trim() ?? '';
  if (text === '') return null;
  if (!ranges) return text;
  const rating = Number(text);
  return ranges.find(({ from, to }) => rating >= from && rating <= to)?.name ?? null;
}
