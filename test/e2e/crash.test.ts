/** The engine, its processes and the whole application killed in everything that writes: the short version of `npm run test:crash`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlannedCase, runCase } from '../hostile/crash/run.ts';
import { makeTemplates, type Templates } from '../hostile/crash/templates.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, noAppReason } from './support/app.ts';

let templates: Templates;

beforeAll(async () => {
  templates = await makeTemplates(await temporaryFolder());
});
afterAll(() => removeFolder(templates.folder));

test.each<PlannedCase>([
  { name: 'chain 1', kind: 'chain', kills: 8 },
  { name: 'migration 1', kind: 'migration', kills: 2 },
  { name: 'index 1', kind: 'index', kills: 2 },
  { name: 'children 1', kind: 'children', kills: 2 },
])('after $kills kills the library is whole and holds what was acknowledged ($kind)', async (planned) => {
  const { tally, failures } = await runCase(planned, templates, 1);
  expect(failures).toEqual([]);
  expect(tally.kills).toBe(planned.kills);
  expect(tally['openings checked'] ?? tally['works compared to the last byte']).toBeGreaterThan(0);
});

test.skipIf(noAppReason() !== null)(
  groupName(
    'after the application was killed it starts again on a whole library, and goes on with its imports',
  ),
  async () => {
    const { tally, failures } = await runCase({ name: 'app 1', kind: 'app', kills: 1 }, templates, 1);
    expect(failures).toEqual([]);
    expect(tally.kills).toBe(1);
    expect(tally['openings checked']).toBe(3);
  },
);
