/** A library is encrypted in the window, closed, opened with its passphrase, and searched in. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { patience, sliceOf } from './support/viewport.ts';

const passphrase = 'four words are enough';

describe.skipIf(noAppReason() !== null)(groupName('an encrypted library in the window'), () => {
  let folder: string;
  let launched: LaunchedApp | undefined;
  const library = () => join(folder, 'library');
  const start = async (args: readonly string[] = []) => {
    launched = await launchApp({ library: library(), profile: join(folder, 'profile'), args });
    const { page } = launched;
    return { page, at: (id: string) => page.getByTestId(id) };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(library(), 2);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('it is encrypted from the settings, shows its recovery key once, saved also without exports, and goes on working', async () => {
    const policy = join(folder, 'policy.json');
    await writeFile(policy, '{"exportDisabled":true}', { mode: 0o644 });
    const { page, at } = await start([`--policy=${policy}`]);
    await at('lesion-row').first().waitFor(patience);
    await openSettings(page, 'Safety');
    const section = at('encryption');
    await section.getByText('This library is not encrypted').waitFor(patience);
    await section.getByRole('button', { name: 'Encrypt this library…' }).click();
    await section.getByLabel('New passphrase', { exact: true }).fill('too short');
    await section.getByText('At least 12 characters').waitFor(patience);
    await section.getByLabel('New passphrase', { exact: true }).fill(passphrase);
    await section.getByLabel('The same again', { exact: true }).fill(passphrase);
    await launched?.screenshot('encryption-form');
    await page.keyboard.press('Enter');
    await at('recovery-key').waitFor(patience);
    await launched?.screenshot('encryption-recovery-key');
    const recoveryKey = (await at('recovery-key').locator('code').textContent()) ?? '';
    expect(recoveryKey).toMatch(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);
    const saved = join(folder, 'key.txt');
    await launched?.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, saved);
    await at('recovery-key').getByRole('button', { name: 'Save to print…' }).click();
    await expect
      .poll(() => readFile(saved, 'utf8').catch(() => ''), patience)
      .toContain(`\n${recoveryKey}\n`);
    await section.getByText('This library is encrypted').waitFor(patience);
    await at('recovery-key').getByRole('button', { name: 'I have kept it' }).click();
    await page.keyboard.press('Escape');
    await at('lesion-row').nth(1).click(patience);
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await at('hit-card').first().waitFor(patience);
    expect(launched?.pageErrors).toEqual([]);
    await launched?.close();
  });

  test('nothing of it lies open in its folder', async () => {
    const names = await readdir(library(), { recursive: true, withFileTypes: true });
    const files = names
      .filter((name) => name.isFile())
      .map((name) => join(name.parentPath, name.name))
      // What the demonstration was made of, and is a stranger's folder in any other library.
      .filter((path) => !path.startsWith(join(library(), 'phantom')));
    expect(files.length).toBeGreaterThan(8);
    for (const path of files) {
      const text = await readFile(path, 'latin1');
      for (const open of ['SQLite format 3', 'PH-000', 'PVOX0002', 'PRCDMAT1', 'IHDR'])
        expect(text.includes(open), `${open} in ${path.slice(library().length)}`).toBe(false);
    }
  });

  test('it asks for the passphrase, says what is wrong, makes wrong ones wait, and opens by keyboard alone', async () => {
    const { page, at } = await start();
    const field = page.getByLabel('Passphrase or recovery key', { exact: true });
    await field.waitFor(patience);
    expect(await at('lesion-row').count()).toBe(0);
    await launched?.screenshot('encryption-unlock');
    for (const wrong of ['not this one at all', 'nor this one']) {
      await page.keyboard.type(wrong);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('passphrase is wrong').waitFor(patience);
    }
    await page.getByRole('button', { name: /^Wait \d+ s$/ }).waitFor(patience);
    await launched?.screenshot('encryption-wrong');
    await page.getByRole('button', { name: 'Open', exact: true }).waitFor(patience);
    await page.keyboard.type(passphrase);
    await page.keyboard.press('Enter');
    await at('lesion-row').nth(1).click(patience);
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await at('hit-card').first().waitFor(patience);
    await expect
      .poll(
        () =>
          at('lesion-row')
            .first()
            .locator('img')
            .evaluate((img) => Number(Reflect.get(img, 'naturalWidth'))),
        patience,
      )
      .toBeGreaterThan(0);
    await launched?.screenshot('encryption-opened');
    await launched?.close();
  });
});
