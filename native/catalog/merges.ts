/**
 * Merges of what is in the catalog twice: what goes is written down row by row first, so that it can be brought back exactly.
 * Every function here runs inside of the transaction of its change.
 */

import { PrecedentError } from '../contract/errors.ts';
import type { CatalogChanges, ChangedThing } from './changes.ts';
import type { Database } from './database.ts';
import type { CatalogEdits } from './edits.ts';

type Row = Readonly<Record<string, unknown>>;
type Kept = Readonly<Record<string, readonly Row[]>>;

export const mergeAction = 'lesion.merge';
export const unmergeAction = 'lesion.unmerge';
const moveAction = 'lesion.move';
const joinAction = 'patient.merge';
const splitAction = 'patient.unmerge';

/** What hangs on a lesion, and by which columns: in the order in which it can be written back. */
const ofLesion = {
  label: ['lesion'],
  diagnosis: ['lesion'],
  lesion_organ: ['lesion'],
  lesion_caption: ['lesion'],
  lesion_embedding: ['lesion'],
  feedback_query: ['lesion'],
  feedback_mark: ['hit'],
} as const;
/** What a merge changes of what is said of the lesion that stays. */
const ofKept = ['label', 'diagnosis'] as const;
type Table = keyof typeof ofLesion;
/** What else their rows refer to. */
const refersTo: Readonly<Partial<Record<Table, Readonly<Record<string, string>>>>> = {
  lesion_embedding: { key: 'embedding_key' },
  feedback_mark: { query: 'feedback_query', hit: 'lesion' },
};

/** JSON knows no bytes. */
const encoded = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
    ]),
  );
const decoded = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && 'base64' in value
    ? Buffer.from(String(value.base64), 'base64')
    : value;

