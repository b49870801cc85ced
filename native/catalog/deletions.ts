/**
 * Takes patients, studies or lesions out of the catalog with everything that names them, in one transaction that also writes down
 * that there is more to remove; `scrub` then leaves nothing of them in the file.
 */
import type { DeletionCounts, DeletionSubject } from '../contract/deletion.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { CatalogAudit } from './audit.ts';
import { type Database, openCopy, openToRead } from './database.ts';
import { deleteAction } from './deletionAudit.ts';
import { removeTraces, searchesNaming } from './deletionTraces.ts';
import { ancestors, type Traces } from './traces.ts';

type Row = Readonly<Record<string, unknown>>;

/** Row numbers of what goes. */
export interface Chosen {
  readonly patients: readonly number[];
  readonly studies: readonly number[];
  readonly volumes: readonly number[];
  readonly lesions: readonly number[];
}
/** Opaque ids of what went. */
export interface Deleted {
  readonly patients: readonly string[];
  readonly studies: readonly string[];
  readonly volumes: readonly string[];
  readonly lesions: readonly string[];
}
/**
 * By what another catalog or a record of what was set aside knows it: opaque ids, and what is the same where it was imported anew,
 * which is a patient's identity, a StudyInstanceUID, the content and box of a lesion.
 */
export type Names = ReadonlySet<string>;
/** What a deletion would take. */
export interface DeletionDraft {
  readonly ids: Deleted;
  readonly counts: DeletionCounts;
  readonly names: Names;
}
/** A deletion of which files, caches or traces in the file are left to remove. */
export interface PendingDeletion {
  readonly id: number;
  readonly at: string;
  /** Paths of backups and of what was set aside, relative to the library's folder where they lie in it. */
  readonly purge: readonly string[];
}
type Table = keyof Chosen;
const tableOf = { patients: 'patient', studies: 'study', volumes: 'volume', lesions: 'lesion' } as const;

