/** Lists of lesions by windows, changes to many at once, and their undoing, on a generated catalog. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { editLesions } from '../../native/engine/editLesions.ts';
import { listLesionIds, listLesions } from '../../native/engine/lesionLists.ts';
import { Library } from '../../native/engine/library.ts';
import { undoChange } from '../../native/engine/undoChange.ts';
import { fieldInfos } from '../../native/retrieval/gallery.ts';
import { bigLibrary } from '../support/bigCatalog.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const lesions = 500;
const all = { where: [], text: '', patient: undefined, order: undefined };
const page = { ...all, offset: 0, limit: 50, fields: [] as string[] };

describe('the list of lesions', () => {
  let folder: string;
  let library: Library;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await bigLibrary(folder, lesions);
    library = await Library.open(folder, false);
    library.captions.refreshSome();
  });
  afterAll(async () => {
    await library.close();
    await removeFolder(folder);
  });

  test('windows of it fit together, whatever it is sorted by', () => {
    for (const by of ['diameterMm', 'malignancy', 'diagnosis', 'name', 'date']) {
      const order = { by, descending: by === 'diameterMm' };
      const { lesions: ids, total } = listLesionIds(library, { ...all, order, offset: 0, limit: lesions });
      expect(total).toBe(lesions);
      expect(new Set(ids).size).toBe(lesions);
      const { rows } = listLesions(library, { ...page, order, offset: 230 });
      expect(rows.map(({ id }) => id)).toEqual(ids.slice(230, 280));
    }
  });

  test('numbers are sorted by size and names as people count; what lacks the field comes last in either direction', () => {
    const sorted = (by: string, descending: boolean) =>
      listLesions(library, { ...page, limit: lesions, order: { by, descending } }).rows;
    const sizes = sorted('diameterMm', true).map(({ diameterMm }) => diameterMm);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(
      sorted('name', false)
        .slice(0, 3)
        .map(({ name }) => name),
    ).toEqual(['Lesion 0', 'Lesion 1', 'Lesion 2']);
    for (const descending of [false, true]) {
      const values = sorted('malignancy', descending).map(({ labels }) => labels.malignancy);
      const present = values.filter((value) => value !== undefined);
      expect(present.length).toBeLessThan(lesions);
      expect(values.slice(0, present.length)).toEqual(present);
    }
  });

  test('it is narrowed by words of patient, name, label and diagnosis, all of which must hold, and by filters', () => {
    const found = (text: string, where: { field: string; value: string }[] = []) =>
      listLesions(library, { ...page, limit: lesions, text, where }).rows;
    expect(found('P000007').map(({ patient }) => patient)).toEqual(Array(10).fill('P000007'));
    const cysts = found('cyst liv');
    expect(cysts.length).toBeGreaterThan(0);
    for (const { labels, diagnosis } of cysts)
      expect([labels.organ, diagnosis?.diagnosis]).toEqual(['Liver', 'cyst']);
    expect(found('"*-%_').length).toBe(0);
    const large = found('cyst', [{ field: 'diameterMm', value: '50..' }]);
    expect(large.length).toBeGreaterThan(0);
    expect(large.every(({ diameterMm }) => diameterMm >= 50)).toBe(true);
  });

  test('a row says the values of the fields that are asked for, and nothing of a field that there is not', () => {
    const { rows } = listLesions(library, { ...page, limit: 1, fields: ['date', 'malignancy', 'gone'] });
    expect(rows[0].values).toEqual({
      date: '2026-01-01',
      ...(rows[0].labels.malignancy && { malignancy: rows[0].labels.malignancy }),
    });
  });

  test('patients and studies are found by words', () => {
    expect(library.reads.patients({ offset: 0, limit: 5, text: 'p00003' })).toMatchObject({ total: 10 });
    expect(library.reads.studies({ offset: 0, limit: 5, text: 'P000004 2026-01-01' }).total).toBe(1);
    expect(library.reads.studies({ offset: 0, limit: 5, text: '100%' }).total).toBe(0);
  });

  test('labels and diagnosis of many lesions are set in one change, told in the audit, and brought back exactly', () => {
    const { lesions: ids } = listLesionIds(library, { ...all, offset: 100, limit: 20 });
    const before = ids.map((id) => library.edits.said(id));
    const { change } = editLesions(library, ids, [
      { name: 'malignancy', value: '5' },
      { name: 'organ', value: null },
      { name: 'diagnosis', value: 'lymphoma' },
      { name: 'proof', value: 'histology' },
    ]);
    expect(change).toMatchObject({ rows: 20, user: expect.stringMatching(/./), undoneBy: undefined });
    for (const id of ids)
      expect(library.edits.said(id)).toMatchObject({
        labels: { malignancy: '5' },
        diagnosis: { diagnosis: 'lymphoma', proof: 'histology' },
      });
    const audit = library.db
      .prepare(`SELECT subject, at, user, detail FROM audit WHERE action = 'edit' ORDER BY id`)
      .all() as { subject: string; at: string; user: string; detail: string }[];
    expect(audit.map(({ subject }) => subject)).toEqual(ids);
    expect(audit[0].user).toBe(change?.user);
    expect(JSON.parse(audit[0].detail)).toMatchObject({
      before: { labels: { organ: before[0]?.labels.organ } },
      after: { labels: { organ: null, malignancy: '5' }, diagnosis: { diagnosis: 'lymphoma' } },
    });
    const kinds = fieldInfos(library.gallery()).find(({ name }) => name === 'diagnosis')?.values ?? [];
    expect(kinds.find(({ value }) => value === 'lymphoma')).toEqual({ value: 'lymphoma', count: 20 });
    expect(fieldInfos(library.gallery())).toEqual(fieldInfos(new Map(library.gallery())));
    const undone = undoChange(library, change?.id ?? '');
    expect(undone.left).toBe(0);
    expect(ids.map((id) => library.edits.said(id))).toEqual(before);
    expect(library.changes.recent(10).map(({ undoneBy }) => undoneBy)).toEqual([
      undefined,
      undone.change?.id,
    ]);
    expect(() => undoChange(library, change?.id ?? '')).toThrow(/undone already/);
    // Undoing the undoing does it again.
    undoChange(library, undone.change?.id ?? '');
    expect(library.edits.said(ids[3])?.diagnosis?.diagnosis).toBe('lymphoma');
  });

  test('an undo leaves alone what was changed again since', () => {
    const { lesions: ids } = listLesionIds(library, { ...all, offset: 200, limit: 3 });
    const { change } = editLesions(library, ids, [{ name: 'grade', value: '1' }]);
    editLesions(library, [ids[1]], [{ name: 'grade', value: '2' }]);
    const { left } = undoChange(library, change?.id ?? '');
    expect(left).toBe(1);
    expect(ids.map((id) => library.edits.said(id)?.labels.grade)).toEqual([undefined, '2', undefined]);
  });

  test('what is said already is no change', () => {
    const { lesions: ids } = listLesionIds(library, { ...all, offset: 300, limit: 2 });
    editLesions(library, ids, [{ name: 'grade', value: '1' }]);
    expect(editLesions(library, ids, [{ name: 'grade', value: '1' }]).change).toBeUndefined();
    expect(editLesions(library, ['les_none'], [{ name: 'grade', value: '1' }]).change).toBeUndefined();
  });
});
