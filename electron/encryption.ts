/**
 * Opens encrypted libraries: by the keychain, or once the window brought the passphrase. The key is held in this process's memory
 * alone, goes to the engine by message, and is forgotten with the library.
 */
import { realpathSync } from 'node:fs';
import type { EncryptionState, Outcome } from '../native/contract/encryption.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import type { Policy } from '../native/contract/policy.ts';
import { renewKeyCopies } from '../native/engine/keyCopies.ts';
import {
  beginDecryption,
  beginEncryption,
  changePassphrase,
  changeRecoveryKey,
  type Opener,
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

/** What is saved to be printed. */
export function recoveryKeyText(recoveryKey: string): string {
  return `Recovery key of a Precedent library\n\n${recoveryKey}\n\nPrint this and keep it apart from the computer, then delete the file.\n`;
}

export class Encryption {
  readonly #host: EngineHost;
  readonly #policy: () => Policy;
  readonly #guesses = new Guesses();
  #state: EncryptionState['state'] = 'opening';
  #progress: EncryptionState['progress'];
  /** The library that waits for its passphrase. */
  #locked: LibraryChoice | null = null;
  #keychain = false;
  #forget: () => void = () => undefined;

  constructor(host: EngineHost, policy: () => Policy) {
    this.#host = host;
    this.#policy = policy;
  }

  /** Opens a library; one that is encrypted and not in the keychain waits for `unlock`. Throws what the engine throws. */
  async open(choice: LibraryChoice): Promise<void> {
    const file = await readKeyFile(choice.folder);
    this.#keychain = file !== null && keychainSealed(file) !== null;
    const sealed = file && keychainSealed(file);
    const byKeychain = choice.key === undefined && sealed ? openByKeychain(sealed) : null;
    const key = choice.key ?? byKeychain;
    if (file && !key) {
      await this.#host.close();
      this.#forget();
      this.#lock(choice);
      return;
    }
    try {
      await this.#openWith(choice, file, key ?? undefined);
    } catch (thrown) {
      // Where the keychain's key is refused the passphrase is asked for; it is told why if that is refused too.
      if (!byKeychain || PrecedentError.from(thrown).kind !== 'refused') throw thrown;
    }
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
      // Another library was asked for meanwhile.
      if (PrecedentError.from(thrown).kind === 'cancelled') throw thrown;
      this.#forget();
      // What was begun is finished by the next opening, unless it was taken back.
      if (await readKeyFile(choice.folder).catch(() => file)) this.#lock(choice);
      else this.#state = 'plain';
      throw thrown;
    }
    // What was begun is done, or was taken back.
    const encrypted = file !== null && (await readKeyFile(choice.folder)) !== null;
    if (file && !encrypted) {
      this.#forget();
      this.#host.forgetKey();
    }
    this.#state = encrypted ? 'encrypted' : 'plain';
  }

  /**
   * As `#openWith`, for a window that waits for it: a library that stayed what it was is open as that, and a recovery key is said
   * whatever failed after it was made.
   */
  async #openFor(choice: LibraryChoice, { key, recoveryKey }: Opener): Promise<Outcome> {
    const file = await readKeyFile(choice.folder);
    try {
      await this.#openWith(choice, file, key);
      return { recoveryKey };
    } catch (thrown) {
      const { kind, message: problem } = PrecedentError.from(thrown);
      const left = await readKeyFile(choice.folder).catch(() => file);
      let isOpen = false;
      // Nothing is left to be finished, and nobody asked for another library.
      if (left?.state !== file?.state && kind !== 'cancelled')
        isOpen = await this.#openWith(choice, left, left ? key : undefined).then(
          () => true,
          () => false,
        );
      const kept = left ? recoveryKey : undefined;
      if (!isOpen && kept === undefined) throw thrown;
      return { recoveryKey: kept, problem };
    }
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
  async unlock(secret: string): Promise<Outcome> {
    const choice = this.#locked;
    if (!choice) throw new PrecedentError('usage', 'no library waits for a passphrase');
    const file = await readKeyFile(choice.folder);
    if (!file) {
      await this.#openWith(choice, null, undefined);
      return {};
    }
    const opener = await this.#guesses.try(
      async (): Promise<Opener> =>
        file.state === 'encrypting'
          ? beginEncryption(choice.folder, secret)
          : { key: await openKeyFile(file, secret) },
    );
    return this.#locked === choice ? this.#openFor(choice, opener) : {};
  }

  /** Encrypts the library that is open. */
  encrypt(passphrase: string): Promise<Outcome> {
    const choice = this.#open();
    return this.#closedFor(choice, () => beginEncryption(choice.folder, passphrase));
  }

  async decrypt(secret: string): Promise<Outcome> {
    const choice = this.#open();
    await this.#guesses.try(async () => {
      const file = await readKeyFile(choice.folder);
      if (file) await openKeyFile(file, secret);
    });
    return this.#closedFor(choice, async () => ({ key: await beginDecryption(choice.folder, secret) }));
  }

  /** Runs a step on the closed library and opens it again, with the key that the step gives. */
  async #closedFor(choice: LibraryChoice, step: () => Promise<Opener>): Promise<Outcome> {
    this.#state = 'converting';
    this.#progress = undefined;
    await this.#host.close();
    let opener: Opener;
    try {
      opener = await step();
    } catch (thrown) {
      await this.open(choice);
      throw thrown;
    }
    return this.#openFor(choice, opener);
  }

  async changePassphrase(secret: string, next: string): Promise<Outcome> {
    const { folder } = this.#open();
    const key = await this.#guesses.try(() => changePassphrase(folder, secret, next));
    return this.#renewCopies(folder, key);
  }

  async newRecoveryKey(secret: string): Promise<Outcome> {
    const { folder } = this.#open();
    const { key, recoveryKey } = await this.#guesses.try(() => changeRecoveryKey(folder, secret));
    return { recoveryKey, ...(await this.#renewCopies(folder, key)) };
  }

  /** What it is for is done: what fails here is only told. */
  async #renewCopies(folder: string, key: Uint8Array): Promise<Outcome> {
    try {
      await renewKeyCopies(folder, key, this.#policy());
      return {};
    } catch (thrown) {
      return { problem: PrecedentError.from(thrown).message };
    }
  }

  /** Throws `refused` where the keychain is none. */
  async setKeychain(on: boolean): Promise<Outcome> {
    const { folder, key } = this.#open();
    const file = await readKeyFile(folder);
    if (!file || !key) throw new PrecedentError('usage', 'the library is not encrypted');
    const refused = on ? keychainRefused() : undefined;
    if (refused !== undefined) throw new PrecedentError('refused', refused, 'the keychain');
    await writeKeyFile(folder, withKeychain(file, on ? sealByKeychain(key) : null));
    this.#keychain = on;
    return this.#renewCopies(folder, key);
  }

  #open(): LibraryChoice {
    const choice = this.#host.choice;
    if (!choice) throw new PrecedentError('busy', 'no library is open', undefined, 'try again');
    return choice;
  }
}
