/** Checks a value of another process by a schema. */
import { z } from 'zod';

/**
 * As the schema's own `safeParse`, which a value that was made for it can make throw: a length is compared before it is known to be
 * a number. What throws does not fit.
 */
export function safely<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch {
    return z.never().safeParse(null);
  }
}
