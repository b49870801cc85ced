/** What cards say of hits, hidden patients, methods side by side, kept searches, and what comes back of them after a restart. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('hits'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const lesions = () =>
    at('hit-card').evaluateAll((cards) => cards.map((card) => card.getAttribute('data-lesion')));
  const pictures = (name: string) =>
    page
      .locator('.hits .lesion-picture')
      .evaluateAll((all, of) => all.map((one) => one.getAttribute(of)), name);
  /** The pictures of the cards as they are painted. */
  const painted = () => page.locator('.hits canvas').evaluateAll(paintedCanvases);
  const start = async () => {
    launched = await launchApp({ library: join(folder, 'library'), profile: join(folder, 'profile') });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1680, 1050));
    await at('lesion-row').first().waitFor(patience);
  };
  const find = async (row: number) => {
    await at('lesion-row').nth(row).click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 16);
    const patient = join(library, 'phantom', 'PH-0002');
    await writeFile(
      join(patient, 'report.txt'),
      'Findings: a spiculated nodule of Mr. Nobody in the left lung.',
    );
    await precedentJson('import', patient, '--library', library);
    await precedentJson('evaluate', '--library', library, '--field', 'malignancy', '--classes', 'benign=1-2,malignant=3-5', '--method', 'lesion', '--keep'); // biome-ignore format: one command
    await start();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('query and hits stand at one scale in the viewer’s window and plane', async () => {
    await find(1);
    await expect.poll(() => pictures('data-state'), patience).toEqual(new Array(11).fill('ready'));
    expect(new Set(await pictures('data-field-mm')).size).toBe(1);
    expect(new Set(await pictures('data-plane'))).toEqual(new Set(['axial']));
    const before = await painted();
    expect(new Set(before).size).toBe(11);
    await page.keyboard.press('4');
    await expect
      .poll(async () => (await painted()).every((one, n) => one !== before[n]), patience)
      .toBe(true);
    await launched.screenshot('hits-1-window');
    await page.keyboard.press('3');
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: 'Coronal' }).click();
    await expect.poll(() => pictures('data-plane'), patience).toEqual(new Array(11).fill('coronal'));
    await expect.poll(() => pictures('data-state'), patience).toEqual(new Array(11).fill('ready'));
    await launched.screenshot('hits-2-coronal');
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: 'In the plane of the query' }).click();
  });

  test('a card says what hits this near shared, of whom it is, and how it was made where the query was not', async () => {
    await expect
      .poll(() => at('hit-near').first().textContent(), patience)
      .toMatch(/^\d+ of \d+ this near shared malignancy$/);
    const [, , of] = (await at('hit-near').first().textContent())?.match(/(\d+) of (\d+)/) ?? [];
    expect(Number(of)).toBeGreaterThanOrEqual(30);
    expect(await at('hit-person').first().textContent()).toMatch(/^[FM] \d0–\d9$/);
    const asked = ((await at('query-recon').textContent()) ?? '').split(' · ');
    expect(asked.length).toBeGreaterThan(1);
    const told = await at('hit-differs').locator('span').allTextContents();
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((word) => asked.includes(word))).toEqual([]);
    await page.keyboard.press('h');
    await expect.poll(() => at('hit-person').count(), patience).toBe(0);
    await page.keyboard.press('h');
  });

  test('another patient’s lesion takes the place of a hidden one', async () => {
    const [first, ...others] = await lesions();
    await at('hit-card').first().focus();
    await page.keyboard.press('y');
    await expect.poll(async () => (await lesions()).slice(0, 9), patience).toEqual(others);
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
    await at('show-hidden').click();
    await expect.poll(async () => (await lesions())[0], patience).toBe(first);
  });

  test('a column of hits for each method: classes counted, agreement lit, along them by keys, a hit opened and back', async () => {
    await page.keyboard.press('Control+j');
    await expect.poll(() => at('method-column').count(), patience).toBeGreaterThanOrEqual(5);
    const columns = await at('method-column').count();
    await expect.poll(() => at('column-cell').count(), patience).toBe(5 * columns);
    expect(await at('column-agreement').first().textContent()).toMatch(/^\d of 5 same/);
    const column = at('method-column').nth(1);
    const method = await column.getAttribute('data-method');
    const lit = () =>
      page
        .locator('.column-cell[data-pointed]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-lesion')));
    await at('column-cell').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    const second = await column.getByTestId('column-cell').nth(1).getAttribute('data-lesion');
    await expect.poll(async () => [...new Set(await lit())], patience).toEqual([second]);
    expect((await lit()).length).toBeGreaterThanOrEqual(1);
    await launched.screenshot('hits-3-columns');
    await page.keyboard.press('Enter');
    await sliceOf(at('compare-hit'));
    // The column's method is that of the search now.
    expect(await at('method-picker').inputValue()).toBe(method);
    await page.keyboard.press('Escape');
    await expect.poll(() => at('method-columns').count(), patience).toBe(1);
    await at('columns-menu').click();
    await page
      .getByRole('menuitemcheckbox', { name: /^caption/ })
      .first()
      .click();
    await expect.poll(() => at('method-column').count(), patience).toBe(columns - 1);
    await page.getByText('All that can run').click();
    await expect.poll(() => at('method-column').count(), patience).toBe(columns);
    await page.keyboard.press('Escape');
    await expect.poll(() => at('method-columns').count(), patience).toBe(0);
  });

  test('a search is kept under a name, renamed, run again as it was, and removed', async () => {
    await at('mark-unlike').nth(1).click();
    await expect.poll(() => at('marks-told').textContent(), patience).toMatch(/0 like, 1 unlike/);
    await expect.poll(() => at('hit-strip').getAttribute('aria-busy'), patience).toBe('false');
    const kept = await lesions();
    await at('saved-queries').click();
    await page.getByLabel('Name for this query').fill('nodules');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Rename the query nodules' }).click();
    await page.getByLabel('New name for nodules').fill('like Anna’s');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => at('saved-query').textContent(), patience)
      .toMatch(/^like Anna’slike Lesion.* · lesion-learned · 1 marked/);
    await launched.screenshot('hits-4-saved');
    await page.keyboard.press('Escape');
    await find(4);
    await expect.poll(lesions, patience).not.toEqual(kept);
    await at('saved-queries').click();
    await page.getByText('like Anna’s').click();
    await expect.poll(lesions, patience).toEqual(kept);
    await at('saved-queries').click();
    await page.getByRole('button', { name: 'Remove the query like Anna’s' }).click();
    await expect.poll(() => at('saved-query').count(), patience).toBe(0);
    await page.keyboard.press('Escape');
  });

  test('words are set off in the hit’s report; they and an unsaved mark are there again after a restart', async () => {
    await at('viewport-axial').click();
    await page.keyboard.press('s');
    await dragFromMiddle(page, at('viewport-axial'), [0, 0], [18, 0]);
    await at('proposal-panel').waitFor(patience);
    await page.keyboard.press('/');
    await page.keyboard.type('spiculated');
    await page.keyboard.press('Escape');
    await at('query-box').press('Enter');
    await at('hit-excerpt').first().waitFor(patience);
    expect(await at('hit-excerpt').first().locator('mark').allTextContents()).toEqual(['spiculated']);
    await launched.screenshot('hits-5-words');
    const found = await lesions();
    // Reports name people.
    await at('viewport-axial').click();
    await page.keyboard.press('h');
    await expect.poll(() => at('hit-excerpt').count(), patience).toBe(0);
    await page.keyboard.press('h');
    await expect.poll(() => keptIn(join(folder, 'library', 'catalog.sqlite')), patience).toEqual([1, 1]);
    expect(launched.pageErrors).toEqual([]);
    await launched.close();

    await start();
    await expect.poll(lesions, patience).toEqual(found);
    expect(await at('query-box').inputValue()).toBe('spiculated');
    await at('proposal-panel').waitFor(patience);
    await expect.poll(() => at('proposal-panel').textContent(), patience).toMatch(/mm/);
    await launched.screenshot('hits-6-again');
    await page.getByRole('button', { name: 'Discard the mark' }).click();
    expect(launched.pageErrors).toEqual([]);
  });
});

/** How many searches by these words, and how many unsaved marks, a catalog keeps. */
function keptIn(catalog: string): unknown[] {
  const db = new Sqlite(catalog, { readonly: true });
  try {
    return [
      `SELECT count(*) FROM open_search WHERE content LIKE '%spiculated%'`,
      'SELECT count(*) FROM unsaved_mark',
    ].map((sql) => db.prepare(sql).pluck().get());
  } finally {
    db.close();
  }
}

interface Canvas {
  toDataURL(): string;
}

function paintedCanvases(canvases: readonly Canvas[]): string[] {
  return canvases.map((canvas) => canvas.toDataURL());
}
