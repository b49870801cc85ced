/** Query and hits beside each other in the real application: layouts, paging, planes, scale, flicker, table, report, and the way back. */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { nodulesLibrary } from '../support/nodulesLibrary.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience, sliceOf } from './support/viewport.ts';

/** Of the phantom's fourth patient. */
const report = 'Findings: spiculated nodule of 14 mm. No effusion. Known to Dr. Kanarienvogel.';

describe.skipIf(noAppReason() !== null)(groupName('the comparison'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const library = () => join(folder, 'library');
  const profile = () => join(folder, 'profile');
  const at = (id: string) => page.getByTestId(id);
  const hits = () => at('compare-hit');
  const cell = (pane: Locator) => pane.locator('..');
  const shape = () => page.locator('.compare-panes').getAttribute('data-shape');
  /** Ranks of the hits beside the query, in the order of their panes. */
  const beside = async () =>
    (await hits().locator('.top-left b').allTextContents()).map((title) => Number(title.replace('Hit ', '')));
  const fields = () =>
    page
      .locator('.compare-cell')
      .evaluateAll((cells) => cells.map((one) => Number(one.getAttribute('data-field-mm'))));
  const activeTitle = () => page.locator('.compare-title').textContent();

  async function start(): Promise<void> {
    launched = await launchApp({ library: library(), profile: profile() });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').first().waitFor(patience);
  }
  async function layOut(title: string): Promise<void> {
    await at('compare-layout').click();
    await page.getByRole('menuitemradio', { name: title }).click();
  }
  async function allReady(): Promise<number[]> {
    const panes = [at('compare-query'), ...(await hits().all())];
    const slices: number[] = [];
    for (const pane of panes) slices.push(await sliceOf(pane));
    return slices;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(library(), 16);
    const source = join(folder, 'source');
    await cp(join(library(), 'phantom', 'PH-0004'), source, { recursive: true });
    await writeFile(join(source, 'report.txt'), report);
    await precedentJson('import', source, '--library', library());
    await start();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('N opens the first hit, G lays two, three and five beside the query', async () => {
    await at('lesion-row').nth(2).click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
    await page.keyboard.press('n');
    await allReady();
    const seen: [string | null, number[]][] = [];
    for (let n = 0; n < 4; n++) {
      seen.push([await shape(), await beside()]);
      await page.keyboard.press('g');
    }
    expect(seen).toEqual([
      ['1x2', [1]],
      ['1x3', [1, 2]],
      ['2x2', [1, 2, 3]],
      ['2x3', [1, 2, 3, 4, 5]],
    ]);
    await expect.poll(beside, patience).toEqual([1]);
    await layOut('2 × 3');
    await expect.poll(beside, patience).toEqual([1, 2, 3, 4, 5]);
    await allReady();
    await launched.screenshot('compare-1-2x3');
  });

  test('N and M step by the page', async () => {
    await page.keyboard.press('n');
    await expect.poll(beside, patience).toEqual([6, 7, 8, 9, 10]);
    await expect.poll(activeTitle, patience).toMatch(/^Hit 6 of 10/);
    await page.keyboard.press('n');
    await page.keyboard.press('m');
    await expect.poll(beside, patience).toEqual([1, 2, 3, 4, 5]);
    await allReady();
  });

  test('all panes scroll, move and zoom together, at the same mm', async () => {
    const before = await allReady();
    await hits().nth(3).hover();
    await page.mouse.wheel(0, 100);
    const offset = async () => Number(await at('compare-offset').getAttribute('data-offset-mm'));
    await expect.poll(offset, patience).toBeLessThan(0);
    await expect
      .poll(async () => (await allReady()).every((slice, n) => slice !== before[n]), patience)
      .toBe(true);
    await hits().first().click();
    await page.keyboard.press('ArrowUp');
    await expect.poll(offset, patience).toBeCloseTo(0);
    await expect.poll(allReady, patience).toEqual(before);
    expect(new Set(await fields()).size).toBe(1);
    const [field] = await fields();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -200);
    await page.keyboard.up('Control');
    await expect.poll(async () => (await fields())[0], patience).toBeLessThan(field);
    expect(new Set(await fields()).size).toBe(1);
    await page.keyboard.press('r');
    await expect.poll(async () => (await fields())[0], patience).toBe(field);
  });

  test('= fits each lesion to its pane: outlines as large as each other, in the middle', async () => {
    await layOut('1 × 3');
    await page.keyboard.press('=');
    await allReady();
    await expect.poll(async () => new Set(await fields()).size, patience).toBeGreaterThan(1);
    const spans = async () =>
      Promise.all([at('compare-query'), hits().first(), hits().nth(1)].map(outlineOf));
    await expect
      .poll(async () => (await spans()).every(({ share }) => share > 0.25 && share < 0.45), patience)
      .toBe(true);
    for (const { offset } of await spans()) expect(offset).toBeLessThan(0.12);
    await launched.screenshot('compare-2-fit');
    await page.keyboard.press('o');
    await expect.poll(async () => (await spans()).map(({ share }) => share), patience).toEqual([0, 0, 0]);
    await page.keyboard.press('o');
    await page.keyboard.press('=');
  });

  test('0 shows all in another plane of the body', async () => {
    const letters = () => hits().first().locator('.pane-letters').textContent();
    expect(await letters()).toBe('APRL');
    await page.keyboard.press('0');
    await expect.poll(letters, patience).toBe('SIRL');
    await page.keyboard.press('0');
    await expect.poll(letters, patience).toBe('SIAP');
    await allReady();
    await launched.screenshot('compare-3-sagittal');
    await page.keyboard.press('0');
    await expect.poll(letters, patience).toBe('APRL');
  });

  test('a card puts its hit beside the query to stay, and takes it out', async () => {
    expect(await beside()).toEqual([1, 2]);
    await at('hit-card').nth(4).focus();
    await page.keyboard.press('a');
    await expect.poll(beside, patience).toEqual([1, 2, 5]);
    expect(await shape()).toBe('2x2');
    await page.keyboard.press('n');
    await expect.poll(beside, patience).toEqual([3, 4, 5]);
    await at('beside').nth(4).click();
    await expect.poll(beside, patience).toEqual([3, 4]);
    await at('keep-hit').first().click();
    await page.keyboard.press('n');
    await expect.poll(beside, patience).toEqual([3, 5]);
    await at('take-out').nth(1).click();
    await expect.poll(beside, patience).toEqual([3]);
    expect(await shape()).toBe('1x2');
    // All that is shown is kept: the next gets a pane of its own.
    await page.keyboard.press('n');
    await expect.poll(beside, patience).toEqual([3, 1]);
    await page.keyboard.press('m');
    expect(await beside()).toEqual([3, 1]);
    await hits().first().click();
    await expect.poll(activeTitle, patience).toMatch(/^Hit 3 of 10/);
  });

  test('the table has a column for each, and marks what agrees', async () => {
    const table = at('compare-table');
    expect(await table.locator('thead th').count()).toBe(4);
    const rows = await table
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map((row) => [...row.querySelectorAll('th, td')].map((one) => [one.textContent, one.className])),
      );
    const said = rows.slice(rows.findIndex(([[title]]) => title === 'Mean ± SD') + 1);
    expect(said.length).toBeGreaterThan(5);
    let agreeing = 0;
    for (const [, [wanted], ...others] of said) {
      for (const [text, marked] of others) {
        const agrees = wanted !== '–' && text === `=${wanted}`;
        expect(marked).toBe(agrees ? 'same' : '');
        agreeing += Number(agrees);
      }
    }
    expect(agreeing).toBeGreaterThan(0);
  });

  test('flicker lays the active hit over the query, by the clock and by a held key', async () => {
    const shownState = async () => [
      await cell(at('compare-query')).getAttribute('data-state'),
      ...(await Promise.all((await hits().all()).map((pane) => cell(pane).getAttribute('data-state')))),
    ];
    await page.keyboard.press('F2');
    await expect.poll(shownState, patience).toEqual(['under', 'shown', 'away']);
    await expect.poll(shownState, patience).toEqual(['shown', 'under', 'away']);
    await sliceOf(at('compare-query'));
    await sliceOf(hits().first());
    expect(await hits().first().boundingBox()).toEqual(await at('compare-query').boundingBox());
    await expect.poll(() => at('flicker-rate').textContent(), patience).toBe('1.5 / s');
    await page.keyboard.press('>');
    await expect.poll(() => at('flicker-rate').textContent(), patience).toBe('2 / s');
    await page.keyboard.down('F3');
    await expect.poll(shownState, patience).toEqual(['under', 'shown', 'away']);
    await launched.screenshot('compare-4-flicker');
    await page.keyboard.up('F3');
    await expect.poll(shownState, patience).toEqual(['shown', 'under', 'away']);
    await page.keyboard.press('n');
    await expect.poll(activeTitle, patience).toMatch(/^Hit 1 of 10/);
    await expect.poll(shownState, patience).toEqual(['shown', 'away', 'under']);
    await page.keyboard.press('Escape');
    await expect.poll(shownState, patience).toEqual(['shown', 'shown', 'shown']);

    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.keyboard.press('F2');
    await page.getByRole('button', { name: 'Take turns' }).waitFor(patience);
    await page.waitForTimeout(1200);
    expect(await shownState()).toEqual(['shown', 'away', 'under']);
    await at('flicker-run').click();
    await expect.poll(shownState, patience).toEqual(['under', 'away', 'shown']);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.keyboard.press('F2');
    await allReady();
  });

  test('the whole study opens, and Escape leads back to the comparison as it was', async () => {
    await page.keyboard.press('4');
    await hits().first().click();
    await page.keyboard.press('ArrowDown');
    const before = [
      await allReady(),
      await beside(),
      await activeTitle(),
      await at('compare-offset').textContent(),
    ];
    const volume = await hits().first().getAttribute('data-volume');
    await page.getByRole('button', { name: 'Whole study' }).click();
    await expect.poll(() => at('viewport-axial').getAttribute('data-volume'), patience).toBe(volume);
    await expect.poll(() => at('return-bar').textContent(), patience).toContain('Whole study of hit 3');
    await at('viewport-axial').click();
    await page.keyboard.press('2');
    await page.keyboard.press('Home');
    await launched.screenshot('compare-5-study');
    await page.keyboard.press('Escape');
    await expect.poll(() => at('compare-view').count(), patience).toBe(1);
    expect(await at('return-bar').count()).toBe(0);
    expect([
      await allReady(),
      await beside(),
      await activeTitle(),
      await at('compare-offset').textContent(),
    ]).toEqual(before);
    expect(await hits().first().locator('.bottom-right').textContent()).toMatch(/W \d+ C/);
    await page.keyboard.press('Escape');
    await expect.poll(() => at('compare-view').count(), patience).toBe(0);
    await page.keyboard.press('Escape');
    expect(await at('return-bar').count()).toBe(0);
  });

  test('the report of the hit, with the words that were searched for marked; hidden with the identities', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('"no effusion" find*');
    await page.keyboard.press('Enter');
    await expect.poll(() => at('hit-card').first().textContent(), patience).toContain('PH-0004');
    await at('hit-card').first().click();
    await sliceOf(hits().first());
    expect(await at('compare-query').count()).toBe(0);
    await at('compare-panel').getByText('Report').click();
    await expect.poll(() => at('compare-report').first().textContent(), patience).toContain(report);
    expect(await at('compare-report').first().locator('mark').allTextContents()).toEqual([
      'Findings',
      'No effusion',
    ]);
    await launched.screenshot('compare-6-report');
    await page.locator('.compare-title').click();
    await page.keyboard.press('h');
    await expect
      .poll(() => page.locator('.compare-foot').textContent(), patience)
      .toContain('Reports are hidden');
    expect(await page.locator('.compare').textContent()).not.toMatch(/Kanarienvogel|PH-0/);
    await page.keyboard.press('h');
    await at('compare-panel').getByText('Measurements').click();
  });

  test('after a restart the same hits stand beside the query, kept and active as they were', async () => {
    await at('lesion-row').nth(2).click();
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
    await at('hit-card').nth(1).click();
    await layOut('1 × 2');
    await at('beside').nth(6).click();
    await expect.poll(beside, patience).toEqual([2, 7]);
    await page.keyboard.press('0');
    await hits().first().click();
    await allReady();
    const [active, ...others] = await Promise.all(
      [at('hit-card').nth(1), at('hit-card').nth(6)].map((card) => card.getAttribute('data-lesion')),
    );
    const kept = JSON.stringify({ hits: [active, ...others], kept: others, active });
    await expect
      .poll(() => page.evaluate('localStorage.getItem("precedent.session")'), patience)
      .toContain(`"compare":${kept}`);
    await launched.close();
    await start();
    await expect.poll(beside, patience).toEqual([2, 7]);
    expect(await at('kept-hit').count()).toBe(1);
    expect(await cell(hits().nth(1)).getByTestId('kept-hit').count()).toBe(1);
    await expect.poll(activeTitle, patience).toMatch(/^Hit 2 of 10/);
    expect(await hits().first().getAttribute('aria-label')).toBe('Hit 2, coronal');
    await allReady();
    expect(launched.pageErrors).toEqual([]);
  });
});

