/** Everything of a library is exported in the real application and taken in by a new one; and what the log says of it. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { patience } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('everything in open formats'), () => {
  let folder: string;
  let launched: LaunchedApp;
  const at = (id: string) => launched.page.getByTestId(id);
  const button = (name: string) => at('archive').getByRole('button', { name });
  const lesions = () => at('lesion-row').allTextContents();

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(join(folder, 'library'), 2);
    launched = await launchApp({ library: join(folder, 'library'), profile: join(folder, 'profile') });
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  /** What the next dialog answers. */
  async function chosen(path: string): Promise<void> {
    await launched.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [filePath] });
    }, path);
  }

  test('the settings write it, and a library without cases takes it in', async () => {
    await expect.poll(() => lesions().then((rows) => rows.length), patience).toBeGreaterThan(1);
    const before = await lesions();
    const archive = join(folder, 'export');
    await openSettings(launched.page, 'Safety');
    await expect.poll(() => button('Take in an export…').isDisabled(), patience).toBe(true);
    await chosen(archive);
    await button('Export everything…').click();
    await expect
      .poll(() => at('archive').textContent(), patience)
      .toMatch(/Wrote 2 volumes and \d+ lesions in \d+ files/);
    // What a tab has come to say stays while another is looked at.
    const tab = (name: string) => at('settings').getByRole('tab', { name }).click();
    await tab('Library');
    expect(await at('archive').isVisible()).toBe(false);
    await tab('Safety');
    await at('archive').getByText('Wrote 2 volumes').waitFor(patience);
    await launched.screenshot('archive-1-written');

    const empty = join(folder, 'empty');
    await mkdir(empty);
    await chosen(empty);
    await tab('Library');
    await at('settings').getByRole('button', { name: 'Open another…' }).click();
    await expect.poll(lesions, patience).toEqual([]);
    await openSettings(launched.page, 'Safety');
    await expect.poll(() => button('Take in an export…').isEnabled(), patience).toBe(true);
    await chosen(archive);
    await button('Take in an export…').click();
    await expect
      .poll(() => at('archive').textContent(), patience)
      .toMatch(/Took in 2 volumes and \d+ lesions/);
    await launched.page.keyboard.press('Escape');
    await expect.poll(lesions, patience).toEqual(before);
    await launched.screenshot('archive-2-taken-in');
    expect(launched.pageErrors).toEqual([]);
  });

  test('the log tells what happened, and names no folder and no patient', async () => {
    const log = await readFile(join(folder, 'profile', 'logs', 'precedent.log'), 'utf8');
    expect(log).toMatch(/ info Precedent \S+ starts on Electron \S+ \((un)?official, linux\)\n/);
    expect(log.match(/ info a library is open\n/g)).toHaveLength(2);
    expect(log).not.toContain(folder);
    expect(log).not.toMatch(/phantom/i);
  });
});
