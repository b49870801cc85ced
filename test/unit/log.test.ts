/** The log of the application: small files that replace each other, and nothing in them that names a patient. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { logFiles, loggable, openLog } from '../../electron/log.ts';
import { PrecedentError } from '../../native/contract/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precedent-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const noon = () => new Date('2026-01-01T12:00:00Z');

test('a line has its time and level, and is one line', () => {
  const log = openLog(join(folder, 'logs'), 1000, noon);
  log.info('opened\nthe library\u0000');
  expect(readFileSync(logFiles(join(folder, 'logs'))[0], 'utf8')).toBe(
    '2026-01-01T12:00:00.000Z info opened the library \n',
  );
});

test('five files are kept, none longer than asked, the newest lines in the first', () => {
  const log = openLog(folder, 200, noon);
  for (let n = 0; n < 100; n++) log.info(`line ${n}`);
  const sizes = logFiles(folder).map((file) => statSync(file).size);
  expect(sizes).toHaveLength(5);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(200);
  expect(readFileSync(logFiles(folder)[0], 'utf8')).toContain('line 99\n');
  const kept = logFiles(folder)
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
  expect(kept).not.toContain('line 0\n');
});

test('a log that cannot be written stops nothing', () => {
  const blocked = join(folder, 'blocked');
  writeFileSync(blocked, '');
  expect(() => openLog(blocked).info('anything')).not.toThrow();
  mkdirSync(join(folder, 'full', 'precedent.log'), { recursive: true });
  expect(() => openLog(join(folder, 'full')).info('anything')).not.toThrow();
});

test('an error is said on stderr too', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  openLog(folder).error('the engine stopped');
  expect(said).toHaveBeenCalledWith('the engine stopped\n');
  said.mockRestore();
});

test('what was thrown is told by kind and place, never by a path or a message of others', () => {
  expect(
    loggable(new PrecedentError('busy', 'the library is in use', '/patients/DOE^JANE', 'close it')),
  ).toBe('busy: the library is in use');
  const thrown = Object.assign(new TypeError('no such patient DOE^JANE in /patients/DOE^JANE'), {
    code: 'E1',
  });
  const told = loggable(thrown);
  expect(told).toMatch(/^internal: TypeError E1 at .*log\.test\.ts:\d+:\d+/);
  expect(told).not.toContain('DOE');
  expect(told).not.toContain('/');
  expect(loggable(PrecedentError.from(thrown))).not.toContain('DOE');
  expect(loggable('DOE^JANE')).toBe('internal: string');
});
