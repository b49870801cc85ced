/**
 * A study with canaries in everything that identifies goes through a whole session of the real application: imported, viewed, marked,
 * searched, saved, taken away, with a reader, the engine and a page that crash. None may be found outside of the library and of the
 * files that were asked for with identity.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canariesIn, findCanaries } from '../support/canarySearch.ts';
import { studyCanaries, writeCanaryStudy } from '../support/canaryStudy.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { processId } from './support/engine.ts';
import { readPdf } from './support/pdf.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

const hasXwininfo = !spawnSync('xwininfo', ['-version']).error;
const long = { timeout: 60_000 };

describe.skipIf(noAppReason() !== null)(groupName('canaries through a session'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  let output = '';
  const titles = new Set<string>();
  const inFolder = (name: string) => join(folder, name);
  const at = (id: string) => page.getByTestId(id);

  async function launch(): Promise<void> {
    const home = inFolder('home');
    launched = await launchApp({
      library: inFolder('library'),
      profile: inFolder('profile'),
      env: {
        HOME: home,
        TMPDIR: inFolder('tmp'),
        XDG_DATA_HOME: join(home, 'data'),
        XDG_CONFIG_HOME: join(home, 'config'),
        XDG_CACHE_HOME: join(home, 'cache'),
        BREAKPAD_DUMP_LOCATION: inFolder('dumps'),
        ELECTRON_ENABLE_LOGGING: '1',
      },
    });
    page = launched.page;
    const { stdout, stderr } = launched.app.process();
    for (const stream of [stdout, stderr])
      stream?.on('data', (data) => {
        output += String(data);
      });
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  }

  /** What the desktop is told of the windows: to other programs, screen recorders, and lists of windows. */
  async function noteTitles(): Promise<void> {
    const own = await launched.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((one) => one.getTitle()),
    );
    for (const title of own) titles.add(title);
    if (hasXwininfo) titles.add(execFileSync('xwininfo', ['-root', '-tree'], { encoding: 'utf8' }));
  }

  async function choose(paths: readonly string[]): Promise<void> {
    await launched.app.evaluate(({ dialog }, filePaths) => {
      dialog.showOpenDialog = async (...asked: unknown[]) => {
        // Windows would list what is named after a patient among the recent files.
        const canceled = !JSON.stringify(asked.at(-1)).includes('dontAddToRecent');
        return { canceled, filePaths: [...filePaths] };
      };
    }, paths);
  }
  async function saved(name: string, act: () => Promise<unknown>, said = name): Promise<void> {
    await launched.app.evaluate(
      ({ dialog }, filePath) => {
        dialog.showSaveDialog = async (...asked: unknown[]) => {
          const canceled = !JSON.stringify(asked.at(-1)).includes('dontAddToRecent');
          return { canceled, filePath };
        };
      },
      join(inFolder(name.startsWith('named') ? 'identified' : 'exports'), name),
    );
    await act();
    await page.getByText(said, { exact: true }).first().waitFor(long);
    await noteTitles();
  }
  const item = (name: RegExp) => page.getByRole('menuitem', { name }).click();
  async function take(name: RegExp): Promise<void> {
    await at('take-away').last().click();
    await item(name);
  }
  async function die(name: string): Promise<void> {
    const id = await processId(launched, name);
    expect(id).not.toBeNull();
    process.kill(id ?? 0, 'SIGSEGV');
    await expect.poll(() => processId(launched, name), long).not.toBe(id);
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    for (const name of ['home', 'tmp', 'exports', 'identified', 'dumps']) mkdirSync(inFolder(name));
    await demoLibrary(inFolder('library'), 2);
    await launch();
  });
  afterAll(async () => {
    await launched?.close().catch(() => undefined);
    await removeFolder(folder);
  });

  test('it is imported, with its archive', async () => {
    await choose([writeCanaryStudy(inFolder('sources'))]);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await item(/^Folder/);
    await at('import-start').click();
    await at('import-report').waitFor(long);
    expect(await at('import-report').textContent()).toContain('1 patient, 1 study, 2 volumes');
    await noteTitles();
    await page.keyboard.press('Escape');
  });

  test('viewed, marked and saved as a lesion', async () => {
    await at('library-panel')
      .getByRole('radiogroup', { name: 'What the library lists' })
      .getByText(/^Patients/)
      .click();
    await at('patient-row').filter({ hasText: 'KANARI' }).click();
    await at('volume-row').first().click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('*');
    await at('key-image-row').waitFor(patience);
    await at('tool-ellipse').click();
    await dragFromMiddle(page, at('viewport-axial'), [-50, -50], [50, 50]);
    await at('proposal-panel').waitFor(patience);
    await expect.poll(() => at('measure-volume').first().textContent(), patience).toMatch(/\d/);
    await page.getByRole('textbox', { name: 'Name of the lesion' }).fill('KANARI lesion');
    await at('save-lesion').click();
    await at('lesion-panel').waitFor(patience);
    await page
      .getByRole('textbox', { name: 'New label’s name' })
      .or(page.getByLabel("New label's name"))
      .fill('remark');
    await page.getByLabel("New label's value").fill('KANARI^ADA');
    await page.keyboard.press('Enter');
    await at('lesion-panel').getByText('KANARI^ADA').first().waitFor(patience);
    await noteTitles();
  });

  test('searched for, by its lesion and by words that name the patient', async () => {
    await page.locator('#query-words').fill('KANARI ADA');
    await page.keyboard.press('Enter');
    await expect.poll(() => at('hit-card').count(), long).toBeGreaterThan(0);
    await page.getByRole('button', { name: /^Find similar/ }).click();
    await expect.poll(() => at('hit-card').count(), long).toBeGreaterThan(1);
    await at('hit-card').first().click();
    await sliceOf(at('compare-hit'));
    await noteTitles();
  });

  test('taken away without identity in every format, and once with it', async () => {
    await saved('comparison.pdf', () => take(/PDF/));
    await saved('comparison.png', () => take(/PNG/));
    await saved('hits.csv', () => take(/CSV/));
    await saved('named.pdf', async () => {
      await at('take-away').last().click();
      await page.getByRole('menuitemcheckbox').click();
      await item(/PDF/);
    });
    await page.keyboard.press('Escape');
    await saved('report.dcm', async () => {
      await at('save-measurements').click();
      await at('export-report').click();
    });
    await saved('keys.dcm', async () => {
      await at('export-key-images').click();
      await item(/Key Object/);
    });
    await saved('keys.zip', async () => {
      await at('export-key-images').click();
      await item(/PNG/);
    });
    await page.keyboard.press('Control+l');
    await at('table-row').filter({ hasText: 'KANARI' }).first().getByRole('gridcell').nth(1).click();
    const toTeach = async () => {
      await at('teaching').click();
      await page.getByRole('button', { name: 'As a folder…' }).click();
    };
    await saved('teaching', toTeach, 'Teaching file written');
    await page.keyboard.press('Escape');
    const files = [
      'comparison.pdf',
      'comparison.png',
      'hits.csv',
      'keys.dcm',
      'keys.zip',
      'report.dcm',
      'teaching',
    ];
    expect(readdirSync(inFolder('exports')).sort()).toEqual(files);
    // What is there for a moment only is there now.
    expect(findCanaries(inFolder('tmp'), studyCanaries)).toEqual([]);
  });

  test('with the second window, and with an engine, a reader and a page that crash', async () => {
    await page.keyboard.press('Control+u');
    await expect.poll(() => launched.app.windows().length, patience).toBe(2);
    await noteTitles();
    await page.keyboard.press('Control+u');
    await die('Precedent reader');
    await die('Precedent engine');
    const rendererOf = () =>
      launched.app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        return contents && !contents.isCrashed() && !contents.isLoading() ? contents.getOSProcessId() : 0;
      });
    const renderer = await rendererOf();
    expect(renderer).toBeGreaterThan(0);
    process.kill(renderer, 'SIGSEGV');
    await expect.poll(async () => ![0, renderer].includes(await rendererOf()), long).toBe(true);
    await noteTitles();
    await launched.app.close();
  });

  test('none is in what it left outside of the library', async () => {
    for (const place of ['profile', 'tmp', 'home', 'dumps', 'exports'])
      expect([place, findCanaries(inFolder(place), studyCanaries)]).toEqual([place, []]);
    expect(canariesIn(Buffer.from(output), studyCanaries)).toEqual([]);
    const { text } = await readPdf(readFileSync(join(inFolder('exports'), 'comparison.pdf')));
    expect(canariesIn(Buffer.from(text), studyCanaries)).toEqual([]);
    expect(canariesIn(Buffer.from([...titles].join('\n')), studyCanaries)).toEqual([]);
    for (const place of ['thumbnails', 'vectors', 'voxels'])
      expect([place, findCanaries(join(inFolder('library'), place), studyCanaries)]).toEqual([place, []]);
  });

  test('as the same search finds them where they have to be', async () => {
    const names = (place: string) =>
      new Set(findCanaries(inFolder(place), studyCanaries).map((line) => line.split(': ')[0]));
    expect(names('sources')).toEqual(new Set(studyCanaries.map(({ name }) => name)));
    expect(names('library')).toEqual(new Set(studyCanaries.map(({ name }) => name)));
    const { text } = await readPdf(readFileSync(join(inFolder('identified'), 'named.pdf')));
    expect(text).toContain('KANARI');
    expect(output).not.toBe('');
    expect([...titles].join()).toContain('Precedent');
    expect(readdirSync(inFolder('profile'))).toContain('Local Storage');
  });
});
