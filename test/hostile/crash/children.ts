/** Inference and reader processes killed at work: the engine ends what it was asked for as if nothing had happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../native/random.ts';
import type { Case } from './cases.ts';
import { contents, importSource } from './imports.ts';
import { childrenOf, commandOf, kill, openEngine, type RunningEngine, type Session } from './session.ts';
import { checkWhole } from './whole.ts';

/** Readers are done sooner than inference, so that a drawn moment meets them less often. */
const roles = ['inference', 'reader', 'reader'] as const;

/** What is asked of the engine, one after the other; its children work on it. */
function pieces({ templates }: Case): readonly { name: string; run(session: Session): Promise<unknown> }[] {
  const { sources } = templates;
  const imports = sources.further.map((source) => ({
    name: `import of ${source.name}`,
    run: (session: Session) => importSource(session, source),
  }));
  const encoders = Object.keys(sources.encoders).map((id) => ({
    name: `re-embedding by ${id}`,
    run: async ({ ask, grant }: Session) => {
      await ask('encoders.add', { folder: grant(sources.encoders[id]) });
      await ask('encoders.setDefault', { encoder: id });
      await embedded({ ask });
    },
  }));
  return [...imports, ...encoders];
}

/** Waits until every lesion is embedded. */
async function embedded({ ask }: Pick<Session, 'ask'>): Promise<void> {
  while ((await ask('library.health', {})).notEmbedded > 0) await sleep(20);
}

export async function children(one: Case): Promise<void> {
  const { templates } = one;
  const truth = [...templates.truth.values()].flatMap((each) => [...each]);
  for (let round = 0; one.kills < one.wanted && one.failures.length === 0; round++) {
    const random = one.random(`round ${round}`);
    const order = random.shuffle(pieces(one));
    // What the same pieces give in the same order without a kill.
    const undisturbed = await openEngine(one.library(templates.builtin), templates.calibrations);
    const expected: { ms: number; hash: string; answer: string }[] = [];
    for (const { run } of order) {
      const started = performance.now();
      await run(undisturbed);
      const ms = performance.now() - started;
      const { contentHash } = await checkWhole(undisturbed.ask);
      expected.push({ ms, hash: contentHash, answer: await answer(one, undisturbed) });
    }
    await undisturbed.close();

    const engine = await openEngine(one.library(templates.builtin), templates.calibrations);
    try {
      for (const [n, { name, run }] of order.entries()) {
        if (one.kills >= one.wanted || one.failures.length > 0) break;
        const { ms, hash, answer: right } = expected[n];
        // A search beside it must be answered; what it finds depends on how far the work has come.
        await Promise.all([whileKilling(one, engine, run(engine), random, ms), answer(one, engine)]);
        const { problems, contentHash } = await checkWhole(engine.ask);
        for (const problem of problems) one.fail(`${name}: ${problem}`);
        if (contentHash !== hash) one.fail(`${name}: the library differs from an undisturbed one`);
        if ((await answer(one, engine)) !== right)
          one.fail(`${name}: a search is answered otherwise than undisturbed`);
        one.count('works compared to the last byte');
      }
      const found = await contents(engine.ask);
      const wrong = [...found].filter(
        ([path, text]) => !truth.some(([at, what]) => at === path && what === text),
      );
      if (wrong.length > 0) one.fail(`${wrong.length} volumes are not as they were read undisturbed`);
    } catch (thrown) {
      one.fail(String(thrown));
    } finally {
      await engine.close();
    }
  }
}

/** What a search for a region, which goes through the inference process, answers; without ids, which are random. */
async function answer({ templates }: Case, { ask }: Session): Promise<string> {
  const [{ id }] = templates.known.volumes;
  const { hits } = await ask('search.run', { query: { volume: id, roi: [2, 2, 2, 7, 7, 4] } });
  return JSON.stringify(hits.map(({ patient, name, score }) => [patient, name, score.toFixed(5)]));
}

/**
 * Kills children until the work has ended: inference processes one after the other, but one reader alone, since a second one that
 * dies at a file is laid to the file.
 */
async function whileKilling(
  one: Case,
  engine: RunningEngine,
  work: Promise<unknown>,
  random: Random,
  undisturbedMs: number,
): Promise<void> {
  let ended = false;
  const over = work.finally(() => {
    ended = true;
  });
  over.catch(() => undefined);
  let killable: readonly string[] = roles;
  while (!ended && one.kills < one.wanted) {
    await Promise.race([sleep(random.range(0, undisturbedMs)), over]);
    if (ended) break;
    const role = random.pick(killable);
    const victims = childrenOf(engine.pid).filter((pid) => commandOf(pid).includes(`${role}.js`));
    if (victims.length === 0) continue;
    kill(random.pick(victims));
    one.kills++;
    one.count(`killed: ${role}`);
    if (role === 'reader') killable = killable.filter((other) => other !== role);
  }
  await over;
}
