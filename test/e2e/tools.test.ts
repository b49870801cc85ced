/** The tools around the main job, in the real application on phantoms: corrections, saving, filters, a cancelled import. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('the tools of the window'), () => {
  const saved = 'Marked in the test';
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  /** Of the library, before anything was saved to it. */
  let lesions: number;
  const at = (id: string) => page.getByTestId(id);
  const volume = () => at('measure-volume').first().textContent();
  const measured = () => expect.poll(volume, patience).toMatch(/\d/);
  const rows = () => at('lesion-row').count();

  async function pickLabel(menu: 'library-panel' | 'query-line', name: string, value: string): Promise<void> {
    await at(menu).getByLabel('Filter by a label').click();
    await page.getByRole('menuitem', { name }).click();
    await page.getByRole('menuitem', { name: value }).click();
  }

  async function chooseAndImport(path: string): Promise<void> {
    await launched.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, path);
    await at('import-button').click();
    await at('import-folder').click();
    await at('import-start').click();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    await demoLibrary(join(folder, 'others'), 4, 2);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').nth(3).waitFor(patience);
    lesions = await rows();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a study opens from the list of patients, without a lesion', async () => {
    await at('library-panel')
      .getByText(/^Patients/)
      .click();
    await at('patient-row').nth(1).click();
    await at('volume-row').first().click();
    for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(`viewport-${plane}`));
    await page.getByLabel('All patients').click();
    await at('library-panel')
      .getByText(/^Lesions/)
      .click();
  });

  test('the brush changes the measured volume, and undo restores it', async () => {
    const kidney = at('lesion-row').filter({ hasText: 'kidney mass' }).first();
    await kidney.click();
    await expect
      .poll(() => at('viewport-axial').getAttribute('data-volume'), patience)
      .toBe(await kidney.getAttribute('data-volume'));
    await sliceOf(at('viewport-axial'));
    await at('tool-ellipse').click();
    await dragFromMiddle(page, at('viewport-axial'), [-70, -70], [70, 70]);
    await expect.poll(() => at('proposal-panel').isVisible(), patience).toBe(true);
    await measured();
    const grown = await volume();
    await page.keyboard.press('q');
    await dragFromMiddle(page, at('viewport-axial'), [-120, 0], [120, 0]);
    await expect.poll(volume, patience).not.toBe(grown);
    await measured();
    const painted = await volume();
    await page.keyboard.press('Control+z');
    await expect.poll(volume, patience).toBe(grown);
    await page.keyboard.press('Control+y');
    await expect.poll(volume, patience).toBe(painted);
    await page.keyboard.press('Control+z');
    await expect.poll(volume, patience).toBe(grown);
  });

  test('a saved lesion is in the library, survives a reload, and is found', async () => {
    const before = await volume();
    await page.getByLabel('Name of the lesion').fill(saved);
    await page.getByLabel('Label name').first().fill('kind');
    await page.getByLabel('Label value').first().fill('kidney mass');
    await at('save-lesion').click();
    const row = () => at('lesion-row').filter({ hasText: saved });
    await expect.poll(() => row().count(), patience).toBe(1);
    await page.reload();
    await expect.poll(() => row().count(), patience).toBe(1);
    await row().click();
    await expect.poll(volume, patience).toBe(before);
    // Its own patient is left out unless asked for; then the lesion itself is the first hit.
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(1);
    expect(await at('hit-card').filter({ hasText: saved }).count()).toBe(0);
    await page.getByLabel('Same patient').check();
    await expect.poll(() => at('hit-card').first().textContent(), patience).toContain(saved);
    await page.getByLabel('Same patient').uncheck();
    await launched.screenshot('tools-1-saved');
  });

  test('a filter by label narrows the library, another one the hits', async () => {
    await pickLabel('library-panel', 'kind', 'kidney mass');
    await expect.poll(rows, patience).toBe(2);
    expect(await at('lesion-row').allTextContents()).toEqual([
      expect.stringContaining('kidney mass'),
      expect.stringContaining('kidney mass'),
    ]);
    await page.getByLabel('Remove the filter kind = kidney mass').click();
    await expect.poll(rows, patience).toBe(lesions + 1);

    await pickLabel('query-line', 'kind', 'spiculated nodule');
    await expect.poll(() => at('hit-card').count(), patience).toBe(1);
    expect(await at('hit-card').first().textContent()).toContain('spiculated nodule');
    await page.getByLabel('Remove the filter kind = spiculated nodule').click();
    await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(1);
  });

  test('arrow keys move along the hits, Enter opens one, Escape leads back', async () => {
    await at('hit-card').first().focus();
    await page.keyboard.press('ArrowRight');
    expect(
      await at('hit-card')
        .nth(1)
        .evaluate((card) => card.matches(':focus')),
    ).toBe(true);
    await page.keyboard.press('Enter');
    await sliceOf(at('compare-hit'));
    expect(await at('hit-card').nth(1).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Escape');
    await expect.poll(() => at('compare-view').count()).toBe(0);
  });

  test('words and filters are typed with what the box offers, counted, and saved as a set', async () => {
    const box = at('query-box');
    const offered = () => page.getByRole('option').allTextContents();
    await page.keyboard.press('/');
    expect(await box.evaluate((input) => input.matches(':focus'))).toBe(true);
    await page.keyboard.type('ki');
    await expect.poll(async () => (await offered())[0], patience).toMatch(/^kind:label, \d+ values$/);
    await page.keyboard.press('ArrowDown');
    expect(await box.getAttribute('aria-activedescendant')).toBe(
      await page.getByRole('option').first().getAttribute('id'),
    );
    await page.keyboard.press('Enter');
    expect(await box.inputValue()).toBe('kind:');
    await page.keyboard.type('spic');
    await expect.poll(offered, patience).toEqual(['spiculated nodule1']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await box.inputValue()).toBe('kind:"spiculated nodule" ');
    await page.keyboard.type('lung');
    await page.keyboard.press('Enter');
    await expect.poll(() => at('hit-card').count(), patience).toBe(1);
    expect(await at('hit-card').first().textContent()).toContain('spiculated nodule');
    expect(await box.inputValue()).toBe('lung');
    await expect.poll(() => at('passing').textContent(), patience).toMatch(/^1 of \d+ pass$/);
    await at('hit-card').first().click();
    await sliceOf(at('compare-hit'));
    expect(await at('compare-query').count()).toBe(0);
    await launched.screenshot('tools-2-words');
    await page.keyboard.press('Escape');

    await at('filter-sets').click();
    await page.getByLabel('Name for these filters').fill('spiculated');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('menuitem', { name: 'spiculated' }).waitFor(patience);
    await page.keyboard.press('Escape');
    await page.getByLabel('Remove the filter kind = spiculated nodule').click();
    await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(1);
    await at('filter-sets').click();
    await page.getByRole('menuitem', { name: 'spiculated' }).click();
    await expect.poll(() => at('hit-card').count(), patience).toBe(1);
    await page.getByLabel('Remove the filter kind = spiculated nodule').click();
  });

  test('a mistake in the box is said beside it, and nothing is searched', async () => {
    const box = at('query-box');
    const before = await at('hit-strip').locator('.hits-status').textContent();
    for (const [text, said] of [
      ['knd:cyst', 'Did you mean kind?'],
      ['size:big', 'DiameterMm: "big" is no number'],
    ]) {
      await box.fill(text);
      await box.press('Enter');
      await expect.poll(() => at('query-line').textContent(), patience).toContain(said);
    }
    expect(await at('hit-strip').locator('.hits-status').textContent()).toBe(before);
    await box.fill('');
  });

  test('a caption can be written anew, is found by its words, and taken back', async () => {
    await at('lesion-row').first().click();
    const caption = () => at('caption').textContent();
    await expect.poll(caption, patience).toMatch(/ mm, .* HU/);
    const generated = await caption();
    await page.getByLabel('Write another caption').click();
    await page.getByLabel('Caption', { exact: true }).fill('an unmistakable popcorn nodule');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(caption, patience).toBe('an unmistakable popcorn nodule');
    await at('query-box').fill('popcorn');
    await at('query-box').press('Enter');
    await expect.poll(() => at('hit-card').count(), patience).toBe(1);
    await page.getByLabel('Write another caption').click();
    await page.getByRole('button', { name: 'As measured' }).click();
    await expect.poll(caption, patience).toBe(generated);
    await at('query-box').fill('');
  });

  test('an import cancelled in the window leaves a working library, and can be done again', async () => {
    const others = join(folder, 'others', 'phantom');
    await chooseAndImport(others);
    await at('import-cancel').click();
    await expect.poll(() => at('import-cancelled').count(), patience).toBe(1);
    // A grant is for one use: nothing is left to be imported until it is chosen again.
    await page.getByRole('tab', { name: 'New import' }).click();
    expect(await at('import-start').isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => at('import-dialog').count()).toBe(0);
    const left = await rows();
    expect(left).toBeGreaterThanOrEqual(lesions + 1);
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(1);

    await chooseAndImport(others);
    await expect.poll(() => at('import-report').count(), { timeout: 120_000 }).toBe(1);
    expect(await at('import-report').textContent()).toContain('Imported');
    await page.keyboard.press('Escape');
    await expect.poll(rows, patience).toBeGreaterThan(lesions + 1);
    await launched.screenshot('tools-3-imported');
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(launched.pageErrors).toEqual([]);
  });
});
