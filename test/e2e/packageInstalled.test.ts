/**
 * The Debian package, installed into a clean root: its libraries suffice, an ordinary user starts it with Chromium's sandbox,
 * and removing it leaves libraries. Takes minutes; a part of `npm run test:package` alone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDpkgDeb, makeDeb } from '../../tools/package/deb.mjs';
import { debianVersion } from '../../tools/package/debFiles.mjs';
import { asRoot } from './support/app.ts';
import { makeRoot, type Root } from './support/cleanRoot.ts';
import { buildPackage, noPackageReason, type Packaged, processesOf, version } from './support/packaged.ts';
import { startScreen } from './support/screen.ts';
import { patience } from './support/viewport.ts';

const reason =
  noPackageReason() ??
  (process.env.PRECEDENT_TEST_INSTALL ? null : 'npm run test:package does it') ??
  (asRoot ? null : 'only root installs') ??
  (hasDpkgDeb() ? null : 'there is no dpkg-deb');
const mib = 2 ** 20;
/** MiB, packed as here. */
const debBudget = 150;

describe.skipIf(reason !== null)(`the installed package${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let packaged: Packaged;
  let deb: string;
  let root: Root;
  beforeAll(async () => {
    packaged = await buildPackage();
    deb = await makeDeb({
      application: packaged.folder,
      output: join(packaged.folder, '..'),
      version,
      arch: process.arch,
      // A release is packed by xz, smaller, which takes minutes of a processor.
      compression: ['-Zgzip', '-z1'],
    });
    root = makeRoot();
    console.log(`installed into ${root.kind}`);
    root.install(deb);
  }, 600_000);
  afterAll(async () => {
    root?.remove();
    await packaged?.remove();
  });

  const asUser = (...args: readonly string[]) => {
    const [command, ...first] = root.asUser;
    return execFileSync(command, [...first, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 2 ** 28,
    });
  };

  test('is of the version that sorts before its release, and within its budget', () => {
    const field = (name: string) =>
      execFileSync('dpkg-deb', ['--field', deb, name], { encoding: 'utf8' }).trim();
    expect(field('Version')).toBe(debianVersion(version));
    expect(() => execFileSync('dpkg', ['--compare-versions', field('Version'), 'lt', '0.0.0'])).not.toThrow();
    const { size } = statSync(deb);
    console.log(`deb ${(size / mib).toFixed(1)} MiB of ${debBudget} MiB`);
    expect(size).toBeGreaterThan(mib);
    expect(size).toBeLessThan(debBudget * mib);
  });

  test('has the sandbox’s helper, the command, an icon and the associations where the system looks', () => {
    const helper = statSync(join(root.folder, 'opt/Precedent/chrome-sandbox'));
    expect([helper.uid, helper.mode & 0o7777]).toEqual([0, 0o4755]);
    const entry = readFileSync(join(root.folder, 'usr/share/applications/precedent.desktop'), 'utf8');
    expect(entry).toContain('MimeType=application/x-precedent-library;application/dicom;');
    for (const path of [
      'usr/share/mime/packages/precedent.xml',
      'usr/share/icons/hicolor/256x256/apps/precedent.png',
    ])
      expect(existsSync(join(root.folder, path)), path).toBe(true);
  });

  test('its command makes and verifies a library for an ordinary user, without a display', () => {
    const precedent = join(root.applicationInside, '../../usr/bin/precedent');
    const library = join(root.homeInside, 'library');
    const json = (...args: readonly string[]) =>
      JSON.parse(asUser(precedent, '--allow-test-data', ...args, '--json', '--library', library));
    expect(json('demo', '--patients', '3').imported.patients).toBe(3);
    expect(json('verify')).toMatchObject({ ok: true, checked: { volumes: 3 } });
  });

  test('its window opens for an ordinary user with the real sandbox', async () => {
    const screen = await startScreen();
    const [command, ...first] = root.asUser;
    const executable = join(root.applicationInside, 'precedent');
    const started = spawn(command, [...first, `DISPLAY=${screen.display}`, executable], { stdio: 'ignore' });
    try {
      const catalog = join(root.home, '.config/Precedent/demo-library/catalog.sqlite');
      await expect.poll(() => existsSync(catalog), patience).toBe(true);
      await expect.poll(async () => (await screen.picture()).colors, patience).toBeGreaterThan(100);
      const shots = join(import.meta.dirname, '../../test-results');
      await mkdir(shots, { recursive: true });
      await writeFile(join(shots, 'installed.png'), (await screen.picture()).png);
      const processes = processesOf(executable);
      expect(processes.find(({ command: line }) => line.includes('--type=renderer'))?.seccomp).toBe('2');
      expect(processes.every(({ uid }) => uid !== '0')).toBe(true);
    } finally {
      started.kill('SIGKILL');
      await once(started, 'exit');
      await screen.stop();
    }
  });

  test('removing it leaves the library, and says so', () => {
    const catalog = join(root.home, 'library/catalog.sqlite');
    const before = readFileSync(catalog);
    expect(root.uninstall()).toContain('Libraries, settings and logs of its users stay where they are.');
    expect(existsSync(join(root.folder, 'opt/Precedent'))).toBe(false);
    expect(existsSync(join(root.folder, 'usr/bin/precedent'))).toBe(false);
    expect(readFileSync(catalog).equals(before)).toBe(true);
    expect(existsSync(join(root.home, '.config/Precedent/demo-library'))).toBe(true);
  });
});
