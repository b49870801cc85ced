/** Deleting for good: nothing of a patient, study or lesion is left in any byte of the library, whenever it is killed; others stay. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import { integrityProblems, openDatabase } from '../../native/catalog/database.ts';
import type { DeletionSubject } from '../../native/contract/deletion.ts';
import { importOptions } from '../../native/contract/jobs.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { backupPlace } from '../../native/engine/backupPlace.ts';
import { backupPath, makeBackup, verifyBackup } from '../../native/engine/backups.ts';
import { beginDeletion, finishDeletions } from '../../native/engine/deletion.ts';
import { holdingOf } from '../../native/engine/deletionBackups.ts';
import type { Engine } from '../../native/engine/engine.ts';
import { Library } from '../../native/engine/library.ts';
import { rebuildVoxels } from '../../native/engine/mend.ts';
import { replaceCatalog } from '../../native/engine/restore.ts';
import { setAsideHolding, setCopiesAside } from '../../native/engine/setAside.ts';
import { operations } from '../../native/files/files.ts';
import { libraryLayout } from '../../native/files/layout.ts';
import { isSealed } from '../../native/files/sealed.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { drawThumbnail } from '../../native/ingest/embedMissing.ts';
import { createRandom } from '../../native/random.ts';
import { VectorStore } from '../../native/vectors/store.ts';
import type { Box } from '../../native/volume/volume.ts';
import { openVoxelFile, type VoxelFile } from '../../native/volume/voxelFile.ts';
import { type CanaryLibrary, plantCanaries } from '../support/canaryLibrary.ts';
import { findCanaries, textCanary } from '../support/canarySearch.ts';
import { volume } from '../support/catalogRows.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

let folder: string;
let planted: CanaryLibrary;
beforeAll(async () => {
  folder = await temporaryFolder();
  planted = await plantCanaries(join(folder, 'planted'));
});
afterAll(() => removeFolder(folder));

let copies = 0;
function copy(): string {
  const root = join(folder, `copy-${copies++}`);
  cpSync(join(folder, 'planted'), root, { recursive: true });
  onTestFinished(() => removeFolder(root));
  return root;
}

async function open(root: string): Promise<Library> {
  const library = await Library.open(root, false);
  onTestFinished(() => library.close());
  return library;
}

const namesOf = (found: readonly string[]) => new Set(found.map((line) => line.split(': ')[0]));
const ofLesions = {
  encoder: 'e',
  version: '1',
  preprocessing: 'p',
  level: 'lesion',
  pooling: '',
  dim: 32,
} as const;
const kinds = ['patient', 'study', 'lesion'] as const;
const left = { patient: [1, 1, 1, 1], study: [2, 2, 2, 2], lesion: [2, 3, 3, 3] } as const;

/** All that must be so once a deletion has ended. */
function expectGone(root: string, library: Library, kind: (typeof kinds)[number]): void {
  expect(findCanaries(root, planted.canaries[kind])).toEqual([]);
  const staying = namesOf(findCanaries(root, planted.staying));
  expect(planted.staying.filter(({ name }) => !staying.has(name) && !name.includes('matrix'))).toEqual([]);
  expect(integrityProblems(library.db)).toEqual([]);
  expect(library.deletions.pending()).toEqual([]);
  expect(Object.values(library.reads.counts())).toEqual(left[kind]);
}

const moments = [
  'uncommitted',
  'rm 1',
  'unlink 1',
  'files',
  'vectors',
  'captions',
  'catalog',
  'backups',
  'finished',
];

describe.each(kinds)('a deleted %s', (kind) => {
  const subject = () => planted.subjects[kind];

  test('was in the library in every form that is searched for, and leaves nothing', async () => {
    const root = copy();
    const library = await open(root);
    writeFileSync(join(library.layout.staging, 'left'), 'Zqannalesionstaged');
    const before = namesOf(findCanaries(root, planted.canaries[kind]));
    expect(planted.canaries[kind].filter(({ name }) => !before.has(name)).map(({ name }) => name)).toEqual(
      [],
    );
    await beginDeletion(library, subject(), 'purge');
    library.changed();
    await finishDeletions(library);
    expectGone(root, library, kind);
    await library.vectors(ofLesions);
    expect(findCanaries(library.layout.vectors, planted.canaries[kind])).toEqual([]);
  });

  // The steps are the same of each.
  test.each(kind === 'patient' ? moments : ['catalog'])('is gone after a kill at "%s"', async (moment) => {
    const root = copy();
    const script = join(import.meta.dirname, '../support/deleteThenDie.ts');
    const args = [script, root, JSON.stringify(subject()), moment];
    const killed = promisify(execFile)(process.execPath, args);
    await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
    const library = await open(root);
    if (moment === 'uncommitted') {
      // It was never said to be done.
      expect(library.deletions.pending()).toEqual([]);
      expect(Object.values(library.reads.counts())).toEqual([2, 3, 3, 4]);
      return;
    }
    expectGone(root, library, kind);
  });
});

