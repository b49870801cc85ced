/** Who works with a library: its own users, whoever of them is signed in, and whether it is locked. */
import { z } from 'zod';
import { policy } from './policy.ts';

export const userName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^\P{Cc}*$/u, 'a name has no control characters');
/** Digits or any other characters. */
export const pin = z.string().min(4).max(64);

export const session = z.object({
  /** Null until somebody signed in. */
  user: z.string().nullable(),
  locked: z.boolean(),
  /** The library's own users; without any, whoever is signed in to the operating system works with it. */
  users: z.array(z.object({ name: z.string(), hasPin: z.boolean() })),
  /** As it is in force, by the users' wish or the policy; null for never. */
  idleLockMinutes: z.number().nullable(),
  policy,
});
export type SessionState = z.infer<typeof session>;

const idleMinutes = z.number().int().min(1).max(1440).nullable();

export const userRequests = {
  'session.get': { params: z.object({}), result: session },
  /**
   * Where a PIN is required and the user has none, the given one becomes theirs. Throws `refused` for a wrong PIN, and for any
   * while its user has to wait after wrong ones.
   */
  'session.signIn': { params: z.object({ name: userName, pin: pin.optional() }), result: session },
  /** Throws `refused` where the library has no users. */
  'session.lock': { params: z.object({}), result: session },
  'session.idle': { params: z.object({ minutes: idleMinutes }), result: session },
  /** The first user of a library is signed in by this. */
  'users.add': { params: z.object({ name: userName, pin: pin.optional() }), result: session },
  /** One's own; null takes it away. Throws `refused` unless the current one is given. */
  'users.setPin': { params: z.object({ pin: pin.nullable(), current: pin.optional() }), result: session },
  /** Not oneself while others are left. What they did stays under their name. */
  'users.remove': { params: z.object({ name: userName }), result: session },
} as const;