export function catalogDeletions(db: Database, audit: CatalogAudit) {
  const rows = (sql: string, ...params: unknown[]): Row[] => db.prepare(sql).all(...params) as Row[];
  const column = <T>(sql: string, ...params: unknown[]): T[] =>
    db
      .prepare(sql)
      .pluck()
      .all(...params) as T[];
  const among = (ids: readonly number[]) => JSON.stringify(ids);
  const inJson = 'IN (SELECT value FROM json_each(?))';
  const count = (sql: string, ids: readonly number[]): number => Number(column<number>(sql, among(ids))[0]);

  /** Throws `not-found` where something that is named is not in the library. */
  function choose(subject: DeletionSubject): Chosen {
    if ('lesions' in subject) {
      const wanted = new Set(subject.lesions);
      const lesions = column<number>(
        'SELECT id FROM lesion WHERE uid IN (SELECT value FROM json_each(?))',
        JSON.stringify([...wanted]),
      );
      if (lesions.length < wanted.size) throw gone('lesion');
      return { patients: [], studies: [], volumes: [], lesions };
    }
    const studies =
      'patient' in subject
        ? column<number>(
            'SELECT study.id FROM study JOIN patient ON patient.id = study.patient WHERE patient.uid = ?',
            subject.patient,
          )
        : column<number>('SELECT id FROM study WHERE uid = ?', subject.study);
    const patients =
      'patient' in subject
        ? column<number>('SELECT id FROM patient WHERE uid = ?', subject.patient)
        : column<number>(
            `SELECT patient FROM study WHERE uid = ? AND NOT EXISTS (
               SELECT 1 FROM study other WHERE other.patient = study.patient AND other.id != study.id)`,
            subject.study,
          );
    if ('patient' in subject && patients.length === 0) throw gone('patient');
    if ('study' in subject && studies.length === 0) throw gone('study');
    const volumes = column<number>(
      `SELECT volume.id FROM volume JOIN series ON series.id = volume.series WHERE series.study ${inJson}`,
      among(studies),
    );
    const lesions = column<number>(`SELECT id FROM lesion WHERE volume ${inJson}`, among(volumes));
    return { patients, studies, volumes, lesions };
  }

  const idsOf = (chosen: Chosen, table: Table): string[] =>
    column(`SELECT uid FROM ${tableOf[table]} WHERE id ${inJson}`, among(chosen[table]));
  const deleted = (chosen: Chosen): Deleted => ({
    patients: idsOf(chosen, 'patients'),
    studies: idsOf(chosen, 'studies'),
    volumes: idsOf(chosen, 'volumes'),
    lesions: idsOf(chosen, 'lesions'),
  });

  /** What the chosen are known by, inside of the catalog and outside. */
  function tracesOf(chosen: Chosen, ids: Deleted): Traces {
    const { patients, studies, volumes, lesions } = chosen;
    const texts = (sql: string, of: readonly number[]): string[] =>
      rows(sql, among(of))
        .flatMap((row) => Object.values(row))
        .filter((value): value is string => typeof value === 'string' && value !== '');
    const people = texts(`SELECT patientId, identity FROM patient WHERE id ${inJson}`, patients);
    const names = texts(`SELECT name, birthDate FROM patient WHERE id ${inJson}`, patients);
    const uids = [
      ...texts(`SELECT studyInstanceUid, accessionNumber FROM study WHERE id ${inJson}`, studies),
      ...texts(`SELECT seriesInstanceUid FROM series WHERE study ${inJson}`, studies),
    ];
    const files = [
      ...texts(`SELECT path, original FROM source_file WHERE volume ${inJson}`, volumes),
      ...texts(`SELECT path FROM report WHERE study ${inJson}`, studies),
    ];
    const others = column<string>(
      `SELECT path FROM source_file WHERE volume NOT ${inJson} UNION SELECT original FROM source_file
         WHERE original IS NOT NULL AND volume NOT ${inJson} UNION SELECT path FROM report WHERE study NOT ${inJson}`,
      among(volumes),
      among(volumes),
      among(studies),
    );
    const shared = new Set(others.flatMap(ancestors));
    const folders = new Set(files.flatMap((path) => ancestors(path).slice(1)));
    const merged = mergedInto(ids);
    return {
      exact: new Set([
        ...Object.values(ids).flat(),
        ...texts(`SELECT uid FROM report WHERE study ${inJson}`, studies),
        ...texts(`SELECT uid FROM organ WHERE volume ${inJson}`, volumes),
        ...texts(`SELECT sopInstanceUid FROM source_file WHERE volume ${inJson}`, volumes),
        ...[...people, ...uids, ...files, ...merged.exact],
      ]),
      folders: folders.difference(shared),
      spelled: [...people, ...uids, ...names, ...merged.spelled],
      parts: [...names.flatMap(partsOf), ...merged.parts],
      regions: new Set(
        rows(
          `SELECT volume.uid, i0, j0, k0, i1, j1, k1 FROM lesion JOIN volume ON volume.id = lesion.volume
           WHERE lesion.id ${inJson}`,
          among(lesions),
        ).map(({ uid, ...box }) => `${uid} ${Object.values(box)}`),
      ),
    };
  }

  /** What was merged into the deleted, by what the merges wrote down; what was taken apart again is something else. */
  function mergedInto({
    patients,
    lesions,
  }: Deleted): Readonly<Record<'exact' | 'names' | 'spelled' | 'parts', string[]>> {
    const found = {
      exact: [] as string[],
      names: [] as string[],
      spelled: [] as string[],
      parts: [] as string[],
    };
    for (const [table, from] of [
      ['patient', patients],
      ['lesion', lesions],
    ] as const) {
      const ask = db.prepare(
        `SELECT json_extract(detail, '$.before.goes') FROM audit WHERE action = '${table}.merge' AND subject = ?`,
      );
      const isThere = db.prepare(`SELECT 1 FROM ${table} WHERE uid = ?`);
      const waiting = [...from];
      for (let uid = waiting.pop(); uid !== undefined; uid = waiting.pop())
        for (const text of ask.pluck().all(uid) as (string | null)[]) {
          if (text === null) continue;
          const goes = JSON.parse(text) as Readonly<Record<string, string | null>>;
          if (!goes.uid || isThere.get(goes.uid) || found.exact.includes(goes.uid)) continue;
          waiting.push(goes.uid);
          found.exact.push(goes.uid);
          found.names.push(...[goes.uid, goes.identity].filter((one) => typeof one === 'string'));
          if (table === 'lesion') continue;
          const known = [goes.patientId, goes.identity].filter((one) => typeof one === 'string');
          const named = typeof goes.name === 'string' ? [goes.name] : [];
          found.exact.push(...known);
          found.spelled.push(...known, ...named);
          found.parts.push(...named.flatMap(partsOf));
        }
    }
    return found;
  }

  function counts(chosen: Chosen, ids: Deleted): DeletionCounts {
    const { patients, studies, volumes, lesions } = chosen;
    return {
      patients: patients.length,
      studies: studies.length,
      volumes: volumes.length,
      lesions: lesions.length,
      reports: count(`SELECT count(*) FROM report WHERE study ${inJson}`, studies),
      drawn:
        count(`SELECT count(*) FROM annotation WHERE volume ${inJson}`, volumes) +
        count(`SELECT count(*) FROM key_image WHERE volume ${inJson}`, volumes),
      copies: count(`SELECT count(*) FROM volume WHERE copied = 1 AND id ${inJson}`, volumes),
      searches: searchesNaming(db, tracesOf(chosen, ids)),
    };
  }

  function namesOf({ patients, studies, lesions }: Chosen, ids: Deleted): Names {
    const names = new Set([
      ...Object.values(ids).flat(),
      ...column<string>(`SELECT identity FROM patient WHERE id ${inJson}`, among(patients)),
      ...column<string>(`SELECT studyInstanceUid FROM study WHERE id ${inJson}`, among(studies)),
      ...column<string>(
        `SELECT contentHash FROM volume WHERE id IN (SELECT volume FROM lesion WHERE id ${inJson})`,
        among(lesions),
      ),
      ...column<string>(`SELECT ${regionName} ${ofLesions} WHERE lesion.id ${inJson}`, among(lesions)),
      ...mergedInto(ids).names,
    ]);
    // A study without a UID is not known by it.
    names.delete('');
    return names;
  }

  /** From the leaves up: the triggers that mark captions find the studies still there. */
  function removeRows({ patients, studies, volumes, lesions }: Chosen): void {
    const run = (sql: string, ids: readonly number[]) => db.prepare(sql).run(among(ids));
    // What was drawn where a lesion is may be it, before it was saved.
    for (const table of ['feedback_query', 'unsaved_mark'])
      run(
        `DELETE FROM ${table} WHERE (volume, box) IN (SELECT volume, concat_ws(',', i0, j0, k0, i1, j1, k1)
           FROM lesion WHERE id ${inJson})`,
        lesions,
      );
    forgetWarnings(lesions);
    run(`DELETE FROM lesion WHERE id ${inJson}`, lesions);
    run(`DELETE FROM volume WHERE id ${inJson}`, volumes);
    run(`DELETE FROM report WHERE study ${inJson}`, studies);
    run(`DELETE FROM series WHERE study ${inJson}`, studies);
    run(`DELETE FROM study WHERE id ${inJson}`, studies);
    run(`DELETE FROM patient WHERE id ${inJson}`, patients);
    // What lost its last mark with its hits tells of nothing any more.
    db.exec(
      'DELETE FROM feedback_query WHERE NOT EXISTS (SELECT 1 FROM feedback_mark WHERE query = feedback_query.id)',
    );
  }

  /** How a lesion was read is told under its name, in its volume and in the reports of imports. */
  function forgetWarnings(lesions: readonly number[]): void {
    const told = rows(
      `SELECT volume.id, lesion.name, volume.path, warnings FROM lesion JOIN volume ON volume.id = lesion.volume
       WHERE lesion.id ${inJson}`,
      among(lesions),
    );
    const keep = db.prepare('UPDATE volume SET warnings = ? WHERE id = ?');
    const drop = db.prepare('DELETE FROM job_note WHERE path = ? AND substr(text, 1, ?) = ?');
    for (const { id, name, path } of told) {
      const start = `${name}: `;
      const [warnings] = column<string>('SELECT warnings FROM volume WHERE id = ?', id);
      const left = (JSON.parse(warnings) as string[]).filter((text) => !text.startsWith(start));
      keep.run(JSON.stringify(left), id);
      drop.run(path, start.length, start);
    }
  }

  return {
    /** What a deletion would take. Throws `not-found`. */
    plan: (subject: DeletionSubject): DeletionDraft => {
      const chosen = choose(subject);
      const ids = deleted(chosen);
      return { ids, counts: counts(chosen, ids), names: namesOf(chosen, ids) };
    },

    /**
     * Takes the subject out with all that names it, writes the audit entry, and leaves a row that says that the rest is to be
     * removed. Throws `not-found`, and `refused` while an unfinished import holds files of it.
     * @param purge as `PendingDeletion` says
     */
    remove: db.transaction(
      (
        user: string,
        subject: DeletionSubject,
        backups: 'purge' | 'keep',
        purge: readonly string[],
      ): { readonly ids: Deleted; readonly counts: DeletionCounts } => {
        const chosen = choose(subject);
        const ids = deleted(chosen);
        const told = counts(chosen, ids);
        const traces = tracesOf(chosen, ids);
        const at = new Date().toISOString();
        db.prepare('INSERT INTO deletion (at, backups, ids) VALUES (?, ?, ?)').run(
          at,
          backups,
          JSON.stringify({ ...ids, purge }),
        );
        removeRows(chosen);
        removeTraces(db, audit, traces, chosen.studies.length > 0);
        const [kind, of] = Object.entries(subject)[0];
        const detail = { kind, ...told, backups, ids };
        audit.append([{ action: deleteAction, subject: typeof of === 'string' ? of : '', detail, user }]);
        return { ids, counts: told };
      },
    ),

    /** Those that are not finished, the earliest first. */
    pending: (): PendingDeletion[] =>
      rows('SELECT * FROM deletion ORDER BY id').map((row) => ({
        id: Number(row.id),
        at: String(row.at),
        purge: (JSON.parse(String(row.ids)) as PendingDeletion).purge,
      })),
    /** Every trace is gone: to be called last. */
    finished: (id: number): void => void db.prepare('DELETE FROM deletion WHERE id = ?').run(id),

    /**
     * Writes the file anew: SQLite overwrites what is deleted, but pages that it had rearranged before keep remains of it, and
     * indexes of texts keep the beginnings of words. Needs as much memory as the catalog is large, and as much room on the disk.
     * Throws `storage`.
     */
    scrub: (): void => {
      try {
        writeAnew(db);
        const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
        if (busy !== 0) throw new Error('the journal is in use');
      } catch {
        throw new PrecedentError(
          'storage',
          'it is deleted, but the catalog could not be written anew, and may hold traces of it',
          'catalog.sqlite',
          'free some space on the disk and open the library again: that removes them',
        );
      }
    },
  };
}
export type CatalogDeletions = ReturnType<typeof catalogDeletions>;

