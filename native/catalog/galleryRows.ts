/** What the catalog knows of every lesion that a filter can name, in one pass over it. */
import { dayOf } from '../contract/filters.ts';
import type { Diagnosis } from '../contract/model.ts';
import { contrastPhase } from '../dicom/contrastPhase.ts';
import type { GalleryRow } from '../retrieval/gallery.ts';
import type { Database } from './database.ts';

type Row = Readonly<Record<string, unknown>>;

/** A lesion with all that it belongs to. */
export const lesionFrom = `
  FROM lesion JOIN volume ON volume.id = lesion.volume JOIN series ON series.id = volume.series
  JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient
  LEFT JOIN diagnosis ON diagnosis.lesion = lesion.id`;

const columns = `lesion.id, lesion.uid, lesion.name, lesion.source, volumeMl, diameterMm, diameter3dMm, meanHu, sdHu,
  patient.identity, patient.sex, patient.birthDate, study.studyInstanceUid, study.date, study.age, volume.uid AS volumeUid,
  volume.spacing, series.kernel, series.contrast, series.description, series.modality, series.manufacturer, series.model,
  series.kvp, series.sliceThicknessMm, diagnosis.diagnosis, diagnosis.proof, lesion_organ.organ, lesion_organ.place`;

const measured = ['volumeMl', 'diameterMm', 'diameter3dMm', 'meanHu', 'sdHu'] as const;
const named = ['name', 'source', 'sex', 'kernel', 'contrast', 'modality', 'manufacturer'] as const;

/** Every lesion in catalog order, or those with one of these ids. */
export function galleryRows(db: Database, among?: readonly string[]): GalleryRow[] {
  const chosen = among && JSON.stringify(among);
  const labels = labelsByLesion(db, chosen);
  const where = chosen === undefined ? '' : 'WHERE lesion.uid IN (SELECT value FROM json_each(@chosen))';
  // The first organ that holds a part of the lesion holds most of it.
  const rows = db
    .prepare(
      `SELECT ${columns} ${lesionFrom} LEFT JOIN lesion_organ ON lesion_organ.lesion = lesion.id AND position = 0
       AND inside > 0 ${where} ORDER BY lesion.id`,
    )
    .iterate({ chosen }) as IterableIterator<Row>;
  const gallery: GalleryRow[] = [];
  for (const row of rows) gallery.push(galleryRow(row, labels.get(Number(row.id)) ?? {}));
  return gallery;
}

function labelsByLesion(db: Database, chosen: string | undefined): Map<number, Record<string, string>> {
  const labels = new Map<number, Record<string, string>>();
  const among =
    'JOIN lesion ON lesion.id = label.lesion JOIN json_each(@chosen) ON lesion.uid = json_each.value';
  const all = db.prepare(
    `SELECT label.lesion, label.name, label.value FROM label ${chosen === undefined ? '' : among}`,
  );
  for (const row of all.iterate({ chosen }) as IterableIterator<Row>) {
    const own = labels.get(Number(row.lesion)) ?? {};
    labels.set(Number(row.lesion), own);
    own[String(row.name)] = String(row.value);
  }
  return labels;
}

function galleryRow(row: Row, labels: Readonly<Record<string, string>>): GalleryRow {
  const fields: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  const say = (name: string, value: unknown) => {
    if (value !== null && value !== undefined && value !== '') fields[name] = String(value);
  };
  const count = (name: string, value: unknown) => {
    if (value !== null && value !== undefined) numbers[name] = Number(value);
  };
  for (const name of named) say(name, row[name]);
  for (const name of measured) count(name, row[name]);
  count('labels', Object.keys(labels).length);
  // Who labels a lesion's organ knows better than whoever outlined the organs.
  say('organ', labels.organ ?? row.organ);
  say('place', row.place);
  say('phase', contrastPhase(text(row.description), text(row.contrast)));
  say('scanner', [row.manufacturer, row.model].filter(Boolean).join(' '));
  const date = text(row.date);
  count('date', date === undefined ? undefined : dayOf(date));
  count('age', ageAt(text(row.age), text(row.birthDate), date));
  count('kvp', row.kvp);
  count('sliceThicknessMm', row.sliceThicknessMm ?? sliceSpacing(String(row.spacing)));
  return {
    lesion: String(row.uid),
    patient: String(row.identity),
    study: String(row.studyInstanceUid),
    volume: String(row.volumeUid),
    labels,
    diagnosis:
      row.diagnosis === null
        ? undefined
        : { diagnosis: String(row.diagnosis), proof: row.proof as Diagnosis['proof'] },
    fields,
    numbers,
  };
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

/** NIfTI and NRRD say no thickness; slices without gaps are as thick as they are apart. */
function sliceSpacing(spacing: string): number | undefined {
  const [, , mm] = JSON.parse(spacing) as number[];
  return mm;
}

/** How many of a unit of DICOM's age strings make a year (PS3.5 table 6.2-1, AS). */
const perYear: Readonly<Record<string, number>> = { Y: 1, M: 12, W: 52.1775, D: 365.2425 };

/** Full years at the study, as the study says it, else by the dates. */
function ageAt(
  age: string | undefined,
  birth: string | undefined,
  date: string | undefined,
): number | undefined {
  const [, count, unit] = /^(\d{1,3})([YMWD])$/.exec(age?.trim() ?? '') ?? [];
  if (count !== undefined) return Math.floor(Number(count) / perYear[unit]);
  const [from, to] = [birth, date].map((text) => (text === undefined ? undefined : dayOf(text)));
  if (from === undefined || to === undefined || to < from) return undefined;
  return Math.floor((to - from) / perYear.D);
}