test('is told of in the audit by opaque ids and counts', async () => {
  const library = await open(copy());
  library.deletions.remove('tester', planted.subjects.study, 'purge', []);
  const last = library.db.prepare('SELECT * FROM audit ORDER BY id DESC').get() as Record<string, string>;
  expect(last).toMatchObject({ action: 'delete', user: 'tester' });
  expect(JSON.parse(last.detail)).toMatchObject({
    kind: 'study',
    studies: 1,
    volumes: 1,
    lesions: 2,
  });
});

test('is refused while an import that has not ended holds files of it, and touches nothing', async () => {
  const library = await open(copy());
  const sources = ['/data/Zqannafolder/Zqannafirstfolder'];
  library.jobs.add({ origin: 'user', sources, labels: undefined, options: importOptions.parse({}) });
  expect(() => library.deletions.remove('tester', planted.subjects.patient, 'purge', [])).toThrow(
    'has not ended',
  );
  expect(library.reads.counts()).toMatchObject({ patients: 2, lesions: 4 });
});

test('is not imported again from a watched folder, where its file lies still', async () => {
  const library = await open(copy());
  const [{ id }] = library.watched.folders();
  const path = '/data/Zqannafolder/Zqannafirstfolder/Zqannafirstfile.dcm';
  expect(library.watched.files(id).get(path)).toEqual({ bytes: 1, mtimeMs: 1 });
  await beginDeletion(library, planted.subjects.patient, 'purge');
  expect(library.watched.files(id).get(path)).toEqual({ bytes: 1, mtimeMs: 1 });
});

test('originals outside of the library stay as they are', async () => {
  const root = copy();
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'a.dcm'), 'Zqannafirstoriginal');
  const library = await open(root);
  library.db.prepare('UPDATE source_file SET original = ?').run(join(outside, 'a.dcm'));
  await beginDeletion(library, planted.subjects.patient, 'purge');
  await finishDeletions(library);
  expect(findCanaries(outside, planted.canaries.patient)).toHaveLength(1);
});

test('takes the backups with it that hold it, or leaves them all where that was chosen', async () => {
  const root = copy();
  const library = await open(root);
  const { backups, setAside } = library.layout;
  const kept = () => readdirSync(backups).filter((name) => name !== 'settings.json');
  const lesion = planted.subjects.lesion;
  await beginDeletion(library, lesion, 'keep');
  await finishDeletions(library);
  expect(kept()).toEqual(['empty.json', 'empty.sqlite', 'full.json', 'full.sqlite']);
  const held = new Set(findCanaries(root, planted.canaries.lesion).map((line) => line.split(': ')[1]));
  expect([...held].sort()).toEqual(['backups/full.sqlite', 'set-aside/damaged/catalog.sqlite']);
  await beginDeletion(library, planted.subjects.patient, 'purge');
  await finishDeletions(library);
  expect(kept()).toEqual(['empty.json', 'empty.sqlite']);
  expect(readdirSync(setAside)).toEqual([]);
});

/** Every path below a folder, of files alone. */
const filesUnder = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

