/** What a library may hold twice is found, merged, and brought back exactly as it was. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import { integrityProblems } from '../../native/catalog/database.ts';
import type { Duplicate } from '../../native/contract/library.ts';
import { findDuplicates } from '../../native/engine/duplicates.ts';
import { Library } from '../../native/engine/library.ts';
import { mergeDuplicates } from '../../native/engine/mergeDuplicates.ts';
import { undoChange } from '../../native/engine/undoChange.ts';
import { packMask } from '../../native/lesion/mask.ts';
import { isIdentifying } from '../../native/takeaway/identifying.ts';
import type { Box } from '../../native/volume/volume.ts';
import { writeVoxelFile } from '../../native/volume/voxelFile.ts';
import { lesion, volume } from '../support/catalogRows.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

/** A box of 4³ voxels at `at`, all of them the lesion. */
function boxed(uid: string, at: number, labels: Record<string, string>) {
  const box: Box = [at, 0, 0, at + 3, 3, 3];
  return { ...lesion(uid, labels), uid, box, packed: packMask({ box, bits: new Uint8Array(64).fill(1) }) };
}

function onGrid(uid: string, patient: string, lesions: ReturnType<typeof boxed>[], name?: string) {
  const made = volume(patient, uid, lesions);
  const read = { ...made.read, dims: [8, 4, 4] as [number, number, number] };
  return {
    ...made,
    uid,
    read: { ...read, patient: { patientId: patient, name, birthDate: name && '19600101' } },
  };
}

