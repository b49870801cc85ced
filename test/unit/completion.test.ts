/** What the query box offers, and how filters are put in words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FieldInfo } from '../../native/contract/model.ts';
import { parseQueryText } from '../../native/contract/queryText.ts';
import { completions } from '../../renderer/query/completion.ts';
import { filterWords } from '../../renderer/ui/filterWords.ts';

const fields: FieldInfo[] = [
  {
    name: 'kind',
    kind: 'text',
    label: true,
    values: [
      { value: 'simple cyst', count: 9 },
      { value: 'solid, part', count: 4 },
      { value: 'a*b', count: 1 },
    ],
  },
  {
    name: 'organ',
    kind: 'text',
    label: false,
    values: [
      { value: 'Liver', count: 5 },
      { value: 'Lung_L', count: 3 },
    ],
  },
  { name: 'diameterMm', kind: 'number', label: false, unit: 'mm', values: [], range: [5.2, 93.8] },
  { name: 'date', kind: 'date', label: false, values: [], range: [18_000, 19_000] },
];
const offered = (text: string, cursor = text.length) =>
  completions(text, cursor, fields).map((one) => text.slice(0, one.from) + one.text + text.slice(one.to));

test.each([
  ['or', ['organ:']],
  ['cyst -or', ['cyst -organ:']],
  ['si', ['site:', 'size:']],
  ['diam', ['diameterMm:']],
  ['organ:', ['organ:Liver ', 'organ:Lung_L ']],
  ['site:lu', ['site:Lung_L ']],
  ['organ:Liver,l', ['organ:Liver,Liver ', 'organ:Liver,Lung_L ']],
  ['-organ:li', ['-organ:Liver ']],
  ['kind:cys', ['kind:"simple cyst" ']],
  ['kind:sol', ['kind:"solid, part" ']],
  ['kind:a', ['kind:"a*b" ']],
  ['size:', ['size:..50 ', 'size:50.. ', 'size:5..94 ']],
  ['size:10', []],
  ['nodule', []],
  ['"or', []],
  ['zzz:', []],
])('%s', (text, expected) => {
  expect(offered(text)).toEqual(expected);
});

test('the word at the cursor is completed, and every field is offered where none has begun', () => {
  expect(offered('or nodule', 2)).toEqual(['organ: nodule']);
  expect(offered('nodule ')).toEqual(['nodule kind:', 'nodule organ:', 'nodule size:', 'nodule date:']);
});

test('every completed value is a filter by exactly that value', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 12 }), (value) => {
      fc.pre(!value.includes('"') && value.trim() === value);
      const info: FieldInfo = { name: 'kind', kind: 'text', label: true, values: [{ value, count: 1 }] };
      const [one] = completions('kind:', 5, [info]);
      const { where } = parseQueryText(one.text, ['kind']);
      expect(where).toHaveLength(1);
      expect(where[0].value.replace(/^"(.*)"$/s, '$1')).toBe(value);
    }),
  );
});

test.each([
  ['organ', ['Liver'], 'organ = Liver'],
  ['organ', ['Liver', 'Lung_L'], 'organ = Liver, Lung_L'],
  ['kind', ['!cyst'], 'kind ≠ cyst'],
  ['kind', ['"a*b"'], 'kind = a*b'],
  ['date', [''], 'date missing'],
  ['date', ['!'], 'date present'],
  ['diameterMm', ['10..30'], 'size 10–30 mm'],
  ['diameterMm', ['..30'], 'size ≤ 30 mm'],
  ['diameterMm', ['10..'], 'size ≥ 10 mm'],
  ['age', ['!40..60'], 'age ≠ 40–60 years'],
])('a filter by %s of %j is called "%s"', (field, values, words) => {
  expect(filterWords(field, values, false)).toBe(words);
});

test('under the teaching mask a filter by patient or study says its field alone', () => {
  expect(filterWords('patient', ['Doe^Jane', '!"X 1"'], false)).toBe('patient = Doe^Jane, ≠ X 1');
  for (const field of ['patient', 'study'])
    expect(filterWords(field, ['Doe^Jane', '!1.2.840'], true)).toBe(`${field} hidden`);
  expect(filterWords('organ', ['liver'], true)).toBe('organ = liver');
});