test('what was set aside of others stays; what holds it goes, under whatever ids, and what nobody can read', async () => {
  const root = copy();
  const layout = libraryLayout(root);
  const { setAside, backups } = layout;
  rmSync(setAside, { recursive: true });
  await replaceCatalog(layout, join(backups, 'empty.sqlite'), {
    known: layout.catalog,
    at: new Date(0),
    user: 'somebody',
    detail: {},
  });
  const put = (dated: string, write: (catalog: string) => void) => {
    mkdirSync(join(setAside, dated));
    write(join(setAside, dated, 'catalog.sqlite'));
  };
  const damaged = readFileSync(join(backups, 'empty.sqlite'));
  damaged.fill(0xa5, 8192, 12_288);
  put('sound', (catalog) => cpSync(join(backups, 'empty.sqlite'), catalog));
  put('damaged', (catalog) => writeFileSync(catalog, damaged));
  put('unreadable', (catalog) => writeFileSync(catalog, 'no catalog'));
  // Of a volume that no catalog knew.
  mkdirSync(join(setAside, 'sound/originals/vol-unknown'), { recursive: true });
  writeFileSync(join(setAside, 'sound/originals/vol-unknown/00000.dcm'), 'of somebody');
  writeFileSync(join(setAside, 'a file'), 'of somebody');
  const library = await open(root);
  expect(library.readOnly).toBeNull();
  // Imported anew, as another than the one that was set aside.
  const again = volume('Zqannapatientid', 'anew', [], 'Zqannaissuer');
  library.writes.addVolume(again);
  const [{ id }] = library.reads.patients({ offset: 0, limit: 1, text: '' }).rows;
  const { holding } = await beginDeletion(library, { patient: id }, 'purge');
  expect([holding.copies.length, holding.setAside.length]).toEqual([1, 7]);
  await finishDeletions(library);
  expect(findCanaries(root, planted.canaries.patient)).toEqual([]);
  expect(filesUnder(setAside).filter((path) => !/^sound.*-(wal|shm)$/.test(path))).toEqual([
    '1970-01-01T00-00-00/originals/vol-berta.json',
    '1970-01-01T00-00-00/originals/vol-berta/00000.dcm',
    'sound/catalog.sqlite',
  ]);
  expect(readdirSync(setAside)).toEqual(['1970-01-01T00-00-00', 'sound']);
});

test('copies that were set aside go with their study, not with a lesion; a lesion is known by its volume and box too', async () => {
  const library = await open(copy());
  const { layout, deletions } = library;
  const { setAside, originals, backups } = layout;
  rmSync(setAside, { recursive: true });
  mkdirSync(join(originals, 'vol-old'));
  const names = ['vol-old', 'stu-old', 'Zqannafirststudyuid', 'pat-old', 'another identity'];
  await setCopiesAside(layout, join(setAside, 'dated'), 'vol-old', names);
  const anew = openDatabase(join(backups, 'full.sqlite'));
  anew.exec(`UPDATE lesion SET uid = 'les-anew-' || id`);
  // As a backup is: one file.
  anew.pragma('journal_mode = DELETE');
  anew.close();
  const holding = async (subject: DeletionSubject) => {
    const { copies, setAside: aside } = await holdingOf(library, deletions.plan(subject));
    return [copies.map((path) => basename(path)), aside.length];
  };
  expect(await holding(planted.subjects.lesion)).toEqual([['full.sqlite'], 0]);
  expect(await holding(planted.subjects.study)).toEqual([['full.sqlite'], 1]);
  const second = library.reads
    .studies({ offset: 0, limit: 9 })
    .rows.find(({ studyInstanceUid }) => studyInstanceUid === 'Zqannasecondstudyuid');
  expect(await holding({ study: second?.id ?? '' })).toEqual([['full.sqlite'], 0]);
});

test.each(['patient', 'lesion'] as const)(
  'a backup that is made before a deletion of a %s is finished holds nothing of it, and finishes it when it is restored',
  async (kind) => {
    const root = copy();
    const library = await open(root);
    const { layout } = library;
    const place = await backupPlace(layout, noPolicy);
    await beginDeletion(library, planted.subjects[kind], 'purge');
    const { name } = await makeBackup(place, layout.catalog, 'migration');
    const alone = join(folder, `alone-${kind}`);
    mkdirSync(alone);
    cpSync(backupPath(place, name), join(alone, 'catalog.sqlite'));
    expect(findCanaries(alone, planted.canaries[kind])).toEqual([]);
    await verifyBackup(place, name);
    const restored = await open(alone);
    while (restored.captions.refreshSome());
    await finishDeletions(library);
    while (library.captions.refreshSome());
    expect(catalogContentHash(restored.db)).toBe(catalogContentHash(library.db));
    const texts = 'SELECT caption, labels, diagnosis, study FROM lesion_text ORDER BY rowid';
    expect(restored.db.prepare(texts).all()).toEqual(library.db.prepare(texts).all());
  },
);

