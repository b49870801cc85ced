/** Damages files of a library again and again, uses it, and tells what was not as before. Needs the built processes in dist/. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkCatalog } from '../../native/catalog/backup.ts';
import type { EngineContract } from '../../native/contract/engine.ts';
import { PrecedentError } from '../../native/contract/errors.ts';
import { Engine } from '../../native/engine/engine.ts';
import { Grants } from '../../native/engine/grants.ts';
import { engineHandlers } from '../../native/engine/handlers.ts';
import { vectorKey } from '../../native/engine/library.ts';
import { redrawThumbnail } from '../../native/engine/mend.ts';
import { onlyReading } from '../../native/engine/readOnly.ts';
import { searchLibrary } from '../../native/engine/searchLibrary.ts';
import { verifyLibrary } from '../../native/engine/verify.ts';
import { hasThumbnail } from '../../native/ingest/embedMissing.ts';
import type { Handlers } from '../../native/process/serve.ts';
import { forkSpawner } from '../../native/process/spawners.ts';
import { createRandom, type Random } from '../../native/random.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import { damageFile, damages } from './damage.ts';
import { lesionKey } from './vectors.ts';

const root = resolve(import.meta.dirname, '../..');
const dist = process.env.PRECEDENT_DIST ?? join(root, 'dist');
const never = new AbortController().signal;

interface Options {
  /** A library with lesions, closed, that nobody else uses. */
  readonly library: string;
  readonly cases: number;
  readonly seed: number;
  readonly from?: number;
  readonly onCase?: (done: number, failure: string | undefined) => void;
}

function openEngine(library: string): Promise<Engine> {
  const nothing = () => undefined;
  return Engine.open({
    root: library,
    resources: join(root, 'resources'),
    demonstration: false,
    mayCreate: true,
    spawner: forkSpawner(join(dist, 'native')),
    grants: new Grants(),
    onProcess: nothing,
    onLibrary: nothing,
    onDamage: nothing,
    onJob: nothing,
    onEncoder: nothing,
  });
}

/** The hits of searches for the first lesions. */
async function hits(engine: Engine): Promise<string> {
  const { rows } = engine.library.reads.lesions({ offset: 0, limit: 3 });
  const found = [];
  for (const { id } of rows) {
    const params = {
      query: { lesion: id },
      top: 10,
      where: [],
      includeSamePatient: false,
      hitsPerPatient: 1,
    };
    const { hits: own } = await searchLibrary(engine, params, never);
    found.push(own.map(({ lesion, score }) => [lesion, score]));
  }
  return JSON.stringify(found);
}

function voxelHash(engine: Engine, volume: string): Promise<string> {
  return engine.withVoxels(volume, async (file) => {
    const hash = createHash('sha256');
    for (let k = 0; k < file.grid.dims[2]; k++) hash.update(await file.readSlice(k));
    return hash.digest('hex');
  });
}

const graphDim = 16;
const graphRows = 300;
const graphKey = lesionKey(graphDim);
/** Whatever the size. */
const graphAlways = { graphFrom: 0, filteredExactly: 0 };

/** A matrix with its graph beside the library's own, which are too small for one. */
async function makeGraph(path: string): Promise<VectorStore> {
  const random = createRandom(1, 'graph');
  const rows = Array.from({ length: graphRows }, (_, n) => ({
    id: `row-${n}`,
    vector: Float32Array.from({ length: graphDim }, () => random.normal(0, 1)),
  }));
  const store = VectorStore.build(graphKey, rows, graphAlways);
  await store.updateGraph();
  await store.save(path, '1');
  return store;
}

