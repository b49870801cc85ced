/** Who the command line works as, where the library has users: `--user`, and the PIN from a file or the terminal, never an argument. */
import { readFileSync } from 'node:fs';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { RpcClient } from '../contract/rpc.ts';
import { typedUnseen } from './typedUnseen.ts';

/** What the whole command line was given beside its command. */
export interface GivenUser {
  readonly user?: string;
  readonly pinFile?: string;
}

/** Signs in where that is needed or asked for. Throws `refused` for a wrong PIN, `usage` where something is missing. */
export async function signIn(engine: RpcClient<EngineContract>, { user, pinFile }: GivenUser): Promise<void> {
  const { locked, users, policy } = await engine.call('session.get', {});
  if (!locked && user === undefined) return;
  if (users.length === 0)
    throw new PrecedentError(
      'refused',
      'the library has no users',
      '--user',
      locked ? 'add one in the window first' : 'leave it out',
    );
  if (user === undefined)
    throw new PrecedentError('usage', 'the library is locked', undefined, 'say who you are with --user NAME');
  const found = users.find(({ name }) => name === user);
  const needed = found?.hasPin || policy.pinRequired;
  await engine.call('session.signIn', { name: user, pin: needed ? await readPin(pinFile) : undefined });
}

async function readPin(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    try {
      return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
    } catch {
      throw new PrecedentError(
        'usage',
        'the file with the PIN cannot be read',
        '--pin-file',
        'check the path',
      );
    }
  }
  return typedUnseen(
    'PIN: ',
    () =>
      new PrecedentError(
        'usage',
        'the user has a PIN, and there is no terminal to ask for it',
        undefined,
        'give --pin-file FILE, readable by you alone',
      ),
  );
}
