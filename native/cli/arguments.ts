/** Turns what was typed into what the engine takes; every mistake is a `usage` error that says how it should look. */
import type { Filter } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';

/** `field=value`. */
export function parseFilter(text: string): Filter {
  const cut = text.indexOf('=');
  if (cut < 1) throw new PrecedentError('usage', `"${text}" is not field=value`);
  return { field: text.slice(0, cut), value: text.slice(cut + 1) };
}

/** Six whole numbers `i0,j0,k0,i1,j1,k1`, corners inclusive, in stored voxel indices. */
export function parseRoi(text: string): [number, number, number, number, number, number] {
  const numbers = text.split(',').map(Number);
  const [i0, j0, k0, i1, j1, k1] = numbers;
  if (
    numbers.length !== 6 ||
    !numbers.every(Number.isInteger) ||
    text.split(',').some((part) => part.trim() === '')
  ) {
    throw new PrecedentError(
      'usage',
      `"${text}" is not a region`,
      '--roi',
      'write it as i0,j0,k0,i1,j1,k1 in whole voxels',
    );
  }
  if (i0 > i1 || j0 > j1 || k0 > k1) {
    throw new PrecedentError(
      'usage',
      'the first corner lies behind the second',
      '--roi',
      'write the smaller indices first',
    );
  }
  return [i0, j0, k0, i1, j1, k1];
}

/** A whole number from `least` to `most`. */
export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new PrecedentError('usage', `"${text}" is not a whole number from ${least} to ${most}`, name);
    }
    return value;
  };
}

/** For options that may be given more than once. */
export function collect<T>(parse: (text: string) => T): (text: string, before: T[]) => T[] {
  return (text, before) => [...before, parse(text)];
}
