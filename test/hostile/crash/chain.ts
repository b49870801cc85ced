/** An engine killed again and again on one library, while several kinds of work go on at once; each opening checks what the kill left. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from './cases.ts';
import { importing, importSource } from './imports.ts';
import { changesByHand, reEmbedding } from './kinds.ts';
import { type Work, wasKilled } from './ledger.ts';
import { childrenOf, Launch, openEngine, type RunningEngine, type Session, type Way } from './session.ts';
import { checkWhole } from './whole.ts';

/** An engine works for so long at most before it is killed. */
const longestLifeMs = 900;

export async function chain(one: Case): Promise<void> {
  const { templates } = one;
  const { sources, truth, calibrations, tiny, completeHash, known } = templates;
  const plan = one.random('plan');
  // One case in six imports alone, so that what comes of it can be compared to the last byte.
  const importsAlone = plan.next() < 1 / 6;
  const imports = importing(sources.further, truth);
  const works = importsAlone ? [imports] : [...changesByHand(known), reEmbedding(known), imports];
  const library = one.library(tiny);
  let opened = await openEngine(library, calibrations);
  let openingMs = 0;
  try {
    for (const work of works) await work.check(opened);
    while (one.kills < one.wanted) {
      const random = one.random(`life ${one.kills}`);
      const way: Way = random.next() < 0.5 ? 'process' : 'tree';
      const some = importsAlone ? works : random.shuffle(works).slice(0, random.int(1, 3));
      await liveAndDie(one, opened, some, random.range(0, longestLifeMs), way);
      for (const work of some) if (work.pending) one.count(`in the middle of: ${work.name}`);
      // Some do not live to see their library open; what the kill before left is looked at in a copy then.
      if (one.kills < one.wanted && random.next() < 0.2) {
        const copy = await openEngine(one.copyOf(library), calibrations);
        await checkAll(one, copy, works);
        await copy.close();
        const launch = new Launch(library, calibrations);
        await sleep(random.range(0, openingMs));
        one.mustEnd(childrenOf(launch.pid));
        await launch.kill('process');
        one.kills++;
        one.count('in the middle of: opening');
      }
      const started = performance.now();
      opened = await openEngine(library, calibrations);
      openingMs = performance.now() - started;
      await checkAll(one, opened, works);
      if (one.failures.length > 0) return;
    }
    if (importsAlone) {
      for (const source of sources.further) await importSource(opened, source);
      const { problems, contentHash } = await checkWhole(opened.ask);
      for (const problem of problems) one.fail(`at the end: ${problem}`);
      if (contentHash !== completeHash) one.fail('the imported library differs from an undisturbed one');
      one.count('imports compared to the last byte');
    }
  } catch (thrown) {
    one.fail(String(thrown));
  } finally {
    for (const { acknowledged } of works) one.count('acknowledged writes', acknowledged);
    await opened.close();
  }
}

async function liveAndDie(
  one: Case,
  engine: RunningEngine,
  works: readonly Work[],
  lifeMs: number,
  way: Way,
): Promise<void> {
  const working = works.map((work) => workOn(one, engine, work, wasKilled));
  await sleep(lifeMs);
  one.mustEnd(childrenOf(engine.pid));
  await engine.kill(way);
  one.kills++;
  await Promise.all(working);
}

/** Steps until there is nothing left to do or the process is gone; `killed` says of an error whether that is why. */
export async function workOn(
  one: Case,
  session: Session,
  work: Work,
  killed: (thrown: unknown) => boolean,
): Promise<void> {
  const random = one.random(`${work.name} ${one.kills}`);
  try {
    while (await work.step(session, random)) await sleep(random.range(0, 20));
  } catch (thrown) {
    if (!killed(thrown)) one.fail(`${work.name} was refused: ${String(thrown)}`);
  }
}

/** Verifies the library, then compares it with everything that was acknowledged. */
export async function checkAll(one: Case, session: Session, works: readonly Work[]): Promise<void> {
  const { problems, unfinished } = await checkWhole(session.ask);
  if (unfinished) one.count('kills that left something to be done');
  for (const problem of problems) one.fail(problem);
  for (const work of works) for (const problem of await work.check(session)) one.fail(problem);
  one.count('openings checked');
}
