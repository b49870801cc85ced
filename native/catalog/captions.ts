/** Captions of lesions and studies: made from the catalog, kept with their full text, found by words. */
import type { LesionRow, Outline } from '../contract/model.ts';
import {
  captionRule,
  countCaption,
  type Described,
  lesionCaption,
  longest,
  studyCaptions,
} from '../lesion/caption.ts';
import { ftsTerms } from '../report/ftsQuery.ts';
import type { Database } from './database.ts';

type Row = Readonly<Record<string, unknown>>;

interface WordHit {
  readonly lesion: string;
  /** BM25 over the lesion's words and, with less weight, its study's reports: higher is better, 0 where no word asked for it. */
  readonly score: number;
}

/** Weights of the columns of `lesion_text`: caption, labels and name, diagnosis, what is said of the whole study. */
const weights = '1.0, 1.0, 1.0, 0.25';
/** A word in the report of its study says less of a lesion than one of its own: the study may have several. */
const reportWeight = 0.5;
/** Lesions whose captions are made in one transaction, and those of the study that it ends in: nobody waits long for it. */
const lesionsAtOnce = 200;

/**
 * The words by which a lesion is searched for when it is the query itself: those of its caption, nothing that says what it is.
 * Its numbers are left out: 4 mm would find whatever is graded 4.
 */
export function wordsOf({ caption }: Pick<LesionRow, 'caption'>): string {
  return (caption.match(/\p{L}+/gu) ?? []).join(' ');
}

