/** The language of the query box: what is a filter, what is a word, and that nothing that is typed breaks it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { catalogFields, fieldNamed, literalValue } from '../../native/contract/filters.ts';
import { filterText, parseQueryText, tokensOf } from '../../native/contract/queryText.ts';

const known = ['kind', 'malignancy', 'size_class'];
const parsed = (text: string) => parseQueryText(text, known);

test('filters and words of a query', () => {
  expect(parsed('organ:liver size:10..30 -spiculated "ground glass" nodule')).toEqual({
    where: [
      { field: 'organ', value: 'liver' },
      { field: 'diameterMm', value: '10..30' },
    ],
    words: '-spiculated "ground glass" nodule',
  });
});

test.each([
  ['organ:liver,pancreas', ['organ=liver', 'organ=pancreas']],
  ['-organ:liver', ['organ=!liver']],
  ['organ:!liver', ['organ=!liver']],
  ['-organ:!liver', ['organ=liver']],
  ['kind:"focal fat, left"', ['kind=focal fat, left']],
  ['kind:“focal fat”', ['kind=focal fat']],
  ['kind:"a..b"', ['kind="a..b"']],
  ['kind:""', ['kind=']],
  ['-kind:""', ['kind=!']],
  ['SIZE:..30 Thickness:2', ['diameterMm=..30', 'sliceThicknessMm=2']],
  ['dx:HCC known:yes age:40.. sex:F', ['diagnosis=HCC', 'proven=yes', 'age=40..', 'sex=F']],
  ['kind:"unfinished quote', ['kind=unfinished quote']],
])('%s', (text, expected) => {
  const { where, words } = parsed(text);
  expect(where.map(({ field, value }) => `${field}=${value}`)).toEqual(expected);
  expect(words).toBe('');
});

test('a label of the library goes before an alias of the same name', () => {
  expect(parseQueryText('size:big', ['size']).where).toEqual([{ field: 'size', value: 'big' }]);
  expect(fieldNamed('Kind', known)).toBe('kind');
});

test.each([
  ['orgen:liver', /no lesion has a field "orgen"; did you mean organ/],
  ['malign:4', /did you mean malignancy/],
  ['zzz:1', /no lesion has a field "zzz"; use one of: .*kind.*organ/],
  ['organ:', /"organ:" has no value; write organ:""/],
  ['organ:,', /has no value/],
])('%s is refused in one line', (text, message) => {
  expect(() => parsed(text)).toThrow(message);
  expect(() => parsed(text)).toThrow(/^[^\n]*$/);
});

test('what is quoted or has no name before its colon is a word', () => {
  expect(parsed('"zzz:1" 3:4 :x').words).toBe('"zzz:1" 3:4 :x');
});

test('aliases are none of the names of fields, and no two fields share one', () => {
  const names = catalogFields.flatMap(({ name, aliases }) => [name.toLowerCase(), ...aliases]);
  expect(new Set(names).size).toBe(names.length);
});

describe('whatever is typed', () => {
  test('gives filters and words, or an error for the user', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        try {
          const { where, words } = parsed(text);
          for (const { field } of where) expect(field).not.toBe('');
          expect(words.length).toBeLessThanOrEqual(text.length);
        } catch (error) {
          expect(error).toBeInstanceOf(PrecedentError);
          expect((error as PrecedentError).kind).toBe('usage');
        }
      }),
    );
  });

  test('has its tokens where they stand', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        let end = 0;
        for (const token of tokensOf(text)) {
          expect(token.from).toBeGreaterThanOrEqual(end);
          expect(text.slice(token.from, token.to)).toBe(token.text);
          end = token.to;
        }
      }),
    );
  });

  test('a filter that is written out is read as the same', () => {
    const value = fc.string({ maxLength: 12 }).filter((text) => !text.includes('"') && text.trim() === text);
    fc.assert(
      fc.property(
        fc.constantFrom('organ', 'kind', 'diameterMm'),
        value,
        fc.boolean(),
        (field, text, excluded) => {
          const filter = { field, value: `${excluded ? '!' : ''}${literalValue(text)}` };
          expect(parsed(`nodule ${filterText(filter)} word`)).toEqual({
            where: [filter],
            words: 'nodule word',
          });
        },
      ),
    );
  });
});
