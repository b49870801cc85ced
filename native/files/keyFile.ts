/**
 * The key file of an encrypted library: the library's key, wrapped once for each way to it, so that a passphrase is changed without
 * touching the library. Without one of these ways there is none to what the library holds. docs/encryption.md has the format.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import { isThere, readFileBytes, removeFile, writeFileAtomic } from './files.ts';
import { newRecoveryKey, recoveryBytes } from './recoveryKey.ts';

const derive: (
  secret: string,
  salt: Uint8Array,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer> = promisify(scrypt);

const base64 = z.base64().max(4096);
const wrapped = { salt: base64, nonce: base64, wrapped: base64 };
const powerOf2 = z
  .number()
  .int()
  .min(2 ** 14)
  .max(2 ** 20);
const passphraseSlot = z.object({
  kind: z.literal('passphrase'),
  /** RFC 7914. */
  scrypt: z.object({ N: powerOf2, r: z.number().int().min(8).max(16), p: z.number().int().min(1).max(4) }),
  ...wrapped,
});
const recoverySlot = z.object({ kind: z.literal('recovery'), ...wrapped });
/** What the operating system's keychain made of the key; of use on the computer and to the user that it was made by. */
const keychainSlot = z.object({ kind: z.literal('keychain'), sealed: base64 });

export const keyFileSchema = z.object({
  format: z.literal(1),
  /** `encrypting` and `decrypting` are finished at the next opening. */
  state: z.enum(['encrypting', 'encrypted', 'decrypting']),
  slots: z.array(z.discriminatedUnion('kind', [passphraseSlot, recoverySlot, keychainSlot])).min(1),
});
export type KeyFile = z.output<typeof keyFileSchema>;
type Slot = KeyFile['slots'][number];

/** 128 MiB and some tenths of a second for each guess. */
const strength = { N: 2 ** 17, r: 8, p: 1 };
const leastPassphraseLength = 12;
const mostPassphraseLength = 1024;

const fileName = 'key.json';

/** Null where the library is not encrypted. Throws `corrupt` where the file is none of this version. */
export async function readKeyFile(root: string): Promise<KeyFile | null> {
  const path = join(root, fileName);
  if (!(await isThere(path))) return null;
  try {
    return keyFileSchema.parse(JSON.parse(Buffer.from(await readFileBytes(path)).toString('utf8')));
  } catch (error) {
    if (error instanceof PrecedentError) throw error;
    throw new PrecedentError(
      'corrupt',
      'the key file is damaged or of a newer version',
      fileName,
      'put its copy from a backup in its place',
    );
  }
}

/** @param name another one for a copy beside backups */
export async function writeKeyFile(folder: string, file: KeyFile, name = fileName): Promise<void> {
  await writeFileAtomic(join(folder, name), Buffer.from(`${JSON.stringify(file, null, 2)}\n`));
}

export async function removeKeyFile(root: string): Promise<void> {
  await removeFile(join(root, fileName));
}

/** A new key with a passphrase and a recovery key to it. Throws `usage` for a passphrase that is too short. */
export async function newKeyFile(
  passphrase: string,
  state: KeyFile['state'],
): Promise<{ readonly key: Uint8Array; readonly file: KeyFile; readonly recoveryKey: string }> {
  const key = randomBytes(32);
  const recoveryKey = newRecoveryKey();
  const slots = [await passphraseFor(key, passphrase), recoveryFor(key, recoveryKey)];
  return { key, file: { format: 1, state, slots }, recoveryKey };
}

/** The key, by the passphrase or the recovery key. Throws `refused` when it is neither. */
export async function openKeyFile(file: KeyFile, secret: string): Promise<Uint8Array> {
  // What looks like a recovery key is tried as one first: that costs nothing.
  const recovered = openByRecoveryKey(file, secret);
  if (recovered) return recovered;
  for (const slot of file.slots) {
    const key = slot.kind === 'passphrase' && unwrap(slot, await fromPassphrase(slot, secret));
    if (key) return key;
  }
  throw new PrecedentError(
    'refused',
    'the passphrase is wrong',
    undefined,
    'check capital letters and the keyboard, or use the recovery key',
  );
}

/** The key, by the recovery key alone; null where it is another or none. */
export function openByRecoveryKey(file: KeyFile, secret: string): Uint8Array | null {
  const recovery = recoveryBytes(secret);
  const slot = file.slots.find(({ kind }) => kind === 'recovery');
  return recovery && slot?.kind === 'recovery' ? unwrap(slot, fromRecovery(slot, recovery)) : null;
}

