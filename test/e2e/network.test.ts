/** What the running application has to do with the network: nothing listens, nothing of Node gets out, nothing is reported. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offlineSwitches } from '../../electron/switches.ts';
import { startCanary, type Watched } from '../support/canary.ts';
import { figure } from '../support/figures.ts';
import { projectRoot } from '../support/precedent.ts';
import { commandSafely, listeningSockets, processTree } from '../support/sockets.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason, startApp } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';

const timeout = 60_000;
const notHere = noAppReason() !== null;
const notLinux = notHere || process.platform !== 'linux';
const doorsFile = join(projectRoot, 'test/support/networkDoors.ts');

const nodeProcesses = (pid: number) =>
  processTree(pid).filter((one) => commandSafely(one).includes('node.mojom.NodeService'));

describe.skipIf(notHere)(groupName('network'), () => {
  let launched: LaunchedApp;
  let canary: Watched;
  let pid: number;
  beforeAll(async () => {
    canary = await startCanary();
    launched = await launchApp();
    pid = launched.app.process().pid ?? 0;
    await watchPorts(launched.page);
    await requestPort(launched.page);
    await askEngine(launched.page, 'encoders.list', {});
  }, timeout);
  afterAll(async () => {
    await launched.close();
    await canary.close();
  }, timeout);

  test.skipIf(notLinux)('the application listens nowhere', { timeout }, async () => {
    const profile = await mkdtemp(join(tmpdir(), 'precedent-listening-'));
    const args = ['--allow-test-data', '--library', join(profile, 'library')];
    await mkdir(join(profile, 'library'));
    const started = startApp(join(profile, 'profile'), args);
    try {
      const own = started.pid ?? 0;
      // Engine and inference are there: nothing else is started without being asked.
      await expect.poll(() => nodeProcesses(own).length, { timeout: 40_000 }).toBeGreaterThanOrEqual(2);
      const tree = processTree(own);
      expect(listeningSockets(tree)).toEqual([]);
      figure(`sockets that the application listens on, in ${tree.length} processes`, 0);
    } finally {
      const gone = new Promise((done) => started.once('exit', done));
      started.kill();
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  test.skipIf(notLinux)(
    'driven by a test it listens for the debugger alone, on loopback',
    { timeout },
    async () => {
      const all = listeningSockets(processTree(pid));
      // `--inspect=0` and `--remote-debugging-port=0`, which the driver gives it; a release heeds neither.
      expect(all.length).toBeLessThanOrEqual(2);
      expect(all.length).toBeGreaterThan(0);
      for (const socket of all) expect(socket).toMatchObject({ pid, protocol: 'tcp' });
      for (const { address } of all) expect(address).toMatch(/^0100007F:/);
    },
  );

  test.skipIf(notLinux)('a process that does listen is found: the check can fail', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    expect(listeningSockets([process.pid]).length).toBeGreaterThan(0);
    await new Promise((done) => server.close(done));
  });

  test('main reaches nothing by any door of Node', { timeout }, async () => {
    const doors = await launched.app.evaluate(
      async (_, [path, ports]) => {
        const { createRequire } = process.getBuiltinModule('node:module');
        const { tryDoors } = createRequire(path)(path) as typeof import('../support/networkDoors.ts');
        return tryDoors(ports);
      },
      [doorsFile, { tcp: canary.tcp, udp: canary.udp }] as const,
    );
    const { 'a socket of the file system': local, ...others } = doors;
    expect(Object.entries(others).filter(([, outcome]) => outcome !== 'refused')).toEqual([]);
    expect(Object.keys(others).length).toBeGreaterThan(20);
    expect(local).toBe('ENOENT');
    expect(canary.reached()).toEqual({ connections: 0, packets: 0 });
    figure('doors of Node to the network refused in main', Object.keys(others).length);
  });

  test('every switch that keeps Chromium’s own services quiet is set', { timeout }, async () => {
    const set = await launched.app.evaluate(
      ({ app }, names) =>
        names.map((name) => (app.commandLine.hasSwitch(name) ? app.commandLine.getSwitchValue(name) : null)),
      offlineSwitches.map(({ name }) => name),
    );
    expect(set).toEqual(offlineSwitches.map(({ value = '' }) => value));
    const disabled = await launched.app.evaluate(({ app }) =>
      app.commandLine.getSwitchValue('disable-features').split(','),
    );
    expect(disabled).toEqual(expect.arrayContaining(['WebRtcHideLocalIpsWithMdns', 'SafeBrowsing']));
  });

  test('a crash is reported to nobody and leaves no dump', { timeout }, async () => {
    const { app } = launched;
    const shell = join(projectRoot, 'electron');
    const users = readdirSync(shell).filter((file) =>
      /crashReporter/.test(readFileSync(join(shell, file), 'utf8')),
    );
    expect(users).toEqual([]);
    const before = await app.evaluate(({ app: own, crashReporter }) => ({
      dumps: own.getPath('crashDumps'),
      profile: own.getPath('userData'),
      uploaded: crashReporter.getUploadedReports().length,
    }));
    expect(before.dumps.startsWith(before.profile)).toBe(true);
    const reason = await app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<string>((done) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          contents?.once('render-process-gone', (_event, details) => done(details.reason));
          contents?.forcefullyCrashRenderer();
        }),
    );
    expect(reason).toMatch(/crashed|killed/);
    // The page comes back by itself.
    await expect
      .poll(() =>
        app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.isCrashed()),
      )
      .toBe(false);
    const files = existsSync(before.dumps)
      ? readdirSync(before.dumps, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      : [];
    expect(files.filter(({ name }) => name.endsWith('.dmp')).map(({ name }) => name)).toEqual([]);
    expect(before.uploaded).toBe(0);
    const reporters = processTree(pid).filter((one) => commandSafely(one).includes('crashpad'));
    if (process.platform === 'linux') expect(reporters).toEqual([]);
  });
});
