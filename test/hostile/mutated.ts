/** The mutated file of an index, laid into a folder as its format needs it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Format, formats } from './formats.ts';
import { mutate } from './mutate.ts';

export function formatOf(index: number): Format {
  return formats[index % formats.length];
}

const bases = new Map<Format, Uint8Array>();

/** Writes the file of an index into a folder that holds what it needs beside it; returns what an import is to be given. */
export async function writeMutated(folder: string, seed: number, index: number): Promise<string> {
  const format = formatOf(index);
  const base = bases.get(format) ?? (await format.make());
  bases.set(format, base);
  const mutated = mutate(base, seed, index);
  const path = join(folder, format.file);
  writeFileSync(path, format.wrap ? format.wrap(mutated) : mutated);
  return format.chosen ? path : folder;
}
