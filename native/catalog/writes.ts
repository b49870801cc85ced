/** Everything that changes the catalog goes through here, each in one transaction with its audit entry. */
import type { Diagnosis, Measurements, OrganContext, Outline } from '../contract/model.ts';
import type { ReadVolume } from '../contract/reader.ts';
import type { Box } from '../volume/volume.ts';
import { type CatalogAudit, catalogAudit, type NewEntry } from './audit.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

interface NewRegion {
  readonly uid: string;
  readonly name: string;
  readonly box: Box;
  readonly packed: Uint8Array;
}
export interface NewLesion extends NewRegion {
  readonly source: 'rtstruct' | 'mask' | 'mark';
  readonly measurements: Measurements;
  readonly outline?: Outline | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly organs?: readonly OrganContext[];
  readonly diagnosis?: Diagnosis | undefined;
}
/** A source file as the catalog keeps it: where it lies, and what it was when it was read. */
export interface SourceFile {
  readonly path: string;
  readonly sopInstanceUid?: string | undefined;
  /** Where the original of a private copy lay. */
  readonly original?: string | undefined;
  readonly bytes?: number | undefined;
  readonly mtimeMs?: number | undefined;
}
export interface NewVolume {
  readonly uid: string;
  readonly read: Omit<ReadVolume, 'lesions' | 'organs' | 'files' | 'regionFiles' | 'staged'>;
  readonly files: readonly SourceFile[];
  readonly regionFiles: readonly SourceFile[];
  readonly copied: boolean;
  readonly deidentified: boolean;
  readonly lesions: readonly NewLesion[];
  readonly organs: readonly NewRegion[];
}
/** Who a patient is: PatientID with its issuer, so that two hospitals' "0001" stay two patients. */
export function patientIdentity(patient: ReadVolume['patient']): string {
  return patient.issuer ? `${patient.patientId}^^^${patient.issuer}` : patient.patientId;
}

/** SQLite binds null, not undefined. */
function orNull(...values: readonly (string | number | undefined)[]): (string | number | null)[] {
  return values.map((value) => value ?? null);
}

