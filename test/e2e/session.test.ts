/** What was open comes back with the application, and not in another library. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason, startApp } from './support/app.ts';
import { storedText } from './support/pageStorage.ts';
import { patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('the session'), () => {
  let folder: string;
  let launched: LaunchedApp | undefined;
  const library = () => join(folder, 'library');
  const profile = () => join(folder, 'profile');
  const start = async (of: string) => {
    launched = await launchApp({ library: of, profile: profile() });
    const { app, page } = launched;
    await page.getByTestId('lesion-row').first().waitFor(patience);
    return { app, page, at: (id: string) => page.getByTestId(id) };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(library(), 4);
    await demoLibrary(join(folder, 'other'), 4, 2);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a start with a file that is gone says so, and opens the library all the same', async () => {
    const args = ['--allow-test-data', '--library', library(), join(folder, 'Mustermann.dcm')];
    const started = startApp(join(folder, 'another profile'), args);
    let said = '';
    started.stderr?.on('data', (data) => {
      said += String(data);
    });
    try {
      const isOpen = async () => (await readFile(join(library(), 'catalog.seal'), 'utf8')).includes('"open"');
      await expect.poll(isOpen, patience).toBe(true);
      expect(said.split('\n')).toContain('there is no such file or folder');
      expect(said).not.toContain('Mustermann');
    } finally {
      started.kill('SIGKILL');
      await once(started, 'exit');
    }
  });

  test('volume, place, layout, window, hits and the open hit are there again after the application was killed', async () => {
    const { app, page, at } = await start(library());
    await at('lesion-row').nth(1).click();
    await sliceOf(at('viewport-axial'));
    const volume = await at('viewport-axial').getAttribute('data-volume');
    await at('viewport-axial').click();
    await page.keyboard.press('3');
    await page.keyboard.press('g');
    await page.keyboard.press('ArrowDown');
    const slice = await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await at('hit-card').nth(1).click(patience);
    await sliceOf(at('compare-hit'));
    const hit = (await at('hit-card').nth(1).getAttribute('data-lesion')) ?? '';
    const stored = () => storedText(app, profile());
    await expect.poll(stored, patience).toContain(`"active":"${hit}"`);
    const text = await stored();
    expect(text).not.toMatch(/PH-\d/);
    expect(text).not.toContain(folder);
    launched?.app.process().kill('SIGKILL');
    await launched?.close().catch(() => {});

    const again = await start(library());
    await sliceOf(again.at('compare-hit'));
    expect(await again.at('hit-card').nth(1).getAttribute('aria-pressed')).toBe('true');
    expect(await again.at('hit-card').nth(1).getAttribute('data-lesion')).toBe(hit);
    await launched?.screenshot('session-1-again');
    await again.page.keyboard.press('Escape');
    await expect.poll(() => sliceOf(again.at('viewport-axial')), patience).toBe(slice);
    expect(await again.at('viewport-axial').getAttribute('data-volume')).toBe(volume);
    expect(await again.at('viewport-axial').locator('.bottom-right').textContent()).toContain(
      'W 1500 C −600',
    );
    expect(await again.page.locator('.planes').getAttribute('data-layout')).toBe('two');
    await launched?.close();
  });

  test('in another library the look stays, and nothing is open', async () => {
    const { page, at } = await start(join(folder, 'other'));
    expect(await page.getByText('No volume open').isVisible()).toBe(true);
    expect(await at('hit-card').count()).toBe(0);
    await at('lesion-row').first().click();
    await sliceOf(at('viewport-axial'));
    expect(await page.locator('.planes').getAttribute('data-layout')).toBe('two');
    expect(launched?.pageErrors).toEqual([]);
  });
});