/** Matrices, graphs, voxels and thumbnails in turn: each must be made again, and searches and pictures stay as they were. */
export async function damageCaches({ library, cases, seed, from = 0, onCase }: Options): Promise<string[]> {
  const failures: string[] = [];
  const graphPath = join(library, 'staging-graph');
  let engine = await openEngine(library);
  const { layout, reads } = engine.library;
  const volumes = reads.ids('volume');
  const lesions = reads.ids('lesion');
  const truth = {
    hits: await hits(engine),
    voxels: new Map<string, string>(),
    hash: (await verifyLibrary(engine, true, never, () => undefined)).contentHash,
  };
  for (const volume of volumes) truth.voxels.set(volume, await voxelHash(engine, volume));
  const graph = await makeGraph(graphPath);
  const query = Float32Array.from({ length: graphDim }, (_, n) => n + 1);
  const found = JSON.stringify(graph.search(query, 10));

  const kinds: readonly ((random: Random) => Promise<string | undefined>)[] = [
    async function matrix(random) {
      await engine.close();
      const name = random.pick(readdirSync(layout.vectors).filter((file) => file.endsWith('.matrix')));
      const done = damageFile(join(layout.vectors, name), random.pick(damages), random);
      engine = await openEngine(library);
      if ((await hits(engine)) !== truth.hits) return `${name}, ${done}: other hits`;
      for (const key of engine.library.embeddings.keys()) {
        await engine.library.vectors(key);
        const revision = engine.library.embeddings.revision(key);
        const { state } = await VectorStore.open(engine.library.vectorPath(key), vectorKey(key), revision);
        if (state !== 'ready') return `${name}, ${done}: a matrix is ${state} afterwards`;
      }
      return undefined;
    },
    async function graphFile(random) {
      const path = `${graphPath}.${random.pick(['graph', 'graph.json', 'matrix'])}`;
      const done = damageFile(path, random.pick(damages), random);
      const opened = await VectorStore.open(graphPath, graphKey, '1', graphAlways);
      const store = opened.state === 'ready' ? opened.value : await makeGraph(graphPath);
      if (JSON.stringify(store.search(query, 10)) !== found) return `${path}, ${done}: other hits`;
      await store.updateGraph();
      if (JSON.stringify(store.search(query, 10)) !== found)
        return `${path}, ${done}: other hits of a new graph`;
      await store.save(graphPath, '1');
      return undefined;
    },
    async function voxels(random) {
      const volume = random.pick(volumes);
      const done = damageFile(layout.voxelFile(volume), random.pick(damages), random);
      return (await voxelHash(engine, volume)) === truth.voxels.get(volume)
        ? undefined
        : `voxels, ${done}: others`;
    },
    async function thumbnail(random) {
      const lesion = random.pick(lesions);
      const path = layout.thumbnail(lesion);
      const before = readFileSync(path);
      const done = damageFile(path, random.pick(damages), random);
      if (await hasThumbnail(path)) return `thumbnail, ${done}: not noticed`;
      await redrawThumbnail(engine, lesion);
      return readFileSync(path).equals(before) ? undefined : `thumbnail, ${done}: another picture`;
    },
  ];
  for (let n = from; n < cases; n++) {
    const damage = kinds[n % kinds.length];
    const failure = await damage(createRandom(seed, `cache ${n}`)).catch(
      (error: unknown) => `${damage.name}: ${PrecedentError.from(error).message}`,
    );
    if (failure) failures.push(`case ${n}: ${failure}`);
    onCase?.(n + 1, failure);
  }
  for (const file of readdirSync(library)) if (file.startsWith('staging-graph')) rmSync(join(library, file));
  const report = await verifyLibrary(engine, false, never, () => undefined);
  for (const { what, where } of report.problems) failures.push(`at the end: ${what} (${where})`);
  if (report.contentHash !== truth.hash) failures.push('at the end: the catalog holds other things');
  await engine.close();
  return failures;
}

interface CatalogReport {
  readonly failures: readonly string[];
  /** Of catalogs that had been closed, and of such that had not, how many opened to be read only. */
  readonly closed: { readonly cases: number; readonly detected: number };
  readonly crashed: { readonly cases: number; readonly detected: number };
}