const shared = sharedDir();
if (!shared) console.log(`the comparison is not tried on real nodules: ${sharedMissing}`);

describe.skipIf(noAppReason() !== null || !shared)(groupName('the comparison on real nodules'), () => {
  let folder: string;
  let launched: LaunchedApp;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await nodulesLibrary(library, shared ?? '');
    launched = await launchApp({ library });
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('five nodules beside the query scroll by the same mm, and their ratings are compared', async () => {
    const { page } = launched;
    const at = (id: string) => page.getByTestId(id);
    await at('lesion-row').nth(7).click(patience);
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('3');
    await page.keyboard.press('f');
    await at('hit-card').first().click(patience);
    for (let n = 0; n < 3; n++) await page.keyboard.press('g');
    const all = async () => {
      const panes = [at('compare-query'), ...(await at('compare-hit').all())];
      const slices: number[] = [];
      for (const pane of panes) slices.push(await sliceOf(pane));
      return slices;
    };
    const before = await all();
    expect(before).toHaveLength(6);
    await launched.screenshot('compare-7-nodules');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    // Slices of 1 mm.
    await expect.poll(all, patience).toEqual(before.map((slice) => slice + 2));
    expect(await at('compare-offset').getAttribute('data-offset-mm')).toBe('2');
    const malignancy = at('compare-table').locator('tbody tr', { hasText: 'malignancy' }).locator('td');
    expect(await malignancy.count()).toBe(6);
    for (const text of await malignancy.allTextContents()) expect(text).toMatch(/^=?[1-5]$/);
    await page.keyboard.press('=');
    await page.keyboard.press('0');
    await at('compare-fold').click();
    await all();
    await launched.screenshot('compare-8-nodules-fit');
    expect(launched.pageErrors).toEqual([]);
  });
});

