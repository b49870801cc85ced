/** What an administrator sets for a whole machine, in a file that users cannot change (`native/policy`). */
import { z } from 'zod';

const folder = z.string().min(1).max(4096);

export const policy = z.strictObject({
  /** Libraries are opened only here: this folder, or folders within it. */
  libraryFolder: folder.optional(),
  /** A library that is not encrypted is refused. */
  encryptionRequired: z.boolean().default(false),
  /** Nothing is written out of a library. */
  exportDisabled: z.boolean().default(false),
  /** The window locks after so many minutes without a key or the mouse; users may only choose less. */
  idleLockMinutes: z.number().int().min(1).max(1440).optional(),
  /** Nobody works without a PIN. */
  pinRequired: z.boolean().default(false),
  /** Where backups are kept, instead of within the library. */
  backupsFolder: folder.optional(),
});
export type Policy = z.infer<typeof policy>;

/** Where there is no file. */
export const noPolicy: Policy = policy.parse({});