describe('duplicates', () => {
  let folder: string;
  let library: Library;
  const find = async () => findDuplicates(library, new AbortController().signal, () => undefined);
  const kinds = async () => (await find()).map(({ kind }) => kind);

  beforeEach(async () => {
    folder = await temporaryFolder();
    library = await Library.open(folder, false);
    const { writes } = library;
    const first = boxed('les-first', 0, { organ: 'Liver', grade: '1' });
    const again = boxed('les-again', 0, { organ: 'Spleen', margin: 'sharp' });
    const other = boxed('les-other', 4, {});
    const diagnosis = { diagnosis: 'cyst', proof: 'histology' as const, author: 'reader' };
    writes.addVolume(onGrid('vol-a', 'A', [first, { ...again, diagnosis }, other], 'Doe^Jane'));
    writes.addVolume(onGrid('vol-b', 'B', [boxed('les-b', 0, {})], 'doe^jane'));
    writes.addVolume(onGrid('vol-c', 'C', []));
    for (const [n, id] of ['vol-a', 'vol-b', 'vol-c'].entries()) {
      const voxels = Int16Array.from({ length: 128 }, (_, at) => (n < 2 ? at : 2 * at));
      await writeVoxelFile(library.layout.voxelFile(id), {
        dims: [8, 4, 4],
        spacing: [1, 1, 1],
        origin: [0, 0, 0],
        direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
        voxels,
      });
    }
    const key = { encoder: 'e', version: '1', preprocessing: 'p', level: 'lesion' as const, pooling: '' };
    library.embeddings.add(key, 2, [
      { owner: 'les-again', slice: undefined, vector: new Uint8Array([1, 2, 3, 4]) },
    ]);
    library.feedback.mark('me', { lesion: 'les-again' }, { hit: 'les-b', relevant: true, method: 'lesion' });
    library.feedback.mark(
      'me',
      { lesion: 'les-other' },
      { hit: 'les-again', relevant: false, method: 'lesion' },
    );
    library.captions.refreshSome();
    library.changed();
  });
  afterEach(async () => {
    await library.close();
    await removeFolder(folder);
  });

  test('a lesion saved twice, a patient under two ids and the same voxels are found, and nothing else', async () => {
    const found = await find();
    const ids = (pair: Duplicate) =>
      pair.kind === 'lesion'
        ? pair.lesions.map(({ id }) => id)
        : pair.kind === 'patient'
          ? pair.patients.map(({ patient }) => patient)
          : pair.volumes.map(({ id }) => id);
    expect(found.map((pair) => [pair.kind, ...ids(pair)])).toEqual([
      ['lesion', 'les-first', 'les-again'],
      ['patient', 'A', 'B'],
      ['volume', 'vol-a', 'vol-b'],
    ]);
    library.duplicates.keepApart(found[0].key);
    expect(await kinds()).toEqual(['patient', 'volume']);
  });

  test('the search for them ends when it is withdrawn', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(findDuplicates(library, controller.signal, () => undefined)).rejects.toThrow(/cancelled/);
  });

  test('a merged lesion has the labels of both, its own where both have one, and the marks of both', () => {
    mergeDuplicates(library, { kind: 'lesion', keep: 'les-first', other: 'les-again' });
    expect(library.reads.lesion('les-first')).toMatchObject({
      labels: { organ: 'Liver', grade: '1', margin: 'sharp' },
      diagnosis: { diagnosis: 'cyst', proof: 'histology', author: 'reader' },
    });
    expect(() => library.reads.lesion('les-again')).toThrow(/no lesion/);
    expect(library.feedback.list().map(({ lesion: query, hit }) => [query, hit])).toEqual([
      ['les-first', 'les-b'],
      ['les-other', 'les-first'],
    ]);
  });

  test.each([
    { kind: 'lesion', keep: 'les-first', other: 'les-again' },
    { kind: 'lesion', keep: 'les-again', other: 'les-first' },
    { kind: 'patient', keep: 'A', other: 'B' },
    { kind: 'volume', keep: 'vol-a', other: 'vol-b' },
  ] as const)('what was merged is brought back exactly, and merged once more: %o', (params) => {
    const state = () => [catalogContentHash(library.db), library.feedback.list()];
    const before = state();
    const { change } = mergeDuplicates(library, params);
    const merged = state();
    expect(merged).not.toEqual(before);
    const back = undoChange(library, change?.id ?? '');
    expect(back.left).toBe(0);
    expect(state()).toEqual(before);
    expect(undoChange(library, back.change?.id ?? '').left).toBe(0);
    expect(state()).toEqual(merged);
  });

  test('lesions brought over lie in the other volume, whose patient may be another', () => {
    mergeDuplicates(library, { kind: 'volume', keep: 'vol-a', other: 'vol-b' });
    expect(library.reads.lesion('les-b')).toMatchObject({ volume: 'vol-a', patient: 'A' });
  });

  test('a merge is not undone over what was said since', () => {
    const { change } = mergeDuplicates(library, { kind: 'lesion', keep: 'les-first', other: 'les-again' });
    library.writes.setLabel('les-first', 'grade', '3');
    expect(undoChange(library, change?.id ?? '').left).toBe(1);
    expect(library.reads.lesion('les-first').labels.grade).toBe('3');
  });

  test('marks made since a merge stay when it is undone, and an encoder that is gone does not stand in its way', () => {
    const { change } = mergeDuplicates(library, { kind: 'lesion', keep: 'les-first', other: 'les-again' });
    const mark = { relevant: true, method: 'lesion' };
    library.feedback.mark('you', { lesion: 'les-first' }, { ...mark, hit: 'les-other' });
    library.feedback.mark('you', { lesion: 'les-b' }, { ...mark, hit: 'les-first' });
    library.db.exec('DELETE FROM embedding_key');
    expect(undoChange(library, change?.id ?? '').left).toBe(0);
    const told = library.feedback.list().map(({ user, lesion: query, hit }) => [user, query, hit]);
    expect(told.sort()).toEqual([
      ['me', 'les-again', 'les-b'],
      ['me', 'les-other', 'les-again'],
      ['you', 'les-b', 'les-first'],
      ['you', 'les-first', 'les-other'],
    ]);
    expect(integrityProblems(library.db)).toEqual([]);
  });

  test('what is not the same twice is not merged: lesions of two volumes, volumes of two grids, a volume with itself', () => {
    const merge = (kind: Duplicate['kind'], keep: string, other: string) => () =>
      mergeDuplicates(library, { kind, keep, other });
    const other = onGrid('vol-d', 'D', [boxed('les-d', 0, {})]);
    library.writes.addVolume({ ...other, read: { ...other.read, spacing: [1, 1, 2] } });
    const before = catalogContentHash(library.db);
    expect(merge('lesion', 'les-first', 'les-b')).toThrow(/two volumes/);
    expect(merge('volume', 'vol-a', 'vol-d')).toThrow(/same grid/);
    expect(merge('volume', 'vol-a', 'vol-none')).toThrow(/same grid/);
    expect(merge('volume', 'vol-a', 'vol-a')).toThrow(/same grid/);
    expect(catalogContentHash(library.db)).toBe(before);
  });

  test('who was merged into a patient is still known as someone whom nothing may name', () => {
    for (const id of ['KAN-1', 'KAN-2']) library.writes.addVolume(onGrid(`vol-${id}`, id, [], `Finch^${id}`));
    const { merged } = library.reads.patientIdentifiers('A');
    mergeDuplicates(library, { kind: 'patient', keep: 'KAN-1', other: 'KAN-2' });
    mergeDuplicates(library, { kind: 'patient', keep: 'A', other: 'KAN-1' });
    const known = library.reads.patientIdentifiers('A');
    const named = ['KAN-1', 'KAN-2'].map((patientId) => ({ patientId, name: `Finch^${patientId}` }));
    expect([merged, known.merged]).toEqual([[], named]);
    const said = ['seen as KAN-2', 'as Finch says', 'one cyst'];
    expect(said.map((text) => isIdentifying(text, known))).toEqual([true, true, false]);
  });

  test('patients who both have a study of the same UID stay two', () => {
    library.writes.addVolume(onGrid('vol-d', 'A', []));
    library.writes.addVolume({
      ...onGrid('vol-e', 'B', []),
      read: { ...onGrid('vol-e', 'B', []).read, study: { uid: 'study-A' } },
    });
    expect(() => mergeDuplicates(library, { kind: 'patient', keep: 'A', other: 'B' })).toThrow(/same UID/);
    expect(library.reads.counts().patients).toBe(3);
  });
});
