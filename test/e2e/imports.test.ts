/** Imports as the window shows them, in the real application on phantoms: jobs, drops, conflicts, reports, rules, watched folders. */
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePhantomLibrary } from '../../native/phantom/generate.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { patience, sliceOf } from './support/viewport.ts';

const longName = `PH-0005 ${'with a long name '.repeat(9).trim()}`;
const long = { timeout: 120_000 };

/** A control of Playwright's picture of the accessibility tree that has no name. */
const nameless = /^\s*- '?(button|checkbox|radio|tab|textbox|combobox|switch|progressbar)\b(?! ")/m;

/** What is asked of the page's focused control. */
interface Control {
  readonly textContent: string | null;
  readonly labels?: Iterable<{ readonly textContent: string | null }> | null;
  getAttribute(name: string): string | null;
}
function nameOf(control: Control): string {
  const [label] = control.labels ?? [];
  return control.getAttribute('aria-label') ?? label?.textContent ?? control.textContent ?? '';
}

describe.skipIf(noAppReason() !== null)(groupName('imports in the window'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const dialog = () => at('import-dialog');
  const status = () => at('status-bar').textContent();
  const source = (name: string) => join(folder, 'sources', name);

  async function choose(path: string): Promise<void> {
    await launched.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, path);
  }
  async function openForm(path: string): Promise<void> {
    await choose(path);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Folder…' }).click();
    await at('import-start').waitFor(patience);
  }
  async function imported(path: string): Promise<void> {
    await openForm(path);
    await at('import-start').click();
    await at('import-report').waitFor(long);
  }
  async function openImports(entry: 'Imports…' | 'Watched folders…'): Promise<void> {
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('menuitem', { name: entry }).click();
    await dialog().waitFor(patience);
  }
  async function leave(): Promise<void> {
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count(), patience).toBe(0);
  }
  const tab = (name: RegExp) =>
    at('library-panel').getByRole('radiogroup', { name: 'What the library lists' }).getByText(name).click();

  beforeAll(async () => {
    folder = await temporaryFolder();
    const phantom = join(folder, 'phantom');
    await generatePhantomLibrary(phantom, { patients: 5, seed: 9 });
    await cp(join(phantom, 'PH-0001'), source('first/PH-0001'), { recursive: true });
    await cp(join(phantom, 'PH-0002'), source('first/PH-0002'), { recursive: true });
    await cp(join(phantom, 'PH-0003'), source('PH-0003'), { recursive: true });
    await cp(join(phantom, 'PH-0004'), source('PH-0004'), { recursive: true });
    await cp(join(phantom, 'PH-0005'), source(longName), { recursive: true });
    for (let n = 0; n < 30; n++)
      await writeFile(join(source(longName), `no image ${n}, but a name of some length.xyz`), 'x');
    launched = await launchApp({ library: join(folder, 'library') });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a job goes on without its dialog, is paused, goes on, and reports', async () => {
    await openForm(source('first'));
    await launched.screenshot('imports-1-form');
    await at('import-start').click();
    await page.getByRole('progressbar', { name: 'Progress of the import' }).waitFor(patience);
    await launched.screenshot('imports-2-running');
    await leave();
    await at('running-import').waitFor(patience);
    await launched.screenshot('imports-3-chip');
    await at('running-import').click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => at('import-paused').count(), patience).toBe(1);
    expect(await at('running-import').count()).toBe(0);
    await launched.screenshot('imports-4-paused');
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => at('import-done').count(), long).toBe(1);
    await expect
      .poll(() => at('import-report').textContent(), patience)
      .toMatch(/2 patients, 2 studies, 2 volumes, 4 lesions/);
    await launched.screenshot('imports-5-report');
    await leave();
    await expect.poll(status, patience).toContain('2 volumes, 4 lesions');
  });

  test('a cancelled job says so and can be removed from the list', async () => {
    await openForm(source('PH-0003'));
    await at('import-start').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => at('import-cancelled').count(), patience).toBe(1);
    expect(await at('job').count()).toBe(2);
    await launched.screenshot('imports-6-cancelled');
    await at('job').first().getByRole('button', { name: 'Remove from this list' }).click();
    await expect.poll(() => at('job').count(), patience).toBe(1);
    await leave();
  });

  test('a ZIP archive dropped onto the window is imported', async () => {
    const archive = source('cd.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', archive, source('PH-0003')]);
    const session = await page.context().newCDPSession(page);
    const data = { items: [], files: [archive], dragOperationsMask: 1 };
    const drag = (type: 'dragEnter' | 'dragOver' | 'drop') =>
      session.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
    await drag('dragEnter');
    await drag('dragOver');
    await page.getByText('Drop to import into the library').waitFor(patience);
    await launched.screenshot('imports-7-over');
    await drag('drop');
    await dialog().getByText('cd.zip').waitFor(patience);
    await launched.screenshot('imports-8-dropped');
    await at('import-start').click();
    await at('import-report').waitFor(long);
    await launched.screenshot('imports-9-zip');
    await leave();
    await expect.poll(status, patience).toContain('3 volumes');
  });

  test('other content under the same UIDs waits for a decision, and replacing settles it', async () => {
    const slice = source('first/PH-0001/CT/IM0001.dcm');
    const bytes = await readFile(slice);
    bytes[bytes.length - 20] ^= 1;
    await writeFile(slice, bytes);
    await imported(source('first/PH-0001'));
    await launched.screenshot('imports-10-conflict-report');
    await at('tab-conflicts').click();
    expect(await at('conflict').count()).toBe(1);
    await launched.screenshot('imports-11-conflict');
    await page.getByRole('button', { name: 'Replace' }).click();
    await expect.poll(() => at('tab-conflicts').count(), long).toBe(0);
    await expect.poll(() => at('tab-jobs').getAttribute('aria-selected'), patience).toBe('true');
    await expect.poll(() => at('running-import').count(), long).toBe(0);
    await expect.poll(() => at('job').first().textContent(), patience).toContain('1 volume');
    await launched.screenshot('imports-12-settled');
    await leave();
    expect(await status()).toContain('3 volumes');
  });

  test('a rule makes a lesion of a region name for the imports that follow, until it is removed', async () => {
    await openSettings(page, 'Import');
    await page.getByLabel('Pattern of a new rule').fill('Liver');
    await page.getByLabel('What such regions are').selectOption('lesion');
    await page.getByRole('button', { name: 'Add rule' }).click();
    await expect
      .poll(() => at('own-rule').allTextContents(), patience)
      .toEqual([expect.stringMatching(/Liver\s*lesion/)]);
    await launched.screenshot('imports-13-rule');
    await leave();
    const slices = (await readdir(source('PH-0004/CT'))).sort();
    await rm(join(source('PH-0004/CT'), slices[slices.length >> 1] ?? ''));
    await writeFile(join(source('PH-0004'), 'report.txt'), 'Findings: spiculated nodule, Größe 14 mm.');
    await imported(source('PH-0004'));
    expect(await at('import-report').textContent()).toMatch(/1 volume, 3 lesions, 1 report/);
    await launched.screenshot('imports-14-interpolated-report');
    await leave();
    await openSettings(page, 'Import');
    await page.getByRole('button', { name: 'Remove the rule Liver' }).click();
    await expect.poll(() => at('own-rule').count(), patience).toBe(0);
    await leave();
  });

  test('a report is found by a word and opens its study, which says that a slice is missing', async () => {
    await tab(/^Reports/);
    await launched.screenshot('imports-15-reports');
    await page.getByLabel('Search the list').fill('spicul*');
    await at('report-row').waitFor(patience);
    expect(await at('report-row').locator('mark').allTextContents()).toEqual(['spiculated']);
    await at('report-row').click();
    await sliceOf(at('viewport-axial'));
    await expect.poll(() => at('viewport-axial').getByTestId('mark-interpolated').count(), patience).toBe(1);
    await expect
      .poll(() => page.getByLabel('Lesions of the open volume').textContent(), patience)
      .toMatch(/slice/);
    await launched.screenshot('imports-16-report-opened');
    await page.getByLabel('Clear the search').click();
    await tab(/^Studies/);
    await launched.screenshot('imports-17-studies');
  });

  test('originals that are gone are told', async () => {
    await rename(source('PH-0004'), source('elsewhere'));
    await openSettings(page, 'Safety');
    await at('originals').getByRole('button', { name: 'Check' }).click();
    await expect
      .poll(() => at('originals').textContent(), patience)
      .toContain('1 volume without all of its files');
    expect(await at('originals').textContent()).toContain('PH-0004');
    await launched.screenshot('imports-18-missing');
    await choose(source('elsewhere'));
    await at('originals').getByRole('button', { name: 'Look for them in…' }).click();
    await expect.poll(() => at('originals').textContent(), patience).toContain('1 volume found again');
    await launched.screenshot('imports-19-found');
    await leave();
  });

  test('a folder is watched until told otherwise', async () => {
    await openImports('Watched folders…');
    await launched.screenshot('imports-20-none-watched');
    await choose(source('elsewhere'));
    await page.getByRole('button', { name: 'Watch a folder…' }).click();
    await expect.poll(() => at('watched-folder').textContent(), patience).toContain('elsewhere');
    await launched.screenshot('imports-21-watched');
    await page.getByRole('button', { name: 'Stop watching' }).click();
    await expect.poll(() => at('watched-folder').count(), patience).toBe(0);
    await leave();
  });

  test('de-identified, a patient is known by a pseudonym', async () => {
    await openForm(source(longName));
    await at('import-deidentify').check();
    await launched.screenshot('imports-22-deidentify');
    await at('import-start').click();
    await at('import-report').waitFor(long);
    await launched.screenshot('imports-22b-deidentified');
    await leave();
    await tab(/^Patients/);
    const names = () =>
      at('patient-row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-patient')));
    await expect.poll(names, patience).toHaveLength(5);
    expect((await names()).filter((name) => /^P-[0-9A-Z]{10}$/.test(name ?? ''))).toHaveLength(1);
    await launched.screenshot('imports-23-pseudonym');
  });

  test('the dialogs are walked by keyboard, and every control has a name', async () => {
    await openForm(source('first/PH-0002'));
    const walked: string[] = [];
    do {
      await page.keyboard.press('Tab');
      walked.push(await page.locator(':focus').evaluate(nameOf));
    } while (walked.at(-1) !== 'Import' && walked.length < 30);
    expect(walked).toEqual([
      'New import',
      'Leave out PH-0002',
      'Add folder…',
      'Add files or ZIP…',
      'Choose labels…',
      'Region name',
      expect.stringMatching(/^Copy the image files/),
      expect.stringMatching(/^De-identify/),
      'Close',
      'Import',
    ]);
    const controls = () => page.getByRole('dialog').ariaSnapshot();
    for (const name of ['New import', 'Imports', 'Watched folders']) {
      await page.getByRole('tab', { name }).click();
      expect(await controls()).toMatch(/- button "Close"/);
      expect(await controls()).not.toMatch(nameless);
    }
    await leave();
    await openSettings(page, 'Import');
    await page.getByRole('button', { name: /built-in rules/ }).click();
    await launched.screenshot('imports-24-builtin');
    expect(await controls()).toMatch(/- textbox "Pattern of a new rule"/);
    expect(await controls()).not.toMatch(nameless);
    await leave();
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(launched.pageErrors).toEqual([]);
  });
});
