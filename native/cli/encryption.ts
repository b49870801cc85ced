/** The commands that encrypt a library, decrypt it, and change what opens it (docs/encryption.md). */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { PrecedentError } from '../contract/errors.ts';
import { renewKeyCopies } from '../engine/keyCopies.ts';
import {
  beginDecryption,
  beginEncryption,
  changePassphrase,
  changeRecoveryKey,
  checkMayEncrypt,
} from '../files/encryption.ts';
import { readKeyFile } from '../files/keyFile.ts';
import { checkLibraryDisk } from '../files/place.ts';
import { checkEncryption, checkLibraryPlace } from '../policy/libraryRules.ts';
import { readPolicy } from '../policy/policyFile.ts';
import { type Common, libraryCommand, print } from './commands.ts';
import { given, startHost } from './host.ts';
import { progressPrinter } from './output.ts';
import { askNewPassphrase, askSecret } from './passphrase.ts';

const recoveryText = (recoveryKey: string) =>
  [
    `recovery key: ${recoveryKey}`,
    'Print it and keep it apart from this computer: without it and without the passphrase nobody can open the library again.',
  ].join('\n');

/** Lets an engine finish what the key file says. */
async function finish(library: string, secret: () => Promise<string>): Promise<void> {
  const progress = progressPrinter();
  const onConverting = ({ done, total }: { done: number; total: number }) =>
    progress({ phase: 'files', done, total });
  const host = await startHost(library, { mayCreate: true, maybeLocked: true, secret, onConverting });
  await host.close();
}

const encrypt = libraryCommand('encrypt', 'encrypt a library, or make an empty one that is').action(
  async (options: Common) => {
    const root = resolve(options.library);
    // Before it has a key: what no engine opens would not be encrypted, and nobody would see the recovery key.
    checkLibraryPlace(readPolicy(given.policy), root);
    await checkLibraryDisk(root);
    const begun = await readKeyFile(root);
    checkMayEncrypt(begun);
    const passphrase = begun
      ? await askSecret(options.passphraseFile)
      : await askNewPassphrase(options.passphraseFile);
    const { recoveryKey } = await beginEncryption(root, passphrase);
    const recovery = recoveryKey === undefined ? [] : [recoveryText(recoveryKey)];
    try {
      await finish(root, async () => passphrase);
    } catch (error) {
      // It opens the library when that is finished; one that was refused has no key.
      if (recoveryKey !== undefined && (await readKeyFile(root).catch(() => true)))
        print(options, { encrypted: false, recoveryKey }, () => recovery.join('\n'));
      throw error;
    }
    print(options, { encrypted: true, recoveryKey }, () =>
      ['the library is encrypted', ...recovery].join('\n'),
    );
  },
);

const decrypt = libraryCommand('decrypt', 'turn an encrypted library into one that is not').action(
  async (options: Common) => {
    const root = resolve(options.library);
    checkEncryption(readPolicy(given.policy), false);
    const secret = await askSecret(options.passphraseFile);
    if ((await readKeyFile(root))?.state !== 'decrypting') await beginDecryption(root, secret);
    await finish(root, async () => secret);
    print(options, { encrypted: false }, () => 'the library is no longer encrypted');
  },
);

interface PassphraseOptions extends Common {
  readonly newPassphraseFile?: string;
  readonly newRecoveryKey?: boolean;
}

const passphrase = libraryCommand('passphrase', 'change the passphrase of an encrypted library')
  .option('--new-passphrase-file <file>', 'the new passphrase, the first line of this file')
  .option('--new-recovery-key', 'keep the passphrase, and print another recovery key in the place of the old')
  .action(async (options: PassphraseOptions) => {
    const root = resolve(options.library);
    if (!(await readKeyFile(root)))
      throw new PrecedentError('usage', 'it is not encrypted', 'the library', 'encrypt it first');
    const secret = await askSecret(options.passphraseFile);
    if (options.newRecoveryKey) {
      const { key, recoveryKey } = await changeRecoveryKey(root, secret);
      print(options, { recoveryKey }, () => recoveryText(recoveryKey));
      await renewKeyCopies(root, key, readPolicy(given.policy));
      return;
    }
    const key = await changePassphrase(root, secret, await askNewPassphrase(options.newPassphraseFile));
    print(options, { changed: true }, () => 'the passphrase is changed');
    await renewKeyCopies(root, key, readPolicy(given.policy));
  });

export const encryptionCommands: readonly Command[] = [encrypt, decrypt, passphrase];