export function catalogWrites(db: Database, chain: CatalogAudit = catalogAudit(db)) {
  const insertPatient = db.prepare(
    `INSERT INTO patient (uid, identity, patientId, name, sex, birthDate) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity) DO UPDATE SET name = coalesce(patient.name, excluded.name), sex = coalesce(patient.sex, excluded.sex)
     RETURNING id`,
  );
  const insertStudy = db.prepare(
    `INSERT INTO study (uid, patient, studyInstanceUid, date, description, age, accessionNumber) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (patient, studyInstanceUid) DO UPDATE SET date = coalesce(study.date, excluded.date),
       accessionNumber = coalesce(study.accessionNumber, excluded.accessionNumber) RETURNING id`,
  );
  const insertSeries = db.prepare(
    `INSERT INTO series (study, seriesInstanceUid, modality, number, description, kernel, manufacturer, model, contrast, kvp,
       sliceThicknessMm, frameOfReferenceUid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (study, seriesInstanceUid) DO UPDATE SET modality = excluded.modality RETURNING id`,
  );
  const insertVolume = db.prepare(
    `INSERT INTO volume (uid, series, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, path, copied,
       deidentified, lossy, interpolated, warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  const insertFile = db.prepare(
    `INSERT INTO source_file (volume, position, role, path, sopInstanceUid, original, bytes, mtimeMs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertLesion = db.prepare(
    `INSERT INTO lesion (uid, volume, name, source, i0, j0, k0, i1, j1, k1, mask, volumeMl, diameterMm, diameter3dMm, meanHu,
       sdHu, x, y, z, sphericity, convexity, edgeMm) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     RETURNING id`,
  );
  const insertOrgan = db.prepare(
    'INSERT INTO organ (uid, volume, name, i0, j0, k0, i1, j1, k1, mask) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertLesionOrgan = db.prepare(
    'INSERT INTO lesion_organ (lesion, position, organ, inside, ofOrgan, x, y, z, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const upsertStudyLabel = db.prepare(
    `INSERT INTO study_label SELECT series.study, ?, ? FROM volume JOIN series ON series.id = volume.series
     WHERE volume.uid = ? ON CONFLICT DO UPDATE SET value = excluded.value`,
  );
  const highest = {
    patient: db.prepare('SELECT max(id) FROM patient').pluck(),
    study: db.prepare('SELECT max(id) FROM study').pluck(),
  };
  const upsertLabel = db.prepare(
    'INSERT INTO label (lesion, name, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const deleteLabel = db.prepare('DELETE FROM label WHERE lesion = ? AND name = ?');
  const deleteDiagnosis = db.prepare('DELETE FROM diagnosis WHERE lesion = ?');
  const upsertDiagnosis = db.prepare(
    `INSERT INTO diagnosis (lesion, diagnosis, code, proof, proofDate, source, author) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET diagnosis = excluded.diagnosis, code = excluded.code, proof = excluded.proof,
       proofDate = excluded.proofDate, source = excluded.source, author = excluded.author`,
  );
  const volumeId = db.prepare('SELECT id FROM volume WHERE uid = ?').pluck();
  const lesionId = db.prepare('SELECT id FROM lesion WHERE uid = ?').pluck();
  const audit = (action: string, subject: string, detail?: NewEntry['detail']) =>
    chain.append([{ action, subject, detail }]);

  function writeLesion(volume: number, lesion: NewLesion): void {
    const { measurements: m, outline } = lesion;
    const id = insertLesion.pluck().get(
      lesion.uid, volume, lesion.name, lesion.source, ...lesion.box, lesion.packed, m.volumeMl, m.diameterMm, m.diameter3dMm,
      m.meanHu, m.sdHu, ...m.centerMm, ...orNull(outline?.sphericity, outline?.convexity, outline?.edgeMm),
    ); // biome-ignore format: one line a group of columns
    for (const [name, value] of Object.entries(lesion.labels)) upsertLabel.run(id, name, value);
    for (const [n, { organ, inside, ofOrgan, position, where }] of (lesion.organs ?? []).entries())
      insertLesionOrgan.run(id, n, organ, inside, ofOrgan, ...position, where);
    if (lesion.diagnosis) writeDiagnosis(Number(id), lesion.diagnosis);
  }

  function writeDiagnosis(lesion: number, d: Diagnosis): void {
    upsertDiagnosis.run(
      lesion,
      d.diagnosis,
      d.code ?? null,
      d.proof,
      ...orNull(d.proofDate, d.source, d.author),
    );
  }

  function writeFiles(
    volume: number,
    role: 'image' | 'region',
    from: number,
    files: readonly SourceFile[],
  ): void {
    files.forEach(({ path, sopInstanceUid, original, bytes, mtimeMs }, n) => {
      insertFile.run(volume, from + n, role, path, ...orNull(sopInstanceUid, original, bytes, mtimeMs));
    });
  }

  return {
    /** A whole volume with its lesions and organs: everything or nothing. Says whether patient and study were new. */
    addVolume: db.transaction((volume: NewVolume): { newPatient: boolean; newStudy: boolean } => {
      const { read } = volume;
      const { patient, study, series } = read;
      const before = { patient: Number(highest.patient.get()), study: Number(highest.study.get()) };
      const patientRow = insertPatient
        .pluck()
        .get(
          newId('pat'),
          patientIdentity(patient),
          patient.patientId,
          ...orNull(patient.name, patient.sex, patient.birthDate),
        );
      const studyRow = insertStudy
        .pluck()
        .get(
          newId('stu'),
          patientRow,
          study.uid,
          ...orNull(study.date, study.description, study.age, study.accessionNumber),
        );
      const seriesRow = insertSeries
        .pluck()
        .get(
          studyRow, series.uid, series.modality,
          ...orNull(series.number, series.description, series.kernel, series.manufacturer, series.model, series.contrast,
            series.kvp, series.sliceThicknessMm, series.frameOfReferenceUid),
        ); // biome-ignore format: one line a group of columns
      const id = Number(
        insertVolume
          .pluck()
          .get(
            volume.uid, seriesRow, read.contentHash, read.identity, ...read.dims, JSON.stringify(read.spacing),
            JSON.stringify(read.origin), JSON.stringify(read.direction), read.dtype, read.path, Number(volume.copied),
            Number(volume.deidentified), Number(read.lossy), Number(read.interpolated), JSON.stringify(read.warnings),
          ), // biome-ignore format: one line a group of columns
      );
      writeFiles(id, 'image', 0, volume.files);
      writeFiles(id, 'region', 0, volume.regionFiles);
      for (const lesion of volume.lesions) writeLesion(id, lesion);
      for (const organ of volume.organs)
        insertOrgan.run(organ.uid, id, organ.name, ...organ.box, organ.packed);
      for (const [name, value] of Object.entries(read.labels)) upsertStudyLabel.run(name, value, volume.uid);
      audit('import', volume.uid, { lesions: volume.lesions.length });
      return {
        newPatient: Number(patientRow) > before.patient,
        newStudy: Number(studyRow) > before.study,
      };
    }),

    /** Adds the files that further regions of a volume came from. */
    addRegionFiles: (uid: string, files: readonly SourceFile[]): void => {
      const id = Number(volumeId.get(uid));
      const present = db
        .prepare(`SELECT coalesce(original, path) FROM source_file WHERE volume = ? AND role = 'region'`)
        .pluck()
        .all(id);
      const known = new Set(present);
      writeFiles(
        id,
        'region',
        present.length,
        files.filter(({ path }) => !known.has(path)),
      );
    },

    /** Removes a volume with everything drawn on it, and the series, study and patient that are empty then. */
    removeVolume: db.transaction((uid: string): void => {
      db.prepare('DELETE FROM volume WHERE uid = ?').run(uid);
      db.exec(`DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM volume WHERE volume.series = series.id);
        DELETE FROM study WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.study = study.id);
        DELETE FROM patient WHERE NOT EXISTS (SELECT 1 FROM study WHERE study.patient = patient.id);`);
      audit('volume.remove', uid);
    }),

    /** Gives what users drew on one volume to another one of the same grid; embeddings of its lesions are made anew. */
    moveDrawn: db.transaction((from: string, to: string): void => {
      const drawn = `SELECT id FROM lesion WHERE source = 'mark' AND volume = (SELECT id FROM volume WHERE uid = ?)`;
      const volume = volumeId.get(to);
      db.prepare(`DELETE FROM lesion_embedding WHERE lesion IN (${drawn})`).run(from);
      db.prepare(`UPDATE feedback_query SET volume = ? WHERE lesion IN (${drawn})`).run(volume, from);
      db.prepare(`UPDATE lesion SET volume = ? WHERE id IN (${drawn})`).run(volume, from);
      for (const table of ['annotation', 'key_image', 'unsaved_mark'])
        db.prepare(`UPDATE ${table} SET volume = ? WHERE volume = (SELECT id FROM volume WHERE uid = ?)`).run(
          volume,
          from,
        );
    }),

    /** Where the originals of a volume lie now, in reading order. */
    relocate: db.transaction((uid: string, paths: readonly string[], folder: string): void => {
      const id = Number(volumeId.get(uid));
      const update = db.prepare(
        `UPDATE source_file SET path = ?, mtimeMs = NULL WHERE volume = ? AND role = 'image' AND position = ?`,
      );
      paths.forEach((path, position) => {
        update.run(path, id, position);
      });
      db.prepare('UPDATE volume SET path = ? WHERE id = ?').run(folder, id);
      audit('originals.locate', uid);
    }),

    /** Private copies lie under `originals` now, as after the library's folder was moved or an archive was taken in; `/` or `\\` as it is used there. */
    rehome: db.transaction((originals: string, separator: string): void => {
      const ownCopies = `FROM volume WHERE copied = 1 AND volume.id = source_file.volume AND role = 'image'`;
      const first = db.prepare(`SELECT source_file.path FROM source_file, volume WHERE copied = 1
        AND volume.id = source_file.volume AND role = 'image' LIMIT 1`);
      const path = first.pluck().get() as string | undefined;
      if (path === undefined || path.startsWith(`${originals}${separator}`)) return;
      db.prepare(
        `UPDATE source_file SET path = ? || volume.uid || ? ||
           substr(source_file.path, instr(source_file.path, volume.uid) + length(volume.uid) + 1) ${ownCopies}`,
      ).run(`${originals}${separator}`, separator);
      db.prepare('UPDATE volume SET path = ? || uid WHERE copied = 1 AND deidentified = 1').run(
        `${originals}${separator}`,
      );
    }),

    addLesion: db.transaction((volumeUid: string, lesion: NewLesion) => {
      writeLesion(Number(volumeId.get(volumeUid)), lesion);
      audit('lesion.add', lesion.uid);
    }),

    addOrgan: db.transaction((volumeUid: string, organ: NewRegion) => {
      insertOrgan.run(organ.uid, volumeId.get(volumeUid), organ.name, ...organ.box, organ.packed);
      audit('organ.add', organ.uid);
    }),

    /** Sets a label, or removes it when the value is null. Its audit entry is that of the change it belongs to (`edits.ts`). */
    setLabel: (uid: string, name: string, value: string | null): void => {
      const id = lesionId.get(uid);
      if (value === null) deleteLabel.run(id, name);
      else upsertLabel.run(id, name, value);
    },

    /** Sets the diagnosis, or removes it when it is null; audited as `setLabel`. */
    setDiagnosis: (uid: string, diagnosis: Diagnosis | null): void => {
      const id = Number(lesionId.get(uid));
      if (diagnosis) writeDiagnosis(id, diagnosis);
      else deleteDiagnosis.run(id);
    },

    setOutline: (uid: string, { sphericity, convexity, edgeMm }: Outline) =>
      db
        .prepare('UPDATE lesion SET sphericity = ?, convexity = ?, edgeMm = ? WHERE uid = ?')
        .run(sphericity, convexity, edgeMm ?? null, uid),

    /** What is shown in place of the generated caption; null takes it back. */
    setLesionCaption: db.transaction((uid: string, text: string | null) => {
      const id = lesionId.get(uid);
      db.prepare(
        `INSERT INTO lesion_caption (lesion, edited) VALUES (?, ?) ON CONFLICT DO UPDATE SET edited = excluded.edited`,
      ).run(id, text);
      db.prepare(
        `DELETE FROM lesion_embedding WHERE lesion = ? AND key IN (SELECT id FROM embedding_key WHERE level = 'caption')`,
      ).run(id);
      db.prepare(
        `INSERT INTO caption_stale SELECT series.study FROM lesion JOIN volume ON volume.id = lesion.volume
         JOIN series ON series.id = volume.series WHERE lesion.id = ? ON CONFLICT DO NOTHING`,
      ).run(id);
      audit('caption', uid);
    }),

    setStudyCaption: db.transaction((uid: string, text: string | null) => {
      const id = db.prepare('SELECT id FROM study WHERE uid = ?').pluck().get(uid);
      db.prepare(
        `INSERT INTO study_caption (study, edited) VALUES (?, ?) ON CONFLICT DO UPDATE SET edited = excluded.edited`,
      ).run(id, text);
      db.prepare('INSERT INTO caption_stale VALUES (?) ON CONFLICT DO NOTHING').run(id);
      audit('caption', uid);
    }),

    /** Labels of the study that a volume belongs to; existing values of the same name are replaced. */
    setStudyLabels: db.transaction((volume: string, labels: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(labels)) upsertStudyLabel.run(name, value, volume);
    }),

    /** Labels and diagnosis that came with a labels file; existing values of the same name are replaced. */
    setLabels: db.transaction(
      (uid: string, labels: Readonly<Record<string, string>>, diagnosis: Diagnosis | undefined) => {
        const id = Number(lesionId.get(uid));
        for (const [name, value] of Object.entries(labels)) upsertLabel.run(id, name, value);
        if (diagnosis) writeDiagnosis(id, diagnosis);
      },
    ),

    setSetting: (name: string, value: string) =>
      db
        .prepare('INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
        .run(name, value),
  };
}
export type CatalogWrites = ReturnType<typeof catalogWrites>;
