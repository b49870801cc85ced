/** docs/security.md says which test shows what: those tests must be there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
const named = [...text.matchAll(/`((?:test|tools|native|electron)\/[\w/.-]+)`/g)].map(([, path]) => path);

test('every test and source that the threat model names exists', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every wall of the threat model is shown by a test', () => {
  const [, walls = ''] = /\| wall \| how \| shown by \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(text) ?? [];
  const rows = walls.trim().split('\n');
  expect(rows.length).toBeGreaterThan(12);
  expect(rows.filter((row) => !/(test|tools\/test)\/[\w/]+\.(test\.ts|mjs)/.test(row))).toEqual([]);
});
