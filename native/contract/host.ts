/**
 * What a host (the Electron main process, or the command line) and the engine tell each other beside the requests: which
 * library to open, which paths a token stands for, and, in Electron, the ports and processes that only main can make.
 */
import { z } from 'zod';
import { errorSchema } from './errors.ts';
import { bytes } from './model.ts';

export const roles = ['inference', 'reader'] as const;
export type Role = (typeof roles)[number];

/** Host → engine. In Electron `port` and `spawned` carry one MessagePort; `port` serves a window on it. */
export const toEngine = z.discriminatedUnion('control', [
  z.object({
    control: z.literal('open'),
    library: z.string(),
    /** Of an encrypted library; never an argument or a part of the environment, which others can read. */
    key: bytes.optional(),
    resources: z.string(),
    /** The folder for what this machine measures of models. */
    calibrations: z.string().optional(),
    /** Another policy file than the machine's: for tests and development, a release does not look at it. */
    policyFile: z.string().optional(),
    /** An empty library for one command, which the policy does not mean. */
    temporary: z.boolean().default(false),
    demonstration: z.boolean().default(false),
    /** Whether an empty library is made where there is none. */
    mayCreate: z.boolean(),
    /** Go on with unfinished imports and watch folders: for a host that stays. */
    stays: z.boolean().default(false),
  }),
  z.object({
    control: z.literal('grant'),
    token: z.string(),
    path: z.string(),
    access: z.enum(['read', 'write']),
  }),
  z.object({ control: z.literal('port') }),
  /** Nobody has touched the windows for as long as the session allows. */
  z.object({ control: z.literal('lock') }),
  z.object({ control: z.literal('spawned'), id: z.number().int() }),
  z.object({ control: z.literal('exited'), id: z.number().int() }),
]);
export type ToEngine = z.input<typeof toEngine>;

/** Engine → host. `opened` or `failed` answers `open`, after `converting` now and then. */
export const toHost = z.discriminatedUnion('control', [
  /** The library is being encrypted or decrypted; so many of its files are done. */
  z.object({ control: z.literal('converting'), done: z.number().int(), total: z.number().int() }),
  z.object({ control: z.literal('opened') }),
  z.object({ control: z.literal('failed'), error: errorSchema }),
  /** At the opening, before `opened`, and at every change of it. */
  z.object({
    control: z.literal('session'),
    locked: z.boolean(),
    idleLockMinutes: z.number().nullable(),
    /** Of the library's own users; null where there are none, and until one signed in. */
    user: z.string().nullable(),
  }),
  z.object({ control: z.literal('spawn'), id: z.number().int(), role: z.enum(roles) }),
  z.object({ control: z.literal('kill'), id: z.number().int() }),
]);
export type ToHost = z.input<typeof toHost>;
