/** Filters before ranking against brute force: 20,000 random vectors, random filters, with the exact scan and with the graph. */
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../native/random.ts';
import { type Condition, type Gallery, type GalleryRow, passing } from '../../native/retrieval/gallery.ts';
import { type Limits, VectorStore } from '../../native/vectors/store.ts';
import { lesionKey } from '../support/vectors.ts';

const dim = 24;
const k = 10;
const count = 20_000;
const key = lesionKey(dim);
const organs = ['Liver', 'Lung_L', 'Lung_R', 'Kidney_L', 'Pancreas'];

function vector(random: Random): Float32Array {
  const values = Float32Array.from({ length: dim }, () => random.normal(0, 1));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const random = createRandom(11, 'filters');
const rows = Array.from({ length: count }, (_, n): GalleryRow => {
  const labels: Record<string, string> = {};
  if (random.next() < 0.8) labels.grade = String(1 + Math.floor(random.next() * 5));
  return {
    lesion: `les-${String(n).padStart(5, '0')}`,
    patient: `pat-${n >> 2}`,
    volume: `vol-${n >> 1}`,
    labels,
    fields: random.next() < 0.9 ? { organ: random.pick(organs) } : {},
    numbers: { diameterMm: 5 + 95 * random.next(), age: 20 + Math.floor(70 * random.next()) },
  };
});
const gallery: Gallery = new Map(rows.map((row) => [row.lesion, row]));
// What is searched for lies near some organs, as lesions do, so that a filter by organ is not one by chance.
const vectors = new Map(
  rows.map(({ lesion, fields }) => {
    const own = vector(random);
    const at = organs.indexOf(fields?.organ ?? '');
    if (at >= 0) own[at] += 0.6;
    return [lesion, own];
  }),
);

/** Conditions, and the same said plainly. */
interface Filter {
  readonly where: readonly Condition[];
  readonly meets: (row: GalleryRow) => boolean;
}
/** One for each field: conditions on one field are alternatives. */
const makers: readonly ((random: Random) => Filter)[] = [
  (r) => {
    const organ = r.pick([...organs, undefined]);
    const excluded = r.next() < 0.4;
    return {
      where: [{ field: 'organ', value: `${excluded ? '!' : ''}${organ?.toLowerCase() ?? ''}` }],
      meets: (row) => (row.fields?.organ === organ) !== excluded,
    };
  },
  (r) => {
    const [a, b] = [5 + 95 * r.next(), 5 + 95 * r.next()].sort((x, y) => x - y);
    const value = (row: GalleryRow) => row.numbers?.diameterMm ?? Number.NaN;
    return {
      where: [{ field: 'size', value: `${a}..${b}` }],
      meets: (row) => value(row) >= a && value(row) <= b,
    };
  },
  (r) => {
    const least = 20 + Math.floor(70 * r.next());
    return {
      where: [{ field: 'age', value: `${least}..` }],
      meets: (row) => (row.numbers?.age ?? 0) >= least,
    };
  },
  (r) => {
    const [a, b] = [1 + Math.floor(5 * r.next()), 1 + Math.floor(5 * r.next())];
    return {
      where: [a, b].map((grade) => ({ field: 'grade', value: String(grade) })),
      meets: (row) => row.labels.grade === String(a) || row.labels.grade === String(b),
    };
  },
];

/** 60 filters of one to three fields. */
const filters = Array.from({ length: 60 }, (_, n): Filter => {
  const own = createRandom(n, 'filter');
  const left = [...makers];
  const parts = Array.from({ length: 1 + (n % 3) }, () => {
    const [maker] = left.splice(Math.floor(own.next() * left.length), 1);
    return maker(own);
  });
  return {
    where: parts.flatMap(({ where }) => where),
    meets: (row) => parts.every(({ meets }) => meets(row)),
  };
});

function bruteForce({ meets }: Filter, query: Float32Array): string[] {
  const dot = (other: Float32Array) => other.reduce((sum, value, n) => sum + value * query[n], 0);
  return rows
    .filter(meets)
    .map(({ lesion }) => {
      const own = vectors.get(lesion) ?? new Float32Array(dim);
      return { lesion, score: dot(own) / Math.hypot(...own) };
    })
    .sort((a, b) => b.score - a.score || (a.lesion < b.lesion ? -1 : 1))
    .slice(0, k)
    .map(({ lesion }) => lesion);
}

function recall(store: VectorStore): number {
  let [found, all] = [0, 0];
  for (const [n, filter] of filters.entries()) {
    const query = vector(createRandom(n, 'query'));
    const truth = new Set(bruteForce(filter, query));
    const allowed = store.rowsOf(passing(gallery, filter.where).map(({ lesion }) => lesion));
    const hits = allowed.length === 0 ? [] : store.search(query, k, allowed);
    expect(hits).toHaveLength(truth.size);
    for (const { id } of hits) if (truth.has(id)) found++;
    all += truth.size;
  }
  return found / all;
}

const build = (limits: Limits) =>
  VectorStore.build(
    key,
    rows.map(({ lesion }) => ({ id: lesion, vector: vectors.get(lesion) ?? [] })),
    limits,
  );

test('the filters leave few lesions and many', () => {
  const sizes = filters.map(({ where }) => passing(gallery, where).length).sort((a, b) => a - b);
  expect(sizes[3]).toBeLessThan(500);
  expect(sizes.at(-3)).toBeGreaterThan(10_000);
});

test('below the exact limit every one of the ten nearest that pass is found', () => {
  expect(recall(build({}))).toBe(1);
});

describe('above the exact limit', () => {
  const store = build({ graphFrom: 0, filteredExactly: 500 });
  beforeAll(() => store.updateGraph(), 120_000);

  test('at least 99% are', () => {
    expect(store.indexed).toBe(true);
    expect(recall(store)).toBeGreaterThanOrEqual(0.99);
  });
});
