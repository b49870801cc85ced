/**
 * Electron's security checklist (electronjs.org, tutorial/security, "Checklist: Security recommendations"), one test or more under
 * each of its twenty numbers, in the real application. What runs in the page runs as a task of its own, because an evaluation by the
 * debugger may use eval.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantDroppedChannel, requestChannels } from '../../electron/channels.ts';
import { startCanary, type Watched } from '../support/canary.ts';
import { figure } from '../support/figures.ts';
import { projectRoot } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { runInPage } from './support/inPage.ts';

const timeout = 60_000;

/** The number of each recommendation, and what it asks for. */
const checklist = [
  'Only load secure content',
  'Do not enable Node.js integration for remote content',
  'Enable context isolation',
  'Enable process sandboxing',
  'Handle session permission requests',
  'Do not disable webSecurity',
  'Define a Content-Security-Policy',
  'Do not enable allowRunningInsecureContent',
  'Do not enable experimental features',
  'Do not use enableBlinkFeatures',
  'Do not use allowpopups for WebViews',
  'Verify WebView options before creation',
  'Disable or limit navigation',
  'Disable or limit creation of new windows',
  'Do not use shell.openExternal with untrusted content',
  'Use a current version of Electron',
  'Validate the sender of all IPC messages',
  'Avoid the file protocol, prefer custom ones',
  'Check which fuses you can change',
  'Do not expose Electron APIs to untrusted web content',
] as const;

/** Electron's own renderers hand textures back by it. */
const electronsOwnChannel = 'IMPORT_SHARED_TEXTURE_RELEASE_RENDERER_TO_MAIN';
/** What libraries of the page keep in the window: settings and a register, nothing of the shell. */
const librariesGlobals = ['__zod_globalConfig', '__zod_globalRegistry'];

/** `7. Define a Content-Security-Policy` */
const item = (number: number) => `${number}. ${checklist[number - 1]}`;

