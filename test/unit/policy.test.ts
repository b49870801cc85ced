/** The machine-wide policy file: what it may say, when it is believed, and what follows for a library. */
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noPolicy } from '../../native/contract/policy.ts';
import { checkEncryption, checkLibraryPlace } from '../../native/policy/libraryRules.ts';
import { policyPath, readPolicy } from '../../native/policy/policyFile.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'precedent-policy-')));
  file = join(folder, 'policy.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const written = async (text: string, mode = 0o644) => {
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
};

describe('the file', () => {
  test('says all that it may say', async () => {
    const all = {
      libraryFolder: '/srv/precedent',
      encryptionRequired: true,
      exportDisabled: true,
      idleLockMinutes: 10,
      pinRequired: true,
      backupsFolder: '/srv/backups',
    };
    expect(readPolicy(await written(JSON.stringify(all)))).toEqual(all);
    expect(readPolicy(await written('{}'))).toEqual(noPolicy);
  });

  test.each([
    ['{', /it is not JSON/],
    ['{"exportDisabled":"yes"}', /exportDisabled: /],
    ['{"exportsDisabled":true}', /exportsDisabled/],
    ['{"idleLockMinutes":0}', /idleLockMinutes: /],
    ['[]', /does not hold: /],
  ])('is refused in one line where it says %s', async (text, message) => {
    const path = await written(text);
    expect(() => readPolicy(path)).toThrow(message);
    try {
      readPolicy(path);
    } catch (error) {
      expect(String(error)).toMatch(
        /^PrecedentError: \S*policy\.json: the policy file does not hold: [^\n]+; tell your administrator$/,
      );
    }
  });

  test.skipIf(process.platform === 'win32')(
    'is refused where others could have written it, or its folder',
    async () => {
      const path = await written('{}', 0o664);
      expect(() => readPolicy(path)).toThrow(/users can write it/);
      await chmod(path, 0o646);
      expect(() => readPolicy(path)).toThrow(/users can write it/);
      await chmod(path, 0o644);
      await chmod(folder, 0o777);
      expect(() => readPolicy(path)).toThrow(/users can write it/);
      await chmod(folder, 0o755);
      expect(readPolicy(path)).toEqual(noPolicy);
    },
  );

  test('that was named and is not there is refused too; without the machine’s there is no policy', () => {
    expect(() => readPolicy(file)).toThrow(/it cannot be read \(ENOENT\)/);
  });

  test('lies where only administrators write', () => {
    expect(policyPath('linux')).toBe('/etc/precedent/policy.json');
    expect(policyPath('darwin')).toBe('/Library/Application Support/Precedent/policy.json');
    expect(policyPath('win32')).toBe('C:\\ProgramData\\Precedent\\policy.json');
  });
});

describe('a library', () => {
  test('is opened in the named folder and within it alone, whatever leads there', async () => {
    const [named, beside] = [join(folder, 'named'), join(folder, 'named2')];
    for (const made of [named, beside]) await mkdir(made);
    await symlink(beside, join(named, 'way-out'));
    await symlink(named, join(folder, 'way-in'));
    const policy = { ...noPolicy, libraryFolder: named };
    for (const inside of [
      named,
      join(named, 'new'),
      join(folder, 'way-in', 'a', 'b'),
      join(named, '..named'),
    ])
      expect(() => checkLibraryPlace(policy, inside), inside).not.toThrow();
    for (const outside of [folder, beside, join(named, '..', 'x'), join(named, 'way-out', 'new'), '/'])
      expect(() => checkLibraryPlace(policy, outside), outside).toThrow(
        /policy: libraries are opened only in the folder/,
      );
    expect(() => checkLibraryPlace(noPolicy, beside)).not.toThrow();
  });

  test('that is not encrypted is refused where it has to be', () => {
    const required = { ...noPolicy, encryptionRequired: true };
    expect(() => checkEncryption(required, false)).toThrow(/policy: libraries must be encrypted/);
    expect(() => checkEncryption(required, true)).not.toThrow();
    expect(() => checkEncryption(noPolicy, false)).not.toThrow();
  });
});
