/** Conditions over a gallery: texts, numbers, dates, what is missing, what is excluded. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wantedOf } from '../../native/contract/filters.ts';
import { contrastPhase } from '../../native/dicom/contrastPhase.ts';
import {
  countPassing,
  fieldInfos,
  type Gallery,
  type GalleryRow,
  passing,
} from '../../native/retrieval/gallery.ts';

function row(lesion: string, own: Partial<GalleryRow> = {}): GalleryRow {
  return { lesion, patient: `p-${lesion}`, volume: `v-${lesion}`, labels: {}, ...own };
}
const day = (iso: string) => Date.parse(iso) / 86_400_000;

const rows = [
  row('a', {
    labels: { grade: '1', note: 'left*' },
    fields: { organ: 'Liver', sex: 'F', scanner: 'Siemens Force' },
    numbers: { diameterMm: 9.6, age: 40, date: day('2020-03-31') },
    diagnosis: { diagnosis: 'Hämangiom', proof: 'imaging only' },
  }),
  row('b', {
    labels: { grade: '3', note: 'left lobe' },
    fields: { organ: 'Left kidney', sex: 'M', scanner: 'GE Revolution' },
    numbers: { diameterMm: 30, age: 61, date: day('2021-01-01') },
    diagnosis: { diagnosis: 'HCC', proof: 'histology' },
  }),
  row('c', { labels: { grade: 'unknown', age: '70' }, numbers: { diameterMm: 30.2 } }),
];
const gallery: Gallery = new Map(rows.map((one) => [one.lesion, one]));
const found = (...where: string[]) =>
  passing(
    gallery,
    where.map((text) => ({ field: text.split('=')[0], value: text.slice(text.indexOf('=') + 1) })),
  )
    .map(({ lesion }) => lesion)
    .join('');

describe('conditions', () => {
  test.each([
    [[], 'abc'],
    [['organ=liver'], 'a'],
    [['organ=LIVER', 'organ=left kidney'], 'ab'],
    [['organ=!liver'], 'bc'],
    [['organ=!liver', 'organ=!'], 'b'],
    [['organ='], 'c'],
    [['organ=!'], 'ab'],
    [['organ=liver', 'organ='], 'ac'],
    [['organ=l*'], 'ab'],
    [['organ=*kid*'], 'b'],
    [['scanner=siemens*'], 'a'],
    [['diagnosis=hamangiom'], 'a'],
    [['note=left*'], 'ab'],
    [['note="left*"'], 'a'],
    [['proven=yes'], 'b'],
    [['known=no'], 'ac'],
    [['proof=histology', 'proof=imaging only'], 'ab'],
    [['size=10'], 'a'],
    [['size=10..30'], 'b'],
    [['size=..30mm'], 'ab'],
    [['size=30 mm..'], 'bc'],
    [['size=!30'], 'a'],
    [['size=30.2'], 'c'],
    [['size=9.6..9.6', 'size=30.2'], 'ac'],
    [['age=40..65'], 'ab'],
    [['age=70'], 'c'],
    [['date=2020'], 'a'],
    [['date=2020-03'], 'a'],
    [['date=2020-04..'], 'b'],
    [['date=20200331..2021'], 'ab'],
    [['date=..2020'], 'a'],
    [['date='], 'c'],
    [['grade=1..3'], 'ab'],
    [['grade=!1..2'], 'bc'],
    [['grade=unknown'], 'c'],
    [['lesion=b', 'patient=p-b'], 'b'],
    [['sex=F', 'age=61'], ''],
  ])('%j', (where, expected) => {
    expect(found(...where)).toBe(expected);
    expect(found(...where)).toHaveLength(expected.length);
  });

  test.each([
    ['size=large', /"large" is no number; ?.*write it as 10, 10\.\.30/],
    ['size=..', /is no number/],
    ['size=30..10', /runs backwards/],
    ['date=2020-13', /is no date/],
    ['date=yesterday', /is no date/],
    ['colour=red', /no lesion has a field "colour"/],
    ['__proto__=x', /no lesion has a field/],
  ])('%s is refused', (where, message) => {
    expect(() => found(where)).toThrow(message);
    expect(() => found(where)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  test('excluding is the opposite of asking, whatever the value', () => {
    const values = fc.constantFrom('Liver', 'l*', '', 'nothing', '"Liver"');
    const numbers = fc.constantFrom('10', '..30', '9..', '', '30');
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(fc.constant('organ'), values), fc.tuple(fc.constant('size'), numbers)),
        ([field, value]) => {
          const met = countPassing(gallery, [{ field, value }]);
          expect(met + countPassing(gallery, [{ field, value: `!${value}` }])).toBe(rows.length);
        },
      ),
    );
  });
});

test('a lone number means what rounds to it', () => {
  expect(wantedOf('size', '10', 'number')).toMatchObject({ from: 9.5, to: 10.5 });
  expect(wantedOf('size', '1,25', 'number')).toMatchObject({ from: 1.245, to: 1.255 });
});

test('the fields of a library are listed with their values or their range', () => {
  const infos = Object.fromEntries(fieldInfos(gallery).map((info) => [info.name, info]));
  expect(infos.organ).toMatchObject({ kind: 'text', label: false });
  expect(infos.organ.values.map(({ value, count }) => `${value} ${count}`)).toEqual([
    'Left kidney 1',
    'Liver 1',
  ]);
  expect(infos.diameterMm).toEqual({
    name: 'diameterMm',
    kind: 'number',
    label: false,
    unit: 'mm',
    values: [],
    range: [9.6, 30.2],
  });
  expect(infos.age).toMatchObject({ label: true, range: [40, 70] });
  expect(infos.grade).toMatchObject({ kind: 'text', label: true });
  expect(infos.kvp).toBeUndefined();
  expect(infos.lesion).toBeUndefined();
});

test.each([
  ['arterial 1.5 B30f', undefined, 'arterial'],
  ['ABD PORTAL VENOUS 3.0', 'Omnipaque', 'portal venous'],
  ['Thorax w/o contrast', undefined, 'native'],
  ['native 2.5 B30f', undefined, 'native'],
  ['Delayed 5 min', 'Ultravist', 'delayed'],
  ['Abdomen 3.0 B30f', 'Iomeron 400', 'enhanced'],
  ['heart', undefined, undefined],
  ['Artifact reduction', undefined, undefined],
  [undefined, undefined, undefined],
])('the phase of a series called %s with agent %s is %s', (description, agent, phase) => {
  expect(contrastPhase(description, agent)).toBe(phase);
});