/** Lets a deletion run while a file of this name is about to be written or put in its place, and go on when it is. */
async function deleteMeanwhile(
  library: Library,
  kind: 'patient' | 'lesion',
  [call, name]: readonly ['open' | 'rename', string],
  work: () => Promise<unknown>,
): Promise<void> {
  const real = operations[call] as (...args: unknown[]) => Promise<unknown>;
  onTestFinished(() => void Object.assign(operations, { [call]: real }));
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const held = async (path: unknown, to: unknown, ...others: unknown[]) => {
    if (to === 'wx' ? String(path).includes(name) : String(to).endsWith(name)) {
      reached.resolve();
      await gate.promise;
    }
    return real(path, to, ...others);
  };
  Object.assign(operations, { [call]: held });
  const working = work();
  await reached.promise;
  await beginDeletion(library, planted.subjects[kind], 'purge');
  const deleted = finishDeletions(library);
  // One that does not wait has ended by then.
  await Promise.race([deleted, sleep(500)]);
  gate.resolve();
  await Promise.all([working, deleted]);
}

const empty = (folder: string) => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
};

test('a matrix that is being written meanwhile leaves none of its vectors', async () => {
  const library = await open(copy());
  empty(library.layout.vectors);
  await deleteMeanwhile(library, 'lesion', ['open', '.matrix'], () => library.vectors(ofLesions));
  expect(findCanaries(library.layout.root, planted.canaries.lesion)).toEqual([]);
});

test('a matrix that is made meanwhile is not written', async () => {
  const library = await open(copy());
  empty(library.layout.vectors);
  const { updateGraph } = VectorStore.prototype;
  onTestFinished(() => void Object.assign(VectorStore.prototype, { updateGraph }));
  const { promise: gate, resolve: go } = Promise.withResolvers<void>();
  VectorStore.prototype.updateGraph = () => gate;
  const loading = library.vectors(ofLesions);
  await beginDeletion(library, planted.subjects.lesion, 'purge');
  await finishDeletions(library);
  go();
  await loading;
  expect(findCanaries(library.layout.root, planted.canaries.lesion)).toEqual([]);
});

test('a thumbnail that is drawn or written meanwhile leaves no picture', async () => {
  const draw = async (library: Library, until = Promise.resolve()) => {
    empty(library.layout.thumbnails);
    const file = await openVoxelFile(library.layout.voxelFile('vol-first'));
    const readBox = (box: Box) => file.readBox(box).then((part) => until.then(() => part));
    const held = { grid: file.grid, readBox } as unknown as VoxelFile;
    await drawThumbnail(library, held, 'les-one', library.lesionRegion('les-one')).finally(() =>
      file.close(),
    );
  };
  const writing = await open(copy());
  await deleteMeanwhile(writing, 'lesion', ['open', 'les-one.png'], () => draw(writing));
  expect(readdirSync(writing.layout.thumbnails)).toEqual([]);
  const drawing = await open(copy());
  const { promise: gate, resolve: go } = Promise.withResolvers<void>();
  const drawn = draw(drawing, gate);
  await beginDeletion(drawing, planted.subjects.lesion, 'purge');
  await finishDeletions(drawing);
  go();
  await drawn;
  expect(readdirSync(drawing.layout.thumbnails)).toEqual([]);
});

test('voxels that are put back meanwhile are gone too', async () => {
  const library = await open(copy());
  const contentHash = library.reads.contentHash('vol-first');
  const call = async (_: string, { options }: { options: { staging: string } }) => {
    const staged = join(options.staging, 'read.vox');
    writeFileSync(staged, 'voxels');
    return { volumes: [{ contentHash, staged }] };
  };
  const reader = { call } as unknown as Engine['reader'];
  await deleteMeanwhile(library, 'patient', ['rename', 'vol-first.vox'], () =>
    rebuildVoxels({ library, reader }, 'vol-first', new AbortController().signal),
  );
  expect(readdirSync(library.layout.voxels)).toEqual(['vol-berta.vox']);
});