/** The whole file, and the indexes of texts, which keep the beginnings of words. */
function writeAnew(db: Database): void {
  for (const index of ['lesion_text', 'report_text'])
    db.exec(`INSERT INTO ${index} (${index}) VALUES ('rebuild')`);
  db.exec('VACUUM');
}

/**
 * Takes out of a copy of a catalog, of whatever schema, what deletions have left in it that are not finished: captions that are to be
 * made again and may tell of what is gone, and what is left of texts. Returns whether there were such deletions. Throws `storage`.
 */
export function cleanCopy(path: string): boolean {
  const db = openCopy(path);
  try {
    const isThere = (sql: string) => db.prepare(`SELECT 1 FROM ${sql} LIMIT 1`).get() !== undefined;
    if (!isThere(`sqlite_schema WHERE name = 'deletion'`) || !isThere('deletion')) return false;
    const stale = 'IN (SELECT study FROM caption_stale)';
    const lesions = `IN (SELECT lesion.id FROM lesion JOIN volume ON volume.id = lesion.volume
      JOIN series ON series.id = volume.series WHERE series.study ${stale})`;
    db.exec(`UPDATE study_caption SET count = '', generated = '' WHERE study ${stale};
      UPDATE lesion_caption SET count = '', generated = '' WHERE lesion ${lesions};
      DELETE FROM lesion_text WHERE rowid ${lesions};`);
    writeAnew(db);
    return true;
  } finally {
    db.close();
  }
}