/** What a window asks when it opens, and more; damage that is met there is answered with an error of a kind. */
const reading = ['library.info', 'patients.list', 'studies.list', 'volumes.list', 'lesions.list', 'filterSets.list',
  'jobs.list', 'library.changes', 'library.health', 'feedback.list', 'savedQueries.list'] as const; // biome-ignore format: one list

type Ask = Handlers<EngineContract>;
const context = { signal: never, progress: () => undefined };

/**
 * The catalog itself, every other time as after a crash, when nothing says what it was. Where damage is found the library is read
 * only and its newest backup brings everything back; where it is not, nothing may crash.
 */
export async function damageCatalogs({
  library,
  cases,
  seed,
  from = 0,
  onCase,
}: Options): Promise<CatalogReport> {
  const failures: string[] = [];
  const counts = { closed: { cases: 0, detected: 0 }, crashed: { cases: 0, detected: 0 } };
  let engine = await openEngine(library);
  const { layout } = engine.library;
  const ask = (one: Engine): Ask =>
    onlyReading(
      one,
      engineHandlers(one, {
        libraryChanged: () => undefined,
        deleted: () => undefined,
        restart: () => undefined,
      }),
    );
  await ask(engine)['backups.make']({}, context);
  await engine.close();
  const sound = { catalog: readFileSync(layout.catalog), seal: readFileSync(layout.seal) };
  const { rowsHash } = checkCatalog(layout.catalog);

  async function one(n: number): Promise<string | undefined> {
    const random = createRandom(seed, `catalog ${n}`);
    const kind = n % 2 === 0 ? 'closed' : 'crashed';
    for (const suffix of ['-wal', '-shm']) rmSync(`${layout.catalog}${suffix}`, { force: true });
    writeFileSync(layout.catalog, sound.catalog);
    if (kind === 'closed') writeFileSync(layout.seal, sound.seal);
    else rmSync(layout.seal, { force: true });
    const done = damageFile(layout.catalog, random.pick(damages), random);
    engine = await openEngine(library);
    counts[kind].cases++;
    const { readOnly } = engine.library;
    if (readOnly) counts[kind].detected++;
    else if (kind === 'closed') return `${done}: not noticed`;
    const handlers = ask(engine);
    for (const method of reading) {
      const params = { offset: 0, limit: 100, text: '', where: [] };
      const failed = await Promise.resolve(handlers[method](params as never, context as never)).then(
        () => undefined,
        (error: unknown) => PrecedentError.from(error),
      );
      if (failed && (readOnly || failed.kind !== 'corrupt'))
        return `${done}: ${method} failed: ${failed.message}`;
    }
    // What was met while reading is damage that the next opening knows of.
    if (!engine.library.readOnly) return undefined;
    const refused = await Promise.resolve(handlers['filterSets.remove']({ name: 'none' }, context)).then(
      () => 'nothing',
      (error: unknown) => PrecedentError.from(error).kind,
    );
    if (refused !== 'refused') return `${done}: a change was answered with ${refused}`;
    const { setAside } = await handlers['backups.restore']({ salvaged: false }, context);
    if (checkCatalog(layout.catalog).rowsHash !== rowsHash) return `${done}: restored to something else`;
    engine = await openEngine(library);
    if (engine.library.readOnly) return `${done}: still read only after the restoring`;
    await engine.close();
    const aside = join(layout.setAside, setAside);
    if (!existsSync(aside)) return `${done}: nothing was set aside`;
    rmSync(aside, { recursive: true });
    return undefined;
  }

  mkdirSync(layout.setAside, { recursive: true });
  for (let n = from; n < cases; n++) {
    const failure = await one(n).catch((error: unknown) => PrecedentError.from(error).message);
    if (failure) failures.push(`case ${n}: ${failure}`);
    await engine.close();
    onCase?.(n + 1, failure);
  }
  return { failures, ...counts };
}