test('whose the copies are that were set aside is sealed in an encrypted library, and read again', async () => {
  const layout = libraryLayout(join(folder, 'encrypted'));
  onTestFinished(unlockFolder(layout.root, randomBytes(32)));
  mkdirSync(join(layout.originals, 'vol-old'), { recursive: true });
  await setCopiesAside(layout, join(layout.setAside, 'dated'), 'vol-old', ['vol-old', 'Anna']);
  const record = join(layout.setAside, 'dated/originals/vol-old.json');
  expect(isSealed(readFileSync(record))).toBe(true);
  expect(await setAsideHolding(layout, new Set(['Berta']))).toEqual([]);
  expect(await setAsideHolding(layout, new Set(['Anna']))).toEqual([
    [record, join(layout.setAside, 'dated/originals/vol-old')],
  ]);
});

test('whose the copies are goes with them also where writing that was cut off before', async () => {
  const layout = libraryLayout(join(folder, 'cut off'));
  mkdirSync(join(layout.originals, 'vol-old'), { recursive: true });
  await setCopiesAside(layout, join(layout.setAside, 'dated'), 'vol-old', ['vol-old', 'Anna']);
  const originals = join(layout.setAside, 'dated/originals');
  writeFileSync(join(originals, 'vol-old.json.17-0.tmp'), '["vol-old","An');
  expect(await setAsideHolding(layout, new Set(['Berta']))).toEqual([]);
  const [paths] = await setAsideHolding(layout, new Set(['Anna']));
  expect(paths.map((path) => relative(originals, path)).sort()).toEqual([
    'vol-old',
    'vol-old.json',
    'vol-old.json.17-0.tmp',
  ]);
});

test('of what a catalog says is left to remove nothing goes but copies of catalogs and what was set aside', async () => {
  const root = join(folder, 'from elsewhere');
  const library = await Library.open(root, false);
  const outside = join(folder, 'outside');
  for (const at of [outside, join(root, 'backups'), join(root, 'set-aside/dated')])
    mkdirSync(at, { recursive: true });
  const going = ['backups/a.sqlite', 'backups/a.json', 'set-aside/dated/catalog.sqlite'];
  const staying = ['backups/notes.txt', 'catalog.sqlite', '../outside/a.sqlite', '../outside', '.', '..'];
  for (const path of [...going, 'backups/notes.txt', '../outside/a.sqlite'])
    writeFileSync(join(root, path), 'something');
  const given = [...going, ...staying, join(outside, 'a.sqlite'), 'set-aside/dated/../../../outside'];
  const ids = JSON.stringify({ patients: [], studies: [], volumes: [], lesions: [], purge: given });
  library.db.prepare(`INSERT INTO deletion (at, backups, ids) VALUES ('then', 'purge', ?)`).run(ids);
  await finishDeletions(library);
  expect(library.deletions.pending()).toEqual([]);
  expect(going.filter((path) => existsSync(join(root, path)))).toEqual([]);
  expect(staying.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  await library.close();
});

test('pages that SQLite had rearranged keep remains of what is deleted, until the catalog is written anew', async () => {
  const library = await open(copy());
  const remains = () => {
    library.db.pragma('wal_checkpoint(TRUNCATE)');
    return findCanaries(library.layout.root, [textCanary('Zqchurn')]).length;
  };
  const random = createRandom(7, 'churn');
  const keep = library.db.prepare(
    `INSERT INTO saved_query VALUES ('u', ?, ?, 't') ON CONFLICT DO UPDATE SET content = excluded.content`,
  );
  const churn = library.db.transaction(() => {
    for (let n = 0; n < 40; n++) {
      const row = Math.floor(random.next() * 3000);
      const text = row % 10 === 0 ? 'Zqchurn ' : 'another ';
      keep.run(`row ${row}`, text.repeat(1 + 60 * random.next() * random.next()));
    }
  });
  for (let n = 0; n < 200; n++) churn();
  library.db.exec(`DELETE FROM saved_query WHERE content LIKE 'Zqchurn%'`);
  expect(remains()).toBe(1);
  library.deletions.scrub();
  expect(remains()).toBe(0);
});

test('what is not there is said', async () => {
  const library = await open(copy());
  expect(() => library.deletions.plan({ patient: 'pat-none' })).toThrow('there is no such patient');
  expect(() => library.deletions.plan({ lesions: ['les-one', 'les-none'] })).toThrow(
    'there is no such lesion',
  );
});
