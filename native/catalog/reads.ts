/** Everything that is read from the catalog: typed rows in the contract's shapes, nothing written. */
import type { Statement } from 'better-sqlite3';
import { PrecedentError } from '../contract/errors.ts';
import type {
  Caption,
  Diagnosis,
  LesionRow,
  OrganRow,
  PatientRow,
  StudyRow,
  VolumeRow,
} from '../contract/model.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import type { Box } from '../volume/volume.ts';
import { outlineOf } from './captions.ts';
import type { Database } from './database.ts';
import { heldBy } from './finding.ts';
import { galleryRows, lesionFrom } from './galleryRows.ts';

type Row = Readonly<Record<string, unknown>>;

export interface Page {
  readonly offset: number;
  readonly limit: number;
}
interface SearchedPage extends Page {
  /** Words that each row holds. */
  readonly text?: string;
}
interface LesionSelection extends Page {
  readonly patient?: string | undefined;
  readonly volume?: string | undefined;
  readonly lesion?: string | undefined;
  /** Only lesions with one of these ids. */
  readonly among?: readonly string[] | undefined;
}
/** What names a patient, for those who must not name one. */
export interface PatientIdentifiers {
  readonly patientId: string;
  readonly name: string | undefined;
  readonly birthDate: string | undefined;
  readonly accessionNumbers: readonly string[];
  /** Of patients who were merged into this one: their texts are among this one's now. */
  readonly merged: readonly { readonly patientId: string; readonly name: string | undefined }[];
}
interface PackedRegion {
  readonly box: Box;
  readonly packed: Uint8Array;
}

