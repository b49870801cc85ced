/** Users with a PIN, the lock, the record of who did what, and the administrator's policy, in the real application. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason, runApp } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';
import { runInPage } from './support/inPage.ts';
import { openSettings } from './support/settings.ts';
import { patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('users, lock and policy'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const library = () => join(folder, 'library');
  const start = async (...args: string[]) => {
    launched = await launchApp({ library: library(), profile: join(folder, 'profile'), args });
    const first = () => launched.app.windows().find((one) => one.url().endsWith('index.html'));
    page = await vi.waitFor(() => {
      const found = first();
      if (!found) throw new Error('there is no first window');
      return found;
    }, patience);
  };
  const unlocked = () => page.getByTestId('lesion-row').first().waitFor(patience);
  const locked = (one: Page) => one.getByTestId('lock').waitFor(patience);
  /** What stands in the window and could be read off the screen. */
  const visibleText = (one: Page) => one.locator('body').innerText();
  const unlock = async (pin: string) => {
    await page.getByLabel('PIN', { exact: true }).fill(pin);
    await page.keyboard.press('Enter');
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(library(), 4);
    await start();
    await unlocked();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('the settings add a user with a PIN, who is signed in', async () => {
    await page.getByTestId('lesion-row').first().click();
    await sliceOf(page.getByTestId('viewport-axial'));
    await page.keyboard.press('f');
    await page.getByTestId('hit-card').first().waitFor(patience);
    await page.keyboard.press('Control+Shift+l');
    await expect.poll(() => visibleText(page), patience).toContain('nobody to unlock it again');
    await openSettings(page, 'People');
    const users = page.getByTestId('users');
    await users.getByLabel('Your name').fill('Ann Example');
    await users.getByLabel('PIN (optional)').fill('2468');
    await page.keyboard.press('Enter');
    await expect.poll(() => users.innerText(), patience).toContain('Ann Example · signed in · PIN');
    await launched.screenshot('lock-1-users');
  });

  test('a key locks both windows over whatever is open: nothing is seen, no key works, and the engine refuses', async () => {
    await watchPorts(page);
    await requestPort(page);
    const { result } = await askEngine(page, 'volumes.list', {});
    const [volume] = (result as { rows: { id: string }[] }).rows;
    const voxels = () =>
      runInPage(page, `return (await fetch('precedent://voxels/${volume?.id}?slices=0-0')).status`);
    expect(await voxels()).toBe(200);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+u');
    const hits = await vi.waitFor(() => {
      const found = launched.app.windows().find((one) => one.url().endsWith('?window=hits'));
      if (!found) throw new Error('there is no second window');
      return found;
    }, patience);
    await hits.getByTestId('hit-card').first().waitFor(patience);
    await page.keyboard.press('Control+l');
    await page.getByTestId('library-page').waitFor(patience);
    await page.keyboard.press('Control+Shift+l');
    for (const one of [page, hits]) {
      await locked(one);
      expect((await visibleText(one)).split('\n').filter((line) => line.trim() !== '')).toEqual([
        'Precedent is locked', 'User', 'Ann Example', 'PIN', 'Unlock', 'Research use, not for primary diagnosis',
      ]); // biome-ignore format: one list
    }
    await launched.screenshot('lock-2-locked');
    await hits.screenshot({ path: 'test-results/lock-3-hits-locked.png' });
    expect(await hits.getByTestId('hit-card').first().isVisible()).toBe(false);
    // Past the screen: the line to the engine, the bytes of pictures, the bridge.
    for (const method of ['patients.list', 'library.info', 'lesions.list'])
      expect(await askEngine(page, method, {})).toMatchObject({ error: { kind: 'refused' } });
    expect(await voxels()).toBe(404);
    for (const call of [`chooseImport('files')`, `saveText('a.txt', 'a')`, 'openLibrary()'])
      expect(
        await runInPage(page, `return window.precedent.${call}.then(() => 'done', (e) => e.message)`),
      ).toBe('the library is locked; sign in first');
    // Keys of the page behind.
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await unlock('1111');
    await expect.poll(() => visibleText(page), patience).toContain('The PIN is wrong');
    await unlock('2468');
    await page.getByTestId('library-page').waitFor(patience);
    await hits.getByTestId('hit-card').first().waitFor(patience);
    await expect.poll(() => page.getByTestId('lock').count(), patience).toBe(0);
    await launched.screenshot('lock-4-unlocked');
    await hits.close();
  });

  test('the record says who did what, and that nothing of it was changed', async () => {
    await page.getByText('Log', { exact: true }).click();
    const log = page.getByTestId('log');
    await log.waitFor(patience);
    const text = await log.innerText();
    for (const told of [
      /view\tvol-/,
      /query\tles-/,
      /Ann Example\tuser\.out/,
      /Ann Example\tuser\.refused/,
      /Ann Example\tuser\.in/,
    ])
      expect(text).toMatch(told);
    await page.getByRole('button', { name: 'Check' }).click();
    await expect
      .poll(() => page.getByTestId('log-checked').textContent(), patience)
      .toMatch(/^Nothing of \d+ entries was changed/);
    await launched.screenshot('lock-5-log');
    await page.getByLabel('Action').selectOption('user.refused');
    await expect.poll(() => log.locator('tbody tr').count(), patience).toBe(1);
  });

  test('after a restart the library is locked, and what was open comes back with its user', async () => {
    await launched.close();
    await start();
    await locked(page);
    await unlock('2468');
    await unlocked();
    await sliceOf(page.getByTestId('viewport-axial'));
  });

  test('where exports are switched off, they are out of reach and refused', async () => {
    await launched.close();
    const policy = join(folder, 'policy.json');
    await writeFile(
      policy,
      JSON.stringify({ exportDisabled: true, idleLockMinutes: 15, backupsFolder: join(folder, 'backups') }),
      { mode: 0o644 },
    );
    await start(`--policy=${policy}`);
    await locked(page);
    await unlock('2468');
    await unlocked();
    await page.getByTestId('hit-card').first().waitFor(patience);
    expect(await page.getByTestId('take-away').isDisabled()).toBe(true);
    await page.keyboard.press('Control+p');
    await expect.poll(() => visibleText(page), patience).toContain('policy: nothing is exported from here');
    expect(
      await runInPage(
        page,
        `return window.precedent.saveText('a', 'a').then(() => 'done', (e) => e.message)`,
      ),
    ).toMatch(/policy: nothing is exported/);
    await openSettings(page, 'People');
    expect(await page.getByTestId('policy').innerText()).toContain('Nothing is exported');
    await launched.screenshot('lock-6-policy');
    await page.getByTestId('settings').getByRole('tab', { name: 'Safety' }).click();
    expect(await page.getByRole('button', { name: 'Export everything…' }).isDisabled()).toBe(true);
    for (const name of ['Keep them in…', 'Keep them in the library']) {
      const button = page.getByTestId('backups').getByRole('button', { name });
      await button.waitFor(patience);
      expect(await button.isDisabled()).toBe(true);
      expect(await button.getAttribute('title')).toBe('Your administrator has set the folder');
    }
  });

  test('a policy that does not hold starts nothing, and says why in one line', async () => {
    const policy = join(folder, 'broken.json');
    await writeFile(policy, '{"exportsDisabled":true}', { mode: 0o644 });
    const { code, stderr } = await runApp(['--library', library(), `--policy=${policy}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^\S*broken\.json: the policy file does not hold: .*exportsDisabled.*; tell your administrator$/,
    );
  });
});