export function catalogMerges(db: Database, edits: CatalogEdits, changes: CatalogChanges) {
  const rows = (sql: string, ...params: unknown[]): Row[] => db.prepare(sql).all(...params) as Row[];
  const lesionRow = (uid: string): Row | undefined => rows('SELECT * FROM lesion WHERE uid = ?', uid)[0];
  const has = (table: string, id: unknown): boolean =>
    rows(`SELECT 1 FROM ${table} WHERE id = ?`, id).length > 0;
  const insert = (table: string, row: Row): void => {
    const names = Object.keys(row);
    db.prepare(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
    ).run(...Object.values(row).map(decoded));
  };
  /** Of a query of a lesion also its marks: they go with it. */
  const hanging = (table: Table, lesion: unknown): Row[] =>
    table === 'feedback_mark'
      ? rows(
          'SELECT * FROM feedback_mark WHERE hit = ? OR query IN (SELECT id FROM feedback_query WHERE lesion = ?)',
          lesion,
          lesion,
        )
      : rows(`SELECT * FROM ${table} WHERE ${ofLesion[table][0]} = ?`, lesion);
  const keptOf = (tables: readonly Table[], lesion: unknown): Kept =>
    Object.fromEntries(tables.map((table) => [table, hanging(table, lesion).map(encoded)]));
  const tables = Object.keys(ofLesion) as Table[];

  /** The change of a lesion that takes over from another of the same volume, which goes. */
  function mergeLesions(keep: string, other: string): ChangedThing {
    const [stays, goes] = [lesionRow(keep), lesionRow(other)];
    const [mine, theirs] = [edits.said(keep), edits.said(other)];
    if (!stays || !goes || !mine || !theirs || keep === other)
      throw new PrecedentError(
        'not-found',
        'one of the lesions is gone',
        undefined,
        'look for duplicates again',
      );
    if (stays.volume !== goes.volume)
      throw new PrecedentError(
        'refused',
        'lesions of two volumes are not the same',
        undefined,
        'look for duplicates again',
      );
    const before = {
      keep,
      other,
      stays: keptOf(ofKept, stays.id),
      goes: encoded(goes),
      hung: keptOf(tables, goes.id),
    };
    edits.set(keep, {
      labels: { ...theirs.labels, ...mine.labels },
      diagnosis: mine.diagnosis ?? theirs.diagnosis ?? null,
    });
    // What either was marked with stays with the one that is left; where both were, its own mark stands.
    db.prepare('UPDATE OR IGNORE feedback_mark SET hit = ? WHERE hit = ?').run(stays.id, goes.id);
    db.prepare('UPDATE OR IGNORE feedback_query SET lesion = ?, hash = ? WHERE lesion = ?').run(
      stays.id,
      keep,
      goes.id,
    );
    db.prepare('DELETE FROM lesion WHERE id = ?').run(goes.id);
    return { action: mergeAction, subject: keep, before, after: { keep, other, said: edits.said(keep) } };
  }

  /**
   * False where the one that stayed says something else by now, or there is a lesion of the other's id again. Marks on hits that
   * were made since stay with the one that stayed.
   */
  function unmergeLesions({ before, after }: ChangedThing): boolean {
    const was = before as { keep: string; other: string; stays: Kept; goes: Row; hung: Kept };
    const stays = lesionRow(was.keep);
    const told = (after as { said: unknown }).said;
    if (!stays || lesionRow(was.other) || JSON.stringify(edits.said(was.keep)) !== JSON.stringify(told))
      return false;
    // The number of a row may be another's by now; only the id counts outside.
    const { id, ...goes } = was.goes;
    const lying = { ...goes, volume: stays.volume };
    insert('lesion', has('lesion', id) ? lying : { id, ...lying });
    const back = lesionRow(was.other)?.id;
    for (const table of ofKept) {
      db.prepare(`DELETE FROM ${table} WHERE lesion = ?`).run(stays.id);
      for (const row of was.stays[table]) insert(table, { ...row, lesion: stays.id });
    }
    // What the merge moved goes back; what it dropped is written anew.
    for (const { query, at, hit } of was.hung.feedback_mark)
      if (hit === id)
        db.prepare('DELETE FROM feedback_mark WHERE query = ? AND hit = ? AND at = ?').run(
          query,
          stays.id,
          at,
        );
    for (const query of was.hung.feedback_query)
      db.prepare('UPDATE feedback_query SET lesion = ?, hash = ? WHERE id = ? AND lesion = ?').run(
        back,
        was.other,
        query.id,
        stays.id,
      );
    const anew: Row = { lesion: back, volume: stays.volume };
    for (const table of tables)
      for (const row of was.hung[table]) {
        const own = Object.keys(row).map((name) => [name, anew[name] ?? row[name]]);
        const written: Row = { ...Object.fromEntries(own), ...(row.hit === id ? { hit: back } : {}) };
        // An encoder may have been removed meanwhile, marks taken back, and hits deleted.
        if (Object.entries(refersTo[table] ?? {}).every(([name, to]) => has(to, written[name])))
          insert(table, written);
      }
    return true;
  }

  /** Gives the lesions and measurements of a volume to another one of the same voxels. Throws `refused` for one of another grid. */
  function moveLesions(from: string, to: string): ChangedThing[] {
    const sameGrid = rows(
      `SELECT 1 FROM volume a JOIN volume b USING (ni, nj, nk, spacing, origin, direction)
       WHERE a.uid = ? AND b.uid = ? AND a.id != b.id`,
      from,
      to,
    );
    if (sameGrid.length === 0)
      throw new PrecedentError(
        'refused',
        'the volumes are not two of the same grid',
        undefined,
        'look for duplicates again',
      );
    const things = (table: 'lesion' | 'annotation') =>
      rows(
        `SELECT ${table}.uid FROM ${table} JOIN volume ON volume.id = ${table}.volume WHERE volume.uid = ?`,
        from,
      ).map(
        ({ uid }): ChangedThing => ({
          action: moveAction,
          subject: String(uid),
          before: { table, volume: from },
          after: { table, volume: to },
        }),
      );
    const moved = [...things('lesion'), ...things('annotation')];
    for (const thing of moved) move(thing.subject, thing.after as Place);
    return moved;
  }
  interface Place {
    readonly table: 'lesion' | 'annotation';
    readonly volume: string;
  }
  function move(uid: string, { table, volume }: Place): boolean {
    const to = `(SELECT id FROM volume WHERE uid = ?)`;
    const there = rows('SELECT 1 FROM volume WHERE uid = ?', volume).length > 0;
    if (
      !there ||
      db.prepare(`UPDATE ${table} SET volume = ${to} WHERE uid = ?`).run(volume, uid).changes === 0
    )
      return false;
    if (table === 'lesion')
      db.prepare(
        `UPDATE feedback_query SET volume = ${to} WHERE lesion = (SELECT id FROM lesion WHERE uid = ?)`,
      ).run(volume, uid);
    return true;
  }

  const patientRow = (identity: string): Row | undefined =>
    rows('SELECT * FROM patient WHERE identity = ?', identity)[0];
  const studiesOf = (patient: unknown): string[] =>
    rows('SELECT uid FROM study WHERE patient = ?', patient).map(({ uid }) => String(uid));
  const filled = ['name', 'sex', 'birthDate'] as const;

  /** A patient takes over the studies of another, who goes. Throws `refused` where both have a study of the same UID. */
  function joinPatients(keep: string, other: string): ChangedThing {
    const [stays, goes] = [patientRow(keep), patientRow(other)];
    if (!stays || !goes || keep === other)
      throw new PrecedentError(
        'not-found',
        'one of the patients is gone',
        undefined,
        'look for duplicates again',
      );
    const common = rows(
      'SELECT 1 FROM study a JOIN study b USING (studyInstanceUid) WHERE a.patient = ? AND b.patient = ?',
      stays.id,
      goes.id,
    );
    if (common.length > 0)
      throw new PrecedentError(
        'refused',
        'both patients have a study of the same UID',
        undefined,
        'bring the lesions of its volumes over instead',
      );
    const studies = studiesOf(goes.id);
    for (const name of filled)
      db.prepare(`UPDATE patient SET ${name} = coalesce(${name}, ?) WHERE id = ?`).run(goes[name], stays.id);
    db.prepare('UPDATE study SET patient = ? WHERE patient = ?').run(stays.id, goes.id);
    db.prepare('DELETE FROM patient WHERE id = ?').run(goes.id);
    return {
      action: joinAction,
      subject: String(stays.uid),
      before: { keep, other, stays, goes, studies },
      after: { keep, other },
    };
  }

  /** False where the one who stayed is gone, or there is a patient of the other's identity again. */
  function splitPatients({ before }: ChangedThing): boolean {
    const was = before as { keep: string; other: string; stays: Row; goes: Row; studies: string[] };
    const stays = patientRow(was.keep);
    if (!stays || patientRow(was.other)) return false;
    const { id: _, ...goes } = was.goes;
    insert('patient', goes);
    const back = patientRow(was.other)?.id;
    for (const study of was.studies)
      db.prepare('UPDATE study SET patient = ? WHERE uid = ? AND patient = ?').run(back, study, stays.id);
    for (const name of filled)
      db.prepare(`UPDATE patient SET ${name} = ? WHERE id = ?`).run(was.stays[name], stays.id);
    return true;
  }

  const recorded = (user: string, what: string, make: () => ChangedThing | ChangedThing[]) =>
    db.transaction(() => changes.record(user, what, [make()].flat()))();

  return {
    mergeLesions: (user: string, keep: string, other: string) =>
      recorded(user, 'Two lesions merged', () => mergeLesions(keep, other)),
    moveLesions: (user: string, keep: string, other: string) =>
      recorded(user, 'Lesions brought over from the same volume', () => moveLesions(other, keep)),
    joinPatients: (user: string, keep: string, other: string) =>
      recorded(user, 'Two patients merged', () => joinPatients(keep, other)),

    /**
     * Takes one thing back, inside of the transaction of its change: undefined where it cannot be, else the thing that was
     * done, which can be taken back in turn.
     */
    takeBack: (thing: ChangedThing): ChangedThing | undefined => {
      const { keep, other } = thing.after as { keep: string; other: string };
      const back = { ...thing, before: thing.after, after: thing.before };
      switch (thing.action) {
        case mergeAction:
          return unmergeLesions(thing)
            ? { ...back, action: unmergeAction, before: {}, after: { keep, other } }
            : undefined;
        case unmergeAction:
          return lesionRow(keep) && lesionRow(keep)?.volume === lesionRow(other)?.volume
            ? mergeLesions(keep, other)
            : undefined;
        case joinAction:
          return splitPatients(thing)
            ? { ...back, action: splitAction, before: {}, after: { keep, other } }
            : undefined;
        case splitAction:
          return patientRow(keep) && patientRow(other) ? joinPatients(keep, other) : undefined;
        case moveAction:
          return move(thing.subject, thing.before as Place) ? back : undefined;
        default:
          return undefined;
      }
    },
  };
}
export type CatalogMerges = ReturnType<typeof catalogMerges>;