export function catalogReads(db: Database) {
  const text = (value: unknown): string | undefined =>
    value === null || value === undefined ? undefined : String(value);
  const number = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
  const one = (statement: Statement, ...params: unknown[]): Row | undefined =>
    statement.get(...params) as Row | undefined;
  const all = (sql: string, ...params: unknown[]): Row[] => db.prepare(sql).all(...params) as Row[];
  const count = (sql: string, ...params: unknown[]): number =>
    Number(
      db
        .prepare(sql)
        .pluck()
        .get(...params),
    );

  const labelsOf = db.prepare('SELECT name, value FROM label WHERE lesion = ? ORDER BY name');
  const studyLabelsOf = db.prepare('SELECT name, value FROM study_label WHERE study = ? ORDER BY name');
  const organsAround = db.prepare('SELECT * FROM lesion_organ WHERE lesion = ? ORDER BY position');
  const lesionMask = db.prepare('SELECT i0, j0, k0, i1, j1, k1, mask FROM lesion WHERE uid = ?');
  const organMask = db.prepare('SELECT i0, j0, k0, i1, j1, k1, mask FROM organ WHERE uid = ?');
  const volumeByHash = db.prepare('SELECT uid FROM volume WHERE contentHash = ?').pluck();

  const knownFile = db
    .prepare('SELECT volume FROM source_file WHERE (path = ? OR original = ?) AND bytes = ? AND mtimeMs = ?')
    .pluck();

  const boxOf = (row: Row): Box =>
    [row.i0, row.j0, row.k0, row.i1, row.j1, row.k1].map(Number) as unknown as Box;

  function diagnosisOf(row: Row): Diagnosis | undefined {
    if (row.diagnosis === null) return undefined;
    return {
      diagnosis: String(row.diagnosis),
      code: text(row.code),
      proof: row.proof as Diagnosis['proof'],
      proofDate: text(row.proofDate),
      source: text(row.diagnosisSource),
      author: text(row.author),
    };
  }

  function captionOf(row: Row): Caption {
    return {
      count: text(row.captionCount) ?? '',
      generated: text(row.captionGenerated) ?? '',
      edited: text(row.edited),
    };
  }

  function lesionOf(row: Row): LesionRow {
    const labels = Object.fromEntries(
      (labelsOf.all(row.id) as Row[]).map((l) => [String(l.name), String(l.value)]),
    );
    const organs = (organsAround.all(row.id) as Row[]).map((o) => ({
      organ: String(o.organ),
      inside: Number(o.inside),
      ofOrgan: Number(o.ofOrgan),
      position: [Number(o.x), Number(o.y), Number(o.z)] as [number, number, number],
      where: String(o.place),
    }));
    return {
      id: String(row.uid),
      patient: String(row.patientIdentity),
      study: String(row.studyInstanceUid),
      volume: String(row.volumeUid),
      name: String(row.name),
      caption: text(row.edited) ?? text(row.captionGenerated) ?? '',
      captions: captionOf(row),
      outline: outlineOf(row),
      source: row.source as LesionRow['source'],
      volumeMl: Number(row.volumeMl),
      diameterMm: Number(row.diameterMm),
      diameter3dMm: Number(row.diameter3dMm),
      meanHu: Number(row.meanHu),
      sdHu: Number(row.sdHu),
      centerMm: [Number(row.x), Number(row.y), Number(row.z)],
      boxIjk: [...boxOf(row)],
      labels,
      diagnosis: diagnosisOf(row),
      embedded: Number(row.embedded) > 0,
      organs,
    };
  }

  function patientOf(row: Row): PatientRow {
    return {
      id: String(row.uid),
      patient: String(row.identity),
      sex: text(row.sex),
      studies: Number(row.studies),
      lesions: Number(row.lesions),
    };
  }

  function studyOf(row: Row): StudyRow {
    return {
      id: String(row.uid),
      patient: String(row.patientIdentity),
      studyInstanceUid: String(row.studyInstanceUid),
      date: text(row.date),
      description: text(row.description),
      age: text(row.age),
      volumes: Number(row.volumes),
      lesions: Number(row.lesions),
      reports: Number(row.reports),
      labels: Object.fromEntries(
        (studyLabelsOf.all(row.id) as Row[]).map((l) => [String(l.name), String(l.value)]),
      ),
      captions: captionOf(row),
    };
  }

  function volumeOf(row: Row): VolumeRow {
    return {
      id: String(row.uid),
      patient: String(row.patientIdentity),
      study: String(row.studyInstanceUid),
      series: String(row.seriesInstanceUid),
      dims: [Number(row.ni), Number(row.nj), Number(row.nk)],
      spacingMm: JSON.parse(String(row.spacing)),
      originMm: JSON.parse(String(row.origin)),
      direction: JSON.parse(String(row.direction)),
      frameOfReference: text(row.frameOfReferenceUid),
      path: String(row.path),
      description: text(row.seriesDescription),
      sliceThicknessMm: number(row.sliceThicknessMm),
      kernel: text(row.kernel),
      contrast: text(row.contrast),
      dtype: row.dtype as VolumeRow['dtype'],
      warnings: JSON.parse(String(row.warnings)),
      lossy: row.lossy === 1,
      interpolated: row.interpolated === 1,
      copied: row.copied === 1,
      deidentified: row.deidentified === 1,
      lesions: Number(row.lesions),
    };
  }

  const selectLesion = `SELECT lesion.*, diagnosis.diagnosis, diagnosis.code, diagnosis.proof, diagnosis.proofDate,
    diagnosis.source AS diagnosisSource, diagnosis.author, volume.uid AS volumeUid, study.studyInstanceUid,
    patient.identity AS patientIdentity, edited, lesion_caption.count AS captionCount, generated AS captionGenerated,
    EXISTS (SELECT 1 FROM lesion_embedding e JOIN embedding_key ON embedding_key.id = e.key
      WHERE e.lesion = lesion.id AND level = 'lesion') AS embedded ${lesionFrom}
    LEFT JOIN lesion_caption ON lesion_caption.lesion = lesion.id`;
  const selectPatient = `SELECT patient.*, (SELECT count(*) FROM study WHERE study.patient = patient.id) AS studies,
    (SELECT count(*) FROM lesion JOIN volume ON volume.id = lesion.volume JOIN series ON series.id = volume.series
      JOIN study ON study.id = series.study WHERE study.patient = patient.id) AS lesions FROM patient`;
  // Who was merged into a patient, and who had been merged into them, by what the merges wrote down.
  const goes = (part: string) => `json_extract(detail, '$.before.goes.${part}')`;
  const merges = `SELECT ${goes('uid')}, ${goes('patientId')}, ${goes('name')} FROM audit INDEXED BY audit_patient_merge`;
  const told = `action = 'patient.merge' AND detail IS NOT NULL`;
  const merged = `WITH RECURSIVE gone (uid, patientId, name) AS (${merges} WHERE ${told} AND subject = ?
      UNION ${merges} JOIN gone ON audit.subject = gone.uid WHERE ${told})
    SELECT patientId, name FROM gone`;
  const selectStudy = `SELECT study.*, patient.identity AS patientIdentity, edited, study_caption.count AS captionCount,
    generated AS captionGenerated,
    (SELECT count(*) FROM volume JOIN series ON series.id = volume.series WHERE series.study = study.id) AS volumes,
    (SELECT count(*) FROM lesion JOIN volume ON volume.id = lesion.volume JOIN series ON series.id = volume.series
      WHERE series.study = study.id) AS lesions,
    (SELECT count(*) FROM report WHERE report.study = study.id) AS reports
    FROM study JOIN patient ON patient.id = study.patient LEFT JOIN study_caption ON study_caption.study = study.id`;
  const selectVolume = `SELECT volume.*, series.seriesInstanceUid, series.description AS seriesDescription,
    series.sliceThicknessMm, series.kernel, series.contrast, series.frameOfReferenceUid, study.studyInstanceUid,
    patient.identity AS patientIdentity, (SELECT count(*) FROM lesion WHERE lesion.volume = volume.id) AS lesions
    FROM volume JOIN series ON series.id = volume.series JOIN study ON study.id = series.study
    JOIN patient ON patient.id = study.patient`;

  function lesionWhere({ patient, volume, lesion, among }: Omit<LesionSelection, keyof Page>): {
    sql: string;
    params: unknown[];
  } {
    const given = [
      ['patient.identity = ?', patient],
      ['volume.uid = ?', volume],
      ['lesion.uid = ?', lesion],
      ['lesion.uid IN (SELECT value FROM json_each(?))', among && JSON.stringify(among)],
    ].filter(([, value]) => value !== undefined);
    return {
      sql: given.length > 0 ? ` WHERE ${given.map(([sql]) => sql).join(' AND ')}` : '',
      params: given.map(([, value]) => value),
    };
  }

  function lesions(selection: LesionSelection): { total: number; rows: LesionRow[] } {
    const { sql, params } = lesionWhere(selection);
    return {
      total: count(`SELECT count(*) ${lesionFrom}${sql}`, ...params),
      rows: all(
        `${selectLesion}${sql} ORDER BY patient.identity, lesion.id LIMIT ? OFFSET ?`,
        ...params,
        selection.limit,
        selection.offset,
      ).map(lesionOf),
    };
  }

  return {
    counts: () => ({
      patients: count('SELECT count(*) FROM patient'),
      studies: count('SELECT count(*) FROM study'),
      volumes: count('SELECT count(*) FROM volume'),
      lesions: count('SELECT count(*) FROM lesion'),
    }),

    /** Volumes that were read with a warning. */
    warnedVolumes: () => count(`SELECT count(*) FROM volume WHERE warnings != '[]'`),

    patients: ({ offset, limit, text: words = '' }: SearchedPage): { total: number; rows: PatientRow[] } => {
      const { sql, params } = heldBy('patient', words);
      return {
        total: count(`SELECT count(*) FROM patient WHERE ${sql}`, ...params),
        rows: all(
          `${selectPatient} WHERE ${sql} ORDER BY identity LIMIT ? OFFSET ?`,
          ...params,
          limit,
          offset,
        ).map(patientOf),
      };
    },

    /** Throws `not-found`. */
    patient: (identity: string): PatientRow => {
      const row = one(db.prepare(`${selectPatient} WHERE identity = ?`), identity);
      if (!row) throw new PrecedentError('not-found', 'there is no such patient');
      return patientOf(row);
    },

    /** Throws `not-found`. */
    patientIdentifiers: (identity: string): PatientIdentifiers => {
      const row = one(
        db.prepare('SELECT uid, patientId, name, birthDate FROM patient WHERE identity = ?'),
        identity,
      );
      if (!row) throw new PrecedentError('not-found', 'there is no such patient');
      return {
        patientId: String(row.patientId),
        name: text(row.name),
        birthDate: text(row.birthDate),
        accessionNumbers: all(
          `SELECT DISTINCT accessionNumber FROM study JOIN patient ON patient.id = study.patient
           WHERE identity = ? AND accessionNumber IS NOT NULL`,
          identity,
        ).map((found) => String(found.accessionNumber)),
        merged: all(merged, row.uid).map((one) => ({
          patientId: String(one.patientId),
          name: text(one.name),
        })),
      };
    },

    studies: ({
      offset,
      limit,
      patient,
      text: words = '',
    }: SearchedPage & { patient?: string | undefined }): { total: number; rows: StudyRow[] } => {
      const held = heldBy('study', words);
      const where = ` WHERE ${held.sql}${patient === undefined ? '' : ' AND patient.identity = ?'}`;
      const params = [...held.params, ...(patient === undefined ? [] : [patient])];
      return {
        total: count(
          `SELECT count(*) FROM study JOIN patient ON patient.id = study.patient${where}`,
          ...params,
        ),
        rows: all(
          `${selectStudy}${where} ORDER BY patient.identity, study.date LIMIT ? OFFSET ?`,
          ...params,
          limit,
          offset,
        ).map(studyOf),
      };
    },

    /** Throws `not-found`. */
    study: (uid: string): StudyRow => {
      const row = one(db.prepare(`${selectStudy} WHERE study.uid = ?`), uid);
      if (!row)
        throw new PrecedentError('not-found', `there is no study ${uid}`, undefined, 'see `list studies`');
      return studyOf(row);
    },

    volumes: (
      s: Page & { patient?: string | undefined; study?: string | undefined },
    ): { total: number; rows: VolumeRow[] } => {
      const terms: string[] = [];
      const params: unknown[] = [];
      if (s.patient !== undefined) {
        terms.push('patient.identity = ?');
        params.push(s.patient);
      }
      if (s.study !== undefined) {
        terms.push('study.studyInstanceUid = ?');
        params.push(s.study);
      }
      const where = terms.length > 0 ? ` WHERE ${terms.join(' AND ')}` : '';
      const rows = all(
        `${selectVolume}${where} ORDER BY patient.identity, volume.id LIMIT ? OFFSET ?`,
        ...params,
        s.limit,
        s.offset,
      );
      const total = count(
        `SELECT count(*) FROM volume JOIN series ON series.id = volume.series JOIN study ON study.id = series.study
         JOIN patient ON patient.id = study.patient${where}`,
        ...params,
      );
      return { total, rows: rows.map(volumeOf) };
    },

    lesions,

    /** Throws `not-found`. */
    volume: (uid: string): VolumeRow => {
      const row = one(db.prepare(`${selectVolume} WHERE volume.uid = ?`), uid);
      if (!row)
        throw new PrecedentError('not-found', `there is no volume ${uid}`, undefined, 'see `list volumes`');
      return volumeOf(row);
    },

    /** Throws `not-found`. */
    lesion: (uid: string): LesionRow => {
      const [row] = lesions({ lesion: uid, offset: 0, limit: 1 }).rows;
      if (!row)
        throw new PrecedentError('not-found', `there is no lesion ${uid}`, undefined, 'see `list lesions`');
      return row;
    },

    /** Volume → its lesions whose outline is not measured. */
    withoutOutline: (): Map<string, string[]> => {
      const rows = all(
        `SELECT lesion.uid, volume.uid AS volumeUid FROM lesion JOIN volume ON volume.id = lesion.volume
         WHERE sphericity IS NULL ORDER BY lesion.volume, lesion.id`,
      );
      const volumes = Map.groupBy(rows, (row) => String(row.volumeUid));
      return new Map([...volumes].map(([volume, own]) => [volume, own.map((row) => String(row.uid))]));
    },

    lesionMask: (uid: string): PackedRegion => {
      const row = one(lesionMask, uid);
      if (!row) throw new PrecedentError('not-found', `there is no lesion ${uid}`);
      return { box: boxOf(row), packed: row.mask as Uint8Array };
    },

    organMask: (uid: string): PackedRegion => {
      const row = one(organMask, uid);
      if (!row) throw new PrecedentError('not-found', `there is no organ ${uid}`);
      return { box: boxOf(row), packed: row.mask as Uint8Array };
    },

    organs: (volumeUid: string): OrganRow[] =>
      all(
        'SELECT organ.* FROM organ JOIN volume ON volume.id = organ.volume WHERE volume.uid = ? ORDER BY organ.name',
        volumeUid,
      ).map((row) => ({ id: String(row.uid), name: String(row.name), boxIjk: [...boxOf(row)] })),

    volumeWithContent: (contentHash: string): string | undefined => text(volumeByHash.get(contentHash)),

    /** The volume's source files in reading order, and the files its regions came from. */
    sourceFiles: (volumeUid: string): { role: 'image' | 'region'; path: string }[] =>
      all(
        `SELECT role, source_file.path FROM source_file JOIN volume ON volume.id = source_file.volume WHERE volume.uid = ?
         ORDER BY role, position`,
        volumeUid,
      ).map((row) => ({ role: row.role as 'image' | 'region', path: String(row.path) })),

    /** Every lesion, or those with one of these ids, as filters and searches see it, in catalog order. */
    gallery: (among?: readonly string[]): GalleryRow[] => galleryRows(db, among),

    /** The lesions or organs of a volume by name, box and mask, so that importing the same regions again adds none. */
    regionsOf: (table: 'lesion' | 'organ', volumeUid: string): (PackedRegion & { name: string })[] =>
      all(
        `SELECT r.name, r.i0, r.j0, r.k0, r.i1, r.j1, r.k1, r.mask FROM ${table} r
         JOIN volume ON volume.id = r.volume WHERE volume.uid = ?`,
        volumeUid,
      ).map((row) => ({ name: String(row.name), box: boxOf(row), packed: row.mask as Uint8Array })),

    volumeWithIdentity: (identity: string): string | undefined =>
      text(db.prepare('SELECT uid FROM volume WHERE sourceIdentity = ?').pluck().get(identity)),

    /** Every volume with the names that a labels file may call its case, in catalog order. */
    cases: (): {
      volume: string;
      patientId: string;
      identity: string;
      study: string;
      series: string;
      path: string;
    }[] =>
      all(
        `SELECT volume.uid, volume.path, patientId, identity, studyInstanceUid, seriesInstanceUid FROM volume
         JOIN series ON series.id = volume.series JOIN study ON study.id = series.study
         JOIN patient ON patient.id = study.patient ORDER BY volume.id`,
      ).map((row) => ({
        volume: String(row.uid),
        patientId: String(row.patientId),
        identity: String(row.identity),
        study: String(row.studyInstanceUid),
        series: String(row.seriesInstanceUid),
        path: String(row.path),
      })),

    /** Whether every path is a source file of one volume, and of the size and time that it was read with. */
    unchangedFiles: (files: readonly { path: string; bytes: number; mtimeMs: number }[]): boolean => {
      const volumes = files.map(
        ({ path, bytes, mtimeMs }) => new Set(knownFile.all(path, path, bytes, mtimeMs)),
      );
      const [first] = volumes;
      return first !== undefined && [...first].some((volume) => volumes.every((set) => set.has(volume)));
    },

    /** A private copy of an original, where the library keeps any: the volume's id, and the file's name in its folder. */
    privateCopy: (): { volume: string; name: string } | undefined => {
      const row = db
        .prepare(
          `SELECT volume.uid, source_file.path FROM volume JOIN source_file ON source_file.volume = volume.id
           WHERE copied = 1 AND role = 'image' LIMIT 1`,
        )
        .get() as { uid: string; path: string } | undefined;
      return row && { volume: row.uid, name: row.path.split(/[\\/]/).at(-1) ?? '' };
    },
    /** Volumes whose originals are referenced, with their files in reading order. */
    referencedFiles: (): Map<
      string,
      { path: string; sopInstanceUid: string | undefined; bytes: number | undefined }[]
    > => {
      const files = new Map<
        string,
        { path: string; sopInstanceUid: string | undefined; bytes: number | undefined }[]
      >();
      for (const row of all(
        `SELECT volume.uid, source_file.path, source_file.sopInstanceUid, source_file.bytes FROM source_file
         JOIN volume ON volume.id = source_file.volume WHERE role = 'image' AND copied = 0
         ORDER BY volume.id, source_file.position`,
      )) {
        const own = files.get(String(row.uid)) ?? [];
        files.set(String(row.uid), own);
        own.push({
          path: String(row.path),
          sopInstanceUid: text(row.sopInstanceUid),
          bytes: number(row.bytes),
        });
      }
      return files;
    },

    /** Every opaque id of a table. */
    ids: (table: 'volume' | 'lesion'): string[] =>
      (db.prepare(`SELECT uid FROM ${table}`).pluck().all() as unknown[]).map(String),

    has: (table: 'volume' | 'lesion', uid: string): boolean =>
      db.prepare(`SELECT 1 FROM ${table} WHERE uid = ?`).get(uid) !== undefined,

    hasStudy: (studyInstanceUid: string): boolean =>
      count('SELECT count(*) FROM study WHERE studyInstanceUid = ?', studyInstanceUid) > 0,

    contentHash: (volumeUid: string): string =>
      String(db.prepare('SELECT contentHash FROM volume WHERE uid = ?').pluck().get(volumeUid)),

    setting: (name: string): string | undefined =>
      text(db.prepare('SELECT value FROM setting WHERE name = ?').pluck().get(name)),
  };
}
export type CatalogReads = ReturnType<typeof catalogReads>;