export function catalogCaptions(db: Database) {
  const stale = db.prepare('SELECT study FROM caption_stale LIMIT 1').pluck();
  const unmark = db.prepare('DELETE FROM caption_stale WHERE study = ?');
  const lesionsOf = db.prepare(
    `SELECT lesion.id, lesion.name, volumeMl, diameterMm, diameter3dMm, meanHu, sdHu, sphericity, convexity, edgeMm,
       diagnosis.diagnosis, diagnosis.code, count, generated, edited FROM lesion JOIN volume ON volume.id = lesion.volume
     JOIN series ON series.id = volume.series LEFT JOIN diagnosis ON diagnosis.lesion = lesion.id
     LEFT JOIN lesion_caption ON lesion_caption.lesion = lesion.id WHERE series.study = ? ORDER BY lesion.id`,
  );
  const labelsOf = db.prepare('SELECT name, value FROM label WHERE lesion = ? ORDER BY name');
  const organOf = db.prepare(
    'SELECT organ, place FROM lesion_organ WHERE lesion = ? AND inside > 0 ORDER BY position LIMIT 1',
  );
  const keep = (table: 'lesion' | 'study') =>
    db.prepare(
      `INSERT INTO ${table}_caption (${table}, count, generated) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET count = excluded.count, generated = excluded.generated`,
    );
  const kept = { lesion: keep('lesion'), study: keep('study') };
  const editedStudy = db.prepare('SELECT edited FROM study_caption WHERE study = ?').pluck();
  const forgetVectors = db.prepare(
    `DELETE FROM lesion_embedding WHERE lesion = ? AND key IN (SELECT id FROM embedding_key WHERE level = 'caption')`,
  );
  const dropText = db.prepare('DELETE FROM lesion_text WHERE rowid = ?');
  const addText = db.prepare(
    'INSERT INTO lesion_text (rowid, caption, labels, diagnosis, study) VALUES (?, ?, ?, ?, ?)',
  );

  function describe(row: Row): { id: unknown; row: Row; labels: string; lesion: Described } {
    const labels = labelsOf.all(row.id) as { name: string; value: string }[];
    const around = organOf.get(row.id) as { organ: string; place: string } | undefined;
    const organ = labels.find(({ name }) => name === 'organ')?.value ?? around?.organ;
    const { volumeMl, diameterMm, diameter3dMm, meanHu, sdHu } = row as unknown as Described;
    return {
      id: row.id,
      row,
      labels: [row.name, ...labels.map(({ name, value }) => `${name} ${value}`)].join('; '),
      lesion: {
        volumeMl,
        diameterMm,
        diameter3dMm,
        meanHu,
        sdHu,
        organ,
        place: around?.place,
        outline: outlineOf(row),
      },
    };
  }

  /** The captions and the full text of a study and its lesions. Returns how many lesions it has. */
  function caption(study: unknown): number {
    const described = (lesionsOf.all(study) as Row[]).map(describe);
    const whole = studyCaptions(described.map(({ lesion }) => lesion));
    kept.study.run(study, whole.count, whole.generated);
    const told = [whole.count, editedStudy.get(study) ?? ''].join('; ');
    const byOrgan = Map.groupBy(described, ({ lesion }) => lesion.organ);
    for (const { id, row, labels, lesion } of described) {
      const same = (byOrgan.get(lesion.organ) ?? []).map((one) => one.lesion);
      const generated = lesionCaption(lesion);
      const count = countCaption(lesion.organ, same.length, longest(same));
      if (row.generated !== generated || row.count !== count) kept.lesion.run(id, count, generated);
      // What is captioned for the first time has neither words nor a vector.
      if (row.generated !== null) {
        dropText.run(id);
        if (row.generated !== generated && row.edited === null) forgetVectors.run(id);
      }
      const diagnosis = [row.diagnosis, row.code].filter((text) => text !== null).join(' ');
      addText.run(id, row.edited ?? generated, labels, diagnosis, told);
    }
    unmark.run(study);
    return described.length;
  }

  const captionSome = db.transaction((): boolean => {
    let done = 0;
    while (done < lesionsAtOnce) {
      const study = stale.get();
      if (study === undefined) return false;
      // A study without lesions is work too.
      done += 1 + caption(study);
    }
    return true;
  });
  const rule = db.prepare(`SELECT value FROM setting WHERE name = 'captionRule'`).pluck();
  /** Every caption is out of date where they were made by another rule. */
  const adoptRule = db.transaction(() => {
    if (rule.get() === captionRule) return;
    db.exec('INSERT INTO caption_stale SELECT id FROM study WHERE true ON CONFLICT DO NOTHING');
    db.prepare(
      `INSERT INTO setting VALUES ('captionRule', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    ).run(captionRule);
  });
  let adopted = false;
  /** Makes anew the captions of studies that changed, of some of them where many lesions did. Returns whether there may be more. */
  const refreshSome = (): boolean => {
    if (!adopted) adoptRule();
    adopted = true;
    return captionSome();
  };

  const matching = (columns: string, match: string, from: string) =>
    db.prepare(`SELECT ${columns} FROM ${from} MATCH ?`).all(match) as Row[];
  const lesionOf = db
    .prepare(
      `SELECT lesion.uid FROM lesion JOIN volume ON volume.id = lesion.volume JOIN series ON series.id = volume.series
     WHERE series.study = ?`,
    )
    .pluck();

  return {
    refreshSome,

    /**
     * The lesions that any of the words finds, best first, equal scores by ascending id; "phrases", beginnings* and -excluded
     * words as in the search of reports. Words that only exclude leave every other lesion, no words at all every one, with a
     * score of 0; a text without a letter or digit finds nothing. In a library that has just been taken over from an earlier
     * version, what is not captioned yet is not found.
     */
    find: (text: string): WordHit[] => {
      refreshSome();
      const { required, excluded } = ftsTerms(text);
      if (required.length + excluded.length === 0 && text.trim() !== '') return [];
      const without = new Set<unknown>();
      const none = excluded.join(' OR ');
      if (none !== '') {
        const rows = matching(
          'uid',
          none,
          'lesion_text JOIN lesion ON lesion.id = lesion_text.rowid WHERE lesion_text',
        );
        for (const { uid } of rows) without.add(uid);
      }
      const scores = new Map<string, number>();
      const add = (lesion: unknown, score: number) => {
        if (!without.has(lesion)) scores.set(String(lesion), (scores.get(String(lesion)) ?? 0) + score);
      };
      if (required.length === 0) {
        for (const uid of db.prepare('SELECT uid FROM lesion').pluck().all()) add(uid, 0);
      } else {
        const any = required.join(' OR ');
        const own = `lesion_text JOIN lesion ON lesion.id = lesion_text.rowid WHERE lesion_text`;
        for (const { uid, score } of matching(`uid, -bm25(lesion_text, ${weights}) AS score`, any, own))
          add(uid, Number(score));
        const reports = new Map<unknown, number>();
        const inReports = 'report_text JOIN report ON report.id = report_text.rowid WHERE report_text';
        const rest = none === '' ? any : `(${any}) NOT (${none})`;
        for (const { study, score } of matching('study, -bm25(report_text) AS score', rest, inReports))
          reports.set(study, Math.max(Number(score), reports.get(study) ?? 0));
        for (const [study, score] of reports)
          for (const uid of lesionOf.all(study)) add(uid, reportWeight * score);
      }
      const hits = [...scores].map(([lesion, score]) => ({ lesion, score }));
      return hits.sort((a, b) => b.score - a.score || (a.lesion < b.lesion ? -1 : 1));
    },
  };
}
export type CatalogCaptions = ReturnType<typeof catalogCaptions>;

/** Nothing for a lesion that was measured before outlines were. */
export function outlineOf({ sphericity, convexity, edgeMm }: Row): Outline | undefined {
  if (sphericity === null || convexity === null) return undefined;
  return {
    sphericity: Number(sphericity),
    convexity: Number(convexity),
    edgeMm: edgeMm === null ? undefined : Number(edgeMm),
  };
}
