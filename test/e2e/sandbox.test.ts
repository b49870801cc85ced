/**
 * Chromium's sandbox, in force: the checkout started by an ordinary user, with the sandbox's helper set as an installation sets it. Run
 * by root, the tests give the application to another user, since Chromium refuses its sandbox to root.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { figure } from '../support/figures.ts';
import { projectRoot } from '../support/precedent.ts';
import { commandSafely, processTree } from '../support/sockets.ts';
import { asRoot, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';
import { asOrdinaryUser } from './support/packaged.ts';

const timeout = 120_000;
const ordinaryId = 65534;

/** Why there is no sandbox to be looked at here, or null. */
function noSandboxReason(): string | null {
  if (process.platform !== 'linux') return 'looked at on Linux only';
  const reason = noAppReason();
  if (reason || !asRoot) return reason;
  const [command, ...args] = [
    ...asOrdinaryUser('/'),
    'test',
    '-r',
    join(projectRoot, 'dist/electron/entry.js'),
  ];
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return null;
  } catch {
    return 'an ordinary user cannot read this checkout';
  }
}
const reason = noSandboxReason();

describe.skipIf(reason !== null)(`sandbox${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let work: string;
  let launched: LaunchedApp;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'precedent-sandbox-'));
    await chmod(work, 0o755);
    const runtime = join(work, 'runtime');
    await copyRuntime(dirname(process.env.PRECEDENT_ELECTRON ?? ''), runtime);
    const [home, library] = [join(work, 'home'), join(work, 'home/library')];
    await mkdir(library, { recursive: true });
    if (asRoot) for (const folder of [home, library]) await chown(folder, ordinaryId, ordinaryId);
    const start = join(work, 'start.sh');
    const command = [...asOrdinaryUser(home), `'${join(runtime, 'electron')}'`, `'${projectRoot}'`, '"$@"'];
    await writeFile(start, `#!/bin/sh\nexec ${command.join(' ')}\n`, { mode: 0o755 });
    launched = await launchApp({ packaged: start, library, profile: join(home, 'profile') });
    await launched.page.waitForLoadState('load');
  }, timeout);

  afterAll(async () => {
    await launched?.close();
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }, timeout);

  const pidOfMain = () => launched.app.evaluate(() => process.pid);

  test('every page runs where it may call little of the system and see nothing of it', {
    timeout,
  }, async () => {
    const pages = processTree(await pidOfMain()).filter((pid) =>
      commandSafely(pid).includes('--type=renderer'),
    );
    expect(pages.length).toBeGreaterThan(0);
    for (const pid of pages) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status)?.[1];
      // 2: its system calls are filtered; it can never get more rights; it has none of root's.
      expect([field('Seccomp'), field('NoNewPrivs'), field('CapEff')]).toEqual(['2', '1', '0'.repeat(16)]);
      if (asRoot) expect(field('Uid')).toBe(String(ordinaryId));
      for (const space of ['pid', 'net', 'user']) {
        expect([space, readlinkSync(`/proc/${pid}/ns/${space}`)]).not.toEqual([
          space,
          readlinkSync(`/proc/self/ns/${space}`),
        ]);
      }
    }
    figure('pages in the sandbox of the system', pages.length);
  });

  test('a page that asks to be without gets it all the same', { timeout }, async () => {
    const preload = join(work, 'sandboxed.cjs');
    await writeFile(
      preload,
      "require('electron').contextBridge.exposeInMainWorld('sandboxed', process.sandboxed === true)",
    );
    const sandboxed = await launched.app.evaluate(async ({ BrowserWindow }, path) => {
      const window = new BrowserWindow({ show: false, webPreferences: { sandbox: false, preload: path } });
      await window.loadURL('data:text/html,bare');
      const told = await window.webContents.executeJavaScript('window.sandboxed');
      window.destroy();
      return told as boolean;
    }, preload);
    expect(sandboxed).toBe(true);
  });

  test('the application does its work so', { timeout }, async () => {
    await watchPorts(launched.page);
    await requestPort(launched.page);
    expect(await askEngine(launched.page, 'library.info', {})).toMatchObject({ type: 'result' });
    await launched.screenshot('sandbox');
  });
});

/** The same files, but for the helper: links, so that the runtime that other checkouts use stays as it is. */
async function copyRuntime(from: string, to: string): Promise<void> {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    // Another disk.
    await rm(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
  }
  const helper = join(to, 'chrome-sandbox');
  await rm(helper);
  await copyFile(join(from, 'chrome-sandbox'), helper);
  if (asRoot) await chown(helper, 0, 0);
  await chmod(helper, asRoot ? 0o4755 : 0o755);
}
