/**
 * What encryption costs: import, opening a study, search, catalog and building the graph anew, of an encrypted library against the
 * same one that is not, in turns, as ratios of the medians (`npm run bench:encryption`, after a build).
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openDatabase } from '../../native/catalog/database.ts';
import { type Host, startHost } from '../../native/cli/host.ts';
import { beginEncryption } from '../../native/files/encryption.ts';
import { libraryLayout } from '../../native/files/layout.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import { openVoxelFile } from '../../native/volume/voxelFile.ts';

const patients = 12;
const rounds = 5;
const passphrase = 'a passphrase for the benchmark';
const dist = resolve(import.meta.dirname, '../../dist');
const folder = mkdtempSync(join(tmpdir(), 'precedent-bench-'));
const kinds = ['plain', 'encrypted'] as const;
type Kind = (typeof kinds)[number];

const open = (library: string) =>
  startHost(library, { mayCreate: true, dist, secret: async () => passphrase });

/** Milliseconds of the rounds of each kind, in turns. */
async function inTurns(work: (kind: Kind, round: number) => Promise<number>): Promise<Record<Kind, number>> {
  const taken: Record<Kind, number[]> = { plain: [], encrypted: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? kinds : [...kinds].reverse())
      taken[kind].push(await work(kind, round));
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return { plain: median(taken.plain), encrypted: median(taken.encrypted) };
}

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function report(what: string, { plain, encrypted }: Record<Kind, number>): void {
  const ratio = (encrypted / plain).toFixed(2);
  console.log(
    `${what.padEnd(34)} plain ${plain.toFixed(1)} ms, encrypted ${encrypted.toFixed(1)} ms, ratio ${ratio}`,
  );
}

async function importInto(host: Host, phantom: string): Promise<void> {
  const sources = [host.grant(phantom, 'read')];
  const { id } = await host.engine.call('jobs.start', { sources, copy: true });
  for (;;) {
    const row = (await host.engine.call('jobs.list', {})).find((job) => job.id === id);
    if (row?.finishedAt !== undefined) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

try {
  const made = join(folder, 'made');
  const maker = await open(made);
  await maker.engine.call('demo.create', { patients, seed: 1 });
  await maker.close();
  const phantom = join(made, 'phantom');
  const libraries: Record<Kind, string> = {
    plain: join(folder, 'plain'),
    encrypted: join(folder, 'encrypted'),
  };
  let key: Uint8Array | undefined;

  report(
    'import with copies',
    await inTurns(async (kind, round) => {
      const library = round === 0 ? libraries[kind] : join(folder, `import-${kind}`);
      rmSync(library, { recursive: true, force: true });
      if (kind === 'encrypted') {
        const begun = await beginEncryption(library, passphrase);
        if (round === 0) key = begun.key;
      }
      const host = await open(library);
      const ms = await timed(() => importInto(host, phantom));
      await host.close();
      return ms;
    }),
  );

  const hosts: Record<Kind, Host> = {
    plain: await open(libraries.plain),
    encrypted: await open(libraries.encrypted),
  };
  report(
    '20 searches',
    await inTurns(async (kind) => {
      const { engine } = hosts[kind];
      const { rows } = await engine.call('lesions.list', { limit: 20 });
      return timed(async () => {
        for (const { id } of rows) await engine.call('search.run', { query: { lesion: id }, top: 10 });
      });
    }),
  );
  for (const kind of kinds) await hosts[kind].close();

  if (key) unlockFolder(libraries.encrypted, key);
  report(
    `the voxels of ${patients} studies`,
    await inTurns(async (kind) => {
      const layout = libraryLayout(libraries[kind]);
      const db = openDatabase(layout.catalog);
      const ids = db.prepare('SELECT uid FROM volume').pluck().all() as string[];
      db.close();
      return timed(async () => {
        for (const id of ids) {
          const file = await openVoxelFile(layout.voxelFile(id));
          for (let k = 0; k < file.grid.dims[2]; k++) await file.readSlice(k);
          await file.close();
        }
      });
    }),
  );
  report(
    'catalog: every row of every table',
    await inTurns(async (kind) =>
      timed(() => {
        const db = openDatabase(libraryLayout(libraries[kind]).catalog);
        const tables = db
          .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
          .pluck()
          .all() as string[];
        for (const table of tables) for (const _ of db.prepare(`SELECT * FROM "${table}"`).iterate());
        db.close();
      }),
    ),
  );

  // An encrypted library keeps no graph: from a size on it is built again at every opening, while searches are exact.
  const [rows, dim] = [20_000, 128];
  const random = new Float32Array(rows * dim).map((_, n) => (Math.sin(n * 12.9898) * 43758.5453) % 1);
  const vectors = Array.from({ length: rows }, (_, n) => ({
    id: String(n),
    vector: random.subarray(n * dim, (n + 1) * dim),
  }));
  const cacheKey = {
    level: 'lesion',
    pooling: '',
    dim,
    encoder: { id: 'bench', version: '1', preprocessing: '' },
  };
  const store = VectorStore.build(cacheKey, vectors, { graphFrom: 0, filteredExactly: 0 });
  const building = await timed(() => store.updateGraph());
  console.log(
    `graph built anew                   ${rows} vectors of ${dim}: ${(building / 1000).toFixed(1)} s, ` +
      `${Math.round((1000 * rows) / building)} a second`,
  );
  const copy = join(folder, 'conversion');
  cpSync(libraries.plain, copy, { recursive: true });
  await beginEncryption(copy, passphrase);
  const converting = await timed(async () => (await open(copy)).close());
  console.log(`encrypting the plain library        ${(converting / 1000).toFixed(1)} s, with opening it`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
