/** What a list is narrowed to by typed words: lesions, patients and studies that hold every one of them. */
import type { Database } from './database.ts';

/** The words of a text; none asks for everything. */
function wordsIn(text: string): string[] {
  return text.trim().split(/\s+/).filter(Boolean);
}

/** For LIKE with `ESCAPE '\'`: the word anywhere. */
function anywhere(word: string): string {
  return `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** Of the full text: what is said of the lesion itself, not of its whole study. */
const ownColumns = '{caption labels diagnosis}';

/** A DICOM date as it is shown, so that it is found as it is read. */
const shownDate = `CASE WHEN length(study.date) = 8
  THEN substr(study.date, 1, 4) || '-' || substr(study.date, 5, 2) || '-' || substr(study.date, 7, 2) ELSE study.date END`;

/** What rows of `patient`, and of `study` joined with it, are found by. */
const searched = {
  patient: `patient.identity || ' ' || coalesce(patient.name, '')`,
  study: `patient.identity || ' ' || coalesce(patient.name, '') || ' ' || coalesce(study.description, '') || ' ' || coalesce(${shownDate}, '')`,
} as const;

/** A condition that each word is somewhere in the row, as SQL to follow WHERE or AND, with its parameters. */
export function heldBy(table: keyof typeof searched, text: string): { sql: string; params: string[] } {
  const words = wordsIn(text);
  const sql = words.map(() => `(${searched[table]}) LIKE ? ESCAPE '\\'`).join(' AND ');
  return { sql: sql || 'true', params: words.map(anywhere) };
}

export function catalogFinding(db: Database) {
  const inText = db
    .prepare(
      'SELECT lesion.uid FROM lesion_text JOIN lesion ON lesion.id = lesion_text.rowid WHERE lesion_text MATCH ?',
    )
    .pluck();
  const inName = db.prepare(`SELECT uid FROM lesion WHERE name LIKE ? ESCAPE '\\'`).pluck();
  const inPatient = db
    .prepare(
      `SELECT lesion.uid FROM patient JOIN study ON study.patient = patient.id JOIN series ON series.study = study.id
       JOIN volume ON volume.series = series.id JOIN lesion ON lesion.volume = volume.id
       WHERE ${searched.patient} LIKE ? ESCAPE '\\'`,
    )
    .pluck();

  function holding(word: string): Set<unknown> {
    const like = anywhere(word);
    // A word without a letter or digit is nothing to the full text.
    const match = /[\p{L}\p{N}]/u.test(word)
      ? inText.all(`${ownColumns} : "${word.replaceAll('"', '""')}"*`)
      : [];
    return new Set([...match, ...inName.all(like), ...inPatient.all(like)]);
  }

  return {
    /**
     * The ids of lesions that hold every word: as the beginning of a word of caption, labels or diagnosis, or anywhere in the
     * name or in who the patient is. Undefined, for all of them, where there is no word.
     */
    lesions: (text: string): ReadonlySet<unknown> | undefined => {
      const [first, ...rest] = wordsIn(text).map(holding);
      return rest.reduce((found, next) => found?.intersection(next), first as Set<unknown> | undefined);
    },
  };
}
export type CatalogFinding = ReturnType<typeof catalogFinding>;