/** What is asked of a pane's canvas. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly className: string;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: ArrayLike<number> };
  } | null;
}

/**
 * The outline on a pane: its longer side and how far its middle lies from the pane's, both as parts of the pane's shorter
 * side; 0 where there is none.
 */
function outlineOf(pane: Locator): Promise<{ share: number; offset: number }> {
  return pane.locator('canvas.pane-overlay').evaluate((canvas: Canvas) => {
    const { width, height } = canvas;
    const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    const [xs, ys]: [number[], number[]] = [[], []];
    for (let n = 0; n < data.length; n += 4) {
      const [r, g, b, a] = [data[n], data[n + 1], data[n + 2], data[n + 3]];
      const query = r < 110 && g > 180 && b > 200;
      const hit = r > 220 && g > 160 && g < 220 && b < 110;
      if (a < 240 || !(query || hit)) continue;
      xs.push((n / 4) % width);
      ys.push(Math.floor(n / 4 / width));
    }
    if (xs.length === 0) return { share: 0, offset: 0 };
    const span = (values: readonly number[]) => {
      const low = values.reduce((a, b) => Math.min(a, b));
      const high = values.reduce((a, b) => Math.max(a, b));
      return { length: high - low, middle: (low + high) / 2 };
    };
    const [x, y] = [span(xs), span(ys)];
    const side = Math.min(width, height);
    return {
      share: Math.max(x.length, y.length) / side,
      offset: Math.hypot(x.middle - width / 2, y.middle - height / 2) / side,
    };
  });
}
