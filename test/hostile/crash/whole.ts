/** Whether a library is whole after a kill: nothing damaged at once, nothing left to do soon after, and the index finds what the catalog holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from './session.ts';

/** What work that was cut off leaves to be done: nothing of it is damage, and the engine does it by itself. */
const unfinished = /no embedding|thumbnail is missing/;
const patienceMs = 60_000;

export interface Whole {
  readonly problems: readonly string[];
  /** Whether something had to be done first. */
  readonly unfinished: boolean;
  readonly contentHash: string;
}

export async function checkWhole(ask: Ask): Promise<Whole> {
  let report = await ask('verify.run', {});
  const left = report.problems;
  for (const until = performance.now() + patienceMs; report.problems.length > 0; ) {
    const damage = report.problems.filter(({ what }) => !unfinished.test(what));
    const late = performance.now() > until ? report.problems : [];
    const wrong = [...damage, ...late];
    if (wrong.length > 0)
      return {
        problems: wrong.map(({ what, where }) => `verify: ${what} (${where})`),
        unfinished: true,
        contentHash: report.contentHash,
      };
    // The check stops what is done in the background, so it is left alone for a while.
    await sleep(100);
    report = await ask('verify.run', {});
  }
  return {
    problems: await indexAgrees(ask),
    unfinished: left.length > 0,
    contentHash: report.contentHash,
  };
}

/** A search for everything like one lesion finds every other lesion of the catalog, and nothing else or twice. */
async function indexAgrees(ask: Ask): Promise<string[]> {
  const { total, lesions } = await ask('library.lesionIds', {});
  if (total === 0) return [];
  const all = { top: 1000, hitsPerPatient: 1000, includeSamePatient: true };
  const { hits } = await ask('search.run', { query: { lesion: lesions[0] }, ...all });
  const found = new Set([lesions[0], ...hits.map(({ lesion }) => lesion)]);
  const missing = lesions.filter((one) => !found.has(one)).length;
  const unknown = found.size + missing - lesions.length;
  const twice = hits.length - new Set(hits.map(({ lesion }) => lesion)).size;
  if (missing + unknown + twice === 0) return [];
  return [
    `index: of ${total} lesions a search misses ${missing}, finds ${twice} twice, and ${unknown} that are not there`,
  ];
}
