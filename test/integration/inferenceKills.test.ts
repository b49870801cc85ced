/** The inference process killed in the middle of its work: the short version of `npm run hostile:inference`. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killWhileEmbedding } from '../support/inferenceKills.ts';
import { precedent, removeFolder, temporaryFolder } from '../support/precedent.ts';

test('killing the inference process again and again loses no lesion and no request', async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => removeFolder(folder));
  const report = await killWhileEmbedding({ folder, patients: 4, kills: 3, seed: 3 });
  expect(report.failures).toEqual([]);
  expect(report.kills).toBe(3);
  expect(report.asked).toBeGreaterThan(0);
  expect(report.answered).toBe(report.asked);
  const verified = await precedent('verify', '--library', join(folder, 'library'));
  expect(verified).toMatchObject({ code: 0, stdout: 'the library is whole\n' });
});
