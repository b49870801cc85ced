/** From a mark to the lesion one means: the proposal in all planes, and every correction of it, with a real mouse and keyboard. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('growing a mark'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const button = (name: string) => at('proposal-panel').getByRole('button', { name, exact: true });
  const volume = async () => (await at('measure-volume').first().textContent()) ?? '';
  /** The measured volume once it is another than before. */
  const changed = async (before: string) => {
    await expect.poll(volume, patience).not.toMatch(new RegExp(`^(–|${before.replace('.', '\\.')})$`));
    return volume();
  };
  const mode = (name: string) => at('proposal-panel').getByText(name, { exact: true }).click();
  const undone = async (to: string) => {
    await page.keyboard.press('Control+z');
    await expect.poll(volume, patience).toBe(to);
  };

  /** Moves an end of the range until it leaves something out; single voxels lie far from the others. */
  /** Until at least a twentieth is left out: less may not show in the rounded volume. */
  const narrow = async (key: string) => {
    const share = async () => Number.parseInt((await at('threshold-share').textContent()) ?? '', 10);
    for (let n = 0; n < 400 && (await share()) > 95; n++) await page.keyboard.press(key);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a mark grows and stands in all three planes at once', async () => {
    await at('lesion-row').nth(4).click();
    for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(`viewport-${plane}`));
    await page.keyboard.press('e');
    await dragFromMiddle(page, at('viewport-axial'), [-45, -45], [45, 45]);
    await expect.poll(volume, patience).toMatch(/\d/);
    await expect.poll(() => at('part-count').textContent(), patience).toBe('1 part');
    await launched.screenshot('growing-1-proposed');
  });

  test.each(['Grow', 'Shrink', 'Box only'])('%s changes the lesion, and undo takes it back', async (name) => {
    const before = await volume();
    await button(name).click();
    await changed(before);
    await undone(before);
  });

  test('the box alone, smoothed, is no box any more; as grown leads back', async () => {
    const grown = await volume();
    await button('Box only').click();
    const box = await changed(grown);
    await button('Smooth').click();
    await changed(box);
    await button('As grown').click();
    await expect.poll(volume, patience).toBe(grown);
  });

  test('a threshold is shown while it is chosen, kept on demand, and Escape leaves all as it was', async () => {
    const before = await volume();
    await button('Threshold').click();
    const lowest = page.getByRole('slider', { name: 'Lowest density in HU' });
    await lowest.focus();
    await expect.poll(() => at('threshold-share').textContent()).toBe('100%');
    await narrow('ArrowRight');
    expect(await at('threshold-share').textContent()).toMatch(/^[1-9]\d?%$/);
    await launched.screenshot('growing-2-threshold');
    await page.keyboard.press('Escape');
    await expect.poll(() => at('threshold-share').count()).toBe(0);
    expect(await volume()).toBe(before);

    await button('Threshold').click();
    await page.getByRole('slider', { name: 'Highest density in HU' }).focus();
    await narrow('ArrowLeft');
    await button('Keep these').click();
    await changed(before);
    await undone(before);
  });

  test('a part that does not belong is cut by a click, or all but the largest from the keyboard', async () => {
    const before = await volume();
    await mode('Add');
    await dragFromMiddle(page, at('viewport-axial'), [-150, -110], [-149, -110]);
    const withDot = await changed(before);
    await expect.poll(() => at('part-count').textContent(), patience).toBe('2 parts');
    await launched.screenshot('growing-3-parts');
    await mode('Cut part');
    await dragFromMiddle(page, at('viewport-axial'), [-150, -110], [-150, -110]);
    await expect.poll(volume, patience).toBe(before);
    await expect.poll(() => at('part-count').textContent(), patience).toBe('1 part');
    await undone(withDot);
    await button('Largest part').focus();
    await page.keyboard.press('Enter');
    await expect.poll(volume, patience).toBe(before);
    await dragFromMiddle(page, at('viewport-axial'), [0, 0], [0, 0]);
    await expect.poll(() => page.getByText('This is the only part').count()).toBe(1);
    expect(await volume()).toBe(before);
  });

  test('a hole made with the eraser is filled', async () => {
    const before = await volume();
    await mode('Erase');
    // On one slice in the middle: closed in by the slices above and below.
    await dragFromMiddle(page, at('viewport-axial'), [0, 0], [1, 0]);
    await changed(before);
    await button('Fill holes').click();
    await expect.poll(volume, patience).toBe(before);
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(launched.pageErrors).toEqual([]);
  });
});
