/** Backups of a library's catalog: what each says of itself, and what may be asked about them. */
import { z } from 'zod';
import { counts } from './model.ts';

const ints = z.number().int();

/** `automatic` ones make room for newer ones; the others stay until somebody removes them. */
export const backupKinds = ['automatic', 'migration', 'manual'] as const;
export type BackupKind = (typeof backupKinds)[number];

/** What lies beside a backup as JSON; it is written when the backup has been opened and checked, and never before. */
export const backupManifest = z.object({
  name: z.string().regex(/^[\w-]{1,100}$/),
  /** Of the library; in one folder there may be backups of several. */
  library: z.string(),
  kind: z.enum(backupKinds),
  /** When it was made, and when it was last found sound; ISO 8601, UTC. */
  at: z.string(),
  verifiedAt: z.string(),
  /** The catalog's schema, which decides which versions can open it. */
  schema: ints,
  counts,
  bytes: ints,
  /** SHA-256 of the file, and of every row in it: equal to those of the catalog that it is a copy of. */
  sha256: z.string(),
  rowsHash: z.string(),
});
export type BackupManifest = z.infer<typeof backupManifest>;

export const backupRow = backupManifest.pick({
  name: true,
  kind: true,
  at: true,
  verifiedAt: true,
  schema: true,
  counts: true,
  bytes: true,
});
export type BackupRow = z.infer<typeof backupRow>;
