/** The evaluation page of the real application on a generated library: evaluated, cancelled, kept for searches, saved. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '../../native/contract/engine.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience } from './support/viewport.ts';

interface PageDocument {
  querySelector(selector: string): { click(): void } | null;
}
declare const document: PageDocument;

/** A control of Playwright's picture of the accessibility tree that has no name. */
const nameless = /^\s*- '?(button|checkbox|radio|tab|textbox|combobox|switch|progressbar)\b(?! ")/m;

const long = { timeout: 120_000 };

describe.skipIf(noAppReason() !== null)(groupName('the evaluation page'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);

  async function choose(select: string, option: string): Promise<void> {
    await page.getByRole('combobox', { name: select, exact: true }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 16);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1500, 960));
    await at('evaluate').click();
    await at('evaluation-run').waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('says what it does before anything was evaluated, and an evaluation can be cancelled', async () => {
    expect(await at('evaluation').textContent()).toContain('How far can hits be trusted here?');
    await choose('Label', 'organ');
    await expect.poll(() => at('evaluation-run').isEnabled(), patience).toBe(true);
    // Both in the page, so that no evaluation is quick enough to end between them.
    await page.evaluate(async () => {
      document.querySelector('[data-testid=evaluation-run]')?.click();
      for (;;) {
        const cancel = document.querySelector('[data-testid=evaluation-cancel]');
        if (cancel) return cancel.click();
        await new Promise((done) => setTimeout(done, 1));
      }
    });
    await expect.poll(() => at('evaluation-cancel').count(), patience).toBe(0);
    expect(await at('evaluation-result').count()).toBe(0);
    expect(
      await page
        .getByRole('alert')
        .filter({ hasText: /cancelled/ })
        .count(),
    ).toBe(0);
  });

  test('the verdict stands above the figures of every method and baseline, calibration and classes of hits', async () => {
    await at('evaluation-run').focus();
    await page.keyboard.press('Enter');
    await at('evaluation-result').waitFor(long);
    const verdict = await at('evaluation-verdict').textContent();
    expect(verdict).toMatch(/Of the five nearest lesions, \d+% \[\d+–\d+\] share organ/);
    expect(await at('evaluation-trained-on').count()).toBe(1);
    const table = await at('evaluation-table').locator('tbody tr').allTextContents();
    const names = table.map((row) => /^[a-z -]+/.exec(row)?.[0]);
    for (const name of ['lesion', 'fused', 'random order', 'commonest class first'])
      expect(names).toContain(name);
    expect(await at('evaluation-calibration').locator('circle').count()).toBe(5);
    expect(await at('evaluation-confusion').locator('tbody tr').count()).toBeGreaterThan(1);
    const controls = await page.getByRole('dialog').ariaSnapshot();
    expect(controls).toMatch(/- button "Keep for searches"/);
    expect(controls).not.toMatch(nameless);
    await launched.screenshot('evaluation-1-result');
  });

  test('it is saved as a report and as data, where the user says', async () => {
    const saved = async (item: RegExp, name: string) => {
      const target = join(folder, name);
      await launched.app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = async () => ({ canceled: false, filePath });
      }, target);
      await at('evaluation-save').click();
      await page.getByRole('menuitem', { name: item }).click();
      await page.getByText(name).waitFor(patience);
      return readFile(target, 'utf8');
    };
    expect(await saved(/HTML/, 'report.html')).toContain('Research use, not for primary diagnosis');
    const data = JSON.parse(await saved(/JSON/, 'report.json')) as Evaluation;
    expect(data.field).toBe('organ');
    expect(Object.keys(data.methods)).toContain('lesion');
  });

  test('once kept, a search says what its hits are worth', async () => {
    await at('evaluation-keep').click();
    await page.getByRole('button', { name: 'Kept for searches' }).waitFor(long);
    await page.keyboard.press('Escape');
    await expect.poll(() => at('evaluation').count(), patience).toBe(0);
    await at('lesion-row').first().click();
    await page.waitForSelector('[data-testid=viewport-axial][data-ready=true]', patience);
    await page.keyboard.press('f');
    await at('hit-card').first().waitFor(long);
    expect(await at('expected-share').textContent()).toMatch(
      /Of hits this near, \d+% in this library shared the organ class \(n = \d+\)/,
    );
    await launched.screenshot('evaluation-2-kept');
  });

  test('the result is still there when the page is opened again, and nothing went wrong meanwhile', async () => {
    await at('evaluate').click();
    await at('evaluation-result').waitFor(patience);
    expect(launched.pageErrors).toEqual([]);
  });
});
