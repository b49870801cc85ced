/**
 * Opens encrypted libraries: by the keychain, or once the window brought the passphrase. The key is held in this process's memory
 * alone, goes to the engine by message, and is forgotten with the library.
 */
import { realpathSync } from 'node:fs';
import type { EncryptionState } from '../native/contract/encryption.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import {
  beginDecryption,
  beginEncryption,
  changePassphrase,
  changeRecoveryKey,
} from '../native/files/encryption.ts';
import {
  type KeyFile,
  keychainSealed,
  openKeyFile,
  readKeyFile,
  withKeychain,
  writeKeyFile,
} from '../native/files/keyFile.ts';
import { unlockFolder } from '../native/files/unlocked.ts';
import type { EngineHost } from './engineHost.ts';
import { Guesses } from './guesses.ts';
import { keychainRefused, openByKeychain, sealByKeychain } from './keychain.ts';
import type { LibraryChoice } from './library.ts';

export class Encryption {
  readonly #host: EngineHost;
  readonly #guesses = new Guesses();
  #state: EncryptionState['state'] = 'opening';
  #progress: EncryptionState['progress'];
  /** The library that waits for its passphrase. */
  #locked: LibraryChoice | null = null;
  #keychain = false;
  #forget: () => void = () => undefined;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  /** Opens a library; one that is encrypted and not in the keychain waits for `unlock`. Throws what the engine throws. */
  async open(choice: LibraryChoice): Promise<void> {
    const file = await readKeyFile(choice.folder);
    this.#keychain = file !== null && keychainSealed(file) !== null;
    const sealed = file && keychainSealed(file);
    const key = choice.key ?? (sealed ? openByKeychain(sealed) : null);
    if (file && !key) {
      await this.#host.close();
      this.#forget();
      this.#locked = choice;
      this.#state = 'locked';
      return;
    }
    await this.#openWith(choice, file, key ?? undefined);
  }

  async #openWith(choice: LibraryChoice, file: KeyFile | null, key: Uint8Array | undefined): Promise<void> {
    this.#forget();
    this.#locked = null;
    this.#progress = undefined;
    this.#state = !file ? 'plain' : file.state === 'encrypted' ? 'encrypted' : 'converting';
    // What this process reads itself it finds by the real path.
    if (key) this.#forget = unlockFolder(realpathSync(choice.folder), key);
    try {
      await this.#host.open({ ...choice, key });
    } catch (thrown) {
      this.#forget();
      // What was begun is finished by the next opening.
      if (file) this.#lock(choice);
      throw thrown;
    }
    if (file?.state === 'decrypting') {
      this.#forget();
      this.#host.forgetKey();
    }
    this.#state = file && file.state !== 'decrypting' ? 'encrypted' : 'plain';
  }

  #lock(choice: LibraryChoice): void {
    this.#locked = { ...choice, key: undefined };
    this.#state = 'locked';
  }

  converting(progress: { readonly done: number; readonly total: number }): void {
    this.#progress = { done: progress.done, total: progress.total };
  }

  state(): EncryptionState {
    return {
      state: this.#state,
      progress: this.#state === 'converting' ? this.#progress : undefined,
      waitMs: this.#guesses.waitMs,
      keychain: { on: this.#keychain, refused: keychainRefused() },
    };
  }

  /** Throws `refused` for a wrong secret, `busy` after several. */
  async unlock(secret: string): Promise<void> {
    const choice = this.#locked;
    if (!choice) throw new PrecedentError('usage', 'no library waits for a passphrase');
    const file = await readKeyFile(choice.folder);
    const key = file ? await this.#guesses.try(() => openKeyFile(file, secret)) : undefined;
    if (this.#locked === choice) await this.#openWith(choice, file, key);
  }

  /** Encrypts the library that is open; returns the recovery key. */
  async encrypt(passphrase: string): Promise<string> {
    const choice = this.#open();
    const { recoveryKey } = await this.#closedFor(choice, () => beginEncryption(choice.folder, passphrase));
    return recoveryKey;
  }

  async decrypt(secret: string): Promise<void> {
    const choice = this.#open();
    await this.#guesses.try(async () => {
      const file = await readKeyFile(choice.folder);
      if (file) await openKeyFile(file, secret);
    });
    await this.#closedFor(choice, async () => ({ key: await beginDecryption(choice.folder, secret) }));
  }

  /** Runs a step on the closed library and opens it again, with the key that the step gives. */
  async #closedFor<T extends { readonly key: Uint8Array }>(
    choice: LibraryChoice,
    step: () => Promise<T>,
  ): Promise<T> {
    this.#state = 'converting';
    this.#progress = undefined;
    await this.#host.close();
    let done: T;
    try {
      done = await step();
    } catch (thrown) {
      await this.open(choice);
      throw thrown;
    }
    await this.#openWith(choice, await readKeyFile(choice.folder), done.key);
    return done;
  }

  async changePassphrase(secret: string, next: string): Promise<void> {
    const { folder } = this.#open();
    await this.#guesses.try(() => changePassphrase(folder, secret, next));
  }

  newRecoveryKey(secret: string): Promise<string> {
    const { folder } = this.#open();
    return this.#guesses.try(() => changeRecoveryKey(folder, secret));
  }

  /** Throws `refused` where the keychain is none. */
  async setKeychain(on: boolean): Promise<void> {
    const { folder, key } = this.#open();
    const file = await readKeyFile(folder);
    if (!file || !key) throw new PrecedentError('usage', 'the library is not encrypted');
    const refused = on ? keychainRefused() : undefined;
    if (refused !== undefined) throw new PrecedentError('refused', refused, 'the keychain');
    await writeKeyFile(folder, withKeychain(file, on ? sealByKeychain(key) : null));
    this.#keychain = on;
  }

  #open(): LibraryChoice {
    const choice = this.#host.choice;
    if (!choice) throw new PrecedentError('busy', 'no library is open', undefined, 'try again');
    return choice;
  }
}
