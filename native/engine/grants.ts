/** The paths that a host granted: a token stands for one path, for one use. */
import { PrecedentError } from '../contract/errors.ts';

interface Grant {
  readonly path: string;
  readonly access: 'read' | 'write';
}

/** Tokens not used within this time are forgotten. */
const lifeMs = 60 * 60 * 1000;

export class Grants {
  readonly #grants = new Map<string, Grant & { readonly until: number }>();

  add(token: string, grant: Grant): void {
    const now = Date.now();
    for (const [old, { until }] of this.#grants) if (until < now) this.#grants.delete(old);
    this.#grants.set(token, { ...grant, until: now + lifeMs });
  }

  /** The path of a token, which is used up by this. Throws `refused` for an unknown, used or unfitting one. */
  take(token: string, access: Grant['access']): string {
    const grant = this.#grants.get(token);
    this.#grants.delete(token);
    if (!grant || grant.until < Date.now() || grant.access !== access) {
      throw new PrecedentError(
        'refused',
        'the chosen file is no longer granted',
        undefined,
        'choose it again',
      );
    }
    return grant.path;
  }
}
