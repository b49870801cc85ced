/** What decides about a package before it is built, and what the packaged application makes of its arguments. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commandArguments, ownArguments, parseArguments } from '../../electron/arguments.ts';
import { markLibrary, sortOpened } from '../../electron/opened.ts';
import { drawIcons } from '../../tools/icons/draw.mjs';
import { control, debianVersion, depends, scripts } from '../../tools/package/debFiles.mjs';
import { packageKind, packageMetadata } from '../../tools/package/kind.mjs';
import beforePack from '../../tools/runtime/beforePack.mjs';

const root = resolve(import.meta.dirname, '../..');
const today = new Date('2026-11-01T12:00:00Z');
const official = { path: '/runtime/electron', official: true, source: 'download' };
const repackaged = { path: '/runtime/electron', official: false, source: 'repackaged' };

test('without the official download a development build is made, which says why and bears it in its version', () => {
  const { kind, reason } = packageKind(repackaged, null, { root, today });
  expect(kind).toBe('development');
  expect(reason).toContain('official download could not be reached');
  expect(packageMetadata(kind, '1.2.3')).toEqual({ version: '1.2.3-development', developmentBuild: true });
  expect(debianVersion('1.2.3-development')).toBe('1.2.3~development');
});

test('a release needs the official runtime, and is marked by nothing', () => {
  expect(packageKind(official, null, { root, today })).toEqual({ kind: 'release', reason: null });
  expect(packageMetadata('release', '1.2.3')).toEqual({});
  expect(() => packageKind(repackaged, 'release', { root, today })).toThrow('official download');
  const named = { ...official, source: 'override' };
  expect(() => packageKind(named, null, { root, today })).toThrow('checksums');
  expect(packageKind(named, 'development', { root, today }).kind).toBe('development');
});

test('electron-builder may be given a runtime for a development build alone', async () => {
  const config = { electronDist: 'runtime', extraMetadata: packageMetadata('development', '1.2.3') };
  const context = (extraMetadata: object) => ({
    packager: { projectDir: '/nowhere', config: { ...config, extraMetadata } },
  });
  await expect(beforePack(context(config.extraMetadata))).resolves.toBeUndefined();
  await expect(beforePack(context(packageMetadata('release', '1.2.3')))).rejects.toThrow('electronDist');
});

test('what is left out of the bundles is packed', () => {
  const build = readFileSync(join(root, 'tools/build.mjs'), 'utf8');
  const external = /const external = \[(.*)\]/.exec(build)?.[1].match(/[\w-]+/g) ?? [];
  const packed = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
  expect(external.length).toBeGreaterThan(3);
  for (const name of external.filter((one) => one !== 'electron')) expect(packed).toContain(name);
});

test('the icons are those of the drawing', async () => {
  const drawn = Object.entries(await drawIcons());
  expect(drawn.length).toBeGreaterThan(9);
  for (const [name, bytes] of drawn)
    expect(readFileSync(join(root, 'resources/icons', name)).equals(bytes), name).toBe(true);
});

test('the Debian package names what the set-up installs, and its scripts touch no user’s folder', () => {
  const setup = readFileSync(join(root, 'tools/setup/systemPackages.mjs'), 'utf8');
  const libraries = [...setup.matchAll(/\['lib[^']+', '([^']+)'\]/g)].map(([, name]) => name);
  expect(libraries.length).toBe(11);
  expect(depends.map((line) => line.split(/[ |]/)[0])).toEqual(expect.arrayContaining(libraries));
  const text = control({ version: '1.2.3', architecture: 'amd64', size: 1, description: 'x' });
  expect(text).toContain(`Depends: ${depends.join(', ')}\n`);
  for (const script of Object.values(scripts)) expect(script).not.toMatch(/\/home|~|rm /);
});

test('a command line is the window’s, with what it was opened with, or a command’s', () => {
  const argv = ['/opt/Precedent/precedent', '--no-sandbox', 'a.dcm', '--library', 'lib', '/b'];
  expect(commandArguments(argv)).toBeNull();
  expect(parseArguments(ownArguments(argv, true), '/home')).toEqual({
    library: '/home/lib',
    allowTestData: false,
    opened: ['/home/a.dcm', '/b'],
    policyFile: null,
  });
  expect(ownArguments(['electron', '--inspect=0', '/checkout', 'a.dcm'], false)).toEqual([
    '--inspect=0',
    'a.dcm',
  ]);
  expect(commandArguments(['precedent', '--cli', '--', 'search', '--', '--cli'])).toEqual([
    'search',
    '--',
    '--cli',
  ]);
  // A file of this name does not make a window a command.
  expect(commandArguments(['precedent', '--', '--cli'])).toBeNull();
});

test('a marker opens the folder in which it lies, and only a library’s', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-marker-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text = '') => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  await markLibrary(folder);
  const [marker] = [join(folder, `${folder.split('/').at(-1)}.precedent`)];
  expect(() => sortOpened([marker])).toThrow('does not lie in a library');
  const catalog = file('catalog.sqlite');
  expect(sortOpened([marker, catalog])).toEqual({ library: folder, sources: [catalog] });
  const elsewhere = file('elsewhere.precedent', '{"format":"precedent-library","version":2,"folder":"/etc"}');
  expect(() => sortOpened([elsewhere])).toThrow('does not lie in a library');
  expect(() => sortOpened([join(folder, 'gone.dcm')])).toThrow('no such file');
  // Marked once, whatever the marker is called now.
  rmSync(marker);
  await markLibrary(folder);
  expect(() => sortOpened([marker])).toThrow('no such file');
});
