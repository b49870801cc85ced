/** Filters in words, and what the teaching mask leaves of them. */
import { expect, test } from 'vitest';
import { filterWords } from '../../renderer/ui/filterWords.ts';

test('a filter says its values, but under the mask those that name a patient only that there are some', () => {
  expect(filterWords('patient', ['Doe^Jane', '!"X 1"'], false)).toBe('patient = Doe^Jane, ≠ X 1');
  for (const field of ['patient', 'study'])
    expect(filterWords(field, ['Doe^Jane', '!1.2.840'], true)).toBe(`${field} hidden`);
  expect(filterWords('organ', ['liver'], true)).toBe('organ = liver');
});
