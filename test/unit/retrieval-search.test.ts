/** Searches over a gallery: who is excluded, what filters mean, how many hits a patient gives, what is counted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldNames, fieldValue, type GalleryRow } from '../../native/retrieval/gallery.ts';
import { LevelIndex } from '../../native/retrieval/levelIndex.ts';
import { methodNamed, methods } from '../../native/retrieval/methods.ts';
import { rank } from '../../native/retrieval/rank/rank.ts';
import { needName, Scope } from '../../native/retrieval/scope.ts';
import { type SearchRequest, searchGallery } from '../../native/retrieval/search.ts';
import { wilson } from '../../native/retrieval/wilson.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import { atAngle, lesionKey } from '../support/vectors.ts';

const key = lesionKey(2);

/** Lesions on a quarter circle: the smaller the angle (degrees), the more similar to the query [1, 0]. */
function library(lesions: readonly (Partial<GalleryRow> & { lesion: string; angle: number })[]) {
  const gallery = new Map<string, GalleryRow>();
  const rows = lesions.map(({ angle, ...row }) => {
    gallery.set(row.lesion, { patient: row.lesion, volume: `v-${row.lesion}`, labels: {}, ...row });
    return { id: row.lesion, vector: atAngle(angle) };
  });
  return { gallery, store: VectorStore.build(key, rows) };
}

/** As the engine searches: among the lesions that have a vector, by the method `lesion`. */
function search(
  store: VectorStore,
  gallery: ReadonlyMap<string, GalleryRow>,
  { vector, patient, ...request }: Omit<SearchRequest, 'patients'> & { vector: number[]; patient?: string },
) {
  const index = new LevelIndex(store, false);
  const need = needName({ level: 'lesion' });
  const sources = { needs: new Map([[need, { index }]]), words: () => [] };
  const probe = { vectors: new Map([[need, [Float32Array.from(vector)]]]) };
  return searchGallery(
    gallery,
    {
      ...request,
      patients: patient === undefined ? undefined : new Set([patient]),
      findable: ({ lesion }) => index.has(lesion),
    },
    (rows, k) => rank(methodNamed('lesion'), new Scope(sources, rows), probe, k),
  );
}

const query = { vector: [1, 0], top: 10 };

function ids(outcome: ReturnType<typeof search>): string[] {
  return outcome.hits.map(({ row }) => row.lesion);
}

describe('patients', () => {
  const { gallery, store } = library([
    { lesion: 'own', patient: 'p1', angle: 0 },
    { lesion: 'own2', patient: 'p1', angle: 1 },
    { lesion: 'a1', patient: 'p2', angle: 5 },
    { lesion: 'a2', patient: 'p2', angle: 6 },
    { lesion: 'a3', patient: 'p2', angle: 7 },
    { lesion: 'b', patient: 'p3', angle: 20 },
  ]);

  test("the query's patient is left out and each other patient gives its best lesion", () => {
    const outcome = search(store, gallery, { ...query, patient: 'p1' });
    expect(ids(outcome)).toEqual(['a1', 'b']);
    expect(outcome.hits.map(({ rank }) => rank)).toEqual([1, 2]);
    expect(outcome.hits[0].score).toBeCloseTo(Math.cos((5 * Math.PI) / 180), 6);
    expect(outcome.searched).toBe(4);
  });

  test('asked to, it includes the same patient, the lesion itself first', () => {
    const outcome = search(store, gallery, { ...query, patient: 'p1', includeSamePatient: true });
    expect(ids(outcome)).toEqual(['own', 'a1', 'b']);
    expect(outcome.hits[0].score).toBeGreaterThanOrEqual(0.999);
  });

  test('more hits per patient unfold', () => {
    expect(ids(search(store, gallery, { ...query, patient: 'p1', hitsPerPatient: 2 }))).toEqual([
      'a1',
      'a2',
      'b',
    ]);
    expect(ids(search(store, gallery, { ...query, patient: 'p1', hitsPerPatient: 9, top: 3 }))).toEqual([
      'a1',
      'a2',
      'a3',
    ]);
  });

  test('a lesion without an embedding is not searched', () => {
    const more = new Map(gallery).set('bare', { lesion: 'bare', patient: 'p9', volume: 'v', labels: {} });
    expect(search(store, more, { ...query, patient: 'p1' }).searched).toBe(4);
  });
});

