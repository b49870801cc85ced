/** The steps before anything is installed: what they look at, and what they tell. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { dependenciesReady, dependencyStamp } from '../../tools/setup/dependencies.mjs';
import { isNewEnough } from '../../tools/setup/project.mjs';
import { sandboxAdvice } from '../../tools/setup/sandbox.mjs';
import { missingPackages } from '../../tools/setup/systemPackages.mjs';
import { startDisplay } from '../../tools/test/display.mjs';
import { summarize } from '../../tools/test/report.mjs';

const root = join(import.meta.dirname, '../..');

test.each([
  ['v24.21.0', true],
  ['v22.14.0', true],
  ['v22.13.1', false],
  ['v20.20.2', false],
])('Node %s can load the native modules: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test('packages are installed again when the lockfile changes, not when a script does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, 'node_modules'));
  const ready = () => dependenciesReady(folder, '/some/node');
  expect(ready()).toBe(false);
  writeFileSync(join(folder, 'node_modules/.precedent-installed'), dependencyStamp(folder));
  expect(ready()).toBe(true);
  expect(dependenciesReady(folder, null)).toBe(false);

  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const save = (value: object) => writeFileSync(join(folder, 'package.json'), JSON.stringify(value));
  save({ ...manifest, scripts: { ...manifest.scripts, other: 'true' } });
  expect(ready()).toBe(true);
  save({ ...manifest, dependencies: { ...manifest.dependencies, other: '1.0.0' } });
  expect(ready()).toBe(false);
  save(manifest);
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  expect(ready()).toBe(false);
});

test('system packages are named by what is missing on Linux, and never asked for elsewhere', () => {
  const listed = '\tlibnss3.so (libc6,x86-64) => /usr/lib/libnss3.so\n';
  const missing = missingPackages({
    platform: 'linux',
    listed,
    hasProgram: (name: string) => name !== 'Xvfb',
  });
  expect(missing).toContain('libgtk-3-0');
  expect(missing).toContain('xvfb');
  expect(missing).not.toContain('libnss3');
  expect(missing).not.toContain('xauth');
  expect(missingPackages({ platform: 'darwin', listed: '', hasProgram: () => false })).toEqual([]);
});

test('advice on the sandbox is given only where the system forbids it', () => {
  const forbids = (path: string) => (path.endsWith('max_user_namespaces') ? '0' : null);
  expect(sandboxAdvice('/runtime/electron', { platform: 'linux', read: forbids })).toContain(
    "chmod 4755 '/runtime/chrome-sandbox'",
  );
  expect(sandboxAdvice('/runtime/electron', { platform: 'linux', read: () => null })).toBeNull();
  expect(sandboxAdvice('/runtime/electron', { platform: 'darwin', read: forbids })).toBeNull();
});

test('where Xvfb is not installed there is no display, and no failure', async () => {
  expect(await startDisplay('no-such-program')).toBeNull();
});

test('the summary counts failures outside of tests, and lists a skipped group once with its reason', () => {
  const test = (name: string, state: string, parent: object, note?: string) => ({
    fullName: name,
    parent,
    module,
    result: () => ({ state, note }),
  });
  const tests: object[] = [];
  const brokenSuite = { errors: () => [new Error('hook')] };
  const module = {
    type: 'module',
    project: { name: 'e2e' },
    errors: () => [new Error('cannot be imported')],
    children: { allSuites: () => [brokenSuite], allTests: () => tests },
  };
  const suite = (fullName: string, mode: string, parent: object) => ({
    type: 'suite',
    fullName,
    parent,
    options: { mode },
  });
  const group = suite('window: no display', 'skip', module);
  tests.push(
    test('a', 'passed', module),
    test('b', 'failed', module),
    test('c', 'skipped', suite('inner', 'run', group)),
    test('d', 'skipped', group),
    test('e', 'skipped', suite('others', 'run', module), 'no GPU'),
  );
  expect(summarize([module], [new Error('late')])).toEqual({
    passed: 1,
    failed: 4,
    skipped: [
      { name: 'e2e: window: no display', count: 2, reason: undefined },
      { name: 'e2e: e', count: 1, reason: 'no GPU' },
    ],
  });
});
