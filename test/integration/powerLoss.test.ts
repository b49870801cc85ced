/** A few power cuts in a recorded session; `npm run test:power` replays 500. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordedSession, recordSession, replayPowerCut } from '../support/powerLoss/replay.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const replays = 15;
let folder: string;
let session: RecordedSession;

beforeAll(async () => {
  folder = await temporaryFolder();
  session = await recordSession(join(folder, 'home'));
});
afterAll(() => removeFolder(folder));

test('after a power cut the library opens, goes on and is sound, and exports are whole', async () => {
  const cuts = new Set<string>();
  for (let number = 0; number < replays; number++) {
    const { during, problems } = await replayPowerCut(session, number);
    cuts.add(during);
    expect([number, during, problems]).toEqual([number, during, []]);
  }
  expect(cuts.size).toBeGreaterThan(5);
});

test('where the disk ignores what it is told to keep, the replays find out', async () => {
  const found: string[] = [];
  for (let number = 0; number < 5; number++)
    found.push(...(await replayPowerCut(session, number, { syncs: false })).problems);
  expect(found.length).toBeGreaterThan(0);
});
