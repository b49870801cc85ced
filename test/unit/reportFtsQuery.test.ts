import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { ftsQuery } from '../../native/report/ftsQuery.ts';

const db = new Database(':memory:');
db.exec("CREATE VIRTUAL TABLE report USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')");
afterAll(() => db.close());
const texts = [
  'Solid nodule in the right upper lobe, 12 mm.',
  'Nodular opacity, no ground-glass. Lymph nodes normal.',
  'Größe unverändert: Leberzyste links.',
  'Right lung clear. Upper abdomen: lobe of the liver AND cyst.',
];
const insert = db.prepare('INSERT INTO report (rowid, text) VALUES (?, ?)');
for (const [n, text] of texts.entries()) insert.run(n, text);
const search = db.prepare('SELECT rowid FROM report WHERE report MATCH ? ORDER BY rowid').pluck();

test.each([
  ['nodule', [0]],
  ['NODULE right', [0]],
  ['right upper lobe', [0, 3]],
  ['"right upper lobe"', [0]],
  ['„right upper lobe“', [0]],
  ['"right upper lobe', [0]],
  ['nod*', [0, 1]],
  ['nodul* -ground-glass', [0]],
  ['lobe -"right upper"', [3]],
  ['right -nodule -cyst', []],
  ['right - nodule', [0]],
  ['ground-glass', [1]],
  ['"upper lo"*', [0]],
  ['grosse', []],
  ['große unverandert', [2]],
  ['cyst AND liver', [3]],
  ['nodule OR cyst', []],
  ['text:nodule', []],
  ['-nodule', []],
  ['', []],
  ['*', []],
  ['( ^ + {', []],
  ['12 mm.', [0]],
  ['nodule\0"', [0]],
])('%j finds the reports %j', (typed, found) => {
  expect(search.all(ftsQuery(typed))).toEqual(found);
});

test('the expression of a search with every part', () => {
  expect(ftsQuery('Mass "left lower lobe" calc* -cyst -"no change"')).toBe(
    '("Mass" AND "left lower lobe" AND "calc"*) NOT ("cyst" OR "no change")',
  );
});

const piece = fc.oneof(
  fc.constantFrom(
    '"',
    '-',
    '*',
    '(',
    ')',
    '^',
    '+',
    '{',
    '}',
    ':',
    ',',
    '\0',
    ' ',
    "'",
    '.',
    '–',
    '“',
    '\\',
    ';',
  ),
  fc.constantFrom('AND', 'OR', 'NOT', 'NEAR', 'NEAR(a b, 3)', 'text', 'report', 'rowid', 'nodule', 'ß', '肝'),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
test('nothing that can be typed is a syntax error', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom('', ' '), (pieces, between) => {
      search.all(ftsQuery(pieces.join(between)));
    }),
    { numRuns: 3000 },
  );
});

test('a text of thousands of words is a query still', () => {
  expect(search.all(ftsQuery('right '.repeat(5000)))).toEqual([0, 3]);
  expect(search.all(ftsQuery(`nodule ${'-x '.repeat(5000)}`))).toEqual([0]);
});

test('without what is excluded, a text is found by every run of its own words', () => {
  const words = (text: string) => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  fc.assert(
    fc.property(fc.nat(texts.length - 1), fc.nat(20), fc.nat(20), fc.boolean(), (n, a, b, quoted) => {
      const own = words(texts[n]);
      const run = own.slice(a % own.length, (a % own.length) + 1 + (b % 5)).join(' ');
      expect(search.all(ftsQuery(quoted ? `"${run}"` : run))).toContain(n);
    }),
  );
});
