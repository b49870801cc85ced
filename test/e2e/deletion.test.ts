/** Deleting in the real application: what goes is said first, Cancel has the focus, and what is gone is shown no more. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bigLibrary } from '../support/bigCatalog.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { patience } from './support/viewport.ts';

/** A control of Playwright's picture of the accessibility tree that has no name. */
const nameless = /^\s*- '?(button|checkbox|radio|tab|textbox|combobox)\b(?! ")/m;

describe.skipIf(noAppReason() !== null)(groupName('deleting in the window'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const dialog = () => page.getByRole('dialog', { name: /for good\?/ });
  const focused = () => page.locator(':focus').textContent();
  const status = () => at('status-bar').textContent();
  const tab = (name: RegExp) =>
    at('library-panel').getByRole('radiogroup', { name: 'What the library lists' }).getByText(name).click();

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await bigLibrary(library, 40);
    mkdirSync(join(library, 'set-aside/dated'), { recursive: true });
    writeFileSync(join(library, 'set-aside/dated/catalog.sqlite'), 'damaged');
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 980));
    await at('lesion-row').first().waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a patient: the dialog counts what goes, Escape leaves all as it is', async () => {
    await tab(/^Patients/);
    await at('patient-row').first().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog().getByText('10 lesions').waitFor(patience);
    expect(await dialog().getByRole('list').allTextContents()).toEqual([
      '1 patient1 study1 volume10 lesions',
    ]);
    expect(await dialog().textContent()).toContain('Of P000000:');
    expect(await dialog().textContent()).toContain(
      'Also delete what may hold it: 1 backup, 1 catalog or copy that was set aside',
    );
    expect(await dialog().textContent()).toContain('This cannot be undone');
    expect(await dialog().ariaSnapshot()).not.toMatch(nameless);
    await expect.poll(focused, patience).toBe('Cancel');
    await launched.screenshot('deletion-1-patient');
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count(), patience).toBe(0);
    expect(await status()).toContain('40 lesions');
  });

  test('a patient, by keyboard alone, once it was confirmed', async () => {
    await at('patient-row').first().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog().getByText('10 lesions').waitFor(patience);
    await expect.poll(focused, patience).toBe('Cancel');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Delete');
    await page.keyboard.press('Enter');
    await page.getByText('Deleted for good').waitFor(patience);
    await expect.poll(() => at('patient-row').count(), patience).toBe(3);
    await expect.poll(status, patience).toContain('30 lesions');
  });

  test('lesions that are chosen in the table', async () => {
    await page.keyboard.press('Control+l');
    await at('table-row').first().waitFor(patience);
    await at('table-row').first().click();
    await page.keyboard.press('Shift+ArrowDown');
    // Both steps: a count that is read between them would be another than is deleted.
    await expect.poll(() => at('selected-count').textContent(), patience).toBe('2 lesions selected');
    await at('bulk-delete').click();
    await dialog()
      .getByText(/^2 lesions$/)
      .waitFor(patience);
    await expect.poll(focused, patience).toBe('Cancel');
    await launched.screenshot('deletion-2-table');
    await at('delete-for-good').click();
    await expect.poll(() => at('lesions-total').textContent(), patience).toBe('28 lesions');
    expect(await at('selected-count').textContent()).toBe('No lesion selected');
    await page.keyboard.press('Escape');
  });

  test('nothing went wrong in the page meanwhile', () => {
    // The library has rows alone: there are no pictures of its lesions.
    expect(launched.pageErrors.filter((text) => !text.includes('status of 404'))).toEqual([]);
  });
});
