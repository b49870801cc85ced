/** What is taken away of a search in the real application, de-identified unless asked otherwise, and how its hits are laid out. */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTable } from '../../native/ingest/csv.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { editCatalog } from '../support/editCatalog.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { readPdf } from './support/pdf.ts';
import { patience, sliceOf } from './support/viewport.ts';

/** Put into the library in the place of the generated patients' identities. */
const canaries = { id: 'KANARI', name: 'Kanarienvogel^Ada', date: '19870203' };

describe.skipIf(noAppReason() !== null)(groupName('taking away and laying out'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const shown = () =>
    at('hit-card').evaluateAll((cards) => cards.map((card) => String(card.getAttribute('data-lesion'))));

  /** Lets the next save dialog name a file, and reads that when the window says that it was saved; a copy is kept to be looked at. */
  async function saved(name: string, act: () => Promise<void>): Promise<Buffer> {
    const target = join(folder, name);
    await launched.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, target);
    await act();
    await page.getByText(name, { exact: true }).waitFor({ timeout: 60_000 });
    const kept = join(import.meta.dirname, '../../test-results');
    await mkdir(kept, { recursive: true });
    await copyFile(target, join(kept, `takeAway-${name}`));
    return readFile(target);
  }
  async function choose(item: RegExp): Promise<void> {
    await at('take-away').last().click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 16);
    const { id, name, date } = canaries;
    editCatalog(library, (db) => {
      db.prepare(`UPDATE patient SET patientId = ? || id, identity = ? || id, name = ?, birthDate = ?`).run(
        id,
        id,
        name,
        date,
      );
      db.prepare('UPDATE study SET date = ?, accessionNumber = ? || id').run(date, id);
      db.prepare(`UPDATE lesion SET name = 'GTV ' || ?`).run(name);
      db.prepare(`INSERT INTO label (lesion, name, value) SELECT id, 'remark', ? FROM lesion`).run(name);
      db.prepare(`INSERT INTO label (lesion, name, value) SELECT id, 'seen', ? FROM lesion`).run(date);
    });
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  function expectNoCanary(text: string): void {
    expect(text).not.toMatch(/kanari|\bada\b|19870203|1987-02-03/i);
  }

  test('a lesion is searched for', async () => {
    await at('lesion-row').nth(1).click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(10);
  });

  test('the hits as a table: one line a hit, in their order, under pseudonyms', async () => {
    const bytes = await saved('hits.csv', () => choose(/CSV/));
    const [head, ...rows] = readTable(bytes);
    expect(rows.length).toBe(10);
    const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
    expect(column('rank')).toEqual(Array.from({ length: 10 }, (_, n) => String(n + 1)));
    for (const patient of column('patient')) expect(patient).toMatch(/^P-[0-9A-Z]{10}$/);
    expect(new Set(column('patient')).size).toBe(10);
    expect(head).toContain('label: organ');
    expect(head).not.toContain('label: remark');
    expect(column('use')[0]).toMatch(/Research use/);
    expectNoCanary(bytes.toString('utf8'));
  });

  test('query and three hits as PDF by one key: one page with four pictures, naming nobody', async () => {
    const bytes = await saved('three.pdf', () => page.keyboard.press('Control+p'));
    const { text, pages, pictures } = await readPdf(bytes);
    expect(pages).toBe(1);
    expect(pictures).toBe(4);
    for (const part of [
      'Case comparison',
      'Research use, not for primary diagnosis',
      'Query',
      'Hit 3',
      'proof',
      '20 mm Query',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/P-[0-9A-Z]{10}/);
    expectNoCanary(text);
    expect(bytes.toString('latin1')).not.toMatch(/kanari/i);
  });

  test('the open comparison as PDF and PNG, in two actions', async () => {
    await page.keyboard.press('n');
    await sliceOf(at('compare-hit'));
    const { text, pages, pictures } = await readPdf(await saved('open.pdf', () => choose(/PDF/)));
    expect(pages).toBe(1);
    expect(pictures).toBe(2);
    expect(text).toContain('Hit 1');
    expect(text).not.toContain('Hit 2');
    const bytes = await saved('open.png', () => choose(/PNG/));
    const { width, height, data, channels } = decode(bytes);
    expect(width).toBe(2240);
    expect(height).toBeGreaterThan(900);
    // White paper, dark pictures, and both outlines.
    const near = (color: readonly number[]) => {
      let found = 0;
      for (let n = 0; n < data.length; n += channels)
        if (color.every((value, c) => Math.abs(data[n + c] - value) < 30)) found++;
      return found;
    };
    expect(near([255, 255, 255])).toBeGreaterThan(0.2 * width * height);
    expect(near([79, 209, 232])).toBeGreaterThan(200);
    expect(near([255, 194, 77])).toBeGreaterThan(200);
    for (let n = 0; n < 3; n++) await page.keyboard.press('g');
    await expect.poll(() => at('compare-hit').count(), patience).toBe(5);
    const five = await readPdf(await saved('five.pdf', () => page.keyboard.press('Control+p')));
    expect([five.pages, five.pictures]).toEqual([1, 6]);
    expect(five.text).toContain('Hit 5');
    await page.keyboard.press('g');
    await expect.poll(() => at('compare-hit').count(), patience).toBe(1);
  });

  test('with the identity only where that was ticked, and only once', async () => {
    await at('take-away').last().click();
    await page.getByRole('menuitemcheckbox').click();
    const named = await saved('named.pdf', () => page.getByRole('menuitem', { name: /PDF/ }).click());
    const { text } = await readPdf(named);
    expect(text).toContain(canaries.id);
    expect(text).toContain(canaries.name);
    const again = await readPdf(await saved('again.pdf', () => page.keyboard.press('Control+p')));
    expectNoCanary(again.text);
    await page.keyboard.press('Escape');
  });

  test('a grid by one key, sorted and grouped, moved through by arrows', async () => {
    const ranked = await shown();
    await page.keyboard.press('u');
    await expect.poll(() => at('hit-strip').getAttribute('data-layout'), patience).toBe('grid');
    await at('hit-card').first().focus();
    await page.keyboard.press('ArrowDown');
    const focused = await page.locator('button.hit-card:focus').getAttribute('data-rank');
    expect(Number(focused)).toBeGreaterThan(2);
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: /^Size/ }).click();
    await expect.poll(shown, patience).not.toEqual(ranked);
    expect((await shown()).toSorted()).toEqual(ranked.toSorted());
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: 'organ', exact: true }).click();
    await expect.poll(() => at('hit-group').count(), patience).toBeGreaterThan(0);
    await launched.screenshot('takeAway-1-grid');
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: /^Rank/ }).click();
    await at('order-menu').click();
    await page.getByRole('menuitemradio', { name: 'Nothing', exact: true }).click();
    await expect.poll(shown, patience).toEqual(ranked);
  });

  test('a pinned hit comes first, also in another search; a hidden patient goes and comes back', async () => {
    const ranked = await shown();
    await at('hit-card').nth(6).focus();
    await page.keyboard.press('k');
    await expect.poll(async () => (await shown())[0], patience).toBe(ranked[6]);
    const pinned = await shown();
    await at('hit-card').nth(3).focus();
    await page.keyboard.press('y');
    await expect.poll(async () => (await shown()).includes(pinned[3]), patience).toBe(false);
    await at('show-hidden').click();
    await expect.poll(shown, patience).toEqual(pinned);
    await at('lesion-row').nth(5).click();
    await page.keyboard.press('f');
    await expect.poll(shown, patience).not.toEqual([ranked[6], ...ranked.filter((_, n) => n !== 6)]);
    expect((await shown())[0]).toBe(ranked[6]);
    await page.keyboard.press('u');
    await expect.poll(() => at('hit-strip').getAttribute('data-layout'), patience).toBe('strip');
    await launched.screenshot('takeAway-2-pinned');
    expect(launched.pageErrors).toEqual([]);
  });
});
