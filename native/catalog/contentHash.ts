/** One hash of everything that a catalog says, without what differs between two equal libraries: random ids and times. */
import { createHash } from 'node:crypto';
import type { Database } from './database.ts';

const ofLesion = `FROM lesion JOIN volume ON volume.id = lesion.volume`;
const lesionKey = 'volume.contentHash, lesion.name, lesion.source, i0, j0, k0, i1, j1, k1, hex(lesion.mask)';
const embeddingKey = 'encoder, version, preprocessing, level, pooling, dim';

/** What each part of the catalog is compared by; a further table is a further row. A private copy's own path is random. */
const parts: Readonly<Record<string, string>> = {
  patients: 'SELECT identity, patientId, name, sex, birthDate FROM patient',
  studies: `SELECT identity, studyInstanceUid, date, description, age, accessionNumber FROM study
    JOIN patient ON patient.id = study.patient`,
  studyLabels: `SELECT identity, studyInstanceUid, study_label.name, value FROM study_label
    JOIN study ON study.id = study_label.study JOIN patient ON patient.id = study.patient`,
  series: `SELECT studyInstanceUid, seriesInstanceUid, modality, number, series.description, kernel, manufacturer, model,
    contrast, kvp, sliceThicknessMm, frameOfReferenceUid FROM series JOIN study ON study.id = series.study`,
  volumes: `SELECT seriesInstanceUid, contentHash, sourceIdentity, ni, nj, nk, spacing, origin, direction, dtype, copied,
    deidentified, lossy, interpolated, warnings, iif(copied, '', path) FROM volume JOIN series ON series.id = volume.series`,
  files: `SELECT contentHash, role, position, iif(copied, '', source_file.path), original, sopInstanceUid, bytes
    FROM source_file JOIN volume ON volume.id = source_file.volume`,
  lesions: `SELECT ${lesionKey}, volumeMl, diameterMm, diameter3dMm, meanHu, sdHu, x, y, z, sphericity, convexity, edgeMm ${ofLesion}`,
  // Generated captions follow from the rest.
  captions: `SELECT ${lesionKey}, edited ${ofLesion} JOIN lesion_caption ON lesion_caption.lesion = lesion.id
    WHERE edited IS NOT NULL`,
  studyCaptions: `SELECT studyInstanceUid, edited FROM study_caption JOIN study ON study.id = study_caption.study
    WHERE edited IS NOT NULL`,
  filterSets: 'SELECT name, conditions FROM filter_set',
  annotations: `SELECT contentHash, kind, plane, points, label, author FROM annotation
    JOIN volume ON volume.id = annotation.volume`,
  keyImages: `SELECT contentHash, plane, slice, view, note, author FROM key_image JOIN volume ON volume.id = key_image.volume`,
  organsOfLesions: `SELECT ${lesionKey}, position, organ, inside, ofOrgan, lesion_organ.x, lesion_organ.y, lesion_organ.z, place
    ${ofLesion} JOIN lesion_organ ON lesion_organ.lesion = lesion.id`,
  organs: `SELECT contentHash, organ.name, i0, j0, k0, i1, j1, k1, hex(mask) FROM organ JOIN volume ON volume.id = organ.volume`,
  labels: `SELECT ${lesionKey}, label.name, value ${ofLesion} JOIN label ON label.lesion = lesion.id`,
  diagnoses: `SELECT ${lesionKey}, diagnosis, code, proof, proofDate, diagnosis.source, author ${ofLesion}
    JOIN diagnosis ON diagnosis.lesion = lesion.id`,
  lesionEmbeddings: `SELECT ${lesionKey}, ${embeddingKey}, slice, hex(vector) ${ofLesion}
    JOIN lesion_embedding ON lesion_embedding.lesion = lesion.id JOIN embedding_key ON embedding_key.id = lesion_embedding.key`,
  volumeEmbeddings: `SELECT contentHash, ${embeddingKey}, slice, hex(vector) FROM volume
    JOIN volume_embedding ON volume_embedding.volume = volume.id JOIN embedding_key ON embedding_key.id = volume_embedding.key`,
  reports: `SELECT studyInstanceUid, textHash, report.path, title, report.date FROM report JOIN study ON study.id = report.study`,
};

/** SHA-256 (hex) over the catalog's content: equal for two libraries that hold the same. */
export function catalogContentHash(db: Database): string {
  const hash = createHash('sha256');
  for (const [name, sql] of Object.entries(parts)) {
    const rows = db.prepare(sql).raw().all() as unknown[][];
    const digests = rows.map((row) => createHash('sha256').update(JSON.stringify(row)).digest('hex')).sort();
    hash.update(`${name} ${digests.length}\n${digests.join('\n')}\n`);
  }
  return hash.digest('hex');
}
