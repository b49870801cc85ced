/** What the project depends on: locked to the last byte, and under licences that allow it to be given away. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { auditProblems, explainedFindings, findingsOf } from '../../tools/dependencies/audit.mjs';
import {
  isAllowed,
  licenceProblems,
  licenceRules,
  shippedPackages,
} from '../../tools/dependencies/licences.mjs';
import { lockfileProblems, readLockfile } from '../../tools/dependencies/lockfile.mjs';

const { manifest, lockfile } = readLockfile(resolve(import.meta.dirname, '../..'));
const rules = licenceRules();

test('every package is locked with its checksum, and every install script is decided on', () => {
  expect(lockfileProblems(manifest, lockfile)).toEqual([]);
});

test('everything that ships is under an allowed licence', () => {
  const shipped = shippedPackages(lockfile, rules);
  expect(shipped.map(({ name }) => name)).toEqual(expect.arrayContaining(['electron', 'react', 'usearch']));
  expect(shipped.map(({ name }) => name)).not.toContain('vitest');
  expect(licenceProblems(shipped, rules)).toEqual([]);
});

test('a lockfile that leaves something open is told apart', () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0' },
    'node_modules/c': { version: '3.0.0', integrity: 'sha512-c', hasInstallScript: true },
    'node_modules/d': { name: 'e', version: '4.0.0', integrity: 'sha512-d' },
  };
  const loose = { dependencies: { a: '^1.0.0', b: '2.0.1', d: 'npm:e@4.0.0' } };
  expect(lockfileProblems(loose, { packages })).toEqual([
    'package.json: a is not pinned to one version (^1.0.0)',
    'package-lock.json: b is not locked at 2.0.1',
    'package-lock.json: node_modules/b has no integrity',
    'package.json: c has an install script, and allowScripts does not decide on it',
  ]);
});

test('what ships under a licence that is not allowed, or under none, is told; tools of development may', () => {
  const packages = {
    '': {},
    'node_modules/free': { version: '1.0.0', license: 'MIT' },
    'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
    'node_modules/free/node_modules/copyleft': { version: '2.0.0', license: 'AGPL-3.0-only' },
    'node_modules/silent': { version: '3.0.0' },
    'node_modules/electron': { version: '4.0.0', license: 'MIT', dev: true },
  };
  const plain = { allowed: ['MIT'], clarified: {}, runtime: ['electron'], contains: { gone: 'a library' } };
  const shipped = shippedPackages({ packages }, plain);
  expect(shipped.map(({ name }) => name)).toEqual(['copyleft', 'electron', 'free', 'silent']);
  expect(licenceProblems(shipped, plain)).toEqual([
    'copyleft 2.0.0 is under AGPL-3.0-only, which is not allowed',
    'silent 3.0.0 declares no licence',
    'licences.json tells of gone, which does not ship',
  ]);
});

test('of a choice of licences one must be allowed, of several at once all', () => {
  expect(isAllowed('(WTFPL OR MIT)', rules.allowed)).toBe(true);
  expect(isAllowed('(MIT AND Zlib)', rules.allowed)).toBe(true);
  expect(isAllowed('MIT AND GPL-2.0-only', rules.allowed)).toBe(false);
  expect(isAllowed('GPL-2.0-only OR AGPL-3.0-only', rules.allowed)).toBe(false);
  expect(isAllowed('(MIT AND (GPL-2.0-only OR Zlib))', rules.allowed)).toBe(false);
});

test('a known weakness counts until it is explained, and again when the explanation has run out', () => {
  const via = [
    { url: 'https://github.com/advisories/GHSA-1', severity: 'high', title: 'it breaks' },
    'other',
  ];
  const findings = findingsOf({ vulnerabilities: { a: { name: 'a', via } } });
  expect(findings).toEqual([{ advisory: 'GHSA-1', package: 'a', severity: 'high', title: 'it breaks' }]);
  expect(findingsOf({ message: '405' })).toBeNull();
  const explained = [{ advisory: 'GHSA-1', package: 'a', why: 'never called', until: '2026-12-31' }];
  expect(auditProblems(findings ?? [], [], '2026-12-01')).toHaveLength(1);
  expect(auditProblems(findings ?? [], explained, '2026-12-31')).toEqual([]);
  expect(auditProblems(findings ?? [], explained, '2027-01-01')).toHaveLength(1);
  for (const { until } of explainedFindings()) expect(until).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});
