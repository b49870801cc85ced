/** The whole application, killed on one library again and again while its window's engine works; the next start checks what is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { engineContract } from '../../../native/contract/engine.ts';
import { PrecedentError } from '../../../native/contract/errors.ts';
import { type LaunchedApp, launchApp } from '../../e2e/support/app.ts';
import { askEngine, requestPort, watchPorts } from '../../e2e/support/engine.ts';
import type { Case } from './cases.ts';
import { checkAll, workOn } from './chain.ts';
import { resumedImports } from './imports.ts';
import { changesByHand } from './kinds.ts';
import type { Work } from './ledger.ts';
import { type Ask, kill, killTree, openEngine, type Session, treeOf } from './session.ts';

/** From the first window on. */
const longestLifeMs = 3000;

export async function app(one: Case): Promise<void> {
  const { sources, truth, calibrations, builtin, known } = one.templates;
  const library = one.library(builtin);
  // The application goes on with what an engine before it was asked to import.
  const before = await openEngine(library, calibrations);
  for (const { path, labels } of sources.further)
    await before.ask('jobs.start', {
      sources: [before.grant(path)],
      ...(labels === undefined ? {} : { labels: before.grant(labels) }),
    });
  await before.kill('tree');

  const imports = resumedImports(truth);
  const works = [...changesByHand(known), imports];
  try {
    // The last start is not killed: it checks what the last kill left.
    for (let started = 0; one.kills < one.wanted || started === one.wanted; started++) {
      const random = one.random(`life ${started}`);
      const launched = await launchApp({ library, profile: one.folder('profile') });
      const last = started === one.wanted;
      try {
        const session = await connect(launched);
        await checkAll(one, session, works);
        if (last) await finish(one, session, imports);
        else {
          const some = random.shuffle(works).slice(0, random.int(1, works.length));
          await liveAndDie(one, launched, session, some, random.range(0, longestLifeMs));
          for (const work of some) if (work.pending) one.count(`in the middle of: ${work.name}`);
        }
      } finally {
        await launched.close().catch(() => undefined);
      }
      if (last || one.failures.length > 0) return;
    }
  } catch (thrown) {
    one.fail(String(thrown));
  } finally {
    for (const { acknowledged } of works) one.count('acknowledged writes', acknowledged);
  }
}

/** Asks the engine as the page does. */
async function connect({ page }: LaunchedApp): Promise<Session> {
  await watchPorts(page);
  await requestPort(page);
  const ask: Ask = async (method, params) => {
    const { result, error } = await askEngine(page, method, params);
    if (error) throw new PrecedentError('internal', `${error.kind}: ${error.what}`, method);
    return engineContract.requests[method].result.parse(result) as never;
  };
  return {
    ask,
    grant: () => {
      throw new PrecedentError('usage', 'a page has no paths to grant');
    },
  };
}

async function liveAndDie(
  one: Case,
  launched: LaunchedApp,
  session: Session,
  works: readonly Work[],
  lifeMs: number,
): Promise<void> {
  let killed = false;
  const working = works.map((work) => workOn(one, session, work, () => killed));
  await sleep(lifeMs);
  killed = true;
  const main = launched.app.process().pid ?? 0;
  one.mustEnd(treeOf(main));
  if (one.random(`way ${one.kills}`).next() < 0.5) killTree(main);
  else kill(main);
  one.kills++;
  await Promise.all(working);
}

/** Waits until the imports have come to their end. */
async function finish(one: Case, session: Session, imports: Work): Promise<void> {
  const random = one.random('end');
  while (await imports.step(session, random));
  const { sources, truth } = one.templates;
  const expected = sources.further.reduce((sum, { name }) => sum + (truth.get(name)?.size ?? 0), 0);
  const there = (await session.ask('volumes.list', {})).total - one.templates.known.volumes.length;
  if (there !== expected) one.fail(`${there} of ${expected} volumes were imported in the end`);
  await checkAll(one, session, [imports]);
}
