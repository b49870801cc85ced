/**
 * The packaged application: what is in it, its fuses, the command that comes with it, and the main job in it, started as an
 * ordinary user with Chromium's sandbox. `npm run test:package` adds the installation (packageInstalled.test.ts).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { getRawHeader } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { precedent } from '../support/precedent.ts';
import { asRoot, type LaunchedApp, launchApp } from './support/app.ts';
import {
  asOrdinaryUser,
  buildPackage,
  installCopy,
  installedCommand,
  noPackageReason,
  ordinaryScript,
  type Packaged,
  processesOf,
  version,
} from './support/packaged.ts';
import { type Screen, startScreen } from './support/screen.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

const reason = noPackageReason();
const mib = 2 ** 20;

/** What a package may take, in MiB. */
const budgets = { archive: 16, unpacked: 60, application: 350 };

/** Every fuse of the version that is pinned, and whether a package has it. */
const fuses: readonly [FuseV1Options, boolean][] = [
  [FuseV1Options.RunAsNode, false],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, false],
  [FuseV1Options.EnableNodeCliInspectArguments, false],
  [FuseV1Options.OnlyLoadAppFromAsar, true],
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, true],
  [FuseV1Options.EnableCookieEncryption, true],
  [FuseV1Options.GrantFileProtocolExtraPrivileges, false],
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, false],
];
/** How the wire writes that a fuse is on. */
const on = '1'.charCodeAt(0);

/** What the archive may hold: bundles, a page, fonts, decoders, licences, and what the linker loads, which lies beside it. */
const archiveEndings = /(\.(js|cjs|json|html|css|woff2|wasm)|\/LICENSE(\.md)?)$/;
const nativeEndings = /\.(node|dll|dylib)$|\.so(\.\d+)*$/;
const testFiles = /(^|\/)(tests?|__tests__|fixtures|coverage)\/|\.(test|spec)\.\w+$/;

interface Entry {
  readonly files?: Readonly<Record<string, Entry>>;
  readonly size?: number;
  readonly unpacked?: boolean;
}

