/** Passphrases of the command line: from a file or typed unseen, never an argument, which every user of the machine could read. */
import { PrecedentError } from '../contract/errors.ts';
import { readFileBytes } from '../files/files.ts';
import { typedUnseen } from './typedUnseen.ts';

const largestFile = 16 * 1024;

/** The first line of a file. Throws `usage`. */
async function passphraseFrom(path: string): Promise<string> {
  const bytes = await readFileBytes(path).catch(() => {
    throw new PrecedentError('usage', 'the file cannot be read', '--passphrase-file', 'check the path');
  });
  const [line] = Buffer.from(bytes.subarray(0, largestFile)).toString('utf8').split(/\r?\n/, 1);
  if (!line) throw new PrecedentError('usage', 'the first line is empty', '--passphrase-file');
  return line;
}

/** Throws `usage` where nobody can type. */
function typed(what: string): Promise<string> {
  return typedUnseen(
    `${what[0].toUpperCase()}${what.slice(1)}: `,
    () => new PrecedentError('usage', `the ${what} is needed`, undefined, 'give --passphrase-file FILE'),
  );
}

/** The passphrase of a library, or its recovery key. */
export function askSecret(file: string | undefined): Promise<string> {
  return file === undefined ? typed('passphrase or recovery key') : passphraseFrom(file);
}

/** A new passphrase, typed twice. */
export async function askNewPassphrase(file: string | undefined): Promise<string> {
  if (file !== undefined) return passphraseFrom(file);
  const first = await typed('new passphrase');
  if ((await typed('the same again')) !== first)
    throw new PrecedentError('usage', 'the two passphrases differ', undefined, 'type it once more');
  return first;
}
