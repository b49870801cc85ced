/** Numbers and dates in the window, in the user's language. */
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function formatIn(language: string) {
  vi.stubGlobal('navigator', { language });
  return import('../../renderer/ui/format.ts');
}

test('measurements have the decimal sign of the language, and a true minus', async () => {
  const english = await formatIn('en-US');
  expect([english.mm(12.34), english.mm(123.4), english.ml(0.05), english.hu(-7.6)]).toEqual([
    '12.3 mm',
    '123 mm',
    '50 mm³',
    '−8 HU',
  ]);
  vi.resetModules();
  const german = await formatIn('de-DE');
  expect([german.mm(12.34), german.thickness(1.25), german.fixed(-0.0712, 3), german.minus(-0.5)]).toEqual([
    '12,3 mm',
    '1,25 mm',
    '−0,071',
    '−0,5',
  ]);
});

test('what rounds to nothing has no sign', async () => {
  const { fixed, hu } = await formatIn('en-US');
  expect(fixed(-0.04, 1)).toBe('0.0');
  expect(hu(-0.2)).toBe('0 HU');
});

test('only counts are grouped', async () => {
  const { count, area, fixed } = await formatIn('en-US');
  expect(count(12_345, 'lesion')).toBe('12,345 lesions');
  expect(fixed(12_345.6, 1)).toBe('12345.6');
  expect(area(123_456)).toBe('1234.6 cm²');
});

test('a date of DICOM is written so that day and month cannot be mixed up; anything else stays as it is', async () => {
  expect((await formatIn('en-US')).date('20210304')).toBe('Mar 4, 2021');
  vi.resetModules();
  expect((await formatIn('de-DE')).date('20210304')).toBe('04.03.2021');
  expect((await formatIn('en-US')).date('in spring')).toBe('in spring');
});

test('sizes of files and of memory have the decimal sign of the language too', async () => {
  const german = await formatIn('de-DE');
  expect([german.bytes(2_500_000), german.bytes(1_240_000_000), german.bytes(900)]).toEqual([
    '2,5 MB',
    '1,2 GB',
    '1 kB',
  ]);
  expect([german.memory(1.5 * 2 ** 30), german.memory(2 ** 31), german.memory(2 ** 29)]).toEqual([
    '1,5 GiB',
    '2 GiB',
    '512 MiB',
  ]);
});
