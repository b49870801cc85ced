/**
 * What was acknowledged of one kind of change. A request that was in flight at the kill may have been done or not, but whole:
 * afterwards the library holds either the state before it or the state after it, and never anything else.
 */
import { PrecedentError } from '../../../native/contract/errors.ts';
import type { Random } from '../../../native/random.ts';
import type { Session } from './session.ts';

export interface Step<S> {
  readonly request: (session: Session) => Promise<unknown>;
  /** What the library holds of the kind once it is done. */
  readonly after: S;
}

/** One kind of change that is made over and over. */
export interface Kind<S> {
  readonly name: string;
  read(session: Session): Promise<S>;
  next(state: S, random: Random): Step<S>;
  /** What two equal states have in common. */
  shown(state: S): unknown;
}

/** Something that is done over and over while processes are killed. */
export interface Work {
  readonly name: string;
  /** A request is in flight. */
  readonly pending: boolean;
  /** How many writes were acknowledged. */
  readonly acknowledged: number;
  /** Does the next thing; rejects as `interrupted` at the kill. False where nothing is left to do. */
  step(session: Session, random: Random): Promise<boolean>;
  /** What the library holds otherwise than was acknowledged; what it holds is where the work goes on. */
  check(session: Session): Promise<string[]>;
}

export function ledger<S>(kind: Kind<S>): Work {
  let settled: S | undefined;
  let pending: S | undefined;
  let acknowledged = 0;
  const text = (state: S) => JSON.stringify(kind.shown(state));
  return {
    name: kind.name,
    get pending() {
      return pending !== undefined;
    },
    get acknowledged() {
      return acknowledged;
    },
    step: async (session, random) => {
      settled ??= await kind.read(session);
      const before = settled;
      const { request, after } = kind.next(before, random);
      pending = after;
      await request(session);
      settled = after;
      pending = undefined;
      if (text(after) !== text(before)) acknowledged++;
      return true;
    },
    check: async (session) => {
      const found = await kind.read(session);
      const [before, after] = [settled, pending];
      settled = found;
      pending = undefined;
      if (before === undefined) return [];
      for (const one of [before, after]) {
        if (one === undefined || text(one) !== text(found)) continue;
        settled = one;
        return [];
      }
      const expected = after === undefined ? [text(before)] : [text(before), text(after)];
      return [`${kind.name}: ${difference(text(found), expected)}`];
    },
  };
}

/** Where the states part, without the whole of them. */
function difference(found: string, expected: readonly string[]): string {
  const parting = expected.map((text) => [...text].findIndex((sign, n) => sign !== found[n]));
  const from = Math.max(0, Math.min(...parting) - 60);
  const shown = (text: string) => `…${text.slice(from, from + 200)}…`;
  return `the library holds ${shown(found)} where ${expected.map(shown).join(' or ')} was acknowledged`;
}

/** Whether a request failed because its process was killed. */
export function wasKilled(thrown: unknown): boolean {
  return PrecedentError.from(thrown).kind === 'interrupted';
}
