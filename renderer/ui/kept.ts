/** Small things that a user's profile keeps between starts, each under a name of its own and checked when it is read. */
import type { z } from 'zod';

const prefix = 'precedent.';

/** What was kept under this name, or null where there is nothing or nothing that fits. */
export function readKept<T>(name: string, schema: z.ZodType<T>): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(localStorage.getItem(prefix + name) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Keeps a value, or forgets it where it is null. What finds no room is not kept: nothing depends on it. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    localStorage.removeItem(prefix + name);
  }
}

const followers = new Map<string, () => void>();

/** Has `follow` called whenever the other window has kept something else under this name. */
export function whenKept(name: string, follow: () => void): void {
  followers.set(prefix + name, follow);
}

/** For a `storage` event, which tells what the other window has kept. */
export function followKept({ key }: { readonly key: string | null }): void {
  if (key !== null) followers.get(key)?.();
}