const ofLesions = 'FROM lesion JOIN volume ON volume.id = lesion.volume';
const regionName = `contentHash || ' ' || concat_ws(',', i0, j0, k0, i1, j1, k1)`;
const named = 'IN (SELECT value FROM json_each(@names))';
const knowing = [
  `FROM patient WHERE uid ${named} OR identity ${named}`,
  `FROM study WHERE uid ${named} OR studyInstanceUid ${named}`,
  `FROM volume WHERE uid ${named}`,
  `FROM lesion WHERE uid ${named}`,
  `${ofLesions} WHERE contentHash ${named} AND ${regionName} ${named}`,
];

/** Whether another catalog knows any of these; undefined of one that cannot be read. */
export function knowsAny(path: string, names: Names): boolean | undefined {
  try {
    const db = openToRead(path);
    try {
      const params = { names: JSON.stringify([...names]) };
      return knowing.some((from) => db.prepare(`SELECT 1 ${from} LIMIT 1`).get(params) !== undefined);
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

/** By its uid, what each volume of a catalog is known by as a whole; nothing of one that cannot be read. */
export function volumeNames(path: string): ReadonlyMap<string, readonly string[]> {
  try {
    const db = openToRead(path);
    try {
      const found = db
        .prepare(
          `SELECT volume.uid, study.uid, studyInstanceUid, patient.uid, identity FROM volume
           JOIN series ON series.id = volume.series JOIN study ON study.id = series.study
           JOIN patient ON patient.id = study.patient`,
        )
        .raw()
        .all() as string[][];
      return new Map(found.map((names) => [names[0], names]));
    } finally {
      db.close();
    }
  } catch {
    return new Map();
  }
}

function gone(what: string): PrecedentError {
  return new PrecedentError(
    'not-found',
    `there is no such ${what}`,
    undefined,
    `see \`list\` for what there is`,
  );
}

/** The parts of a DICOM person name (PS3.5 section 6.2.1.1): any of them may stand alone in a text. */
function partsOf(name: string): string[] {
  return name.split(/[\^=\s,]+/).filter((part) => part !== '');
}
