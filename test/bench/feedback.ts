/**
 * How long it takes to rank a library again after marks on hits, beside the same search without them: from the query's vector
 * to the hits and what they carry. Run it with `node test/bench/feedback.ts [lesions] [dim]`.
 */
import { createRandom } from '../../native/random.ts';
import { rocchio } from '../../native/retrieval/feedback.ts';
import type { GalleryRow } from '../../native/retrieval/gallery.ts';
import { LevelIndex } from '../../native/retrieval/levelIndex.ts';
import { methodNamed } from '../../native/retrieval/methods.ts';
import { rank } from '../../native/retrieval/rank/rank.ts';
import { needName, Scope } from '../../native/retrieval/scope.ts';
import { searchGallery } from '../../native/retrieval/search.ts';
import { VectorStore } from '../../native/vectors/store.ts';

const lesions = Number(process.argv[2] ?? 100_000);
const dim = Number(process.argv[3] ?? 481);
const repeats = 31;

const random = createRandom(1, 'bench');
function* vectors() {
  for (let n = 0; n < lesions; n++) {
    yield { id: `les-${n}`, vector: Float32Array.from({ length: dim }, () => random.next() - 0.5) };
  }
}
const row = (n: number): GalleryRow => ({
  lesion: `les-${n}`,
  patient: `patient-${n % Math.ceil(0.6 * lesions)}`,
  volume: `vol-${n}`,
  labels: { kind: `kind ${n % 7}`, malignancy: `${1 + (n % 5)}` },
  fields: { sex: n % 2 === 0 ? 'F' : 'M' },
  numbers: { diameterMm: n % 40 },
});
const encoder = { id: 'bench', version: '1', preprocessing: 'none' };
const store = VectorStore.build({ level: 'lesion', pooling: '', dim, encoder }, vectors());
const gallery = new Map(Array.from({ length: lesions }, (_, n) => [`les-${n}`, row(n)]));
const index = new LevelIndex(store, false);
const method = methodNamed('lesion');
const need = needName({ level: 'lesion' });
const sources = { needs: new Map([[need, { index }]]), words: () => [] };

function search(vector: Float32Array) {
  const probe = { vectors: new Map([[need, [vector]]]) };
  const findable = ({ lesion }: GalleryRow) => index.has(lesion);
  return searchGallery(gallery, { patients: new Set(['patient-0']), top: 10, findable }, (rows, k) =>
    rank(method, new Scope(sources, rows), probe, k),
  );
}

const [query] = index.vectorsOf('les-0');
const hits = search(query).hits.map((hit) => hit.row.lesion);

/** Every second of the ten hits is marked as relevant, the others as irrelevant. */
function searchMarked() {
  const marked = hits.flatMap((lesion) => index.vectorsOf(lesion));
  const every = (first: number) => marked.filter((_, at) => at % 2 === first);
  return search(rocchio(query, { relevant: every(0), irrelevant: every(1) }, []));
}

function times(run: () => unknown): number[] {
  const taken = Array.from({ length: repeats }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return taken.sort((a, b) => a - b);
}

const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)];
const [plain, marked] = [times(() => search(query)), times(searchMarked)];
console.log(`${lesions} lesions, ${dim} values; milliseconds per search: median, worst of ${repeats}`);
for (const [name, taken] of Object.entries({ 'without marks': plain, 'after 10 marks': marked })) {
  console.log(
    `${name.padEnd(15)} ${median(taken).toFixed(1).padStart(7)} ${taken[repeats - 1].toFixed(1).padStart(7)}`,
  );
}
console.log(`after marks ${(median(marked) / median(plain)).toFixed(2)} of the search without`);
