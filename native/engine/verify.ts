/** Checks that everything in a library is whole and agrees; with `repair`, rebuilds from the catalog and the originals what is not. */
import { basename } from 'node:path';
import type { z } from 'zod';
import { catalogContentHash } from '../catalog/contentHash.ts';
import { integrityProblems, rebuildIndices } from '../catalog/database.ts';
import type { StoredKey } from '../catalog/embeddings.ts';
import type { verifyReport } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { loadManifest } from '../encoder/manifest.ts';
import { fileExists, removeFolder } from '../files/files.ts';
import { countMissing, embedMissing, hasThumbnail } from '../ingest/embedMissing.ts';
import { unpackMask } from '../lesion/mask.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { Turns } from '../process/turns.ts';
import { VectorStore } from '../vectors/store.ts';
import { openVoxelFile } from '../volume/voxelFile.ts';
import { finishDeletions } from './deletion.ts';
import type { Engine } from './engine.ts';
import { vectorKey } from './library.ts';
import { redrawThumbnail } from './mend.ts';
import { strayPaths } from './strays.ts';

type VerifyReport = z.output<typeof verifyReport>;

interface Check {
  readonly engine: Engine;
  readonly repair: boolean;
  readonly signal: AbortSignal;
  readonly checked: Record<string, number>;
  readonly problems: VerifyReport['problems'];
}

const everything = { offset: 0, limit: 1_000_000_000 };

