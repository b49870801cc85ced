/** What cards and columns say of hits: differences from the query, age by decades, what near hits shared, and agreement. */
import { expect, test } from 'vitest';
import { agreement, agreementText, columnsWith, fieldsOf } from '../../renderer/query/columns/agreement.ts';
import { differingWords, nearWords, personBand, reconstructionWords } from '../../renderer/query/hitFacts.ts';

const query = { sliceThicknessMm: 1.25, kernel: 'B30f', contrast: 'Iomeron', phase: 'arterial' };

test('of thickness, kernel and phase a card says what is known and not the query’s; without a query all', () => {
  expect(reconstructionWords(query)).toEqual(['1.25 mm', 'B30f', 'arterial']);
  expect(differingWords({ ...query }, query)).toEqual([]);
  expect(differingWords({ sliceThicknessMm: 5, kernel: 'B30f' }, query)).toEqual(['5 mm']);
  expect(differingWords({ ...query, phase: 'native' }, query)).toEqual(['native']);
  expect(differingWords(query, undefined)).toEqual(['1.25 mm', 'B30f', 'arterial']);
  // Of an unknown kernel it cannot be said that it is the same.
  expect(differingWords(query, { sliceThicknessMm: 1.25 })).toEqual(['B30f', 'arterial']);
});

test('age is told by decades', () => {
  expect(personBand({ sex: 'F', age: 69 })).toBe('F 60–69');
  expect(personBand({ age: 70 })).toBe('70–79');
  expect(personBand({ sex: 'M' })).toBe('M');
  expect(personBand({})).toBe('');
});

test('what hits this near shared is told of 30 or more', () => {
  const of = (count: number) => ({
    field: 'malignancy', precision: 0.7, chance: 0.5, pairs: 90, hits: [0.7, null], near: [{ shared: 21, of: count }, null],
  }); // biome-ignore format: one record
  expect(nearWords(of(30), 1)?.short).toBe('21 of 30 this near shared malignancy');
  expect(nearWords(of(30), 1)?.whole).toMatch(
    /^Of hits this near, 21 of 30 in this library .* By chance 50%\.$/,
  );
  expect(nearWords(of(29), 1)).toBeNull();
  expect(nearWords(of(30), 2)).toBeNull();
  expect(nearWords(of(30), 3)).toBeNull();
  expect(nearWords(undefined, 1)).toBeNull();
});

test('a column counts the hits of the query’s class; diagnoses where they are proven', () => {
  const hits = [
    { labels: { kind: 'cyst' }, diagnosis: { diagnosis: 'cyst', proof: 'histology' } },
    { labels: { kind: 'cyst' }, diagnosis: { diagnosis: 'cyst', proof: 'imaging only' } },
    { labels: { kind: 'mass' }, diagnosis: { diagnosis: 'adenoma', proof: 'surgery' } },
    { labels: {} },
  ] as const;
  expect(agreementText(agreement(hits, 'kind', 'cyst'))).toBe('2 of 4 same, 1 not known');
  expect(agreementText(agreement(hits, 'diagnosis', 'cyst'))).toBe('1 of 4 same, 2 not known');
  expect(agreementText(agreement(hits.slice(0, 3), 'kind', 'cyst'))).toBe('2 of 3 same');
  expect(fieldsOf({ labels: { kind: 'x', organ: 'lung' } }, hits)).toEqual(['kind', 'organ']);
  expect(fieldsOf(null, hits)).toEqual(['diagnosis', 'kind']);
});

test('a lesion is counted once in each column that has it', () => {
  const found = columnsWith([[{ lesion: 'a' }, { lesion: 'b' }], [{ lesion: 'a' }], []]);
  expect([...found]).toEqual([['a', 2], ['b', 1]]); // biome-ignore format: pairs
});
