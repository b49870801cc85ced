/** Inference and reader processes killed at work: the engine ends what it was asked for as if nothing had happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../../native/random.ts';
import type { Case } from './cases.ts';
import { importSource } from './imports.ts';
import { childrenOf, commandOf, kill, openEngine, type RunningEngine, type Session } from './session.ts';
import type { Templates } from './templates.ts';
import { checkWhole } from './whole.ts';

type Role = 'inference' | 'reader';

/** Something that the engine is asked for and its children work on. */
interface Piece {
  readonly name: string;
  readonly roles: readonly Role[];
  run(session: Session): Promise<unknown>;
}

/** What is asked for, one after the other. */
function pieces({ sources }: Templates): readonly Piece[] {
  const imports = sources.further.map(
    (source): Piece => ({
      name: `import of ${source.name}`,
      roles: ['inference', 'reader'],
      run: (session) => importSource(session, source),
    }),
  );
  const encoders = Object.entries(sources.encoders).map(
    ([id, folder]): Piece => ({
      name: `re-embedding by ${id}`,
      roles: ['inference'],
      run: async ({ ask, grant }) => {
        await ask('encoders.add', { folder: grant(folder) });
        await ask('encoders.setDefault', { encoder: id });
        while ((await ask('library.health', {})).notEmbedded > 0) await sleep(20);
      },
    }),
  );
  return createRandom(1, 'pieces').shuffle([...imports, ...encoders]);
}

/** What comes of a piece without a kill; worked out once for all cases, by how many pieces they have. */
interface Expected {
  readonly ms: number;
  readonly hash: string;
  readonly answer: string;
}
const undisturbed = new Map<number, Promise<readonly Expected[]>>();

async function workUndisturbed(one: Case, work: readonly Piece[]): Promise<readonly Expected[]> {
  const { templates } = one;
  const engine = await openEngine(one.library(templates.builtin), templates.calibrations);
  const expected: Expected[] = [];
  for (const { run } of work) {
    const started = performance.now();
    await run(engine);
    const ms = performance.now() - started;
    const { contentHash } = await checkWhole(engine.ask);
    expected.push({ ms, hash: contentHash, answer: await answer(templates, engine) });
  }
  await engine.close();
  return expected;
}

export async function children(one: Case): Promise<void> {
  const { templates } = one;
  const work = pieces(templates).slice(0, one.wanted);
  const expecting = undisturbed.get(work.length) ?? workUndisturbed(one, work);
  undisturbed.set(work.length, expecting);
  const expected = await expecting;
  for (let round = 0; one.kills < one.wanted && one.failures.length === 0; round++) {
    const engine = await openEngine(one.library(templates.builtin), templates.calibrations);
    try {
      for (const [n, piece] of work.entries()) {
        if (one.kills >= one.wanted || one.failures.length > 0) break;
        await runAndKill(one, engine, piece, expected[n].ms, `${round} ${n}`);
        const { problems, contentHash } = await checkWhole(engine.ask);
        for (const problem of problems) one.fail(`${piece.name}: ${problem}`);
        if (contentHash !== expected[n].hash)
          one.fail(`${piece.name}: the library differs from an undisturbed one`);
        if ((await answer(templates, engine)) !== expected[n].answer)
          one.fail(`${piece.name}: a search is answered otherwise than undisturbed`);
        one.count('works compared to the last byte');
      }
    } catch (thrown) {
      one.fail(String(thrown));
    } finally {
      await engine.close();
    }
  }
}

/** What a search for a region, which goes through the inference process, answers; without ids, which are random and decide on ties. */
async function answer({ known }: Templates, { ask }: Session): Promise<string> {
  const [{ id }] = known.volumes;
  const all = { top: 1000, hitsPerPatient: 1000 };
  const { hits } = await ask('search.run', { query: { volume: id, roi: [2, 2, 2, 7, 7, 4] }, ...all });
  return hits
    .map(({ patient, name, score }) => `${patient} ${name} ${score.toFixed(5)}`)
    .sort()
    .join('\n');
}

/** Kills one child while a piece is worked on, and a search beside it waits for its answer; the piece may end before. */
async function runAndKill(
  one: Case,
  engine: RunningEngine,
  { roles, run }: Piece,
  undisturbedMs: number,
  part: string,
): Promise<void> {
  const random = one.random(part);
  const role = random.pick(roles);
  let ended = false;
  const work = Promise.all([run(engine), answer(one.templates, engine)]).finally(() => {
    ended = true;
  });
  work.catch(() => undefined);
  await Promise.race([sleep(random.range(0, undisturbedMs)), work]);
  while (!ended) {
    const victims = childrenOf(engine.pid).filter((pid) => commandOf(pid).includes(`${role}.js`));
    if (victims.length > 0) {
      kill(random.pick(victims));
      one.kills++;
      one.count(`killed: ${role}`);
      break;
    }
    await sleep(5);
  }
  await work;
}