/** The same library key behind another passphrase; the old one no longer opens it. Throws `usage`. */
export async function withPassphrase(file: KeyFile, key: Uint8Array, passphrase: string): Promise<KeyFile> {
  return withSlot(file, await passphraseFor(key, passphrase));
}

/** The same library key behind another recovery key. */
export function withRecoveryKey(file: KeyFile, key: Uint8Array): { file: KeyFile; recoveryKey: string } {
  const recoveryKey = newRecoveryKey();
  return { file: withSlot(file, recoveryFor(key, recoveryKey)), recoveryKey };
}

/** Keeps what the keychain made of the key, or with null forgets it. */
export function withKeychain(file: KeyFile, sealed: Uint8Array | null): KeyFile {
  if (sealed) return withSlot(file, { kind: 'keychain', sealed: Buffer.from(sealed).toString('base64') });
  return { ...file, slots: file.slots.filter(({ kind }) => kind !== 'keychain') };
}

export function keychainSealed(file: KeyFile): Buffer | null {
  const slot = file.slots.find(({ kind }) => kind === 'keychain');
  return slot?.kind === 'keychain' ? Buffer.from(slot.sealed, 'base64') : null;
}

function withSlot(file: KeyFile, slot: Slot): KeyFile {
  return { ...file, slots: [...file.slots.filter(({ kind }) => kind !== slot.kind), slot] };
}

async function passphraseFor(key: Uint8Array, passphrase: string): Promise<Slot> {
  const length = [...passphrase.normalize('NFC')].length;
  if (length < leastPassphraseLength || length > mostPassphraseLength)
    throw new PrecedentError(
      'usage',
      `a passphrase has from ${leastPassphraseLength} to ${mostPassphraseLength} characters`,
      undefined,
      'take several words',
    );
  const slot = {
    kind: 'passphrase' as const,
    scrypt: strength,
    salt: randomBytes(32).toString('base64'),
  };
  return { ...slot, ...wrap(slot, await fromPassphrase(slot, passphrase), key) };
}

function recoveryFor(key: Uint8Array, recoveryKey: string): Slot {
  const slot = { kind: 'recovery' as const, salt: randomBytes(32).toString('base64') };
  return { ...slot, ...wrap(slot, fromRecovery(slot, recoveryBytes(recoveryKey) ?? Buffer.alloc(0)), key) };
}

type PassphraseParameters = Pick<z.output<typeof passphraseSlot>, 'kind' | 'scrypt' | 'salt'>;
type RecoveryParameters = Pick<z.output<typeof recoverySlot>, 'kind' | 'salt'>;

/** What is typed in two ways of writing the same letters is the same passphrase (NFC). */
function fromPassphrase({ scrypt: { N, r, p }, salt }: PassphraseParameters, text: string): Promise<Buffer> {
  const maxmem = 256 * N * r;
  return derive(text.normalize('NFC'), Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem });
}

/** It is random itself: nothing has to be made slow. */
function fromRecovery({ salt }: RecoveryParameters, bytes: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, Buffer.from(salt, 'base64'), 'precedent recovery 1', 32));
}

/** A slot's own parameters are bound to what it wraps. */
function boundTo(slot: PassphraseParameters | RecoveryParameters): Buffer {
  const { kind, salt } = slot;
  const { N, r, p } = kind === 'passphrase' ? slot.scrypt : { N: 0, r: 0, p: 0 };
  return Buffer.from(`precedent key 1 ${kind} ${salt} ${N} ${r} ${p}`);
}

function wrap(
  slot: PassphraseParameters | RecoveryParameters,
  by: Buffer,
  key: Uint8Array,
): { nonce: string; wrapped: string } {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', by, nonce).setAAD(boundTo(slot));
  const bytes = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64'), wrapped: bytes.toString('base64') };
}

/** Null where it was wrapped by something else. */
function unwrap(
  slot: z.output<typeof passphraseSlot> | z.output<typeof recoverySlot>,
  by: Buffer,
): Uint8Array | null {
  const bytes = Buffer.from(slot.wrapped, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', by, Buffer.from(slot.nonce, 'base64'), {
      authTagLength: 16,
    });
    decipher.setAAD(boundTo(slot)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
