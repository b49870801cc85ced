/** The record of who did what, as it is read, checked and taken out. */
import { z } from 'zod';

const ints = z.number().int();
export const auditEntry = z.object({
  id: ints,
  /** ISO 8601, UTC. */
  at: z.string(),
  user: z.string(),
  action: z.string(),
  /** An opaque id, or empty. */
  subject: z.string(),
  /** JSON; absent once it was erased. */
  detail: z.string().optional(),
});
export type AuditEntryRow = z.infer<typeof auditEntry>;
export const auditHead = z.object({
  count: ints.min(0),
  hash: z
    .string()
    .max(64)
    .regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits'),
});

export const auditCheck = z.object({
  ok: z.boolean(),
  /** The last entry: noted outside of the library, it shows later whether the end is still there. */
  head: auditHead,
  /** Entries whose detail was erased. */
  erased: ints,
  problems: z.array(z.object({ what: z.string(), entry: ints })),
});
export type AuditCheckResult = z.infer<typeof auditCheck>;

const chosen = { action: z.string().max(100).optional(), user: z.string().max(300).optional() };

export const auditRequests = {
  /** The latest first; `before` an entry, those older than it. With all users and actions that occur. */
  'audit.list': {
    params: z.object({ ...chosen, before: ints.optional(), limit: ints.min(1).max(1000).default(200) }),
    result: z.object({
      rows: z.array(auditEntry),
      users: z.array(z.string()),
      actions: z.array(z.string()),
    }),
  },
  /** Follows the whole chain; `anchor` is a head that was noted earlier. */
  'audit.verify': { params: z.object({ anchor: auditHead.optional() }), result: auditCheck },
  /** Writes entries as CSV, the oldest first: without details unless `details`, since those may name patients. */
  'audit.export': {
    params: z.object({ ...chosen, details: z.boolean().default(false), target: z.string().min(16).max(64) }),
    result: z.object({ entries: ints, bytes: ints }),
  },
} as const;
