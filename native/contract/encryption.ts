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
/** As it is made (`files/recoveryKey.ts`): 160 random bits, in which nothing of a patient can be said. */
const recoveryKey = z
  .string()
  .length(39)
  .regex(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);

/** What else came of something that was done. */
export const outcome = z.object({
  /** A new one, said this once: those before it open the library no longer. */
  recoveryKey: recoveryKey.optional(),
  /** What could not be done, as one line. */
  problem: z.string().optional(),
});
export type Outcome = z.infer<typeof outcome>;

/** Rows of the bridge's contract. */
export const encryptionBridge = {
  encryption: { params: z.tuple([]), result: encryptionState },
  /** By the passphrase or the recovery key. */
  unlockLibrary: { params: z.tuple([secret]), result: outcome },
  /** Encrypts the open library. */
  encryptLibrary: { params: z.tuple([secret]), result: outcome },
  decryptLibrary: { params: z.tuple([secret]), result: outcome },
  changePassphrase: { params: z.tuple([secret, secret]), result: outcome },
  newRecoveryKey: { params: z.tuple([secret]), result: outcome },
  /** Asks where, and writes the recovery key there to be printed; the name it was saved as, or null. */
  saveRecoveryKey: { params: z.tuple([recoveryKey]), result: z.string().nullable() },
  /** Lets the operating system's keychain open the library from now on, or no longer. */
  setKeychain: { params: z.tuple([z.boolean()]), result: outcome },
} as const;
