/** Which cases the asked-for numbers of kills make, and how one is run. */
import { Case, type Tally } from './cases.ts';
import { chain } from './chain.ts';
import { children } from './children.ts';
import { index } from './index.ts';
import { migration } from './migration.ts';
import type { Templates } from './templates.ts';

export type CaseKind = 'app' | 'children' | 'chain' | 'migration' | 'index';

export interface Wanted {
  readonly engine: number;
  readonly children: number;
  readonly app: number;
}

interface Kind {
  readonly of: keyof Wanted;
  /** Its part of the kills. */
  readonly share: number;
  /** In one case. */
  readonly kills: number;
  readonly run: (one: Case) => Promise<void>;
}

const kinds: Readonly<Record<CaseKind, Kind>> = {
  // Loaded late: the driver of the window is of no use to the others.
  app: { of: 'app', share: 1, kills: 5, run: async (one) => (await import('./app.ts')).app(one) },
  children: { of: 'children', share: 1, kills: 10, run: children },
  chain: { of: 'engine', share: 0.8, kills: 8, run: chain },
  migration: { of: 'engine', share: 0.1, kills: 8, run: migration },
  index: { of: 'engine', share: 0.1, kills: 8, run: index },
};

export interface PlannedCase {
  readonly name: string;
  readonly kind: CaseKind;
  readonly kills: number;
}

/** The cases; those of every kind are spread over the whole, so that any part of it tells of all. */
export function planned(wanted: Wanted): PlannedCase[] {
  const placed = (Object.keys(kinds) as CaseKind[]).flatMap((kind) => {
    const { of, share, kills } = kinds[kind];
    const all = Math.round(wanted[of] * share);
    const count = Math.ceil(all / kills);
    return Array.from({ length: count }, (_, n) => ({
      at: (n + 0.5) / count,
      planned: { name: `${kind} ${n}`, kind, kills: Math.min(kills, all - n * kills) },
    }));
  });
  return placed.sort((a, b) => a.at - b.at).map((one) => one.planned);
}

export interface Outcome {
  readonly name: string;
  readonly of: keyof Wanted;
  readonly tally: Tally;
  readonly failures: readonly string[];
}

export async function runCase(
  { name, kind, kills }: PlannedCase,
  templates: Templates,
  seed: number,
): Promise<Outcome> {
  const one = new Case(name, templates, { seed, wanted: kills });
  try {
    await kinds[kind].run(one);
  } catch (thrown) {
    one.fail(String(thrown));
  }
  const tally = await one.end();
  return { name, of: kinds[kind].of, tally, failures: one.failures };
}
