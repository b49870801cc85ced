/** What must never be packaged as a release. */
import { expect, test } from 'vitest';
import beforePack from '../../tools/runtime/beforePack.mjs';
import { assertReleasable, endOfSupport } from '../../tools/runtime/releaseCheck.mjs';

const official = { path: '/runtime/electron', official: true, source: 'download' as const };
const inSupport = new Date('2026-11-01T12:00:00Z');

test('an official runtime of a supported major is accepted', () => {
  expect(() => assertReleasable(official, 43, inSupport)).not.toThrow();
});

test.each([
  ['an unofficial runtime', { ...official, official: false, source: 'repackaged' as const }, 'unofficial'],
  ['a runtime that a variable names', { ...official, source: 'override' as const }, 'checksums'],
])('%s is refused', (_, runtime, reason) => {
  expect(() => assertReleasable(runtime, 43, inSupport)).toThrow(reason);
});

test('a major is refused from the day its support ends, and so is one that is not known', () => {
  const end = new Date(`${endOfSupport[43]}T00:00:00Z`);
  expect(() => assertReleasable(official, 43, new Date(end.getTime() - 1))).not.toThrow();
  expect(() => assertReleasable(official, 43, end)).toThrow('no longer supported');
  expect(() => assertReleasable(official, 39, inSupport)).toThrow('not known');
});

test('the majors of the table follow each other, each supported longer than the one before', () => {
  const majors = Object.keys(endOfSupport).map(Number);
  const ends = Object.values(endOfSupport);
  expect(majors).toEqual(majors.map((_, index) => majors[0] + index));
  expect([...ends].sort()).toEqual(ends);
});

test('a packaging that names a runtime of its own is refused', async () => {
  const packager = { projectDir: '/nowhere', config: { electronDist: 'runtime' } };
  await expect(beforePack({ packager })).rejects.toThrow('electronDist');
});
