/**
 * The numbered steps from an empty file to today's schema. A released step is never edited; a change is a new step with a
 * test of its own. Ids that leave the engine are the opaque `uid` columns.
 */
export const migrations: readonly string[] = [
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
];
