/**
 * The numbered steps from an empty file to today's schema. A released step is never edited; a change is a new step with a
 * test of its own. Ids that leave the engine are the opaque `uid` columns.
 */
import { chainAudit } from './chainAudit.ts';
import type { Database } from './database.ts';

export const migrations: readonly (string | ((db: Database) => void))[] = [
  /* 1: patients → studies → series → volumes → lesions and organs, labels, diagnoses, embeddings, audit */ `
  CREATE TABLE patient (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL UNIQUE,
    patientId TEXT NOT NULL,
    name TEXT, sex TEXT, birthDate TEXT
  ) STRICT;
  CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    patient INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
    studyInstanceUid TEXT NOT NULL,
    date TEXT, description TEXT, age TEXT,
    UNIQUE (patient, studyInstanceUid)
  ) STRICT;
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    study INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
    seriesInstanceUid TEXT NOT NULL,
    modality TEXT NOT NULL,
    number INTEGER, description TEXT, kernel TEXT, manufacturer TEXT, model TEXT, contrast TEXT,
    kvp REAL, sliceThicknessMm REAL, frameOfReferenceUid TEXT,
    UNIQUE (study, seriesInstanceUid)
  ) STRICT;
  CREATE TABLE volume (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
    contentHash TEXT NOT NULL UNIQUE,
    sourceIdentity TEXT NOT NULL,
    ni INTEGER NOT NULL, nj INTEGER NOT NULL, nk INTEGER NOT NULL,
    spacing TEXT NOT NULL, origin TEXT NOT NULL, direction TEXT NOT NULL,
    dtype TEXT NOT NULL CHECK (dtype IN ('int16', 'float32')),
    path TEXT NOT NULL,
    copied INTEGER NOT NULL DEFAULT 0,
    warnings TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  CREATE INDEX volume_series ON volume (series);
  CREATE INDEX volume_identity ON volume (sourceIdentity);
  CREATE TABLE source_file (
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('image', 'region')),
    path TEXT NOT NULL,
    sopInstanceUid TEXT,
    PRIMARY KEY (volume, role, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lesion (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    name TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('rtstruct', 'mask', 'mark')),
    caption TEXT NOT NULL,
    i0 INTEGER NOT NULL, j0 INTEGER NOT NULL, k0 INTEGER NOT NULL,
    i1 INTEGER NOT NULL, j1 INTEGER NOT NULL, k1 INTEGER NOT NULL,
    mask BLOB NOT NULL,
    volumeMl REAL NOT NULL, diameterMm REAL NOT NULL, diameter3dMm REAL NOT NULL,
    meanHu REAL NOT NULL, sdHu REAL NOT NULL,
    x REAL NOT NULL, y REAL NOT NULL, z REAL NOT NULL
  ) STRICT;
  CREATE INDEX lesion_volume ON lesion (volume);
  CREATE TABLE organ (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    name TEXT NOT NULL,
    i0 INTEGER NOT NULL, j0 INTEGER NOT NULL, k0 INTEGER NOT NULL,
    i1 INTEGER NOT NULL, j1 INTEGER NOT NULL, k1 INTEGER NOT NULL,
    mask BLOB NOT NULL
  ) STRICT;
  CREATE INDEX organ_volume ON organ (volume);
  CREATE TABLE label (
    lesion INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (lesion, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX label_value ON label (name, value);
  CREATE TABLE diagnosis (
    lesion INTEGER PRIMARY KEY REFERENCES lesion ON DELETE CASCADE,
    diagnosis TEXT NOT NULL,
    code TEXT,
    proof TEXT NOT NULL CHECK (proof IN ('histology', 'surgery', 'follow-up', 'imaging only', 'none')),
    proofDate TEXT, source TEXT, author TEXT
  ) STRICT;
  CREATE TABLE embedding (
    lesion INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    encoder TEXT NOT NULL,
    version TEXT NOT NULL,
    preprocessing TEXT NOT NULL,
    level TEXT NOT NULL,
    dim INTEGER NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (encoder, version, preprocessing, level, lesion)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX embedding_lesion ON embedding (lesion);
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}'
  ) STRICT;
  /* Counts every change of an embedding, so that a cache made from them knows whether it is current. */
  CREATE TABLE embedding_revision (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
  INSERT INTO embedding_revision VALUES (1, 0);
  CREATE TRIGGER embedding_added AFTER INSERT ON embedding BEGIN UPDATE embedding_revision SET value = value + 1; END;
  CREATE TRIGGER embedding_changed AFTER UPDATE ON embedding BEGIN UPDATE embedding_revision SET value = value + 1; END;
  CREATE TRIGGER embedding_removed AFTER DELETE ON embedding BEGIN UPDATE embedding_revision SET value = value + 1; END;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  /* 2: how a volume was read, labels of studies, organs around lesions, reports, jobs, conflicts, watched folders */ `
  ALTER TABLE volume ADD COLUMN lossy INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE volume ADD COLUMN interpolated INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE volume ADD COLUMN deidentified INTEGER NOT NULL DEFAULT 0;
  UPDATE volume SET lossy = 1 WHERE warnings LIKE '%lossy compressed source%';
  ALTER TABLE study ADD COLUMN accessionNumber TEXT;
  /* Size and time of the original when it was read; where it lay, when the library keeps a copy. */
  ALTER TABLE source_file ADD COLUMN bytes INTEGER;
  ALTER TABLE source_file ADD COLUMN mtimeMs REAL;
  ALTER TABLE source_file ADD COLUMN original TEXT;
  CREATE INDEX source_file_path ON source_file (path);
  CREATE INDEX source_file_original ON source_file (original) WHERE original IS NOT NULL;
  CREATE TABLE study_label (
    study INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (study, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lesion_organ (
    lesion INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    position INTEGER NOT NULL,
    organ TEXT NOT NULL,
    inside REAL NOT NULL, ofOrgan REAL NOT NULL,
    x REAL NOT NULL, y REAL NOT NULL, z REAL NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (lesion, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    study INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
    textHash TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT, date TEXT,
    text TEXT NOT NULL,
    UNIQUE (study, textHash)
  ) STRICT;
  CREATE VIRTUAL TABLE report_text USING fts5 (
    title, text, content = 'report', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO report_text (report_text, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER report_added AFTER INSERT ON report BEGIN
    INSERT INTO report_text (rowid, title, text) VALUES (new.id, new.title, new.text);
  END;
  CREATE TRIGGER report_removed AFTER DELETE ON report BEGIN
    INSERT INTO report_text (report_text, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
  END;
  CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'paused', 'done', 'cancelled', 'failed')),
    priority INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL CHECK (origin IN ('user', 'watch')),
    sources TEXT NOT NULL,
    labels TEXT,
    options TEXT NOT NULL,
    /* What the sources held when they were scanned; null until the items are written. */
    fingerprint TEXT,
    patients INTEGER NOT NULL DEFAULT 0, studies INTEGER NOT NULL DEFAULT 0, volumes INTEGER NOT NULL DEFAULT 0,
    lesions INTEGER NOT NULL DEFAULT 0, reports INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
    createdAt TEXT NOT NULL,
    finishedAt TEXT,
    error TEXT
  ) STRICT;
  CREATE TABLE job_item (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    position INTEGER NOT NULL,
    found TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('keep', 'replace', 'both')),
    done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE job_note (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    /* Null for a note of the scan. */
    position INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('skipped', 'warning')),
    path TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX job_note_job ON job_note (job);
  CREATE TABLE conflict (
    uid TEXT PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    position INTEGER NOT NULL,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    path TEXT NOT NULL,
    files INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE watched_folder (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,
    options TEXT NOT NULL
  ) STRICT;
  CREATE TABLE watched_file (
    folder INTEGER NOT NULL REFERENCES watched_folder ON DELETE CASCADE,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mtimeMs REAL NOT NULL,
    PRIMARY KEY (folder, path)
  ) STRICT, WITHOUT ROWID;
  `,
  /* 3: embeddings of lesions and of volumes, at several levels; what they have in common is told once, with its own revision */ `
  CREATE TABLE embedding_key (
    /* Never given twice: a cache made under a key that is gone cannot be taken for one of a later key. */
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    encoder TEXT NOT NULL,
    version TEXT NOT NULL,
    preprocessing TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('lesion', 'lesion-slice', 'slice', 'volume', 'caption')),
    /* By what slices were joined; empty where nothing was. */
    pooling TEXT NOT NULL DEFAULT '',
    dim INTEGER NOT NULL,
    /* Counts every change of its embeddings, so that a cache made from them knows whether it is current. */
    revision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (encoder, version, preprocessing, level, pooling)
  ) STRICT;
  CREATE TABLE lesion_embedding (
    key INTEGER NOT NULL REFERENCES embedding_key ON DELETE CASCADE,
    lesion INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    /* Index k of the volume, or -1 for the lesion as one. */
    slice INTEGER NOT NULL DEFAULT -1,
    vector BLOB NOT NULL,
    PRIMARY KEY (key, lesion, slice)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lesion_embedding_lesion ON lesion_embedding (lesion);
  CREATE TABLE volume_embedding (
    key INTEGER NOT NULL REFERENCES embedding_key ON DELETE CASCADE,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    slice INTEGER NOT NULL DEFAULT -1,
    vector BLOB NOT NULL,
    PRIMARY KEY (key, volume, slice)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX volume_embedding_volume ON volume_embedding (volume);
  INSERT INTO embedding_key (encoder, version, preprocessing, level, dim)
    SELECT encoder, version, preprocessing, level, max(dim) FROM embedding GROUP BY encoder, version, preprocessing, level;
  INSERT INTO lesion_embedding (key, lesion, vector)
    SELECT embedding_key.id, lesion, vector FROM embedding JOIN embedding_key USING (encoder, version, preprocessing, level);
  DROP TABLE embedding;
  DROP TABLE embedding_revision;
  CREATE TRIGGER lesion_embedding_added AFTER INSERT ON lesion_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id = new.key;
  END;
  CREATE TRIGGER lesion_embedding_changed AFTER UPDATE ON lesion_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id IN (old.key, new.key);
  END;
  CREATE TRIGGER lesion_embedding_removed AFTER DELETE ON lesion_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id = old.key;
  END;
  CREATE TRIGGER volume_embedding_added AFTER INSERT ON volume_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id = new.key;
  END;
  CREATE TRIGGER volume_embedding_changed AFTER UPDATE ON volume_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id IN (old.key, new.key);
  END;
  CREATE TRIGGER volume_embedding_removed AFTER DELETE ON volume_embedding BEGIN
    UPDATE embedding_key SET revision = revision + 1 WHERE id = old.key;
  END;
  `,
  /* 4: outlines, captions of lesions and studies with what was written in their place, their full text, named sets of filters */ `
  ALTER TABLE lesion ADD COLUMN sphericity REAL;
  ALTER TABLE lesion ADD COLUMN convexity REAL;
  ALTER TABLE lesion ADD COLUMN edgeMm REAL;
  ALTER TABLE lesion DROP COLUMN caption;
  CREATE TABLE lesion_caption (
    lesion INTEGER PRIMARY KEY REFERENCES lesion ON DELETE CASCADE,
    count TEXT NOT NULL DEFAULT '',
    generated TEXT NOT NULL DEFAULT '',
    edited TEXT
  ) STRICT;
  CREATE TABLE study_caption (
    study INTEGER PRIMARY KEY REFERENCES study ON DELETE CASCADE,
    count TEXT NOT NULL DEFAULT '',
    generated TEXT NOT NULL DEFAULT '',
    edited TEXT
  ) STRICT;
  /* Rows are lesions. English endings count as the same word. */
  CREATE VIRTUAL TABLE lesion_text USING fts5 (
    caption, labels, diagnosis, study, tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO lesion_text (lesion_text, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER lesion_text_removed AFTER DELETE ON lesion BEGIN DELETE FROM lesion_text WHERE rowid = old.id; END;
  /* Studies whose captions and full text are to be made again. */
  CREATE TABLE caption_stale (study INTEGER PRIMARY KEY REFERENCES study ON DELETE CASCADE) STRICT;
  INSERT INTO caption_stale SELECT id FROM study;
  CREATE TRIGGER caption_of_study AFTER INSERT ON study BEGIN
    INSERT INTO caption_stale VALUES (new.id) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_volume_removed BEFORE DELETE ON volume BEGIN
    INSERT INTO caption_stale SELECT study FROM series WHERE id = old.series ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_lesion_added AFTER INSERT ON lesion BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = new.volume ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_lesion_changed AFTER UPDATE ON lesion BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = new.volume OR volume.id = old.volume ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_lesion_removed AFTER DELETE ON lesion BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = old.volume ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_label_set AFTER INSERT ON label BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = new.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_label_changed AFTER UPDATE ON label BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = new.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_label_removed AFTER DELETE ON label BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = old.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_diagnosis_set AFTER INSERT ON diagnosis BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = new.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_diagnosis_changed AFTER UPDATE ON diagnosis BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = new.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TRIGGER caption_diagnosis_removed AFTER DELETE ON diagnosis BEGIN
    INSERT INTO caption_stale SELECT series.study FROM volume JOIN series ON series.id = volume.series
      WHERE volume.id = (SELECT volume FROM lesion WHERE id = old.lesion) ON CONFLICT DO NOTHING;
  END;
  CREATE TABLE filter_set (name TEXT PRIMARY KEY, conditions TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  /* 5: what users marked on hits; a query's hash is the same for the same lesion or region */ `
  CREATE TABLE feedback_query (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    /* Null for a region, which box (i0,j0,k0,i1,j1,k1) and the packed mask hold; without a mask the box is the region. */
    lesion INTEGER REFERENCES lesion ON DELETE CASCADE,
    box TEXT,
    mask BLOB,
    hash TEXT NOT NULL,
    UNIQUE (user, hash),
    CHECK ((lesion IS NULL) = (box IS NOT NULL))
  ) STRICT;
  CREATE INDEX feedback_query_volume ON feedback_query (volume);
  CREATE INDEX feedback_query_lesion ON feedback_query (lesion);
  CREATE TABLE feedback_mark (
    query INTEGER NOT NULL REFERENCES feedback_query ON DELETE CASCADE,
    hit INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    relevant INTEGER NOT NULL CHECK (relevant IN (0, 1)),
    method TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (query, hit)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX feedback_mark_hit ON feedback_mark (hit);
  `,
  /* 6: measurements drawn on volumes */ `
  CREATE TABLE annotation (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('length', 'angle', 'bidimensional', 'ellipse', 'probe')),
    plane TEXT NOT NULL CHECK (plane IN ('axial', 'coronal', 'sagittal')),
    points TEXT NOT NULL,
    label TEXT NOT NULL,
    author TEXT NOT NULL,
    createdAt TEXT NOT NULL
  ) STRICT;
  CREATE INDEX annotation_volume ON annotation (volume);
  `,
  /* 7: slices marked as key images, as they were shown */ `
  CREATE TABLE key_image (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    plane TEXT NOT NULL CHECK (plane IN ('axial', 'coronal', 'sagittal')),
    slice INTEGER NOT NULL,
    view TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    createdAt TEXT NOT NULL
  ) STRICT;
  CREATE INDEX key_image_volume ON key_image (volume);
  `,
  /* 8: searches that users keep, the one that each had open last, and marks that are not lesions yet */ `
  CREATE TABLE saved_query (
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (user, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE open_search (user TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE unsaved_mark (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    volume INTEGER NOT NULL REFERENCES volume ON DELETE CASCADE,
    mark TEXT NOT NULL,
    box TEXT NOT NULL,
    mask BLOB NOT NULL,
    UNIQUE (user, volume)
  ) STRICT;
  CREATE INDEX unsaved_mark_volume ON unsaved_mark (volume);
  `,
  /* 9: marks on the hits of words and of several things at once, which are asked for in no volume */ `
  CREATE TABLE feedback_query_9 (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    volume INTEGER REFERENCES volume ON DELETE CASCADE,
    lesion INTEGER REFERENCES lesion ON DELETE CASCADE,
    box TEXT,
    mask BLOB,
    /* As JSON, where it is neither a lesion nor a region. */
    asked TEXT,
    hash TEXT NOT NULL,
    UNIQUE (user, hash),
    CHECK ((lesion IS NOT NULL) + (box IS NOT NULL) + (asked IS NOT NULL) = 1),
    CHECK ((volume IS NULL) = (asked IS NOT NULL))
  ) STRICT;
  INSERT INTO feedback_query_9 SELECT id, user, volume, lesion, box, mask, NULL, hash FROM feedback_query;
  CREATE TABLE feedback_mark_9 (
    query INTEGER NOT NULL REFERENCES feedback_query_9 ON DELETE CASCADE,
    hit INTEGER NOT NULL REFERENCES lesion ON DELETE CASCADE,
    relevant INTEGER NOT NULL CHECK (relevant IN (0, 1)),
    method TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (query, hit)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO feedback_mark_9 SELECT query, hit, relevant, method, at FROM feedback_mark;
  DROP TABLE feedback_mark;
  DROP TABLE feedback_query;
  ALTER TABLE feedback_query_9 RENAME TO feedback_query;
  ALTER TABLE feedback_mark_9 RENAME TO feedback_mark;
  CREATE INDEX feedback_query_volume ON feedback_query (volume);
  CREATE INDEX feedback_query_lesion ON feedback_query (lesion);
  CREATE INDEX feedback_mark_hit ON feedback_mark (hit);
  `,
  /* 10: changes by hand, and which patients were merged, are found without reading the whole audit */ `
  CREATE INDEX audit_change ON audit (id) WHERE action = 'change';
  CREATE INDEX audit_patient_merge ON audit (subject) WHERE action = 'patient.merge';
  `,
  /* 11: the audit is a chain of hashes that is only ever added to */ chainAudit,
  /* 12: deletions of which traces are left to remove */ `
  CREATE TABLE deletion (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    backups TEXT NOT NULL CHECK (backups IN ('purge', 'keep')),
    /* Opaque ids of what was deleted, and paths of backups that are to be removed, as JSON. */
    ids TEXT NOT NULL
  ) STRICT;
  `,
];
