/** Which patients an encoder was trained on: figures measured on them are too good. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import type { Manifest } from './manifest.ts';

/**
 * A test of a patient's identity (patient ID, and issuer behind ^^^) against the cases that the manifest lists, or the file that
 * it names: the patient ID is one of a case's words. Throws `unreadable` when that file is missing.
 */
export async function trainedOnTest(
  { training = [] }: Pick<Manifest, 'training'>,
  folder: string,
): Promise<(identity: string) => boolean> {
  const cases = typeof training === 'string' ? await linesOf(join(folder, training)) : training;
  const words = new Set(cases.flatMap((line) => line.split(/\s+/).filter((word) => word !== '')));
  return (identity) => words.has(identity.split('^^^')[0]);
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n');
  } catch {
    throw new PrecedentError(
      'unreadable',
      'the list of what the encoder was trained on is missing',
      path,
      'install the encoder again',
    );
  }
}
