/** Small things that a user's profile keeps between starts, each under a name of its own and checked when it is read. */
import type { z } from 'zod';

const prefix = 'precedent.';

/** The key of the page's storage that a name stands for. */
export function keptKey(name: string): string {
  return prefix + name;
}

/** What was kept under this name, or null where there is nothing or nothing that fits. */
export function readKept<T>(name: string, schema: z.ZodType<T>): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(localStorage.getItem(keptKey(name)) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Keeps a value, or forgets it where it is null. What finds no room is not kept: nothing depends on it. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(keptKey(name));
    else localStorage.setItem(keptKey(name), JSON.stringify(value));
  } catch {
    localStorage.removeItem(keptKey(name));
  }
}
