/** The window of the real application: it opens, speaks with the engine, says what it runs on, and survives the engine. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncoderInfo } from '../../native/contract/engine.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason, runApp } from './support/app.ts';
import { askEngine, portCounts, processId, requestPort, tellPage, watchPorts } from './support/engine.ts';

declare const window: { readonly precedent: { appInfo(): Promise<{ official: boolean; electron: string }> } };

const skip = noAppReason() !== null;
const timeout = 60_000;

describe.skipIf(skip)(groupName('window'), () => {
  let launched: LaunchedApp;
  beforeAll(async () => {
    launched = await launchApp();
  }, timeout);
  afterAll(() => launched.close(), timeout);

  test('opens on its own page, without an error, under a title that names no patient', {
    timeout,
  }, async () => {
    const { app, page, pageErrors } = launched;
    // Loaded once more, so that nothing was missed before the console was watched.
    await page.reload();
    await page.waitForLoadState('load');
    expect(page.url()).toBe('precedent://app/index.html');
    expect(await page.locator('body').textContent()).not.toBe('');
    expect(
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.getTitle())),
    ).toEqual(['Precedent']);
    expect(pageErrors).toEqual([]);
    await launched.screenshot('window');
  });

  test('keeps its title whatever the page calls itself', { timeout }, async () => {
    const { app, page } = launched;
    await page.evaluate(() => {
      (globalThis as unknown as { document: { title: string } }).document.title = 'Doe^Jane';
    });
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getTitle())).toBe(
      'Precedent',
    );
  });

  test('carries the banner exactly where the runtime is not official', { timeout }, async () => {
    const { page } = launched;
    const info = await page.evaluate(() => window.precedent.appInfo());
    expect(info.electron).toBe(await launched.app.evaluate(() => process.versions.electron));
    const banner = page.getByText(/unofficial/i).first();
    await expect.poll(() => banner.isVisible(), { timeout: 10_000 }).toBe(!info.official);
  });

  test('shows what the encoder runs on', { timeout }, async () => {
    const shown = launched.page.getByTestId('encoder-runs');
    await expect.poll(() => shown.textContent(), { timeout: 30_000 }).toMatch(/^ on [a-z]+( \(.+\))?$/);
  });

  test('speaks with the engine', { timeout }, async () => {
    const { page, library } = launched;
    await watchPorts(page);
    await requestPort(page);
    const reply = await askEngine(page, 'library.info', {});
    expect(reply).toMatchObject({ type: 'result', result: { folder: library, demonstration: false } });
  });

  test('gets a typed error for what the contract does not know', { timeout }, async () => {
    const reply = await askEngine(launched.page, 'no.such.request', {});
    expect(reply).toMatchObject({
      type: 'error',
      error: { kind: expect.stringMatching(/^(usage|not-found)$/) },
    });
  });

  test('tells once when a provider was dropped, and what the encoder runs on since', {
    timeout,
  }, async () => {
    const { page } = launched;
    const reply = await askEngine(page, 'library.info', {});
    const { encoder } = reply.result as { encoder: EncoderInfo };
    const now: EncoderInfo = { ...encoder, provider: 'cpu' };
    const notices = page.getByTestId('notice').filter({ hasText: /no longer used/ });
    expect(await notices.count()).toBe(0);
    await tellPage(page, [
      {
        type: 'event',
        event: 'encoder',
        data: { encoder: now, dropped: { provider: 'cuda', reason: 'lost' } },
      },
      // As after any later change: what runs is the same, and nothing more was dropped.
      { type: 'event', event: 'encoder', data: { encoder: now } },
    ]);
    await expect.poll(() => notices.allTextContents(), { timeout: 10_000 }).toHaveLength(1);
    expect(await notices.textContent()).toContain('cuda failed and is no longer used');
    expect(await notices.textContent()).toContain('described on cpu from now on');
    await requestPort(page);
    expect(await askEngine(page, 'library.info', {})).toMatchObject({ type: 'result' });
  });

  test('lives on when the engine is killed, and gets a new port', { timeout }, async () => {
    const { page } = launched;
    const before = await portCounts(page);
    const pid = await processId(launched, 'Precedent engine');
    if (pid === null) throw new Error('no engine runs');
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(() => portCounts(page), { timeout: 30_000 })
      .toEqual({
        ports: before.ports + 1,
        lost: before.lost + 1,
      });
    expect(await processId(launched, 'Precedent engine')).not.toBe(pid);
    expect(await askEngine(page, 'library.info', {})).toMatchObject({ type: 'result' });
    await launched.screenshot('window-after-engine-restart');
  });

  test('opens the library that the user chooses, afresh', { timeout }, async () => {
    const { app, page } = launched;
    const other = await mkdtemp(join(tmpdir(), 'precedent-library-'));
    await app.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [folder] });
    }, other);
    await page.evaluate('window.before = true');
    // The page is loaded anew while it waits, so its own answer may be lost.
    await page.evaluate('window.precedent.openLibrary()').catch(() => undefined);
    await expect
      .poll(() => page.evaluate('"before" in window').catch(() => true), { timeout: 30_000 })
      .toBe(false);
    await page.waitForLoadState('load');
    await watchPorts(page);
    await requestPort(page);
    expect(await askEngine(page, 'library.info', {})).toMatchObject({ result: { folder: other } });
    const profile = await app.evaluate(({ app: a }) => a.getPath('userData'));
    expect(JSON.parse(await readFile(join(profile, 'settings.json'), 'utf8'))).toEqual({ library: other });
    // Back again, so that the folder can go.
    await app.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [folder] });
    }, launched.library);
    await page.evaluate('window.before = true');
    await page.evaluate('window.precedent.openLibrary()').catch(() => undefined);
    await expect
      .poll(() => page.evaluate('"before" in window').catch(() => true), { timeout: 30_000 })
      .toBe(false);
    await rm(other, { recursive: true });
  });

  test('comes back when its page crashes', { timeout }, async () => {
    const { app } = launched;
    const pid = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
    );
    if (pid === undefined) throw new Error('no window is open');
    process.kill(pid, 'SIGKILL');
    const state = () =>
      app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        return (
          contents && {
            crashed: contents.isCrashed(),
            url: contents.getURL(),
            pid: contents.getOSProcessId(),
          }
        );
      });
    await expect.poll(state, { timeout: 30_000 }).toMatchObject({
      crashed: false,
      url: 'precedent://app/index.html',
      pid: expect.not.toSatisfy((n) => n === pid),
    });
    const bridge = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('window.precedent.appInfo()'),
    );
    expect(bridge).toMatchObject({ version: expect.any(String) });
  });
});

describe.skipIf(skip)(groupName('start'), () => {
  test('an unofficial runtime refuses a library that is not the demonstration', { timeout }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'precedent-library-'));
    const { code, stderr } = await runApp(['--library', folder], { PRECEDENT_UNOFFICIAL_RUNTIME: '1' });
    await rm(folder, { recursive: true });
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/not an official Electron.*--allow-test-data/),
    ]);
  });

  test('a second start with the same profile ends and leaves the first alone', { timeout }, async () => {
    const launched = await launchApp();
    try {
      const profile = await launched.app.evaluate(({ app }) => app.getPath('userData'));
      const args = launched.app
        .process()
        .spawnargs.slice(1)
        .filter((arg) => !arg.startsWith('--inspect'));
      expect(args).toContain(`--user-data-dir=${profile}`);
      const second = spawn(
        process.env.PRECEDENT_ELECTRON ?? '',
        args.filter((arg) => !arg.startsWith('--remote')),
        {
          stdio: 'ignore',
        },
      );
      expect(await new Promise((done) => second.once('exit', done))).toBe(0);
      expect(launched.page.url()).toBe('precedent://app/index.html');
    } finally {
      await launched.close();
    }
  });
});
