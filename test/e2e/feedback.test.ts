/** Marks on hits, why a hit is one, several lesions at once and the choice of a method, in the real application. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('feedback and explanation'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const ranking = () =>
    at('hit-card').evaluateAll((cards) => cards.map((card) => card.getAttribute('data-lesion')));
  const marksTold = async () =>
    (await at('marks-told').count()) === 0 ? null : at('marks-told').textContent();
  let first: (string | null)[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 16);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a lesion of the library is searched for', async () => {
    await at('lesion-row').nth(1).click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
    first = await ranking();
  });

  test('a mark by button and one by key rank the hits again, and are seen', async () => {
    await at('mark-unlike').first().click();
    await expect.poll(marksTold, patience).toMatch(/0 like, 1 unlike/);
    await expect.poll(async () => (await ranking())[0], patience).not.toBe(first[0]);
    await at('hit-card').nth(4).focus();
    await page.keyboard.press('+');
    await expect.poll(marksTold, patience).toMatch(/1 like, 1 unlike/);
    await expect.poll(() => page.locator('.hit-box[data-mark="like"]').count(), patience).toBe(1);
    await launched.screenshot('feedback-1-marked');
  });

  test('Ctrl+Z takes the last mark back, Reset all; the hits are as they were', async () => {
    await page.keyboard.press('Control+z');
    await expect.poll(marksTold, patience).toMatch(/0 like, 1 unlike/);
    await page.getByRole('button', { name: 'Reset marks' }).click();
    await expect.poll(marksTold, patience).toBeNull();
    await expect.poll(ranking, patience).toEqual(first);
  });

  test('Why tells the measurements at the hit, and slices, measurements and a map in the comparison', async () => {
    await at('why').first().hover();
    await expect.poll(() => at('why-short').textContent(), patience).toMatch(/Longest axial diameter.*mm/);
    await launched.screenshot('feedback-2-why-short');
    await at('why').first().click();
    await expect.poll(() => at('why-panel').textContent(), patience).toMatch(/Sphericity/);
    await at('matched-slices').last().click();
    const offset = () => at('compare-offset').getAttribute('data-offset-mm');
    await expect.poll(offset, patience).not.toBe('0');
    const [query, hit] = ((await at('matched-slices').last().textContent()) ?? '').split('↔').map(Number);
    await expect.poll(() => sliceOf(at('compare-query')), patience).toBe(query - 1);
    await expect.poll(() => sliceOf(at('compare-hit')), patience).toBe(hit - 1);
    await at('similarity-toggle').click();
    await expect.poll(() => at('similarity-note').count(), { timeout: 60_000 }).toBe(1);
    await at('similarity-note').getByRole('button').click();
    await expect.poll(() => warmPixels(page), patience).toBeGreaterThan(50);
    await launched.screenshot('feedback-3-why');
    await at('similarity-toggle').click();
    await expect.poll(() => warmPixels(page), patience).toBe(0);
    await page.keyboard.press('Escape');
  });

  test('a lesion that is not wanted becomes a part of the search, and can be taken out of it', async () => {
    await page.getByRole('button', { name: 'More about hit 1', exact: true }).click();
    await page.getByText('…but unlike this').click();
    await expect.poll(() => at('query-terms').textContent(), patience).toMatch(/not like/);
    await expect.poll(async () => (await ranking())[0], patience).not.toBe(first[0]);
    await launched.screenshot('feedback-4-terms');
    await at('query-terms')
      .getByRole('button', { name: /^Remove/ })
      .click();
    await expect.poll(ranking, patience).toEqual(first);
  });

  test('another method is chosen among those that can run here', async () => {
    await at('method-picker').click();
    await expect.poll(() => page.getByRole('option').count(), patience).toBeGreaterThan(10);
    await launched.screenshot('feedback-5-methods');
    const option = (name: string) =>
      page.getByRole('option').filter({ has: page.getByText(name, { exact: true }) });
    expect(await option('slice-freq').textContent()).toMatch(/nothing is embedded at level slice/);
    await option('lesion-measured').click();
    await expect.poll(ranking, patience).not.toEqual(first);
    expect(launched.pageErrors).toEqual([]);
  });
});

/** What is asked of the page's canvases. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: ArrayLike<number> };
  } | null;
}

/** Pixels of the comparison's overlays that are warm and see-through, as a map's are and outlines are not. */
function warmPixels(page: Page): Promise<number> {
  return page.locator('.compare canvas').evaluateAll((canvases: readonly Canvas[]) => {
    let warm = 0;
    for (const canvas of canvases) {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      for (let n = 0; n < data.length; n += 4) {
        if (data[n] > 180 && data[n + 2] < 110 && data[n + 3] > 20 && data[n + 3] < 200) warm++;
      }
    }
    return warm;
  });
}