describe.skipIf(noAppReason() !== null)(groupName('checklist'), () => {
  let launched: LaunchedApp;
  let canary: Watched;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'precedent-checklist-'));
    canary = await startCanary();
    launched = await launchApp();
    await launched.page.waitForLoadState('load');
  }, timeout);

  afterAll(async () => {
    await launched.close();
    await canary.close();
    await rm(folder, { recursive: true, force: true });
  }, timeout);

  /** The settings that Electron has for every page there is. */
  const preferences = () =>
    launched.app.evaluate(({ webContents }) =>
      webContents
        .getAllWebContents()
        .filter((contents) => !contents.getURL().startsWith('devtools:'))
        .map((contents) =>
          (
            contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
          ).getLastWebPreferences(),
        ),
    );

  /** All pages have this setting; a setting that Electron leaves out has its default, which is undefined here. */
  async function expectEverywhere(name: string, values: readonly unknown[]): Promise<void> {
    const all = await preferences();
    expect(all.length).toBeGreaterThan(0);
    for (const one of all) expect([name, values.includes(one[name])]).toEqual([name, true]);
  }

  describe(item(1), () => {
    test('everything that the page loads comes from the application itself', { timeout }, async () => {
      const { page, app } = launched;
      const origins = await runInPage(
        page,
        `return [isSecureContext, ...new Set([...document.querySelectorAll('[src], link[href]')].map((e) => new URL(e.src || e.href).origin))]`,
      );
      expect(origins).toEqual([true, 'precedent://app']);
      const answer = await app.evaluate(
        ({ session }, url) => session.defaultSession.fetch(url).then(() => 'loaded', String),
        `http://127.0.0.1:${canary.tcp}/`,
      );
      expect(answer).toMatch(/ERR_BLOCKED_BY_CLIENT/);
      expect(canary.reached().connections).toBe(0);
    });
  });

  describe(item(2), () => {
    test('no page has it, nor its workers and frames', { timeout }, async () => {
      for (const name of ['nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames'])
        await expectEverywhere(name, [false, undefined]);
    });

    test('the page has nothing of Node', { timeout }, async () => {
      const names = [
        'require',
        'process',
        'module',
        'Buffer',
        'global',
        '__dirname',
        'setImmediate',
        'electron',
      ];
      const found = await runInPage(
        launched.page,
        `return ${JSON.stringify(names)}.filter((n) => n in window)`,
      );
      expect(found).toEqual([]);
    });
  });

  describe(item(3), () => {
    test('every page has it', { timeout }, async () => {
      await expectEverywhere('contextIsolation', [true]);
    });

    test('what a page makes of its prototypes does not reach the bridge', { timeout }, async () => {
      const outcome = await runInPage(
        launched.page,
        `
        const original = { map: Array.prototype.map, then: Promise.prototype.then, parse: JSON.parse };
        let stolen = 0;
        Array.prototype.map = function () { stolen++; return original.map.apply(this, arguments); };
        Promise.prototype.then = function () { stolen++; return original.then.apply(this, arguments); };
        const before = stolen;
        const called = window.precedent.grantDropped([]);
        const during = stolen - before;
        Array.prototype.map = original.map;
        Promise.prototype.then = original.then;
        return [during, await called];`,
      );
      expect(outcome).toEqual([0, []]);
    });
  });

  describe(item(4), () => {
    test('every page is sandboxed (its process is looked at in sandbox.test.ts)', { timeout }, async () => {
      await expectEverywhere('sandbox', [true]);
    });
  });

  describe(item(5), () => {
    test('no permission is granted', { timeout }, async () => {
      const outcome = await runInPage(
        launched.page,
        `
        const outcome = {};
        const settle = async (name, act) => {
          try { outcome[name] = await Promise.race([act(), new Promise((done) => setTimeout(done, 3000, 'no answer'))]); }
          catch (e) { outcome[name] = e.name || 'refused'; }
        };
        await settle('geolocation', () => new Promise((ok, no) =>
          navigator.geolocation.getCurrentPosition(() => ok('granted'), (e) => no({ name: 'code ' + e.code }))));
        await settle('camera', () => navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'granted'));
        await settle('microphone', () => navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted'));
        await settle('screen', () => navigator.mediaDevices.getDisplayMedia({ video: true }).then(() => 'granted'));
        await settle('notifications', () => Notification.requestPermission());
        await settle('clipboard', () => navigator.clipboard.readText().then(() => 'granted'));
        await settle('midi', () => navigator.requestMIDIAccess({ sysex: true }).then(() => 'granted'));
        await settle('usb', () => navigator.usb.requestDevice({ filters: [] }).then(() => 'granted'));
        await settle('hid', () => navigator.hid.requestDevice({ filters: [] }).then((d) => d.length ? 'granted' : 'none'));
        await settle('serial', () => navigator.serial.requestPort().then(() => 'granted'));
        await settle('file picker', () => window.showOpenFilePicker().then(() => 'granted'));
        for (const name of ['geolocation', 'camera', 'microphone', 'notifications', 'clipboard-read', 'midi'])
          await settle('query ' + name, async () => (await navigator.permissions.query({ name })).state);
        return outcome;`,
      );
      expect(
        Object.entries(outcome as object).filter(([, value]) => value === 'granted' || value === 'prompt'),
      ).toEqual([]);
      expect(outcome).toMatchObject({
        geolocation: 'code 1',
        notifications: 'denied',
        clipboard: 'NotAllowedError',
        'query geolocation': 'denied',
        'query camera': 'denied',
        'query microphone': 'denied',
      });
    });
  });

  describe(item(6), () => {
    test('no page has it off', { timeout }, async () => {
      await expectEverywhere('webSecurity', [true]);
    });

    test('a page cannot read what is of another origin', { timeout }, async () => {
      const outcome = await runInPage(
        launched.page,
        `
        const outcome = [];
        for (const url of ['file:///etc/hostname', 'precedent://print/x', 'precedent://thumbnails/x', 'devtools://devtools/bundled/inspector.html'])
          outcome.push(await fetch(url).then(() => 'read', () => 'refused'));
        return outcome;`,
      );
      expect(outcome).toEqual(['refused', 'refused', 'refused', 'refused']);
    });
  });

  describe(item(7), () => {
    test('the page has one that allows no code but its own files', { timeout }, async () => {
      const policy = await launched.app.evaluate(async ({ session }) => {
        const response = await session.defaultSession.fetch('precedent://app/index.html');
        return response.headers.get('content-security-policy') ?? '';
      });
      const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule]));
      expect(rules.get('default-src')).toBe("default-src 'none'");
      expect(rules.get('script-src')).toBe("script-src 'self'");
      for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
        expect(rules.get(name)).toBe(`${name} 'none'`);
      expect(policy).not.toMatch(/unsafe-eval|\*|http/);
    });

    test('a page cannot turn text into code', { timeout }, async () => {
      const outcome = await runInPage(
        launched.page,
        `
        const outcome = {};
        const attempt = (name, act) => { try { act(); outcome[name] = 'ran'; } catch (e) { outcome[name] = e.name; } };
        attempt('eval', () => eval('window.ran = 1'));
        attempt('indirect eval', () => (0, eval)('window.ran = 1'));
        attempt('Function', () => new Function('window.ran = 1')());
        attempt('generator', () => Object.getPrototypeOf(function* () {}).constructor('window.ran = 1')().next());
        window.ran = 0;
        setTimeout('window.ran = 1', 0);
        for (const source of [null, 'data:text/javascript,window.ran=1', 'https://example.invalid/a.js']) {
          const script = document.createElement('script');
          if (source) script.src = source; else script.textContent = 'window.ran = 1';
          document.body.append(script);
        }
        const image = document.createElement('div');
        image.innerHTML = '<img src="data:," onerror="window.ran = 1"><a href="javascript:window.ran=1">x</a>';
        document.body.append(image);
        image.querySelector('a').click();
        attempt('worker from a blob', () => {
          const url = URL.createObjectURL(new Blob(['postMessage(1)'], { type: 'text/javascript' }));
          const worker = new Worker(url);
          worker.onmessage = () => { window.ran = 1; };
        });
        await new Promise((done) => setTimeout(done, 300));
        outcome.ran = window.ran;
        return outcome;`,
      );
      expect(outcome).toMatchObject({
        eval: 'EvalError',
        'indirect eval': 'EvalError',
        Function: 'EvalError',
        generator: 'EvalError',
        ran: 0,
      });
    });
  });

  describe(item(8), () => {
    test('no page has it', { timeout }, async () => {
      await expectEverywhere('allowRunningInsecureContent', [false, undefined]);
    });
  });

  describe(item(9), () => {
    test('no page has them', { timeout }, async () => {
      await expectEverywhere('experimentalFeatures', [false, undefined]);
      const features = await launched.app.evaluate(({ app }) => [
        app.commandLine.hasSwitch('enable-experimental-web-platform-features'),
        app.commandLine.getSwitchValue('enable-features'),
      ]);
      expect(features).toEqual([false, '']);
    });
  });

  describe(item(10), () => {
    test('no page has any', { timeout }, async () => {
      await expectEverywhere('enableBlinkFeatures', ['', undefined]);
      expect(
        await launched.app.evaluate(({ app }) => app.commandLine.hasSwitch('enable-blink-features')),
      ).toBe(false);
    });
  });

  describe(item(11), () => {
    test('there are no WebViews', { timeout }, async () => {
      await expectEverywhere('webviewTag', [false]);
      const made = await runInPage(
        launched.page,
        `
        const view = document.createElement('webview');
        view.setAttribute('allowpopups', '');
        view.setAttribute('src', 'https://example.invalid/');
        document.body.append(view);
        await new Promise((done) => setTimeout(done, 100));
        const made = [typeof view.loadURL, view.children.length, view.shadowRoot];
        view.remove();
        return made;`,
      );
      expect(made).toEqual(['undefined', 0, null]);
      expect(await launched.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(
        1,
      );
    });
  });

  describe(item(12), () => {
    test('even a page that could have one gets none', { timeout }, async () => {
      const guests = await launched.app.evaluate(async ({ BrowserWindow, webContents }) => {
        const window = new BrowserWindow({ show: false, webPreferences: { webviewTag: true } });
        await window.loadURL('data:text/html,<webview src="data:text/html,guest" nodeintegration></webview>');
        await window.webContents.executeJavaScript('new Promise((done) => setTimeout(done, 300))');
        const found = webContents
          .getAllWebContents()
          .filter((contents) => contents.getType() === 'webview').length;
        window.destroy();
        return found;
      });
      expect(guests).toBe(0);
    });
  });

  describe(item(13), () => {
    test('a page cannot leave, nor open another window', { timeout }, async () => {
      const { app, page } = launched;
      const targets = [
        'https://example.invalid/',
        'file:///etc/passwd',
        'data:text/html,x',
        'precedent://voxels/x',
        'javascript:document.title="gone"',
        `http://127.0.0.1:${canary.tcp}/`,
      ];
      const opened = await runInPage(
        page,
        `
        const opened = [];
        for (const url of ${JSON.stringify(targets)}) {
          opened.push(window.open(url));
          location.assign(url);
          const link = document.createElement('a');
          link.href = url;
          link.target = '_blank';
          document.body.append(link);
          link.click();
          link.remove();
          const form = document.createElement('form');
          form.action = url;
          document.body.append(form);
          form.submit();
          form.remove();
        }
        const refresh = document.createElement('meta');
        refresh.httpEquiv = 'refresh';
        refresh.content = '0;url=https://example.invalid/';
        document.head.append(refresh);
        await new Promise((done) => setTimeout(done, 500));
        refresh.remove();
        return opened.map((value) => value === null);`,
      );
      expect(opened).toEqual(targets.map(() => true));
      expect(page.url()).toBe('precedent://app/index.html');
      expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
      expect(canary.reached().connections).toBe(0);
    });

    test('it is brought back from about:blank, which Chromium asks nobody about', { timeout }, async () => {
      const { page } = launched;
      await page.evaluate('window.before = true; setTimeout(() => location.assign("about:blank"), 0); 0');
      const state = () => page.evaluate('[location.href, "before" in window, typeof window.precedent]');
      await expect
        .poll(() => state().catch(() => null), { timeout: 10_000 })
        .toEqual(['precedent://app/index.html', false, 'object']);
      await page.waitForLoadState('load');
    });
  });

  describe(item(14), () => {
    test('no page may open one', { timeout }, async () => {
      const { app, page } = launched;
      const opened = await runInPage(
        page,
        `return ['about:blank', 'precedent://app/index.html', 'https://example.invalid/'].map((url) => window.open(url, '_blank', 'nodeIntegration=yes'))`,
      );
      expect(opened).toEqual([null, null, null]);
      expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    });

    test('nor embed another page, and a frame of its own has no bridge', { timeout }, async () => {
      const frames = await runInPage(
        launched.page,
        `
        const results = [];
        for (const url of ['https://example.invalid/', 'precedent://app/index.html', 'file:///etc/passwd', 'about:blank']) {
          const frame = document.createElement('iframe');
          frame.src = url;
          document.body.append(frame);
          await new Promise((done) => setTimeout(done, 200));
          let bridge = 'unreachable';
          try { bridge = typeof frame.contentWindow.precedent; } catch {}
          results.push(bridge);
          frame.remove();
        }
        return results;`,
      );
      for (const bridge of frames as string[]) expect(['undefined', 'unreachable']).toContain(bridge);
    });
  });

  describe(item(15), () => {
    test('nothing is opened outside but the folder of the logs', { timeout }, async () => {
      const sources = join(projectRoot, 'electron');
      const calls = readdirSync(sources).flatMap((file) =>
        [
          ...readFileSync(join(sources, file), 'utf8').matchAll(
            /.*\b(?:shell|openExternal|openPath|showItemInFolder)\b[.(].*/g,
          ),
        ].map(([line]) => `${file}: ${line.trim()}`),
      );
      expect(calls).toEqual(['main.ts: showLogs: () => shell.showItemInFolder(logFiles(logFolder)[0]),']);
    });

    test('and a link that is clicked opens nothing', { timeout }, async () => {
      const { app, page } = launched;
      await app.evaluate(({ shell }) => {
        const global = globalThis as { opened?: string[] };
        const opened: string[] = [];
        global.opened = opened;
        shell.openExternal = async (url) => void opened.push(url);
        shell.openPath = async (path) => {
          opened.push(path);
          return '';
        };
      });
      await runInPage(
        page,
        `
        for (const href of ['https://example.invalid/', 'mailto:a@example.invalid', 'file:///etc/passwd', 'ms-settings:x']) {
          const link = document.createElement('a');
          link.href = href;
          document.body.append(link);
          link.click();
          link.remove();
        }
        await new Promise((done) => setTimeout(done, 200));`,
      );
      expect(await app.evaluate(() => (globalThis as { opened?: string[] }).opened)).toEqual([]);
    });
  });

  describe(item(16), () => {
    test('it runs on the version that the lockfile pins', { timeout }, async () => {
      const { devDependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
      const running = await launched.app.evaluate(() => process.versions.electron);
      expect(running).toBe(devDependencies.electron);
      expect(running).toMatch(/^\d+\.\d+\.\d+$/);
    });
  });

  describe(item(17), () => {
    test('main answers only the main frame of a window of its own', { timeout }, async () => {
      const preload = join(folder, 'foreign.cjs');
      await writeFile(
        preload,
        `const { contextBridge, ipcRenderer } = require('electron');
         contextBridge.exposeInMainWorld('foreign', (channel, ...params) => ipcRenderer.invoke(channel, ...params));`,
      );
      const channels = [
        'appInfo',
        'chooseImport',
        'openLibrary',
        'requestPort',
        'hitsWindow',
        'grantDropped',
      ];
      const outcome = await launched.app.evaluate(
        async ({ BrowserWindow }, [path, names]) => {
          const ask = (name: string) =>
            `foreign('precedent:${name}').then((r) => r.ok ? 'answered' : r.message, (e) => e.message)`;
          const results: Record<string, string> = {};
          for (const url of ['data:text/html,<p>foreign</p>', 'precedent://app/index.html']) {
            const window = new BrowserWindow({
              show: false,
              webPreferences: { preload: path, nodeIntegrationInSubFrames: true },
            });
            await window.loadURL(url);
            for (const name of names) {
              results[`${url} ${name}`] = String(await window.webContents.executeJavaScript(ask(name)));
            }
            await window.webContents.executeJavaScript(
              `document.body.append(document.createElement('iframe')); new Promise((r) => setTimeout(r, 300))`,
            );
            const frame = window.webContents.mainFrame.frames[0];
            for (const name of frame ? names : []) {
              const asked = await frame.executeJavaScript(
                `typeof foreign === 'undefined' ? 'no bridge' : ${ask(name)}`,
              );
              results[`${url} frame ${name}`] = String(asked);
            }
            window.destroy();
          }
          return results;
        },
        [preload, channels] as const,
      );
      expect(Object.keys(outcome).length).toBeGreaterThanOrEqual(2 * channels.length);
      for (const [sender, result] of Object.entries(outcome)) {
        expect([sender, result]).toEqual([
          sender,
          expect.stringMatching(/not a window of the application|no bridge/),
        ]);
      }
    });

    test('and listens to no other channel than those that check it', { timeout }, async () => {
      const listening = await launched.app.evaluate(({ ipcMain }) => ({
        invoked: [
          ...(ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers.keys(),
        ].sort(),
        sent: ipcMain.eventNames().filter((name) => typeof name === 'string' && name.startsWith('precedent')),
      }));
      const expected = [electronsOwnChannel, ...Object.values(requestChannels), grantDroppedChannel].sort();
      expect(listening).toEqual({ invoked: expected, sent: [] });
    });
  });

  describe(item(18), () => {
    test('pages are served by a scheme of our own, and no file is', { timeout }, async () => {
      const { app, page } = launched;
      expect(page.url()).toMatch(/^precedent:/);
      const outcome = await app.evaluate(async ({ session, protocol }) => [
        protocol.isProtocolHandled('precedent'),
        await session.defaultSession.fetch('file:///etc/hostname').then(() => 'read', String),
      ]);
      expect(outcome[0]).toBe(true);
      expect(outcome[1]).toMatch(/ERR_BLOCKED_BY_CLIENT|ERR_UNKNOWN_URL_SCHEME/);
    });
  });

  describe(item(19), () => {
    test('a release flips them (read back from the packaged executable in package.test.ts)', {
      timeout,
    }, async () => {
      const wanted = [
        'runAsNode: false',
        'enableNodeOptionsEnvironmentVariable: false',
        'enableNodeCliInspectArguments: false',
        'onlyLoadAppFromAsar: true',
        'enableEmbeddedAsarIntegrityValidation: true',
        'enableCookieEncryption: true',
        'grantFileProtocolExtraPrivileges: false',
      ];
      const [, fuses = ''] =
        /^electronFuses:\n((?: {2}.*\n)+)/m.exec(
          readFileSync(join(projectRoot, 'electron-builder.yml'), 'utf8'),
        ) ?? [];
      expect(wanted.filter((line) => !fuses.includes(`  ${line}\n`))).toEqual([]);
      expect(existsSync(join(import.meta.dirname, 'package.test.ts'))).toBe(true);
    });
  });

  describe(item(20), () => {
    test('the page sees the bridge, and beside it nothing that a bare page does not', {
      timeout,
    }, async () => {
      const names = 'Object.getOwnPropertyNames(window).sort()';
      const ours = (await runInPage(launched.page, `return ${names}`)) as string[];
      const bare = (await launched.app.evaluate(async ({ BrowserWindow }, expression) => {
        const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true } });
        await window.loadURL('precedent://app/index.html?window=bare');
        const own = await window.webContents.executeJavaScript(expression);
        window.destroy();
        return own as string[];
      }, `(() => { const frame = document.createElement('iframe'); document.body.append(frame); return Object.getOwnPropertyNames(frame.contentWindow).sort(); })()`)) as string[];
      const known = new Set(bare);
      const more = ours.filter((name) => !known.has(name));
      expect(more.filter((name) => !librariesGlobals.includes(name))).toEqual(['precedent']);
    });

    test('the bridge is these functions and no more', { timeout }, async () => {
      const shape = await runInPage(
        launched.page,
        'return Object.entries(window.precedent).map(([name, value]) => name + ":" + typeof value).sort()',
      );
      expect(shape).toEqual(
        [...Object.keys(requestChannels), 'grantDropped'].sort().map((name) => `${name}:function`),
      );
      expect(shape).toMatchInlineSnapshot(`
        [
          "appInfo:function",
          "changePassphrase:function",
          "chooseExport:function",
          "chooseImport:function",
          "chooseLabels:function",
          "decryptLibrary:function",
          "encryptLibrary:function",
          "encryption:function",
          "grantDropped:function",
          "hitsWindow:function",
          "newRecoveryKey:function",
          "openLibrary:function",
          "requestPort:function",
          "savePage:function",
          "saveRecoveryKey:function",
          "saveText:function",
          "setKeychain:function",
          "takeOpened:function",
          "unlockLibrary:function",
        ]
      `);
      const sealed = await runInPage(
        launched.page,
        `
        const before = window.precedent;
        try { window.precedent.appInfo = () => 'mine'; } catch {}
        try { window.precedent = 7; } catch {}
        return [window.precedent === before, await window.precedent.appInfo().then((info) => typeof info.version)];`,
      );
      expect(sealed).toEqual([true, 'string']);
    });
  });

  test('no number is missing', () => {
    figure('recommendations of Electron’s checklist, each with its test', checklist.length);
    expect(checklist).toHaveLength(20);
  });
});
