/** The whole application killed while it imports and its window's engine writes: the short version of `npm run test:crash`. */
import { expect, onTestFinished, test } from 'vitest';
import { runCase } from '../hostile/crash/run.ts';
import { makeTemplates } from '../hostile/crash/templates.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, noAppReason } from './support/app.ts';

test.skipIf(noAppReason() !== null)(
  groupName(
    'after the application was killed it starts again on a whole library, and goes on with its imports',
  ),
  async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => removeFolder(folder));
    const { tally, failures } = await runCase(
      { name: 'app 1', kind: 'app', kills: 1 },
      await makeTemplates(folder),
      1,
    );
    expect(failures).toEqual([]);
    expect(tally.kills).toBe(1);
    expect(tally['openings checked']).toBe(3);
  },
);
