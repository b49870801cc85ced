/** Backups of a library's catalog: what each says of itself, and what may be asked about them. */
import { z } from 'zod';
import { counts } from './model.ts';

const ints = z.number().int();

/** `automatic` ones make room for newer ones; the others stay until somebody removes them. */
export const backupKinds = ['automatic', 'migration', 'manual'] as const;
export type BackupKind = (typeof backupKinds)[number];

/** What lies beside a backup as JSON; it is written when the backup has been opened and checked, and never before. */
export const backupManifest = z.object({
  name: z
    .string()
    .max(100)
    .regex(/^[\w-]+$/),
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

/** Why a library may only be read: its catalog is damaged, or whole but not the one that was closed. */
export const readOnly = z.object({
  state: z.enum(['damaged', 'changed']),
  why: z.string(),
  /** How many rows of the catalog could be read, and of which tables not all; without it no count was made. */
  rows: ints.optional(),
  torn: z.array(z.string()),
});
export type ReadOnly = z.infer<typeof readOnly>;

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

const token = z.string().min(16).max(64);
const name = backupManifest.shape.name;
const done = z.object({});

export const backupRequests = {
  'backups.list': {
    params: z.object({}),
    result: z.object({
      folder: z.string(),
      /** Whether another folder than the library's own was chosen. */
      elsewhere: z.boolean(),
      backups: z.array(backupRow),
      /** Why the last automatic one could not be made. */
      problem: z.string().optional(),
    }),
  },
  /** Into the folder for backups, or once into another. */
  'backups.make': { params: z.object({ to: token.optional() }), result: backupRow },
  /** Reads it in full. */
  'backups.verify': { params: z.object({ name }), result: backupRow },
  'backups.remove': { params: z.object({ name }), result: done },
  /** Null for the library's own; those in the old folder stay there. */
  'backups.setFolder': { params: z.object({ folder: token.nullable() }), result: done },
  /** The newest one that is sound, and those after it that are not. */
  'backups.newest': {
    params: z.object({}),
    result: z.object({ backup: backupRow.optional(), unsound: z.array(z.string()) }),
  },
  /**
   * Puts a backup in the place of the catalog, which is set aside: the newest sound one, a named one, or one from another folder;
   * or what could be read of a damaged catalog. The engine ends then and has to be started again.
   */
  'backups.restore': {
    params: z.object({ name: name.optional(), from: token.optional(), salvaged: z.boolean().default(false) }),
    result: z.object({ backup: backupRow.optional(), setAside: z.string() }),
  },
  /** Takes a catalog that is whole but not the one that was closed as it is. The engine ends then. */
  'backups.accept': { params: z.object({}), result: done },
  /** Writes the rows of the catalog, or what can be read of it, as JSON lines, a file for each table. */
  'backups.export': {
    params: z.object({ target: token }),
    result: z.object({ tables: ints, rows: ints }),
  },
} as const;
