/** What the stubborn child can be asked for: to do its work, or to misbehave in one of the ways of a hostile file. */
import { z } from 'zod';

const nothing = z.object({});
export const stubbornContract = {
  requests: {
    pid: { params: nothing, result: z.number() },
    /** Never returns to its event loop. */
    spin: { params: nothing, result: z.null() },
    /** Says what it opens, then spins. */
    spinAt: {
      params: z.object({ path: z.string() }),
      result: z.null(),
      progress: z.object({ path: z.string() }),
    },
    /** Holds more and more typed arrays, or objects, without returning. */
    allocate: { params: z.object({ what: z.enum(['bytes', 'objects']) }), result: z.null() },
    exit: { params: nothing, result: z.null() },
    /** Goes on for `steps` steps and says so at each. */
    steps: {
      params: z.object({ steps: z.number(), everyMs: z.number() }),
      result: z.number(),
      progress: z.object({ step: z.number() }),
    },
    echo: { params: z.object({ bytes: z.instanceof(Uint8Array) }), result: z.instanceof(Uint8Array) },
  },
  events: {},
} as const;
