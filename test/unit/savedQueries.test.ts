/** Searches and marks that a library keeps for its users, and what reports say where they hold words. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, migrate, openDatabase } from '../../native/catalog/database.ts';
import { catalogReports } from '../../native/catalog/reports.ts';
import { catalogSavedQueries } from '../../native/catalog/savedQueries.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { SavedSearch, UnsavedMark } from '../../native/contract/savedQueries.ts';
import { anyTerm } from '../../native/report/ftsQuery.ts';
import { lesion, volume } from '../support/catalogRows.ts';

let folder: string;
let db: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-saved-'));
  const raw = new Sqlite(join(folder, 'catalog.sqlite'));
  migrate(raw, 7);
  raw.close();
  db = openDatabase(join(folder, 'catalog.sqlite'));
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true, force: true });
});

const bits = new Uint8Array([1, 0, 1, 1, 0, 0, 0, 1]);
const search = (query: SavedSearch['query']): SavedSearch => ({
  query,
  title: 'it',
  plane: 'coronal',
  also: [{ like: false, lesion: 'les-b', patient: 'B', title: 'other' }],
  combine: 'or',
  marks: [{ hit: 'les-c', relevant: null }],
  options: {
    method: 'fused',
    where: [{ field: 'organ', value: 'liver' }],
    includeSamePatient: true,
    hitsPerPatient: 2,
    top: 20,
  },
});
const words = search({ text: 'ground glass' });
const region = search({ volume: 'vol-x', mask: { box: [0, 0, 0, 1, 1, 1], bits } });

test('a search comes back as it was kept, a region with its mask, each user with his own', () => {
  const kept = catalogSavedQueries(db);
  kept.save('ann', 'second', region);
  kept.save('ann', 'first', words);
  kept.save('bob', 'first', search({ lesion: 'les-a' }));
  expect(kept.list('ann').map(({ name, search: of }) => [name, of])).toEqual([
    ['first', words],
    ['second', region],
  ]);
  kept.save('ann', 'first', region);
  expect(kept.list('ann').map(({ search: of }) => of)).toEqual([region, region]);
  expect(kept.list('bob')).toHaveLength(1);
});

test('renaming takes no other’s name; what is not there is refused', () => {
  const kept = catalogSavedQueries(db);
  kept.save('ann', 'a', words);
  kept.save('ann', 'b', region);
  expect(() => kept.rename('ann', 'a', 'b')).toThrow(
    /^there is a saved query of that name already; choose another name$/,
  );
  kept.rename('ann', 'a', 'c');
  kept.rename('ann', 'b', 'b');
  expect(kept.list('ann').map(({ name }) => name)).toEqual(['b', 'c']);
  kept.remove('ann', 'b');
  expect(kept.list('ann').map(({ name }) => name)).toEqual(['c']);
  expect(() => kept.remove('ann', 'b')).toThrow(/^there is no such saved query$/);
  expect(() => kept.rename('bob', 'c', 'd')).toThrow(/^there is no such saved query$/);
});

test('the search that was open last is kept by user, until there is none; another form is none', () => {
  const kept = catalogSavedQueries(db);
  expect(kept.open('ann')).toBeNull();
  kept.keepOpen('ann', words);
  kept.keepOpen('ann', region);
  expect([kept.open('ann'), kept.open('bob')]).toEqual([region, null]);
  kept.keepOpen('ann', null);
  expect(kept.open('ann')).toBeNull();
  db.exec(`INSERT INTO open_search VALUES ('ann', '{"words":"old"}')`);
  expect(kept.open('ann')).toBeNull();
});

test('an unsaved mark is kept one a user and volume, and goes with the volume', () => {
  const kept = catalogSavedQueries(db);
  const own = volume('A', 'one', []);
  catalogWrites(db).addVolume(own);
  const mark = (slice: number): UnsavedMark => ({
    volume: own.uid,
    mark: { plane: 'axial', slice, shape: { kind: 'sphere', centerIjk: [1, 1, 1], radiusMm: 2 } },
    mask: { box: [0, 0, 0, 1, 1, 1], bits },
  });
  kept.keepMark('ann', mark(1));
  kept.keepMark('ann', mark(0));
  kept.keepMark('ann', { ...mark(0), volume: 'vol-gone' });
  expect(kept.marks('ann')).toEqual([mark(0)]);
  expect(kept.marks('bob')).toEqual([]);
  kept.dropMark('bob', own.uid);
  expect(kept.marks('ann')).toHaveLength(1);
  db.exec(`DELETE FROM volume WHERE uid = '${own.uid}'`);
  expect(kept.marks('ann')).toEqual([]);
});

test('an excerpt is from the best report of the lesion’s study, with any of the words set off', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => lesion(name));
  const writes = catalogWrites(db);
  writes.addVolume(volume('A', 'one', [a, b]));
  writes.addVolume(volume('B', 'two', [c]));
  const reports = catalogReports(db);
  reports.add('study-A', { path: '/1', title: 'CT', text: 'A nodule in the left lung.' });
  reports.add('study-A', { path: '/2', title: 'PET', text: 'Spiculated nodule: nodule with spicules.' });
  reports.add('study-B', { path: '/3', text: 'No finding.' });
  const told = (text: string, ...of: readonly { uid: string }[]) =>
    reports.excerpts(
      of.map(({ uid }) => uid),
      anyTerm(text),
    );
  expect(told('nodule spicul*', a, c)).toEqual([
    {
      lesion: a.uid,
      title: 'PET',
      excerpt: '\u0002Spiculated\u0003 \u0002nodule\u0003: \u0002nodule\u0003 with \u0002spicules\u0003.',
    },
  ]);
  expect(told('finding', a, b, c).map(({ lesion: of }) => of)).toEqual([c.uid]);
  expect(told('-nodule', a, b, c)).toEqual([]);
  expect(told('', a)).toEqual([]);
});
