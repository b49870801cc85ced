/** The main job with a real mouse and keyboard in the real application: mark, find similar, compare, back; and its recovery. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { nodulesLibrary } from '../support/nodulesLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { processId } from './support/engine.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

const shared = sharedDir();
if (!shared) console.log(`the main job runs on phantoms instead of real CT: ${sharedMissing}`);
/** What is asked of the page's image elements. */
interface Picture {
  readonly complete: boolean;
  readonly naturalWidth: number;
}

describe.skipIf(noAppReason() !== null)(groupName('the main job'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    if (shared) await nodulesLibrary(library, shared);
    else await demoLibrary(library, 16);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a lesion of the library opens in three planes', async () => {
    await at('lesion-row').nth(2).click();
    for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(`viewport-${plane}`));
    await launched.screenshot('main-1-opened');
  });

  test('a mark drawn with the mouse becomes a 3D lesion with measurements', async () => {
    await at('tool-ellipse').click();
    await dragFromMiddle(page, at('viewport-axial'), [-60, -60], [60, 60]);
    await expect.poll(() => at('proposal-panel').isVisible(), patience).toBe(true);
    await expect.poll(() => at('measure-volume').first().textContent(), patience).toMatch(/\d/);
    await launched.screenshot('main-2-marked');
  });

  test('F finds the most similar lesions of other patients', async () => {
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(3);
    const marked = await at('lesion-row').nth(2).textContent();
    const patient = /LIDC-\d+|PH-\d+/.exec(marked ?? '')?.[0] ?? '';
    expect(patient).not.toBe('');
    for (const card of await at('hit-card').allTextContents()) expect(card).not.toContain(patient);
    await expect.poll(() => at('distribution-panel').textContent(), patience).toMatch(/\d+ of 10/);
    // Pictures beyond the strip's edge are loaded when they are scrolled to.
    const loaded = () =>
      at('hit-card')
        .locator('img')
        .evaluateAll((images: readonly Picture[]) =>
          images.slice(0, 3).every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
        );
    await expect.poll(loaded, patience).toBe(true);
    await launched.screenshot('main-3-hits');
  });

  test('the first hit opens beside the query and both scroll together, by distance from their lesions', async () => {
    await at('hit-card').first().click();
    const [query, hit] = [at('compare-query'), at('compare-hit')];
    const before = [await sliceOf(query), await sliceOf(hit)];
    expect(await query.getAttribute('data-volume')).not.toBe(await hit.getAttribute('data-volume'));
    await hit.hover();
    await page.mouse.wheel(0, 120);
    await expect.poll(() => at('compare-offset').getAttribute('data-offset-mm')).not.toBe('0');
    const offset = Number(await at('compare-offset').getAttribute('data-offset-mm'));
    const after = [await sliceOf(query), await sliceOf(hit)];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    // The nodules have 1 mm slices: as many slices as millimetres, on both sides, the same way.
    if (shared) expect(after.map((slice, n) => slice - before[n])).toEqual([offset, offset]);
    await launched.screenshot('main-4-compared');
  });

  test('Escape leads back to the hits as they were', async () => {
    const cards = await at('hit-card').allTextContents();
    await page.keyboard.press('Escape');
    await expect.poll(() => at('compare-view').count()).toBe(0);
    expect(await at('hit-card').allTextContents()).toEqual(cards);
    await sliceOf(at('viewport-axial'));
  });

  test('killing the inference process during a search is told, survived, and the search answered', async () => {
    const cards = await at('hit-card').allTextContents();
    const inference = await processId(launched, 'Precedent inference');
    expect(inference).not.toBeNull();
    await page.keyboard.press('f');
    process.kill(inference ?? 0, 'SIGKILL');
    await expect
      .poll(() => page.getByText(/inference.*(restart|stopped)/i).count(), patience)
      .toBeGreaterThan(0);
    await launched.screenshot('main-5-inference-killed');
    await expect.poll(() => at('hit-card').allTextContents(), patience).toEqual(cards);
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').allTextContents(), patience).toEqual(cards);
    await expect.poll(() => processId(launched, 'Precedent inference'), patience).not.toBe(inference);
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(launched.pageErrors).toEqual([]);
  });
});

describe.skipIf(noAppReason() !== null)(groupName('import in the window'), () => {
  let folder: string;
  let launched: LaunchedApp;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(join(folder, 'source'), 4);
    launched = await launchApp({ library: join(folder, 'library') });
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a chosen folder is imported, reported and listed', async () => {
    const { page, app } = launched;
    const chosen = join(folder, 'source', 'phantom');
    await app.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
    }, chosen);
    await page.getByTestId('import-button').click();
    await page.getByTestId('import-folder').click();
    await page.getByTestId('import-start').click();
    await expect.poll(() => page.getByTestId('import-report').count(), { timeout: 120_000 }).toBe(1);
    expect(await page.getByTestId('import-report').textContent()).toMatch(/4 patients/);
    await launched.screenshot('import-report');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('lesion-row').count(), patience).toBeGreaterThan(2);
    expect(launched.pageErrors).toEqual([]);
  });
});
