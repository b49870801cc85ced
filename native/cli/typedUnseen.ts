/** Secrets that are typed at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** The line that is typed after `prompt`, which is not shown. Throws what `nobody` makes where there is no terminal. */
export async function typedUnseen(prompt: string, nobody: () => Error): Promise<string> {
  if (!process.stdin.isTTY) throw nobody();
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
