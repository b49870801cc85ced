/** The library's page of the real application: a long list scrolled, sorted, searched and relabelled; duplicates, health and history on the phantom. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LesionRow } from '../../native/contract/model.ts';
import { bigLibrary } from '../support/bigCatalog.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';
import { patience } from './support/viewport.ts';

const many = 20_000;
/** A control of Playwright's picture of the accessibility tree that has no name. */
const nameless = /^\s*- '?(button|checkbox|radio|tab|textbox|combobox|switch|progressbar)\b(?! ")/m;

async function open(library: string): Promise<LaunchedApp> {
  const launched = await launchApp({ library });
  await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 980));
  await launched.page.getByTestId('lesion-row').first().waitFor({ timeout: 60_000 });
  return launched;
}

describe.skipIf(noAppReason() !== null)(groupName('a library of 20,000 lesions'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  /** Keys and clicks since it was set to 0. */
  let actions = 0;
  const at = (id: string) => page.getByTestId(id);
  const press = async (key: string) => {
    actions++;
    await page.keyboard.press(key);
  };
  /** The texts of a column's cells in sight. */
  const column = async (title: string): Promise<string[]> => {
    const titles = await page.getByRole('columnheader').allTextContents();
    const n = titles.indexOf(title);
    expect(n).toBeGreaterThanOrEqual(0);
    return at('table-row')
      .locator(`[role=gridcell]:nth-child(${n + 1})`)
      .allTextContents();
  };
  const cell = async (row: number, title: string) => {
    const titles = await page.getByRole('columnheader').allTextContents();
    return page.locator(
      `[aria-rowindex="${row + 2}"] [role=gridcell]:nth-child(${titles.indexOf(title) + 1})`,
    );
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await bigLibrary(library, many);
    launched = await open(library);
    page = launched.page;
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('the table scrolls to the last lesion and holds no more rows than are in sight', async () => {
    await press('Control+l');
    await at('table-row').first().waitFor(patience);
    expect(await at('lesions-total').textContent()).toBe('20,000 lesions');
    await press('End');
    await expect.poll(async () => (await column('Name')).at(-1), patience).toBe('Lesion 19999');
    expect(await at('table-row').count()).toBeLessThan(80);
    await press('Home');
    await expect.poll(async () => (await column('Name'))[0], patience).toBe('Lesion 0');
    expect(await page.getByRole('dialog').ariaSnapshot()).not.toMatch(nameless);
    await launched.screenshot('library-1-table');
  });

  test('a click on a column sorts all of it, a search narrows it', async () => {
    await page.getByRole('button', { name: 'Size, mm', exact: true }).click();
    await expect.poll(async () => (await column('Size, mm'))[0], patience).toBe('4');
    await page.getByRole('button', { name: 'Size, mm', exact: true }).click();
    await expect.poll(async () => (await column('Size, mm'))[0], patience).toBe('79.9');
    await page.getByRole('textbox', { name: 'Search the lesions' }).fill('P000123 cyst');
    await expect.poll(() => at('lesions-total').textContent(), patience).toMatch(/^[1-3] lesions?$/);
    expect(new Set(await column('Patient'))).toEqual(new Set(['P000123']));
    expect(new Set(await column('Diagnosis'))).toEqual(new Set(['cyst']));
    await at('library-page').getByRole('button', { name: 'Clear the search' }).click();
    await expect.poll(() => at('lesions-total').textContent(), patience).toBe('20,000 lesions');
    await page.getByRole('button', { name: 'Size, mm', exact: true }).click();
    await expect.poll(async () => (await column('Name'))[0], patience).toBe('Lesion 0');
    await page.keyboard.press('Escape');
    await expect.poll(() => at('library-page').count(), patience).toBe(0);
  });

  test('twenty lesions are relabelled in six actions, and one undo brings all back', async () => {
    const first20 = async () => (await column('malignancy')).slice(0, 20);
    actions = 0;
    await press('Control+l');
    await at('table-row').nth(20).waitFor(patience);
    const before = await first20();
    expect(new Set(before).size).toBeGreaterThan(3);
    await (await cell(0, 'malignancy')).click();
    await (await cell(19, 'malignancy')).click({ modifiers: ['Shift'] });
    actions += 2;
    await expect.poll(() => at('selected-count').textContent(), patience).toBe('20 lesions selected');
    await press('F2');
    await at('cell-editor').waitFor(patience);
    await press('5');
    await launched.screenshot('library-2-relabel');
    await press('Enter');
    await expect.poll(first20, patience).toEqual(Array(20).fill('5'));
    expect(actions).toBeLessThanOrEqual(6);
    await page.keyboard.press('Control+z');
    await expect.poll(first20, patience).toEqual(before);
    await page.keyboard.press('Control+y');
    await expect.poll(first20, patience).toEqual(Array(20).fill('5'));
    await page.keyboard.press('Control+z');
    await expect.poll(first20, patience).toEqual(before);
  });

  test('all that a search finds get a diagnosis with its proof in one step, and history tells of it', async () => {
    await page.getByRole('textbox', { name: 'Search the lesions' }).fill('P000777');
    await expect.poll(() => at('lesions-total').textContent(), patience).toBe('10 lesions');
    await at('lesion-table').focus();
    await page.keyboard.press('Control+a');
    await expect.poll(() => at('selected-count').textContent(), patience).toBe('10 lesions selected');
    await page.getByRole('combobox', { name: 'Label to change' }).fill('diagnosis');
    await page.getByRole('combobox', { name: 'Value to set' }).fill('lymphoma');
    await page.getByRole('combobox', { name: 'What the diagnosis rests on' }).click();
    await page.getByRole('option', { name: 'histology' }).click();
    await at('bulk-set').click();
    await expect
      .poll(async () => new Set(await column('Diagnosis')), patience)
      .toEqual(new Set(['lymphoma']));
    expect(new Set(await column('Proof'))).toEqual(new Set(['✓ histology']));
    await page.getByText('History', { exact: true }).click();
    const row = at('history').locator('tbody tr').first();
    await row.waitFor(patience);
    expect(await row.textContent()).toMatch(/diagnosis = lymphoma, proof = histology.*10/);
    await row.getByRole('button', { name: 'Undo' }).click();
    await expect
      .poll(() => at('history').locator('tbody tr').nth(1).textContent(), patience)
      .toMatch(/undone$/);
    await page.getByText('Lesions', { exact: true }).click();
    await at('table-row').first().waitFor(patience);
    expect(await column('Diagnosis')).not.toContain('lymphoma');
  });

  test('columns are chosen, moved and made wider, and stay so', async () => {
    await at('columns').click();
    await page.getByRole('checkbox', { name: 'Volume', exact: true }).click();
    await page.getByRole('button', { name: 'Volume: to the left' }).click();
    await page.keyboard.press('Escape');
    const titles = () => page.getByRole('columnheader').allTextContents();
    await expect.poll(async () => (await titles()).slice(-2), patience).toEqual(['Volume', 'malignancy']);
    const grip = page.getByRole('separator', { name: 'Width of Name' });
    const before = Number(await grip.getAttribute('aria-valuenow'));
    await grip.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => grip.getAttribute('aria-valuenow'), patience).toBe(String(before + 10));
    await page.reload();
    await at('lesion-row').first().waitFor(patience);
    await page.keyboard.press('Control+l');
    await at('table-row').first().waitFor(patience);
    expect((await titles()).slice(-2)).toEqual(['Volume', 'malignancy']);
    expect(await grip.getAttribute('aria-valuenow')).toBe(String(before + 10));
  });

  test('patients and studies of a long list are searched', async () => {
    await page.keyboard.press('Escape');
    await page.getByText(/^Patients/).click();
    await page.getByRole('textbox', { name: 'Search the list' }).fill('P001999');
    await expect.poll(() => at('patient-row').count(), patience).toBe(1);
    await at('patient-row').click();
    await expect.poll(() => at('volume-row').count(), patience).toBe(1);
  });
});

