/** What a user does to a library, under the rules of Windows. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { beginSession, settled, steps } from '../support/session.ts';
import { underWindows, type WindowsRules } from '../support/windowsRules.ts';

let folder: string;
let rules: WindowsRules | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  rules?.stop();
  await removeFolder(folder);
});

async function wholeSession(): Promise<void> {
  const session = await beginSession(join(folder, 'home'));
  try {
    for (const { run } of steps) {
      await run(session);
      await settled(session.here);
    }
    const { problems } = await session.here.call('verify.run', { repair: false });
    expect(problems).toEqual([]);
  } finally {
    await session.here.close();
  }
}

test('no file of a library or an export is replaced or removed while it is open, and every name is allowed', async () => {
  rules = underWindows(join(folder, 'home'));
  await wholeSession();
  expect(rules.refusals).toEqual([]);
  expect(rules.badNames).toEqual([]);
});

test('a scanner that holds each new file for a while is waited for', async () => {
  rules = underWindows(join(folder, 'home'), { scanMs: 300 });
  await wholeSession();
  expect(rules.refusals.length).toBeGreaterThan(20);
  expect(rules.waitedMs()).toBeGreaterThan(300);
});
