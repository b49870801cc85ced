/** Hits in a second window: both windows act on one search, either outlives the other's crash, and the walls are the same. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { runInPage } from './support/inPage.ts';
import { storedText } from './support/pageStorage.ts';
import { patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('a second window for hits'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let first: Page;
  let hits: Page;
  const errors: string[] = [];
  let openHit = '';
  const profile = () => join(folder, 'profile');
  const start = async () => {
    launched = await launchApp({ library: join(folder, 'library'), profile: profile() });
    // Either window may have been the quicker.
    first = await pageWhere((page) => page.url().endsWith('index.html'));
    await first.getByTestId('lesion-row').first().waitFor(patience);
  };
  const pages = () => launched.app.windows();
  const pageWhere = (wanted: (page: Page) => boolean): Promise<Page> =>
    vi.waitFor(() => {
      const page = pages().find(wanted);
      if (!page) throw new Error('there is no such window');
      return page;
    }, patience);
  const hitsPage = async () => {
    const page = await pageWhere((one) => one.url().endsWith('?window=hits'));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.getByTestId('hits-page').waitFor(patience);
    return page;
  };
  const kept = async () => JSON.parse(await readFile(join(profile(), 'windows.json'), 'utf8')).hits;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(join(folder, 'library'), 4);
    await start();
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('takes the hits and the comparison over, and leaves the viewer to the first', async () => {
    await first.getByTestId('lesion-row').first().click();
    await sliceOf(first.getByTestId('viewport-axial'));
    await first.keyboard.press('f');
    await first.getByTestId('hit-card').nth(1).click(patience);
    await sliceOf(first.getByTestId('compare-hit'));
    await first.keyboard.press('Control+u');
    hits = await hitsPage();
    await sliceOf(hits.getByTestId('compare-hit'));
    await expect
      .poll(() => first.getByTestId('hits-apart').textContent(), patience)
      .toContain('in the second window');
    expect(await first.getByTestId('compare-view').count()).toBe(0);
    expect(await first.getByTestId('hit-card').count()).toBe(0);
    await launched.screenshot('windows-1-first');
    await hits.screenshot({ path: 'test-results/windows-2-hits.png' });
    const ids = await launched.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getOSProcessId()),
    );
    expect(new Set(ids).size).toBe(2);
  });

  test('keys in either act on the one search', async () => {
    const open = (page: Page) => page.locator('.hit-card[data-open="true"]').getAttribute('data-lesion');
    const before = await open(hits);
    await first.keyboard.press('n');
    await expect.poll(() => open(hits), patience).not.toBe(before);
    await hits.keyboard.press('m');
    await expect.poll(() => open(hits), patience).toBe(before);

    const marks = () => hits.locator('.hit-box[data-mark="like"]').count();
    await first.keyboard.press('+');
    await expect.poll(marks, patience).toBe(1);
    await hits.keyboard.press('Control+z');
    await expect.poll(marks, patience).toBe(0);

    await hits.keyboard.press('k');
    await expect.poll(() => hits.locator('.hit-box[data-pinned]').count(), patience).toBe(1);
    await first.keyboard.press('k');
    await expect.poll(() => hits.locator('.hit-box[data-pinned]').count(), patience).toBe(0);

    await hits.keyboard.press('3');
    const corner = first.getByTestId('viewport-axial').locator('.bottom-right');
    await expect.poll(() => corner.textContent(), patience).toContain('W 1500 C −600');
  });

  test('for teaching both call a patient by the same number', async () => {
    await hits.keyboard.press('h');
    const numbers = (page: Page, places: string) =>
      page
        .locator(places)
        .evaluateAll((all) =>
          all.map(
            (one) => /Patient \d+/.exec((one as unknown as { textContent: string }).textContent)?.[0] ?? '',
          ),
        );
    await expect.poll(() => numbers(hits, '.hit-name'), patience).not.toContain('');
    const shown = await numbers(hits, '.hit-name');
    expect(new Set(shown).size).toBe(shown.length);
    expect(await hits.locator('body').textContent()).not.toMatch(/PH-\d/);
    expect(await first.locator('body').textContent()).not.toMatch(/PH-\d/);
    await first.keyboard.press('h');
    await expect.poll(() => hits.locator('body').textContent(), patience).toMatch(/PH-\d/);
  });

  test('F in the first, or in the second, searches for what the first shows', async () => {
    const title = () => hits.locator('.hits-status').textContent();
    await first.getByTestId('lesion-row').nth(2).click();
    await sliceOf(first.getByTestId('viewport-axial'));
    const before = await title();
    await hits.keyboard.press('f');
    await expect.poll(title, patience).not.toBe(before);
    await expect.poll(() => hits.getByTestId('hit-card').count(), patience).toBeGreaterThan(2);
    await hits.screenshot({ path: 'test-results/windows-3-alone.png' });
  });

  test('a study that is opened from a hit is opened in the first', async () => {
    const volume = () => first.getByTestId('viewport-axial').getAttribute('data-volume');
    const before = await volume();
    await hits.getByTestId('hit-card').first().click();
    await hits.getByText('Whole study').click(patience);
    await expect.poll(volume, patience).not.toBe(before);
    await expect.poll(() => hits.getByTestId('compare-view').count(), patience).toBe(1);
  });

  test('when one page crashes the other goes on, and both agree again', async () => {
    const crash = (of: 'first' | 'hits') =>
      launched.app.evaluate(({ BrowserWindow }, wanted) => {
        const isHits = (url: string) => url.endsWith('?window=hits');
        BrowserWindow.getAllWindows()
          .find(({ webContents }) => isHits(webContents.getURL()) === (wanted === 'hits'))
          ?.webContents.forcefullyCrashRenderer();
      }, of);
    const answers = (of: 'first' | 'hits', code: string): Promise<string> =>
      launched.app.evaluate(
        async ({ BrowserWindow }, [wanted, script]) => {
          const isHits = (url: string) => url.endsWith('?window=hits');
          const window = BrowserWindow.getAllWindows().find(
            ({ webContents }) => isHits(webContents.getURL()) === (wanted === 'hits'),
          );
          try {
            // A page that is being loaded may never answer what it was asked before.
            const late = new Promise((done) => setTimeout(done, 1000, 'no answer'));
            return String(await Promise.race([window?.webContents.executeJavaScript(script), late]));
          } catch {
            return 'not there';
          }
        },
        [of, code] as const,
      );
    const opened = `document.querySelector('.hit-card[data-open="true"]')?.dataset.lesion`;
    const before = await answers('hits', opened);
    openHit = before;
    expect(before).toMatch(/\w/);

    await sliceOf(first.getByTestId('viewport-axial'));
    await crash('hits');
    expect(await first.getByTestId('viewport-axial').getAttribute('data-ready')).toBe('true');
    await expect.poll(() => answers('hits', opened), patience).toBe(before);

    await crash('first');
    expect(await answers('hits', opened)).toBe(before);
    await expect
      .poll(
        () => answers('first', `document.querySelector('[data-testid="hits-apart"]')?.textContent`),
        patience,
      )
      .toContain('in the second window');
    expect(await answers('hits', opened)).toBe(before);
  });

  test('is there again at the next start, in its place, after the application was killed', async () => {
    const bounds = { x: 120, y: 90, width: 1200, height: 800 };
    await launched.app.evaluate(({ BrowserWindow }, place) => {
      BrowserWindow.getAllWindows()
        .find(({ webContents }) => webContents.getURL().endsWith('?window=hits'))
        ?.setBounds(place);
    }, bounds);
    await expect.poll(kept, patience).toEqual({ open: true, bounds, maximized: false });
    await expect.poll(() => storedText(launched.app, profile()), patience).toContain(`"active":"${openHit}"`);
    launched.app.process().kill('SIGKILL');
    await launched.close().catch(() => {});
    await start();
    hits = await hitsPage();
    await sliceOf(hits.getByTestId('compare-hit'));
    const size = await hits.evaluate('[outerWidth, outerHeight]');
    expect(size).toEqual([bounds.width, bounds.height]);
  });

  test('what does not fit the contract changes nothing in the other window', async () => {
    const refused: string[] = [];
    first.on('console', (message) => {
      if (message.type() === 'error') refused.push(message.text());
    });
    const said = `
      const info = document.querySelector('.status-library').title;
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(info)), 0, 8);
      const name = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const channel = new BroadcastChannel('precedent.view.' + name);
      const stamps = { words: { count: 1e6, by: 'hits' }, window: { count: 1e6, by: 'hits' } };
      channel.postMessage({ say: 'values', values: { window: { width: 'wide' }, words: 'x' }, stamps });
      channel.postMessage({ say: 'open', volume: 'x'.repeat(65), lesion: null });
      channel.postMessage('reload');
      channel.close();`;
    const volume = await first.getByTestId('viewport-axial').getAttribute('data-volume');
    await runInPage(hits, said);
    await expect.poll(() => refused.length, patience).toBe(3);
    expect(refused[0]).toContain('does not fit the contract');
    expect(await first.getByTestId('viewport-axial').getAttribute('data-volume')).toBe(volume);
    expect(await hits.locator('#query-words').inputValue()).not.toBe('x');
  });

  test('closing it brings the hits back, and nothing more is to be opened at the next start', async () => {
    await hits.getByTestId('hits-back').click();
    await sliceOf(first.getByTestId('compare-hit'));
    await expect.poll(() => first.getByTestId('hit-card').count(), patience).toBeGreaterThan(2);
    await expect.poll(async () => (await kept()).open, patience).toBe(false);
    expect(pages()).toHaveLength(1);
    expect(launched.pageErrors.filter((text) => !text.includes('does not fit the contract'))).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('has the walls of the first', async () => {
    await first.keyboard.press('Control+u');
    hits = await hitsPage();
    const walls = await launched.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => {
        // Electron has it, and does not declare it.
        const { getLastWebPreferences } = webContents as unknown as {
          getLastWebPreferences(): Record<string, unknown>;
        };
        const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } =
          getLastWebPreferences.call(webContents);
        return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag };
      }),
    );
    expect(walls).toEqual(
      Array(2).fill({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
      }),
    );
    const outcome = await runInPage(
      hits,
      `
      const outcome = { node: ['require', 'process', 'Buffer'].filter((name) => name in window) };
      try { eval('1'); outcome.eval = 'ran'; } catch (e) { outcome.eval = e.name; }
      outcome.opened = window.open('precedent://app/index.html') === null ? 'refused' : 'opened';
      outcome.fetched = await fetch('https://example.invalid/').then(() => 'reached', () => 'refused');
      outcome.notifications = await Notification.requestPermission();
      outcome.bridge = await window.precedent.hitsWindow('maximise').then(() => 'done', (e) => e.message);
      location.href = 'https://example.invalid/';
      await new Promise((done) => setTimeout(done, 100));
      outcome.at = location.href;
      return outcome;`,
    );
    expect(outcome).toEqual({
      node: [],
      eval: 'EvalError',
      opened: 'refused',
      fetched: 'refused',
      notifications: 'denied',
      bridge: expect.stringContaining('do not fit the contract'),
      at: 'precedent://app/index.html?window=hits',
    });
    expect(pages()).toHaveLength(2);
  });

  test('goes to the other monitor, where its place of before is on none', async () => {
    const bounds = () =>
      launched.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .find(({ webContents }) => webContents.getURL().endsWith('?window=hits'))
          ?.getBounds(),
      );
    await first.keyboard.press('Control+u');
    await expect.poll(bounds, patience).toBeUndefined();
    // The machine has one: two others take its place.
    await launched.app.evaluate(({ screen }) => {
      const [display] = screen.getAllDisplays();
      const at = (x: number) => ({ ...display, workArea: { x, y: 40, width: 1000, height: 700 } });
      screen.getAllDisplays = () => [at(-4000), at(-6000)];
    });
    await first.keyboard.press('Control+u');
    await expect.poll(async () => (await bounds())?.x, patience).toBe(-6000);
  });
});
