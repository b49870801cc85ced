/** Panes in the real application: a prior beside the current examination, series by hand, moving together, and what is kept. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePatient } from '../../native/phantom/generate.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('panes'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const current = () => at('viewport-axial');
  const beside = () => at('beside-axial');
  const volumeIn = (id: string) => at(id).getAttribute('data-volume');
  const cards = () => at('series-card');
  const layout = () => page.locator('.planes').getAttribute('data-layout');
  const slices = async () => [await sliceOf(current()), await sliceOf(beside())];
  const openPatient = (name: string) => at('lesion-row').filter({ hasText: name }).first().click();

  const start = async () => {
    launched = await launchApp({ library: join(folder, 'library'), profile: join(folder, 'profile') });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').first().waitFor(patience);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const source = join(folder, 'source');
    const size = { matrix: 128, maxSlices: 40 };
    // The sixteenth patient has a thick series and a prior.
    for (const index of [0, 15]) await writePatient(source, 1, index, size);
    await precedentJson('import', source, '--library', join(folder, 'library'));
    await start();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('one series opens in three planes, without a strip', async () => {
    await openPatient('PH-0001');
    for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(`viewport-${plane}`));
    expect(await layout()).toBe('planes');
    expect(await at('series-strip').count()).toBe(0);
  });

  test('a patient with a prior is hung beside it by rule, and both scroll together or alone', async () => {
    await openPatient('PH-0016');
    await expect.poll(layout, patience).toBe('two');
    const [here, there] = await slices();
    expect(await volumeIn('beside-axial')).not.toBe(await volumeIn('viewport-axial'));
    expect(await beside().getByTestId('prior-mark').textContent()).toContain('8 months earlier');
    expect(await current().getByTestId('prior-mark').count()).toBe(0);
    expect(await cards().count()).toBe(3);

    await current().click();
    for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await expect.poll(slices, patience).toEqual([here - 2, there - 2]);
    await beside().hover();
    await page.mouse.wheel(0, -100);
    await expect.poll(slices, patience).toEqual([here - 1, there - 1]);

    await page.keyboard.press('#');
    await page.keyboard.press('ArrowUp');
    await expect.poll(slices, patience).toEqual([here - 1, there]);
    await page.keyboard.press('#');
    await page.keyboard.press('ArrowUp');
    await expect.poll(slices, patience).toEqual([here, there + 1]);
    await launched.screenshot('panes-1-prior');
  });

  test('a slab belongs to its pane', async () => {
    await current().click();
    await page.keyboard.press('j');
    expect(await current().locator('.slab-mark').textContent()).toContain('MIP 20 mm');
    expect(await beside().locator('.slab-mark').count()).toBe(0);
    await page.keyboard.press('j');
    await expect.poll(() => current().locator('.slab-mark').count()).toBe(0);
  });

  test('a double click opens the volume of another pane where it stands, Enter the other one again', async () => {
    const [now, prior] = [await volumeIn('viewport-axial'), await volumeIn('beside-axial')];
    const [here, there] = await slices();
    await beside().dblclick();
    await expect.poll(() => volumeIn('viewport-axial'), patience).toBe(prior);
    expect(await volumeIn('beside-axial')).toBe(now);
    // Its place on the stage is the same; only what can be marked has changed.
    const [left, right] = [await beside().boundingBox(), await current().boundingBox()];
    expect(left?.x).toBeLessThan(right?.x ?? 0);
    await expect.poll(async () => (await slices())[0], patience).toBe(there);
    await beside().focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => volumeIn('viewport-axial'), patience).toBe(now);
    await expect.poll(slices, patience).toEqual([here, there]);
  });

  test('Enter on a series hangs it in the active pane; of one frame of reference they stand at the same position', async () => {
    await beside().click();
    const thick = cards().filter({ hasText: '20 × 2 mm' });
    const id = (await thick.getAttribute('data-volume')) ?? '';
    await thick.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => volumeIn('beside-axial'), patience).toBe(id);
    const position = async (pane: ReturnType<typeof current>) =>
      Number((await pane.locator('.top-right').innerText()).match(/([−\d.]+) mm/)?.[1].replace('−', '-'));
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp']) {
      await page.keyboard.press(key);
      await slices();
      // At most half of a thick slice apart, and the one decimal that is written.
      expect(Math.abs((await position(current())) - (await position(beside())))).toBeLessThan(1.06);
    }
    await launched.screenshot('panes-2-series');
  });

  test('a series is dragged from the strip to a pane', async () => {
    const prior = cards().last();
    const id = await prior.getAttribute('data-volume');
    await prior.dragTo(beside());
    await expect.poll(() => volumeIn('beside-axial'), patience).toBe(id);
    await sliceOf(beside());
  });

  test('lines show where panes cut each other, until they are hidden', async () => {
    await page.keyboard.press('g');
    await expect.poll(layout, patience).toBe('four');
    await page.keyboard.press('p');
    await sliceOf(current());
    const amber = (): Promise<number> =>
      page.evaluate(`(() => {
        const canvas = document.querySelector('[data-testid=viewport-coronal] .pane-overlay');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let n = 0; n < data.length; n += 4)
          if (data[n] > 240 && data[n + 1] > 180 && data[n + 1] < 210 && data[n + 2] < 110) count++;
        return count;
      })()`);
    const withLines = await amber();
    await launched.screenshot('panes-3-four');
    await page.keyboard.press('Control+g');
    await expect.poll(amber, patience).toBeLessThan(withLines - 50);
    expect(await at('reference-lines').getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Control+g');
    await expect.poll(amber, patience).toBe(withLines);
    await page.keyboard.press('x');
  });

  test('the layout chosen for patients with a prior, the panes and their places come back with the application', async () => {
    await at('layout-menu').click();
    await page.getByRole('menuitem', { name: 'Two panes' }).click();
    await expect.poll(layout, patience).toBe('two');
    await page.keyboard.press('#');
    await beside().click();
    await page.keyboard.press('Home');
    await page.keyboard.press('#');
    const before = [await volumeIn('viewport-axial'), await volumeIn('beside-axial'), ...(await slices())];
    const kept = (): Promise<unknown> =>
      page.evaluate(`(() => {
        const { beside: [one] = [] } = JSON.parse(localStorage.getItem('precedent.session') ?? '{}');
        return one && [one.volume, Math.round(one.at[2])];
      })()`);
    await expect.poll(kept, patience).toEqual([before[1], before[3]]);
    await launched.close();
    await start();
    await expect
      .poll(
        async () => [await volumeIn('viewport-axial'), await volumeIn('beside-axial'), ...(await slices())],
        patience,
      )
      .toEqual(before);
    await at('layout-menu').click();
    await page.getByRole('menuitem', { name: 'Three planes' }).click();
    await expect.poll(layout, patience).toBe('planes');
    await openPatient('PH-0001');
    await expect.poll(() => at('series-strip').count(), patience).toBe(0);
    await openPatient('PH-0016');
    await at('series-strip').waitFor(patience);
    await sliceOf(current());
    expect(await layout()).toBe('planes');
    expect(launched.pageErrors).toEqual([]);
  });
});