describe('conditions', () => {
  const { gallery, store } = library([
    {
      lesion: 'a',
      angle: 1,
      labels: { texture: 'solid', split: 'train' },
      fields: { organ: 'lung', kernel: 'B30f' },
    },
    { lesion: 'b', angle: 2, labels: { texture: 'part' }, fields: { organ: 'lung', kernel: 'B70f' } },
    { lesion: 'c', angle: 3, labels: { texture: 'solid' }, fields: { organ: 'liver' } },
    { lesion: 'd', angle: 4, labels: {} },
  ]);
  const found = (...where: [string, string][]) =>
    ids(search(store, gallery, { ...query, where: where.map(([field, value]) => ({ field, value })) }));

  test('different fields must all hold, values of one field are alternatives', () => {
    expect(found(['texture', 'solid'])).toEqual(['a', 'c']);
    expect(found(['texture', 'solid'], ['organ', 'lung'])).toEqual(['a']);
    expect(found(['texture', 'solid'], ['texture', 'part'])).toEqual(['a', 'b', 'c']);
    expect(found(['kernel', 'B70f'])).toEqual(['b']);
    expect(found(['patient', 'd'])).toEqual(['d']);
    expect(found(['texture', ''])).toEqual(['d']);
    expect(found(['texture', 'none such'])).toEqual([]);
  });

  test('a field that no lesion has is an error that names those there are', () => {
    expect(() => found(['txture', 'solid'])).toThrow(/no lesion has a field "txture".*texture/);
    expect(() => found(['__proto__', 'x'])).toThrow('no lesion has a field');
  });

  test.each([0, -1, 1.5, Number.NaN])('top = %s is refused', (top) => {
    expect(() => search(store, gallery, { ...query, top })).toThrow('top must be');
    expect(() => search(store, gallery, { ...query, hitsPerPatient: top })).toThrow('hitsPerPatient must be');
  });
});

describe('diagnoses', () => {
  const { gallery, store } = library([
    { lesion: 'a', angle: 1, diagnosis: { diagnosis: 'cyst', proof: 'histology' } },
    { lesion: 'b', angle: 2, diagnosis: { diagnosis: 'cyst', proof: 'imaging only' } },
    { lesion: 'c', angle: 3, diagnosis: { diagnosis: 'HCC', proof: 'surgery' } },
    { lesion: 'd', angle: 4, diagnosis: { diagnosis: 'HCC', proof: 'follow-up' } },
    { lesion: 'e', angle: 5, diagnosis: { diagnosis: 'HCC', proof: 'none' } },
    { lesion: 'f', angle: 6 },
  ]);

  test('count where they are proven, and the others are said', () => {
    const outcome = search(store, gallery, { ...query, top: 3 });
    expect(ids(outcome)).toEqual(['a', 'b', 'c']);
    expect(outcome.distributions.find(({ field }) => field === 'diagnosis')?.values).toMatchObject([
      { value: 'HCC', hits: 1, library: 2 },
      { value: 'cyst', hits: 1, library: 1 },
    ]);
    expect(outcome.unproven).toBe(2);
  });

  test('a filter by diagnosis accepts proven ones, unless the proof is named', () => {
    const where = [{ field: 'diagnosis', value: 'cyst' }];
    const outcome = search(store, gallery, { ...query, where });
    expect([ids(outcome), outcome.unproven]).toEqual([['a'], 1]);
    const named = search(store, gallery, {
      ...query,
      where: [...where, { field: 'proof', value: 'imaging only' }],
    });
    expect([ids(named), named.unproven]).toEqual([['b'], 0]);
    expect(named.distributions.find(({ field }) => field === 'diagnosis')?.values).toMatchObject([
      { value: 'cyst', hits: 1, library: 1 },
    ]);
  });

  test('so it does whatever the field is called; what has no diagnosis can be asked for', () => {
    const found = (...where: [string, string][]) =>
      ids(search(store, gallery, { ...query, where: where.map(([field, value]) => ({ field, value })) }));
    expect(found(['dx', 'CYST'])).toEqual(['a']);
    expect(found(['dx', 'cyst'], ['known', 'no'])).toEqual(['b']);
    expect(found(['diagnosis', ''])).toEqual(['f']);
  });
});

test('of many diagnoses the twelve most frequent are shown, those of the hits first', () => {
  const { gallery, store } = library(
    Array.from({ length: 40 }, (_, i) => ({
      lesion: `l${i}`,
      angle: i,
      diagnosis: { diagnosis: `d${i < 20 ? i : 19}`, proof: 'histology' as const },
    })),
  );
  const { distributions } = search(store, gallery, { ...query, top: 2 });
  const [{ field, values }] = distributions;
  expect(field).toBe('diagnosis');
  expect(values.slice(0, 3)).toMatchObject([
    { value: 'd0', hits: 1, library: 1 },
    { value: 'd1', hits: 1, library: 1 },
    { value: 'd19', hits: 0, library: 21 },
  ]);
  expect(values).toHaveLength(12);
});

