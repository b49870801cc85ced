/**
 * The walls of the window, tried from inside the real application: each attack here worked somewhere once and must go on
 * failing. What runs in the page runs as a task of its own, because an evaluation by the debugger may use eval.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeVoxelFile } from '../../native/volume/voxelFile.ts';
import { asRoot, groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';
import { runInPage } from './support/inPage.ts';

const skip = noAppReason() !== null;
const timeout = 60_000;

/** A server on this machine that must never be reached: TCP for everything that speaks HTTP, UDP for WebRTC. */
interface Canary {
  readonly tcp: Server;
  readonly udp: Socket;
  readonly tcpPort: number;
  readonly udpPort: number;
  connections: number;
  packets: number;
}

async function startCanary(): Promise<Canary> {
  const tcp = createServer((_request, response) => response.end('reached'));
  const udp = createSocket('udp4');
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => udp.bind(0, '127.0.0.1', done));
  const tcpPort = (tcp.address() as AddressInfo).port;
  const canary: Canary = { tcp, udp, tcpPort, udpPort: udp.address().port, connections: 0, packets: 0 };
  tcp.on('connection', () => {
    canary.connections += 1;
  });
  udp.on('message', () => {
    canary.packets += 1;
  });
  return canary;
}

describe.skipIf(skip)(groupName('security'), () => {
  let launched: LaunchedApp;
  let canary: Canary;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'precedent-security-'));
    canary = await startCanary();
    launched = await launchApp();
    await launched.page.waitForLoadState('load');
  }, timeout);

  afterAll(async () => {
    await launched.close();
    canary.udp.close();
    await new Promise((done) => canary.tcp.close(done));
    await rm(folder, { recursive: true, force: true });
  }, timeout);

  describe('the page', () => {
    const noSandbox = asRoot ? ' (skipped: root has no sandbox)' : '';
    test.skipIf(asRoot || process.platform !== 'linux')(
      `runs in the sandbox${noSandbox}`,
      { timeout },
      async () => {
        const pid = await launched.app.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
        );
        const status = await readFile(`/proc/${pid}/status`, 'utf8');
        // 2: system calls are filtered; 0 would mean that the process may do what its user may.
        expect(/^Seccomp:\s*(\d)/m.exec(status)?.[1]).toBe('2');
      },
    );

    test('has no Node', { timeout }, async () => {
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

    test('sees the bridge and nothing more of the shell', { timeout }, async () => {
      const shape = await runInPage(
        launched.page,
        'return Object.entries(window.precedent).map(([name, value]) => name + ":" + typeof value).sort()',
      );
      expect(shape).toEqual([
        'appInfo:function',
        'chooseExport:function',
        'chooseImport:function',
        'chooseLabels:function',
        'grantDropped:function',
        'hitsWindow:function',
        'openLibrary:function',
        'requestPort:function',
        'savePage:function',
        'saveText:function',
        'takeOpened:function',
      ]);
    });

    test('cannot turn text into code', { timeout }, async () => {
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

    test('cannot leave, and cannot open another window', { timeout }, async () => {
      const { app, page } = launched;
      const targets = [
        'https://example.invalid/',
        'file:///etc/passwd',
        'data:text/html,x',
        'precedent://voxels/x',
        'javascript:document.title="gone"',
        `http://127.0.0.1:${canary.tcpPort}/`,
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
      expect(canary.connections).toBe(0);
    });

    test('is brought back from about:blank, which Chromium asks nobody about', { timeout }, async () => {
      const { page } = launched;
      await page.evaluate('window.before = true; setTimeout(() => location.assign("about:blank"), 0); 0');
      const state = () => page.evaluate('[location.href, "before" in window, typeof window.precedent]');
      await expect
        .poll(() => state().catch(() => null), { timeout: 10_000 })
        .toEqual(['precedent://app/index.html', false, 'object']);
      await page.waitForLoadState('load');
    });

    test('cannot embed another page, and a frame of its own has no bridge', { timeout }, async () => {
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

    test('is granted no permission', { timeout }, async () => {
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

  describe('the network', () => {
    test('is out of reach of a page that tries every door', { timeout }, async () => {
      const { tcpPort, udpPort } = canary;
      const outcome = await runInPage(
        launched.page,
        `
        const http = 'http://127.0.0.1:${tcpPort}/';
        const outcome = {};
        const settle = async (name, act) => {
          try { outcome[name] = await Promise.race([act(), new Promise((done) => setTimeout(done, 2000, 'no answer'))]); }
          catch { outcome[name] = 'refused'; }
        };
        await settle('fetch', () => fetch(http, { mode: 'no-cors' }).then(() => 'reached'));
        await settle('fetch by name', () => fetch('https://example.invalid/').then(() => 'reached'));
        await settle('socket', () => new Promise((ok, no) => {
          const socket = new WebSocket('ws://127.0.0.1:${tcpPort}/');
          socket.onopen = () => ok('reached');
          socket.onerror = no;
        }));
        await settle('events', () => new Promise((ok, no) => {
          const source = new EventSource(http);
          source.onopen = () => ok('reached');
          source.onerror = () => { source.close(); no(); };
        }));
        await settle('image', () => new Promise((ok, no) => {
          const image = new Image();
          image.onload = () => ok('reached');
          image.onerror = no;
          image.src = http + 'a.png';
        }));
        await settle('transport', async () => {
          const transport = new WebTransport('https://127.0.0.1:${tcpPort}/');
          transport.closed.catch(() => undefined);
          await transport.ready;
          return 'reached';
        });
        navigator.sendBeacon(http, 'x');
        for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'preload', 'modulepreload', 'stylesheet', 'icon', 'manifest']) {
          const link = document.createElement('link');
          link.rel = rel;
          link.href = http + rel;
          if (rel === 'preload') link.as = 'image';
          document.head.append(link);
        }
        const style = document.createElement('style');
        style.textContent = 'body { background: url(' + http + 'bg.png) } @import "' + http + 'a.css";';
        document.head.append(style);
        const audio = document.createElement('audio');
        audio.src = http + 'a.mp3';
        document.body.append(audio);
        await settle('webrtc', async () => {
          const peer = new RTCPeerConnection({ iceServers: [
            { urls: 'stun:127.0.0.1:${udpPort}' },
            { urls: 'turn:127.0.0.1:${tcpPort}?transport=tcp', username: 'a', credential: 'b' },
          ] });
          peer.createDataChannel('x');
          await peer.setLocalDescription(await peer.createOffer());
          await new Promise((done) => setTimeout(done, 1500));
          const candidates = (peer.localDescription.sdp.match(/a=candidate.*/g) || []).length;
          peer.close();
          return candidates ? 'reached' : 'refused';
        });
        style.remove();
        return outcome;`,
      );
      for (const [door, result] of Object.entries(outcome as object))
        expect([door, result]).toEqual([door, 'refused']);
      expect({ connections: canary.connections, packets: canary.packets }).toEqual({
        connections: 0,
        packets: 0,
      });
    });

    test('is refused by main too, where no content policy helps', { timeout }, async () => {
      const urls = [
        `http://127.0.0.1:${canary.tcpPort}/`,
        'https://example.invalid/',
        'file:///etc/hostname',
      ];
      const outcome = await launched.app.evaluate(
        async ({ session }, list) =>
          Promise.all(
            list.map((url) =>
              session.defaultSession.fetch(url).then(
                () => 'reached',
                (error: unknown) => String(error),
              ),
            ),
          ),
        urls,
      );
      for (const result of outcome) expect(result).toMatch(/ERR_BLOCKED_BY_CLIENT|ERR_UNKNOWN_URL_SCHEME/);
      expect(canary.connections).toBe(0);
    });

    test('is never asked for: a session makes no look-up, no connection, no request but its own', {
      timeout,
    }, async () => {
      const log = join(folder, 'net-log.json');
      const other = await launchApp({
        args: [`--log-net-log=${log}`, '--net-log-capture-mode=IncludeSensitive'],
      });
      try {
        await other.page.waitForLoadState('load');
        await watchPorts(other.page);
        await requestPort(other.page);
        await askEngine(other.page, 'library.info', {});
        await other.app.evaluate(({ session }) => {
          const seen: string[] = [];
          (globalThis as { seen?: string[] }).seen = seen;
          session.defaultSession.webRequest.onErrorOccurred((details) => {
            seen.push(details.url);
          });
          session.defaultSession.webRequest.onSendHeaders((details) => {
            seen.push(details.url);
          });
        });
        await other.page.reload();
        await other.page.waitForLoadState('load');
        await new Promise((done) => setTimeout(done, 2000));
        const seen = await other.app.evaluate(() => (globalThis as { seen?: string[] }).seen ?? []);
        expect(seen.filter((url) => !/^(precedent|blob|data):/.test(url))).toEqual([]);
        expect(other.stderr()).not.toMatch(/refused a request/);
      } finally {
        await other.close();
      }
      const { constants, events } = JSON.parse(await readFile(log, 'utf8')) as {
        constants: { logEventTypes: Record<string, number> };
        events: { type: number; params?: unknown }[];
      };
      const suspicious = Object.entries(constants.logEventTypes).filter(([name]) =>
        /^(TCP_CONNECT_ATTEMPT|UDP_CONNECT|UDP_BYTES_SENT|HOST_RESOLVER_(SYSTEM|DNS)_TASK|URL_REQUEST_START_JOB|SSL_CONNECT)$/.test(
          name,
        ),
      );
      expect(suspicious.length).toBeGreaterThanOrEqual(4);
      const types = new Map(suspicious.map(([name, type]) => [type, name]));
      expect(
        events.filter((event) => types.has(event.type)).map((event) => [types.get(event.type), event.params]),
      ).toEqual([]);
    });
  });

  describe('the bridge', () => {
    test('refuses parameters that do not fit the contract', { timeout }, async () => {
      const calls = [
        'chooseImport("everything")',
        'chooseImport({ toString: () => "folder" })',
        'chooseImport()',
        `chooseExport("${'x'.repeat(201)}")`,
        'chooseExport(7)',
        'savePage("<p>", "../page.pdf")',
        'savePage("<p>", "page.html")',
        'savePage(7, "page.pdf")',
        'saveText("keys.json")',
      ];
      for (const call of calls) {
        const outcome = await runInPage(
          launched.page,
          `try { await window.precedent.${call}; return 'accepted'; } catch (e) { return e.message; }`,
        );
        expect([call, outcome]).toEqual([call, expect.stringMatching(/the contract|could not be cloned/)]);
      }
    });

    test('gives tokens, never paths', { timeout }, async () => {
      const { app, page } = launched;
      await watchPorts(page);
      await requestPort(page);
      await app.evaluate(({ dialog }) => {
        dialog.showOpenDialog = async () => ({
          canceled: false,
          filePaths: ['/somewhere/secret/labels.csv'],
        });
      });
      const granted = await runInPage(page, 'return await window.precedent.chooseLabels()');
      expect(granted).toEqual({ token: expect.stringMatching(/^[0-9a-f-]{36}$/), label: 'labels.csv' });
      const made = await runInPage(
        page,
        'return await window.precedent.grantDropped([new File(["x"], "/etc/passwd")])',
      );
      expect(made).toEqual([]);
      const forged = await runInPage(
        page,
        `try { return await window.precedent.grantDropped([{ path: '/etc/passwd' }]); } catch (e) { return 'refused'; }`,
      );
      expect(forged).toBe('refused');
    });

    test('answers only the main frame of a window of its own', { timeout }, async () => {
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
  });

  describe('the protocol', () => {
    const dims = [5, 4, 6] as const;
    const voxels = Int16Array.from({ length: 5 * 4 * 6 }, (_, index) => index * 7 - 300);
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );

    beforeAll(async () => {
      const { library } = launched;
      await mkdir(join(library, 'voxels'), { recursive: true });
      await mkdir(join(library, 'thumbnails'), { recursive: true });
      const volume = {
        dims,
        spacing: [1, 1, 1] as const,
        origin: [0, 0, 0] as const,
        direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
        voxels,
      };
      await writeVoxelFile(join(library, 'voxels', 'good.vox'), volume);
      await writeVoxelFile(join(library, 'voxels', 'torn.vox'), volume);
      const torn = await readFile(join(library, 'voxels', 'torn.vox'));
      // The last byte of the last slice: the header follows it, with its length 16 bytes before the end.
      torn[torn.length - 17 - torn.readUInt32LE(torn.length - 16)] ^= 0xff;
      await writeFile(join(library, 'voxels', 'torn.vox'), torn);
      await writeFile(join(library, 'voxels', 'empty.vox'), '');
      await writeFile(join(library, 'thumbnails', 'good.png'), png);
      await writeFile(join(library, 'secret.png'), 'secret');
      await symlink(join(library, 'secret.png'), join(library, 'thumbnails', 'link.png'));
      await mkdir(join(library, 'thumbnails', 'folder.png'));
    });

    /** Asks from main, where neither the content policy nor a page's origin stands in the way. */
    const get = (url: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
      launched.app.evaluate(
        async ({ session }, [address, options]) => {
          try {
            const response = await session.defaultSession.fetch(address, options);
            const bytes = Buffer.from(await response.arrayBuffer());
            return {
              status: response.status,
              type: response.headers.get('content-type'),
              csp: response.headers.get('content-security-policy'),
              origin: response.headers.get('access-control-allow-origin'),
              body: bytes.toString('base64'),
            };
          } catch (error) {
            return { status: 0, type: null, csp: null, origin: null, body: btoa(String(error)) };
          }
        },
        [url, init] as const,
      );
    const text = (body: string) => Buffer.from(body, 'base64').toString();

    test('serves the page with its content policy', { timeout }, async () => {
      const page = await get('precedent://app/');
      expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
      expect(page.csp).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(page.csp).not.toMatch(/unsafe-eval|wasm-unsafe-eval|\*/);
    });

    test('serves slices and boxes, voxel for voxel', { timeout }, async () => {
      const slices = await get('precedent://voxels/good?slices=1-3');
      expect(slices).toMatchObject({
        status: 200,
        type: 'application/octet-stream',
        origin: 'precedent://app',
      });
      const raw = Buffer.from(slices.body, 'base64');
      expect(new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))).toEqual(
        voxels.slice(20, 80),
      );
      const box = Buffer.from((await get('precedent://voxels/good?box=1,2,0,3,3,5')).body, 'base64');
      const expected: number[] = [];
      for (let k = 0; k <= 5; k++)
        for (let j = 2; j <= 3; j++)
          for (let i = 1; i <= 3; i++) expected.push(voxels[i + 5 * (j + 4 * k)] ?? Number.NaN);
      expect([...new Int16Array(box.buffer.slice(box.byteOffset, box.byteOffset + box.length))]).toEqual(
        expected,
      );
    });

    test('reaches the page as a stream and a picture', { timeout }, async () => {
      const outcome = await runInPage(
        launched.page,
        `
        const response = await fetch('precedent://voxels/good?slices=0-5');
        const bytes = await response.arrayBuffer();
        const image = new Image();
        image.src = 'precedent://thumbnails/good';
        await image.decode();
        return [response.status, response.headers.get('content-length'), bytes.byteLength, image.naturalWidth];`,
      );
      expect(outcome).toEqual([200, '240', 240, 1]);
    });

    test('stops before it sends a damaged slice', { timeout }, async () => {
      expect(await get('precedent://voxels/torn?slices=5-5')).toMatchObject({ status: 500 });
      expect(await get('precedent://voxels/torn?slices=0-5')).toMatchObject({ status: 0 });
      expect(await get('precedent://voxels/torn?slices=0-4')).toMatchObject({ status: 200 });
      expect(await get('precedent://voxels/empty?slices=0-0')).toMatchObject({ status: 500 });
    });

    const refusals: readonly (readonly [number, string])[] = [
      ...['..', '%2e%2e', '.%2e', '%2E%2E'].flatMap((up) =>
        [`app/${up}/${up}/package.json`, `app/assets/${up}/${up}/${up}/etc/passwd`].map(
          (path) => [404, path] as const,
        ),
      ),
      [404, 'app/..%2f..%2fpackage.json'],
      [404, 'app/%2e%2e%5c%2e%2e%5cpackage.json'],
      [404, 'app/..%5c..%5cpackage.json'],
      [404, 'app//etc/passwd'],
      [404, 'app/%2Fetc%2Fpasswd'],
      [404, 'app/index.html%00.png'],
      [404, 'app/INDEX.HTML'],
      [404, 'app/index.html/'],
      [404, 'app/index%2ehtml'],
      [404, 'elsewhere/x'],
      [404, 'app.example/index.html'],
      [400, 'thumbnails/'],
      [400, 'thumbnails/..%2fsecret'],
      [400, 'thumbnails/..%5csecret'],
      [400, 'thumbnails/good%00'],
      [400, 'thumbnails/good.png'],
      [400, 'thumbnails/GOOD'],
      [400, 'thumbnails/%67ood%20'],
      [400, `thumbnails/${'a'.repeat(65)}`],
      [404, `thumbnails/${'a'.repeat(64)}`],
      [400, `thumbnails/${'a'.repeat(20_000)}`],
      [404, 'thumbnails/../secret'],
      [404, 'thumbnails/%2e%2e/secret'],
      [404, 'thumbnails/link'],
      [404, 'thumbnails/folder'],
      [400, 'thumbnails/good?size=9'],
      [404, 'voxels/absent?slices=0-1'],
      [400, 'voxels/..%2fgood?slices=0-1'],
      [400, 'voxels/good'],
      [400, 'voxels/good?slices='],
      [400, 'voxels/good?slices=0'],
      [400, 'voxels/good?slices=-1-2'],
      [400, 'voxels/good?slices=0-1-2'],
      [400, 'voxels/good?slices=0x1-2'],
      [400, 'voxels/good?slices=1e0-2'],
      [400, 'voxels/good?slices=0-99999999999999999999'],
      [400, 'voxels/good?slices=0-1&slices=2-3'],
      [400, 'voxels/good?slices=0-1&box=0,0,0,1,1,1'],
      [400, 'voxels/good?slices=%00'],
      [400, 'voxels/good?box=0,0,0,1,1'],
      [400, 'voxels/good?box=0,0,0,1,1,NaN'],
      [400, 'voxels/good?box=-1,0,0,1,1,1'],
      [416, 'voxels/good?slices=0-6'],
      [416, 'voxels/good?slices=3-2'],
      [416, 'voxels/good?slices=999999-999999'],
      [416, 'voxels/good?box=0,0,0,5,0,0'],
      [416, 'voxels/good?box=2,0,0,1,0,0'],
    ];

    test('answers no address but those of its files', { timeout }, async () => {
      for (const [status, path] of refusals) {
        const answer = await get(`precedent://${path}`);
        expect([path.slice(0, 80), answer.status]).toEqual([path.slice(0, 80), status]);
        const said = text(answer.body);
        expect(said).toMatch(/^[^\n]{1,80}$/);
        // Neither a path of this machine nor what a file holds.
        expect(said).not.toMatch(/\/(tmp|etc|home|root)|secret|library\/|\.vox|\.png/);
      }
    });

    test('answers nothing but GET, and no other origin', { timeout }, async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
        expect([method, (await get('precedent://voxels/good?slices=0-1', { method })).status]).toEqual([
          method,
          405,
        ]);
      }
    });
  });
});
