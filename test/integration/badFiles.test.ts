import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBadFiles } from '../hostile/badFolder.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => removeFolder(folder));

test('every purpose-made bad file is answered with its reason, and the good ones among them are imported', async () => {
  const { failures, made } = await importBadFiles(folder);
  expect(made).toBeGreaterThan(200);
  expect(failures).toEqual([]);
});
