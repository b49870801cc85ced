/** Reads the machine-wide policy file, and believes it only where no ordinary user can have written it. */
import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PrecedentError } from '../contract/errors.ts';
import { noPolicy, type Policy, policy } from '../contract/policy.ts';

/** Written out, not taken from the environment, which is the user's to set. */
const paths: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'C:\\ProgramData\\Precedent\\policy.json',
  darwin: '/Library/Application Support/Precedent/policy.json',
};
const elsewhere = '/etc/precedent/policy.json';

export function policyPath(platform: NodeJS.Platform = process.platform): string {
  return paths[platform] ?? elsewhere;
}

/** A release is packed into an archive; there no switch names another policy file. */
export const isRelease = import.meta.dirname.includes('app.asar');

/**
 * The policy in force. Without a file there is none; one that cannot be read, does not fit or could have been written by a user
 * throws `refused`, so that nothing runs without it.
 * @param given another file, for tests and development; of a release it is not looked at. It may belong to whoever runs this.
 */
export function readPolicy(given?: string): Policy {
  const named = isRelease ? undefined : given;
  const path = named ?? policyPath();
  let text: string;
  try {
    const file = openSync(path, 'r');
    try {
      for (const stats of [fstatSync(file), statSync(dirname(path))])
        if (!trusted(stats, named !== undefined)) throw refused('users can write it', path);
      text = readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    if (thrown instanceof PrecedentError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (named === undefined && (code === 'ENOENT' || code === 'ENOTDIR')) return noPolicy;
    throw refused(`it cannot be read (${String(code)})`, path);
  }
  return parsePolicy(text, path);
}

function parsePolicy(text: string, path: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('it is not JSON', path);
  }
  const parsed = policy.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused([issue?.path.join('.'), issue?.message].filter(Boolean).join(': '), path);
}

/** Where files have owners and modes. On Windows the folder's access list has to see to it. */
function trusted({ uid, mode }: Stats, given: boolean): boolean {
  const own = process.getuid?.();
  if (own === undefined) return true;
  return (uid === 0 || (given && uid === own)) && (mode & 0o022) === 0;
}

function refused(what: string, path: string): PrecedentError {
  return new PrecedentError(
    'refused',
    `the policy file does not hold: ${what}`,
    path,
    'tell your administrator',
  );
}
