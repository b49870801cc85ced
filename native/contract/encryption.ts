/** What the window and the shell say to each other about an encrypted library; the engine is not asked, for it cannot open one before. */
import { z } from 'zod';

export const encryptionState = z.object({
  /** `opening` until the shell knows; `locked` until the passphrase is given; `converting` while its files are made others. */
  state: z.enum(['opening', 'plain', 'locked', 'converting', 'encrypted']),
  /** How many files of the library are done, while it is converted. */
  progress: z.object({ done: z.number().int(), total: z.number().int() }).optional(),
  /** So long no other passphrase is tried, after wrong ones. */
  waitMs: z.number(),
  /** The operating system's keychain: whether it opens this library, and why it cannot. */
  keychain: z.object({ on: z.boolean(), refused: z.string().optional() }),
});
export type EncryptionState = z.infer<typeof encryptionState>;

const secret = z.string().max(4096);
const recoveryKey = z.object({ recoveryKey: z.string() });

/** Rows of the bridge's contract. */
export const encryptionBridge = {
  encryption: { params: z.tuple([]), result: encryptionState },
  /** By the passphrase or the recovery key. */
  unlockLibrary: { params: z.tuple([secret]), result: z.object({}) },
  /** Encrypts the open library; the recovery key is said this once. */
  encryptLibrary: { params: z.tuple([secret]), result: recoveryKey },
  decryptLibrary: { params: z.tuple([secret]), result: z.object({}) },
  changePassphrase: { params: z.tuple([secret, secret]), result: z.object({}) },
  newRecoveryKey: { params: z.tuple([secret]), result: recoveryKey },
  /** Lets the operating system's keychain open the library from now on, or no longer. */
  setKeychain: { params: z.tuple([z.boolean()]), result: z.object({}) },
} as const;