test('distributions show fields of at most twelve values, hits beside the searched lesions', () => {
  const { gallery, store } = library(
    Array.from({ length: 26 }, (_, i) => ({
      lesion: `l${i}`,
      angle: i,
      labels: {
        kind: i % 3 === 0 ? 'cyst' : 'mass',
        twelve: `${i % 12}`,
        thirteen: `${i % 13}`,
        split: 'train',
      },
    })),
  );
  const { distributions } = search(store, gallery, { ...query, top: 4 });
  expect(distributions.map(({ field }) => field)).toEqual(['kind', 'twelve']);
  expect(distributions[0].values).toEqual([
    { value: 'mass', hits: 2, library: 17, ...wilson(2, 4) },
    { value: 'cyst', hits: 2, library: 9, ...wilson(2, 4) },
  ]);
});

test('for any gallery, the hits are those of sorting everything that may be shown', () => {
  const lesion = fc.record({
    angle: fc.integer({ min: 0, max: 90 }),
    patient: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
    kind: fc.constantFrom('cyst', 'mass', undefined),
  });
  fc.assert(
    fc.property(
      fc.array(lesion, { maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.boolean(),
      (lesions, top, hitsPerPatient, includeSamePatient, filtered) => {
        const anyCyst = lesions.some(({ kind }) => kind !== undefined);
        const { gallery, store } = library(
          lesions.map(({ angle, patient, kind }, i) => ({
            lesion: `l${String(i).padStart(2, '0')}`,
            angle,
            patient,
            labels: (kind ? { kind } : {}) as Record<string, string>,
          })),
        );
        const where = filtered && anyCyst ? [{ field: 'kind', value: 'cyst' }] : [];
        const taken = new Map<string, number>();
        const expected = lesions
          .map((row, i) => ({ ...row, id: `l${String(i).padStart(2, '0')}` }))
          .filter(
            ({ patient, kind }) =>
              (includeSamePatient || patient !== 'p1') && (where.length === 0 || kind === 'cyst'),
          )
          .sort((a, b) => a.angle - b.angle || (a.id < b.id ? -1 : 1))
          .filter(({ patient }) => {
            taken.set(patient, (taken.get(patient) ?? 0) + 1);
            return (taken.get(patient) ?? 0) <= hitsPerPatient;
          })
          .slice(0, top);
        const request = { ...query, patient: 'p1', top, hitsPerPatient, includeSamePatient, where };
        expect(ids(search(store, gallery, request))).toEqual(expected.map(({ id }) => id));
      },
    ),
  );
});

test('own fields come before what the catalog adds, and that before labels', () => {
  const row: GalleryRow = {
    lesion: 'l',
    patient: 'p',
    volume: 'v',
    labels: { organ: 'label', volume: 'label', side: 'left' },
    fields: { organ: 'liver' },
  };
  expect(['organ', 'volume', 'side', 'none'].map((field) => fieldValue(row, field))).toEqual([
    'liver',
    'v',
    'left',
    undefined,
  ]);
  expect(fieldNames([row])).toEqual(['organ', 'side', 'volume']);
});

test('methods are found by name, and an unknown one is an error that names them', () => {
  for (const method of methods) expect(methodNamed(method.name)).toBe(method);
  expect(() => methodNamed('lesions')).toThrow(/no method "lesions".*lesion/);
});

describe('fusion by reciprocal ranks', () => {
  const { gallery, store } = library(
    Array.from({ length: 40 }, (_, n) => ({ lesion: `l${String(n).padStart(2, '0')}`, angle: 2 * n })),
  );
  const need = needName({ level: 'lesion' });
  // Words order them the other way round, so that the middle of both lists counts.
  const words = () => [...gallery.keys()].map((id, n) => ({ id, score: n === 30 ? 50 : n }));
  const sources = { needs: new Map([[need, { index: new LevelIndex(store, false) }]]), words };
  const probe = { vectors: new Map([[need, [Float32Array.of(1, 0)]]]), words: 'any' };
  const first = (top: number) =>
    searchGallery(gallery, { top }, (rows, k) =>
      rank(methodNamed('lesion-words'), new Scope(sources, rows), probe, k),
    ).hits.map(({ row }) => row.lesion);

  test('the first hits are the same however many are wanted', () => {
    const all = first(40);
    expect(all).toHaveLength(40);
    for (const top of [1, 2, 3, 5, 10, 20]) expect(first(top)).toEqual(all.slice(0, top));
  });
});
