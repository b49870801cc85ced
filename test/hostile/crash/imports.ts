/** Imports that are cut off and go on: what a reply once showed must stay, whole, and in the end everything is there. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { VolumeRow } from '../../../native/contract/model.ts';
import type { Random } from '../../../native/random.ts';
import type { Work } from './ledger.ts';
import type { Ask, Session } from './session.ts';
import type { Source } from './sources.ts';

const everything = { offset: 0, limit: 10_000 };
const lookMs = 25;

/** Volumes by where they come from, with what half a volume would have wrong: their size, lesions and measurements. */
export type Contents = ReadonlyMap<string, string>;

export async function contents(ask: Ask): Promise<Contents> {
  const [volumes, lesions] = [await ask('volumes.list', everything), await ask('lesions.list', everything)];
  const imported = Map.groupBy(
    lesions.rows.filter(({ source }) => source !== 'mark'),
    ({ volume }) => volume,
  );
  const text = ({ id, dims }: VolumeRow) => {
    const found = (imported.get(id) ?? []).map(
      ({ name, volumeMl, diameterMm }) => `${name} ${volumeMl} ${diameterMm}`,
    );
    return [dims.join(' × '), ...found.sort()].join(', ');
  };
  return new Map(volumes.rows.map((volume) => [volume.path, text(volume)]));
}

/** Imports one source to its end; taken up where it was cut off when it is asked for again. */
export async function importSource(
  { ask, grant }: Session,
  { path, labels, copy = false }: Source,
): Promise<void> {
  const { skipped } = await ask('import.run', {
    sources: [grant(path)],
    ...(labels === undefined ? {} : { labels: grant(labels) }),
    copy,
  });
  if (skipped.length > 0) throw new Error(`the import left out a file: ${skipped[0].reason}`);
}

/** Keeps what replies have shown, and compares it with what is there after a kill. */
class Witness {
  readonly #whole: Contents;
  readonly #seen = new Set<string>();

  /** @param truth what undisturbed imports give, by source */
  constructor(truth: ReadonlyMap<string, Contents>) {
    this.#whole = new Map([...truth.values()].flatMap((each) => [...each]));
  }

  get seen(): number {
    return this.#seen.size;
  }

  see(paths: Iterable<string>): void {
    for (const path of paths) this.#seen.add(path);
  }

  async look({ ask }: Pick<Session, 'ask'>): Promise<void> {
    this.see((await ask('volumes.list', everything)).rows.map(({ path }) => path));
  }

  async check({ ask }: Pick<Session, 'ask'>): Promise<string[]> {
    const found = await contents(ask);
    const gone = [...this.#seen].filter((path) => !found.has(path));
    const wrong = [...found].filter(([path, text]) => this.#whole.get(path) !== text);
    return [
      ...gone.map(() => 'import: a volume was acknowledged and is gone'),
      ...wrong.map(
        ([path, text]) => `import: a volume is "${text}" where "${this.#whole.get(path)}" belongs`,
      ),
    ];
  }
}

/** Imports one source after the other; every volume that a reply shows meanwhile counts as acknowledged. */
export function importing(sources: readonly Source[], truth: ReadonlyMap<string, Contents>): Work {
  const witness = new Witness(truth);
  const done = new Set<string>();
  let pending = false;
  return {
    name: 'import',
    get pending() {
      return pending;
    },
    get acknowledged() {
      return witness.seen;
    },
    step: async (session: Session, random: Random) => {
      const left = sources.filter(({ name }) => !done.has(name));
      if (left.length === 0) return false;
      const source = random.pick(left);
      pending = true;
      let over = false;
      const looking = (async () => {
        for (; !over; await sleep(lookMs)) await witness.look(session);
      })();
      looking.catch(() => undefined);
      try {
        await importSource(session, source);
        witness.see(truth.get(source.name)?.keys() ?? []);
        done.add(source.name);
        pending = false;
      } finally {
        over = true;
      }
      return true;
    },
    check: (session) => {
      pending = false;
      return witness.check(session);
    },
  };
}

/** Looks on while the engine goes on with imports that it was asked for before. */
export function resumedImports(truth: ReadonlyMap<string, Contents>): Work {
  const witness = new Witness(truth);
  let pending = false;
  return {
    name: 'import',
    get pending() {
      return pending;
    },
    get acknowledged() {
      return witness.seen;
    },
    step: async (session) => {
      const jobs = await session.ask('jobs.list', {});
      pending = jobs.some(({ state }) => state === 'running' || state === 'waiting');
      await witness.look(session);
      await sleep(lookMs);
      return pending;
    },
    check: (session) => {
      pending = false;
      return witness.check(session);
    },
  };
}
