/** A library whose files are damaged, in the real window: the catalog is restored from its banner, pictures mend themselves; and two instances. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason, runApp } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { patience, sliceOf } from './support/viewport.ts';

/** Changes bytes in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  for (let at = middle; at < middle + 64; at++) bytes[at] ^= 0x55;
  writeFileSync(path, bytes);
}

describe.skipIf(noAppReason() !== null)(groupName('a damaged library'), () => {
  let folder: string;
  let library: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);

  beforeAll(async () => {
    folder = await temporaryFolder();
    library = join(folder, 'library');
    await demoLibrary(library, 2);
    await precedentJson('backup', '--library', library);
    damage(join(library, 'catalog.sqlite'));
    for (const part of ['voxels', 'thumbnails'])
      for (const name of readdirSync(join(library, part))) damage(join(library, part, name));
    launched = await launchApp({ library });
    page = launched.page;
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('says that it can only be read, and comes back from the newest backup', async () => {
    await at('banner-read-only').waitFor(patience);
    await page.getByRole('button', { name: /^Restore the backup of/ }).waitFor(patience);
    await launched.screenshot('damaged');
    await page.getByRole('button', { name: /^Restore the backup of/ }).click();
    await expect.poll(() => at('banner-read-only').count(), patience).toBe(0);
    await at('lesion-row').first().waitFor(patience);
    await page.getByText(/^The library is as of/).waitFor(patience);
    expect(readdirSync(join(library, 'set-aside'))).toHaveLength(1);
  });

  test('draws its pictures again from the originals', async () => {
    await at('lesion-row').first().click();
    await sliceOf(at('viewport-axial'));
    await expect.poll(() => at('viewport-axial').getAttribute('data-complete'), patience).toBe('true');
    const shown = () =>
      page
        .locator('.thumbnail img')
        .evaluateAll((all) =>
          all.every((one) => (one as unknown as { naturalWidth: number }).naturalWidth > 0),
        );
    await expect
      .poll(async () => (await at('lesion-row').count()) > 0 && (await shown()), patience)
      .toBe(true);
  });

  test('lists its backups in the settings, and makes one there', async () => {
    await openSettings(page, 'Safety');
    await at('backup').first().waitFor(patience);
    await page.getByRole('button', { name: 'Back up now' }).click();
    await expect.poll(() => at('backup').count(), patience).toBe(2);
    await at('backups').scrollIntoViewIfNeeded();
    await launched.screenshot('backups');
  });

  test('a second application, or the command line, is refused while it is open', async () => {
    const second = await runApp(['--allow-test-data', '--library', library]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('the library is in use by another Precedent; close it there first');
    const listed = await precedent('list', '--library', library);
    expect(listed.code).toBe(1);
    expect(listed.stderr.trim()).toMatch(/^the library is in use by another Precedent; .*$/);
    await launched.close();
    expect((await precedent('verify', '--repair', '--library', library)).code).toBe(0);
  });
});