describe.skipIf(noAppReason() !== null)(groupName('the library of phantoms'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await open(library);
    page = launched.page;
    await watchPorts(page);
    await requestPort(page);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a lesion that was saved twice is found, merged into the one that is kept, and brought back', async () => {
    const ask = async <T>(method: string, params: unknown) =>
      (await askEngine(page, method, params)).result as T;
    const { rows } = await ask<{ rows: LesionRow[] }>('library.lesions', { limit: 1 });
    const { mask } = await ask<{ mask: unknown }>('lesion.get', { lesion: rows[0].id });
    await ask('lesion.save', {
      volume: rows[0].volume,
      mask,
      name: 'Saved again',
      labels: { margin: 'sharp' },
    });
    await at('library-page-button').click();
    await page.getByText('Duplicates', { exact: true }).click();
    await at('duplicate').waitFor(patience);
    expect(await at('duplicate').textContent()).toMatch(/agree by 100%.*Saved again.*sharp/);
    await page.getByRole('button', { name: 'Keep the left one' }).click();
    await launched.screenshot('library-3-duplicate');
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    await page.getByText('Nothing seems to be here twice').waitFor(patience);
    const kept = await ask<{ lesion: LesionRow }>('lesion.get', { lesion: rows[0].id });
    expect(kept.lesion.labels).toEqual({ ...rows[0].labels, margin: 'sharp' });
    await page.keyboard.press('Control+z');
    await at('duplicate').waitFor(patience);
    const back = await ask<{ lesion: LesionRow }>('lesion.get', { lesion: rows[0].id });
    expect(back.lesion.labels).toEqual(rows[0].labels);
  });

  test('the selected lesions become a teaching file that says nothing of who the patients are', async () => {
    await page.getByText('Lesions', { exact: true }).click();
    await at('table-row').first().waitFor(patience);
    await at('table-row').nth(0).getByRole('gridcell').nth(1).click();
    await at('table-row')
      .nth(1)
      .getByRole('gridcell')
      .nth(1)
      .click({ modifiers: ['Control'] });
    await expect.poll(() => at('selected-count').textContent(), patience).toBe('2 lesions selected');
    const target = join(folder, 'teaching');
    await launched.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, target);
    await at('teaching').click();
    await launched.screenshot('library-5-teaching');
    await page.getByRole('button', { name: 'As a folder…' }).click();
    await page.getByText('Teaching file written').waitFor(patience);
    const html = await readFile(join(target, 'index.html'), 'utf8');
    const { cases } = JSON.parse(await readFile(join(target, 'cases.json'), 'utf8')) as {
      cases: { pictures: string[]; diagnosis?: string; age: string }[];
    };
    expect(cases.length).toBe(2);
    expect(html).not.toMatch(/PH-000\d|https?:/);
    expect(html).toContain(cases[1].diagnosis);
    for (const { pictures, age } of cases) {
      expect(pictures.length).toBe(14);
      expect(age).toMatch(/^\d0–\d9$/);
      for (const picture of pictures)
        expect((await readFile(join(target, picture))).length).toBeGreaterThan(1000);
    }
    await at('teaching').click();
    await page.getByRole('button', { name: 'As a folder…' }).click();
    await page.getByText(/There is something of that name already/).waitFor(patience);
  });

  test('health says what is not proven and leads to it, and that the library is sound', async () => {
    await page.getByText('Health', { exact: true }).click();
    await at('health').waitFor(patience);
    const row = (name: string) => at('health').getByRole('row', { name });
    await row('Whole and in agreement').getByRole('button', { name: 'Check' }).click();
    await expect
      .poll(() => row('Whole and in agreement').textContent(), { timeout: 60_000 })
      .toContain('sound');
    await launched.screenshot('library-4-health');
    const unproven = Number(
      /(\d+) lesion/.exec((await row('Diagnosis not proven').textContent()) ?? '')?.[1],
    );
    expect(unproven).toBeGreaterThan(0);
    await row('Diagnosis not proven').getByRole('button', { name: 'Show them' }).click();
    await expect
      .poll(() => at('lesions-total').textContent(), patience)
      .toMatch(new RegExp(`^${unproven} lesions?$`));
    expect(launched.pageErrors).toEqual([]);
  });
});
