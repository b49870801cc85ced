/** Keys, mouse, layouts and what a profile keeps, in the real application on phantoms. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('keys, mouse and layouts'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const axial = () => at('viewport-axial');
  const corner = () => axial().locator('.bottom-right').textContent();
  const picture = async () => (await axial().screenshot()).toString('base64');

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').first().click(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('the presets are on 2 to 9, and 1 fits the slice', async () => {
    await sliceOf(axial());
    await page.keyboard.press('3');
    await expect.poll(corner, patience).toContain('W 1500 C −600');
    await page.keyboard.press('6');
    await expect.poll(corner, patience).toContain('W 150 C 60');
    await page.keyboard.press('1');
    await expect.poll(() => at('window-presets').textContent(), patience).toBe('Own window');
    expect(await corner()).not.toContain('W 150 C 60');
    await launched.screenshot('keys-1-auto');
    await page.keyboard.press('2');
  });

  test('Home and End, and Shift with the wheel', async () => {
    await axial().hover();
    await page.keyboard.press('Home');
    const first = await sliceOf(axial());
    await page.keyboard.press('End');
    await expect.poll(() => sliceOf(axial()), patience).not.toBe(first);
    const last = await sliceOf(axial());
    await page.keyboard.press('Home');
    await expect.poll(() => sliceOf(axial()), patience).toBe(first);
    const down = Math.sign(last - first);
    await page.mouse.wheel(0, 100);
    await expect.poll(() => sliceOf(axial()), patience).toBe(first + down);
    await page.keyboard.down('Shift');
    await page.mouse.wheel(0, 100);
    await page.keyboard.up('Shift');
    await expect.poll(() => sliceOf(axial()), patience).toBe(first + 6 * down);
  });

  test('cine runs until it is stopped', async () => {
    const before = await sliceOf(axial());
    await page.keyboard.press('c');
    await expect.poll(() => sliceOf(axial()), patience).not.toBe(before);
    expect(await at('cine-mark').textContent()).toContain('12 / s');
    await page.keyboard.press('>');
    await expect.poll(() => at('cine-mark').textContent(), patience).toContain('16 / s');
    await page.keyboard.press('c');
    await expect.poll(() => at('cine-mark').count(), patience).toBe(0);
    const stopped = await sliceOf(axial());
    await page.waitForTimeout(400);
    expect(await sliceOf(axial())).toBe(stopped);
  });

  test('pan and zoom are tools, and Ctrl lends the left button to the window', async () => {
    const focusedAt = await sliceOf(axial());
    const whole = await picture();
    await page.keyboard.press('z');
    await dragFromMiddle(page, axial(), [0, 0], [0, -80]);
    await expect.poll(picture, patience).not.toBe(whole);
    expect(await at('tool-zoom').getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('p');
    expect(await at('tool-pan').getAttribute('aria-pressed')).toBe('true');
    await dragFromMiddle(page, axial(), [0, 0], [60, 0]);
    await launched.screenshot('keys-2-panned');
    await page.keyboard.press('x');
    expect(await corner()).toContain('W 400 C 40');
    await page.keyboard.down('Control');
    await dragFromMiddle(page, axial(), [0, 0], [50, 0]);
    await page.keyboard.up('Control');
    await expect.poll(corner, patience).not.toContain('W 400 C 40');
    expect(await sliceOf(axial())).toBe(focusedAt);
    await page.keyboard.press('2');
    await page.keyboard.press('r');
  });

  test('layouts follow each other, and one plane becomes large', async () => {
    const shown = () => page.locator('.planes .pane').count();
    expect(await shown()).toBe(3);
    await page.keyboard.press('g');
    await expect.poll(shown, patience).toBe(2);
    await launched.screenshot('keys-3-two');
    await page.keyboard.press('g');
    await expect.poll(shown, patience).toBe(4);
    await page.keyboard.press('g');
    await expect.poll(shown, patience).toBe(1);
    await page.keyboard.press('g');
    await expect.poll(shown, patience).toBe(3);
    await at('viewport-coronal').hover();
    await at('viewport-coronal').click();
    await page.keyboard.press('v');
    await expect.poll(shown, patience).toBe(1);
    expect(await at('viewport-coronal').isVisible()).toBe(true);
    await page.keyboard.press('v');
    await expect.poll(shown, patience).toBe(3);
    await axial().click();
  });

  test.each(['the GPU path', 'the CPU path'])('a slab shows the highest values, on %s', async (path) => {
    if (path === 'the CPU path') {
      await openSettings(page, 'Display');
      await page.getByLabel('Draw on the CPU').check();
      await page.keyboard.press('Escape');
    }
    await sliceOf(axial());
    await page.keyboard.press('3');
    const brightness = async () => {
      const { data } = decode(await axial().locator('.pane-picture').screenshot());
      let sum = 0;
      for (const value of data) sum += value;
      return sum;
    };
    // One plane is enough to draw where the graphics are software.
    await page.keyboard.press('v');
    await expect.poll(() => page.locator('.planes .pane').count(), patience).toBe(1);
    await sliceOf(axial());
    let thin = 0;
    const steady = async () => {
      const before = thin;
      thin = await brightness();
      return thin === before;
    };
    await expect.poll(steady, patience).toBe(true);
    await page.keyboard.press('j');
    await expect.poll(corner, patience).toContain('MIP 20 mm');
    await expect.poll(brightness, patience).toBeGreaterThan(thin * 1.005);
    const slab = await brightness();
    for (let n = 0; n < 4; n++) await page.keyboard.press('.');
    await expect.poll(corner, patience).toContain('MIP 40 mm');
    await expect.poll(brightness, patience).toBeGreaterThan(slab * 1.005);
    await launched.screenshot(path === 'the CPU path' ? 'keys-5-slab-cpu' : 'keys-4-slab');
    await page.keyboard.press('j');
    await expect.poll(corner, patience).not.toContain('MIP');
    await expect.poll(brightness, patience).toBe(thin);
    await page.keyboard.press('v');
  });

  test('the corners can be emptied, and patients become numbers', async () => {
    const patient = (await at('lesion-row').first().locator('.row-patient').textContent()) ?? '';
    expect(patient).not.toBe('');
    const text = () => page.locator('body').innerText();
    expect(await text()).toContain(patient);
    await page.keyboard.press('h');
    await expect.poll(text, patience).not.toContain(patient);
    expect(await page.locator(`[title*="${patient}"]`).count()).toBe(0);
    expect(await axial().locator('.top-left').textContent()).toMatch(/Patient \d/);
    await launched.screenshot('keys-6-hidden');
    await page.keyboard.press('h');
    await expect.poll(text, patience).toContain(patient);
    await page.keyboard.press('t');
    await expect.poll(() => axial().locator('.top-left').isVisible(), patience).toBe(false);
    await page.keyboard.press('t');
    await expect.poll(() => axial().locator('.top-left').isVisible(), patience).toBe(true);
  });

  test('a key is changed in the settings, refused where taken, kept, exported and imported', async () => {
    await openSettings(page, 'Keys');
    await at('key-invert').click();
    await page.keyboard.press('w');
    await expect
      .poll(() => at('own-keys').getByRole('alert').textContent(), patience)
      .toContain('W is taken: Window');
    await at('key-invert').click();
    await page.keyboard.press('F9');
    await expect.poll(() => at('key-invert').textContent(), patience).toBe('F9');
    await at('key-invert').scrollIntoViewIfNeeded();
    await launched.screenshot('keys-7-settings');
    const file = join(folder, 'keys.json');
    await launched.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, file);
    await at('keys-export').click();
    await page.getByText('Keys exported').waitFor(patience);
    expect(JSON.parse(await readFile(file, 'utf8')).keys.invert).toEqual(['F9']);

    await page.reload();
    await at('lesion-row').first().click(patience);
    await sliceOf(axial());
    const inverted = () => at('invert').getAttribute('aria-pressed');
    expect(await inverted()).toBe('false');
    await page.keyboard.press('i');
    await page.keyboard.press('F9');
    await expect.poll(inverted, patience).toBe('true');
    await page.keyboard.press('?');
    await expect.poll(() => at('keys-help').textContent(), patience).toContain('Shift wheel');
    expect(await at('keys-help').locator('.key-line', { hasText: 'Invert' }).textContent()).toMatch(/F9$/);
    await launched.screenshot('keys-8-help');
    await page.keyboard.press('Escape');

    await openSettings(page, 'Keys');
    await page.getByRole('button', { name: 'As delivered' }).click();
    await expect.poll(() => at('key-invert').textContent(), patience).toBe('I');
    await page.locator('[data-testid=own-keys] input[type=file]').setInputFiles(file);
    await expect.poll(() => at('key-invert').textContent(), patience).toBe('F9');
    await writeFile(file, JSON.stringify({ precedentKeys: 1, keys: { invert: ['w'] } }));
    await page.locator('[data-testid=own-keys] input[type=file]').setInputFiles(file);
    await page.getByText('given to two actions').waitFor(patience);
    expect(await at('key-invert').textContent()).toBe('F9');
    await page.getByRole('button', { name: 'As delivered' }).click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await expect.poll(inverted, patience).toBe('false');
    expect(launched.pageErrors).toEqual([]);
  });
});