export async function verifyLibrary(
  engine: Engine,
  repair: boolean,
  signal: AbortSignal,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<VerifyReport> {
  // Caches of a damaged catalog's rows would be those of no catalog once it is restored.
  const mayRepair = repair && !engine.library.readOnly;
  const check: Check = { engine, repair: mayRepair, signal, checked: {}, problems: [] };
  const steps = [
    verifyCatalog,
    verifyAudit,
    verifyVoxels,
    verifyLesions,
    verifyEncoders,
    verifyEmbeddings,
    verifyStray,
    verifyDeletions,
  ];
  for (const [done, step] of steps.entries()) {
    throwIfCancelled(signal);
    onProgress({ done, total: steps.length });
    await step(check);
  }
  onProgress({ done: steps.length, total: steps.length });
  return {
    ok: check.problems.every(({ repaired }) => repaired),
    checked: check.checked,
    problems: check.problems,
    contentHash: catalogContentHash(engine.library.db),
  };
}

/** Records what a check found; a repair that fails leaves the problem standing. */
async function found(
  check: Check,
  what: string,
  where: string,
  repair?: () => Promise<boolean>,
): Promise<void> {
  const repaired = check.repair && repair !== undefined && (await repair().catch(() => false));
  check.problems.push({ what, where, repaired });
}

async function verifyCatalog(check: Check): Promise<void> {
  const { db, readOnly } = check.engine.library;
  check.checked.catalog = 1;
  if (readOnly) await found(check, readOnly.why, 'catalog');
  const problems = integrityProblems(db);
  if (problems.length === 0) return;
  // What can be worked out from the tables is made again; what is left then is in the tables.
  if (check.repair) rebuildIndices(db);
  const left = new Set(check.repair ? integrityProblems(db) : problems);
  for (const what of problems) await found(check, what, 'catalog', async () => !left.has(what));
}

async function verifyAudit({ engine, signal, checked, problems }: Check): Promise<void> {
  const turns = new Turns(signal);
  const chain = await engine.library.audit.verify(undefined, () => turns.pass());
  checked.audit = chain.head.count;
  for (const { what, entry } of chain.problems)
    problems.push({ what: `entry ${entry}: ${what}`, where: 'audit', repaired: false });
}

async function verifyVoxels(check: Check): Promise<void> {
  const { engine, signal } = check;
  const { rows } = engine.library.reads.volumes(everything);
  check.checked.volumes = rows.length;
  for (const { id } of rows) {
    throwIfCancelled(signal);
    try {
      const file = await openVoxelFile(engine.library.layout.voxelFile(id));
      try {
        for (let k = 0; k < file.grid.dims[2]; k++) await file.readSlice(k);
      } finally {
        await file.close();
      }
    } catch (thrown) {
      await found(check, PrecedentError.from(thrown).what, id, () => engine.mender.voxels(id, signal));
    }
  }
}

async function verifyLesions(check: Check): Promise<void> {
  const { engine } = check;
  const { layout, reads } = engine.library;
  const { rows } = reads.lesions(everything);
  check.checked.lesions = rows.length;
  check.checked.thumbnails = rows.length;
  for (const { id } of rows) {
    try {
      const { box, packed } = reads.lesionMask(id);
      unpackMask(box, packed);
    } catch (thrown) {
      await found(check, PrecedentError.from(thrown).what, id);
    }
    const path = layout.thumbnail(id);
    if (await hasThumbnail(path)) continue;
    const what = (await fileExists(path)) ? 'the thumbnail is damaged' : 'the thumbnail is missing';
    await found(check, what, id, async () => {
      await redrawThumbnail(engine, id);
      return true;
    });
  }
}

/** Of the encoders that were added, whether their files are those that were. */
async function verifyEncoders(check: Check): Promise<void> {
  const { encoders } = check.engine;
  for (const { folder, problem } of encoders.broken) await found(check, problem, folder);
  check.checked.encoders = encoders.folders.length;
  for (const folder of encoders.folders) {
    throwIfCancelled(check.signal);
    try {
      await loadManifest(folder);
    } catch (thrown) {
      await found(check, PrecedentError.from(thrown).what, basename(folder));
    }
  }
}

async function verifyEmbeddings(check: Check): Promise<void> {
  const { library, encoders } = check.engine;
  const { embeddings } = library;
  for (const { embedder, levels } of encoders.kept()) {
    const missing = countMissing(library, embedder, levels);
    if (missing === 0) continue;
    const what = `${missing} lesions or volumes have no embedding of ${embedder.key.encoder}`;
    await found(check, what, 'catalog', async () => {
      await embedMissing(library, embedder, levels, check.signal);
      return countMissing(library, embedder, levels) === 0;
    });
  }
  check.checked.embeddings = 0;
  for (const key of embeddings.keys()) {
    throwIfCancelled(check.signal);
    await verifyVectors(check, key);
  }
}

async function verifyVectors(check: Check, key: StoredKey): Promise<void> {
  const { library } = check.engine;
  let searchable = 0;
  for (const { owner, vector } of library.embeddings.rows(key)) {
    check.checked.embeddings++;
    if (vector.length !== 2 * key.dim) await found(check, 'the embedding has another length', owner);
    if (vector.some((byte) => byte !== 0)) searchable++;
  }
  const path = library.vectorPath(key);
  const cached = await VectorStore.open(path, vectorKey(key), library.embeddings.revision(key));
  if (cached.state === 'damaged') {
    await found(check, `the vector matrix is damaged (${cached.why})`, 'vectors', async () => {
      const store = await library.vectors(key);
      await store.save(path, library.embeddings.revision(key));
      return true;
    });
  }
  const store = await library.vectors(key);
  if (store.size !== searchable)
    await found(check, `the matrix holds ${store.size} of ${searchable} embeddings`, 'vectors');
}

async function verifyStray(check: Check): Promise<void> {
  const { library } = check.engine;
  // What could not be read of a damaged catalog may know them.
  if (library.readOnly) return;
  for (const path of await strayPaths(library.layout, library)) {
    await found(check, 'a file that belongs to nothing', basename(path), async () => {
      await removeFolder(path);
      return true;
    });
  }
}

async function verifyDeletions(check: Check): Promise<void> {
  const { library } = check.engine;
  for (const { at } of library.deletions.pending()) {
    await found(check, `traces of what was deleted at ${at} are left`, 'catalog', async () => {
      await finishDeletions(library);
      return true;
    });
  }
}
