/** The tour of a first start, in the real application on phantoms. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tourSteps } from '../../renderer/tour/steps.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('the tour'), () => {
  let folder: string;
  let launched: LaunchedApp;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await launchApp({ library });
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('is offered where nothing is open, and leads through the main job step by step', async () => {
    const { page } = launched;
    const title = () => page.locator('.tour .driver-popover-title').textContent();
    await page.getByTestId('start-tour').click(patience);
    for (const [n, step] of tourSteps.entries()) {
      await expect.poll(title, patience).toBe(step.title);
      await expect.poll(() => page.locator(`${step.at}.driver-active-element`).count(), patience).toBe(1);
      if (n === 4) await launched.screenshot('tour');
      await page
        .locator('.tour')
        .getByRole('button', { name: /Next|Done/ })
        .click();
    }
    await expect.poll(() => page.locator('.tour').count(), patience).toBe(0);
    // It did what the user would do: a hit stands beside the query.
    expect(await page.getByTestId('compare-view').count()).toBe(1);
  });

  test('keys act again when it is over; it starts anew from the list of keys, and Escape ends it', async () => {
    const { page } = launched;
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('compare-view').count(), patience).toBe(0);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByTestId('start-tour').click(patience);
    await page.locator('.tour').waitFor(patience);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.tour').count(), patience).toBe(0);
    expect(launched.pageErrors).toEqual([]);
  });
});