/** The files of an archive, by path. */
function archived(entry: Entry, path = ''): (readonly [string, Entry])[] {
  if (!entry.files) return [[path, entry]];
  return Object.entries(entry.files).flatMap(([name, child]) =>
    archived(child, path ? `${path}/${name}` : name),
  );
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const sizeOf = (folder: string) =>
  filesUnder(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

describe.skipIf(reason !== null)(`the package${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let packaged: Packaged;
  beforeAll(async () => {
    packaged = await buildPackage();
    // Package and checkout know the same of this machine.
    process.env.PRECEDENT_CALIBRATIONS = join(packaged.home, 'calibrations');
  });
  afterAll(() => packaged?.remove());

  test('has every fuse as a release has it, read back from its executable', async () => {
    const wire = await getCurrentFuseWire(join(packaged.folder, 'precedent'));
    expect(fuses.map(([fuse]) => [FuseV1Options[fuse], wire[fuse] === on])).toEqual(
      fuses.map(([fuse, wanted]) => [FuseV1Options[fuse], wanted]),
    );
  });

  test('holds bundles, decoders and natives of this platform, and nothing that only built or tested them', () => {
    const archive = join(packaged.folder, 'resources/app.asar');
    const all = archived(getRawHeader(archive).header as Entry);
    expect(all.length).toBeGreaterThan(50);
    const natives = all.filter(([path]) => nativeEndings.test(path));
    const others = all.filter(([path]) => !nativeEndings.test(path));
    expect(others.filter(([path]) => !archiveEndings.test(path)).map(([path]) => path)).toEqual([]);
    expect(all.filter(([path]) => testFiles.test(path)).map(([path]) => path)).toEqual([]);
    expect(others.filter(([, { unpacked }]) => unpacked).map(([path]) => path)).toEqual([]);
    // Each of the three native modules and the library that one of them loads; not the CUDA and TensorRT providers.
    expect(natives.filter(([, { unpacked }]) => unpacked !== true)).toEqual([]);
    expect(natives.map(([path]) => path.split('/')[1]).sort()).toEqual([
      'better-sqlite3',
      'onnxruntime-node',
      'onnxruntime-node',
      'usearch',
    ]);
    for (const [path] of natives)
      expect(machineOf(join(`${archive}.unpacked`, path)), path).toBe(machineOf(process.execPath));
    const outside = filesUnder(packaged.folder);
    expect(outside.filter((path) => path.endsWith('.map') || testFiles.test(path))).toEqual([]);
    expect(outside.filter((path) => /\.(dcm|nii|gz|nrrd|py|ts|csv)$/.test(path))).toEqual([]);
  });

  test('stays within its budget', () => {
    const resources = join(packaged.folder, 'resources');
    const sizes = {
      archive: statSync(join(resources, 'app.asar')).size,
      unpacked: sizeOf(join(resources, 'app.asar.unpacked')),
      application: sizeOf(packaged.folder),
    };
    for (const [name, bytes] of Object.entries(sizes) as [keyof typeof budgets, number][]) {
      console.log(`${name} ${(bytes / mib).toFixed(1)} MiB of ${budgets[name]} MiB`);
      expect(bytes, name).toBeGreaterThan(mib);
      expect(bytes, name).toBeLessThan(budgets[name] * mib);
    }
  });

  test('knows no server to update from or to report to', () => {
    const outside = filesUnder(packaged.folder);
    expect(outside.filter((path) => /update.*\.yml$|latest.*\.yml$|\.blockmap$/.test(path))).toEqual([]);
    const text = readFileSync(join(packaged.folder, 'resources/app.asar'), 'latin1');
    expect(text).toContain('requestSingleInstanceLock');
    for (const word of ['electron-updater', 'autoUpdater', 'crashReporter', 'setFeedURL']) {
      expect(text.includes(word), word).toBe(false);
    }
  });

  describe('its command', () => {
    let library: string;
    beforeAll(() => {
      library = join(packaged.home, 'library');
    });
    const installed = (...args: readonly string[]) => installedCommand(packaged.folder, packaged.home, args);

    test('demo and import say what the checkout says, without a display', async () => {
      const args = ['--patients', '3', '--json', '--library'];
      const made = await installed('demo', ...args, library);
      expect(made.stderr).not.toContain('ERROR');
      expect(made.code).toBe(0);
      const theirs = join(packaged.home, '../checkout');
      const madeThere = (await precedent('demo', ...args, theirs)).stdout;
      // Warnings name files of the library.
      expect(made.stdout.replaceAll(library, theirs)).toBe(madeThere);
      const phantom = join(library, 'phantom/PH-0003');
      const mine = await installed('import', phantom, '--json', '--library', join(packaged.home, 'imported'));
      const other = await precedent('import', phantom, '--json', '--library', join(theirs, '../imported'));
      expect(mine.stdout).toBe(other.stdout);
      expect(JSON.parse(mine.stdout).imported.patients).toBe(1);
    });

    test('list, search and verify give the same documents', async () => {
      const both = async (...args: readonly string[]) => {
        const pair = [await installed(...args, '--json'), await precedent(...args, '--json')];
        expect(pair.map(({ code }) => code)).toEqual([0, 0]);
        const [mine, theirs] = pair.map(({ stdout }) => comparable(JSON.parse(stdout)));
        expect(mine).toEqual(theirs);
        return mine;
      };
      const lesions = (await both('list', 'lesions', '--library', library)) as { id: string }[];
      expect(lesions.length).toBeGreaterThan(3);
      const found = await both('search', '--lesion', lesions[0].id, '--library', library);
      expect((found as { hits: unknown[] }).hits.length).toBeGreaterThan(1);
      expect(await both('verify', '--library', library)).toMatchObject({ ok: true });
    });

    test('doctor tells of the same machine, on Electron’s Node', async () => {
      const [mine, theirs] = [await installed('doctor', '--json'), await precedent('doctor', '--json')].map(
        ({ stdout }) => JSON.parse(stdout),
      );
      const same = ({ versions, freeDiskGiB: _, display: __, ...others }: typeof mine) => ({
        ...others,
        platform: versions.platform,
      });
      expect(same(mine)).toEqual(same(theirs));
      expect(mine.versions.node.split('.')[0]).toBe(theirs.versions.node.split('.')[0]);
      expect(mine.display).toBe('none');
    });

    test.each([
      [['verfy'], 2],
      [['list', 'nothing', '--library', '/nowhere'], 2],
      [['verify', '--library', '/nowhere'], 1],
      [[], 2],
    ])('%j ends as in the checkout', async (args, code) => {
      const [mine, theirs] = [await installed(...args), await precedent(...args)];
      expect(mine.code).toBe(code);
      expect(mine).toEqual(theirs);
    });

    test('opens nothing but the demonstration on an unofficial runtime', async () => {
      const [command, ...first] = asOrdinaryUser(packaged.home);
      const path = join(packaged.folder, 'resources/bin/precedent');
      const run = () =>
        execFileSync(command, [...first, path, 'verify', '--library', library], { stdio: 'pipe' });
      expect(run).toThrow('opens only the demonstration library');
    });
  });

  describe('its window', () => {
    test('opens untouched for an ordinary user, sandboxed, and makes the demonstration', async () => {
      const executable = await installCopy(packaged.folder, join(packaged.folder, '../untouched'), false);
      const home = join(packaged.home, 'untouched');
      await mkdir(home);
      execFileSync('chmod', ['0777', home]);
      const screen = await startScreen();
      const started = startUntouched(executable, home, screen);
      try {
        const catalog = join(home, '.config/Precedent/demo-library/catalog.sqlite');
        await expect.poll(() => existsSync(catalog), patience).toBe(true);
        // A window that shows nothing has a handful of colours.
        await expect.poll(async () => (await screen.picture()).colors, patience).toBeGreaterThan(100);
        const shot = join(import.meta.dirname, '../../test-results/packaged-untouched.png');
        await mkdir(join(shot, '..'), { recursive: true });
        await writeFile(shot, (await screen.picture()).png);
        const renderer = processesOf(executable).find(({ command }) => command.includes('--type=renderer'));
        expect(renderer?.seccomp).toBe('2');
        if (asRoot) expect(renderer?.uid).not.toBe('0');
      } finally {
        started.kill();
        await once(started, 'exit');
        await screen.stop();
      }
    });

    describe('with a debugger let in', () => {
      let launched: LaunchedApp;
      let page: Page;
      let executable: string;
      let profile: string;
      const at = (id: string) => page.getByTestId(id);
      const library = () => join(packaged.home, 'library');

      beforeAll(async () => {
        const copy = await installCopy(packaged.folder, join(packaged.folder, '../driven'), true);
        executable = await ordinaryScript(copy, packaged.home);
        profile = join(packaged.home, 'profile');
        launched = await launchApp({ packaged: executable, library: library(), profile });
        page = launched.page;
      });
      afterAll(() => launched?.close());

      test('is the packaged application and says that it is a development build', async () => {
        const told = await launched.app.evaluate(({ app, BrowserWindow }) => ({
          packaged: app.isPackaged,
          version: app.getVersion(),
          title: BrowserWindow.getAllWindows()[0]?.getTitle(),
        }));
        expect(told).toEqual({
          packaged: true,
          version,
          title: 'Precedent – development build, not for patients',
        });
      });

      test('does the main job: opens, marks, finds', async () => {
        await at('lesion-row').nth(1).click();
        for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(`viewport-${plane}`));
        await at('tool-ellipse').click();
        await dragFromMiddle(page, at('viewport-axial'), [-60, -60], [60, 60]);
        await expect.poll(() => at('measure-volume').first().textContent(), patience).toMatch(/\d/);
        await page.keyboard.press('f');
        await expect.poll(() => at('hit-card').count(), patience).toBeGreaterThan(1);
        await launched.screenshot('packaged-hits');
        expect(launched.pageErrors).toEqual([]);
      });

      test('a second start hands its files over to the import, and ends', async () => {
        const second = spawn(executable, [`--user-data-dir=${profile}`, join(library(), 'phantom')]);
        expect(await once(second, 'exit')).toEqual([0, null]);
        await expect.poll(() => page.getByRole('dialog').textContent(), patience).toContain('phantom');
        await page.keyboard.press('Escape');
        await expect.poll(() => page.getByRole('dialog').count(), patience).toBe(0);
      });

      test('a second start with a marker opens the library in which it lies', async () => {
        const other = join(packaged.home, 'imported');
        const marker = join(other, 'imported.precedent');
        await writeFile(marker, JSON.stringify({ format: 'precedent-library', version: 1 }));
        const second = spawn(executable, [`--user-data-dir=${profile}`, marker]);
        expect(await once(second, 'exit')).toEqual([0, null]);
        await expect.poll(() => page.getByText(other).count(), patience).toBe(1);
      });
    });

    test('a first start with files offers them for import', async () => {
      const executable = join(packaged.folder, '../start.sh');
      const source = join(packaged.home, 'library/phantom');
      const launched = await launchApp({
        packaged: executable,
        library: join(packaged.home, 'imported'),
        profile: join(packaged.home, 'second-profile'),
        args: [source],
      });
      try {
        await expect
          .poll(() => launched.page.getByRole('dialog').textContent(), patience)
          .toContain('phantom');
      } finally {
        await launched.close();
      }
    });
  });
});

/** An ELF file's machine (e_machine). */
function machineOf(path: string): number {
  const header = readFileSync(path).subarray(0, 20);
  expect(header.toString('latin1', 0, 4)).toBe('\u007fELF');
  return header.readUInt16LE(18);
}

/** What no two runs share: how long they took, and how many entries the audit had then. */
const changing = new Set(['tookMs', 'audit']);

/** A document without that. */
function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner) => (changing.has(key) ? undefined : inner));
}

function startUntouched(executable: string, home: string, screen: Screen): ChildProcess {
  const [command, ...first] = asOrdinaryUser(home);
  return spawn(command, [...first, `DISPLAY=${screen.display}`, executable], { stdio: 'ignore', cwd: home });
}
