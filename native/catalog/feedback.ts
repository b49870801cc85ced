/** What users thought of hits: kept for evaluation, by user and query. */
import { PrecedentError } from '../contract/errors.ts';
import type { FeedbackMark } from '../contract/feedback.ts';
import type { Box } from '../volume/volume.ts';
import type { Database } from './database.ts';
import { volumeRows } from './volumeRows.ts';

/** A lesion of the library, a region of a volume, or words and several things. */
export type MarkedQuery =
  | { readonly lesion: string }
  | {
      readonly volume: string;
      readonly box: Box;
      /** Packed bits of the box; undefined where the box itself is the region. */
      readonly mask: Uint8Array | undefined;
      /** The same for the same region. */
      readonly hash: string;
    }
  /** As JSON. */
  | { readonly asked: string; readonly hash: string };
interface Mark {
  readonly hit: string;
  readonly relevant: boolean | null;
  readonly method: string;
}
type Row = Readonly<Record<string, unknown>>;

export function catalogFeedback(db: Database) {
  const lesionRow = db.prepare('SELECT id, volume FROM lesion WHERE uid = ?');
  const volumeRow = volumeRows(db);
  const addQuery = db
    .prepare(
      `INSERT INTO feedback_query (user, volume, lesion, box, mask, asked, hash) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (user, hash) DO UPDATE SET hash = excluded.hash RETURNING id`,
    )
    .pluck();
  const upsertMark = db.prepare(
    `INSERT INTO feedback_mark (query, hit, relevant, method, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET relevant = excluded.relevant, method = excluded.method, at = excluded.at`,
  );
  const removeMark = db.prepare('DELETE FROM feedback_mark WHERE query = ? AND hit = ?');
  const removeUnmarked = db.prepare(
    'DELETE FROM feedback_query WHERE id = ? AND NOT EXISTS (SELECT 1 FROM feedback_mark WHERE query = feedback_query.id)',
  );
  const removeQuery = db.prepare('DELETE FROM feedback_query WHERE user = ? AND hash = ?');
  const marks = db.prepare(`
    SELECT user, at, volume.uid AS volume, own.uid AS lesion, box, asked, hit.uid AS hit, relevant, method
    FROM feedback_mark JOIN feedback_query ON feedback_query.id = feedback_mark.query
    LEFT JOIN volume ON volume.id = feedback_query.volume LEFT JOIN lesion AS own ON own.id = feedback_query.lesion
    JOIN lesion AS hit ON hit.id = feedback_mark.hit WHERE ifnull(feedback_query.hash = ?, true) ORDER BY at, hit.uid`);

  const lesionOf = (uid: string): { id: number; volume: number } => {
    const row = lesionRow.get(uid) as Row | undefined;
    if (!row) throw new PrecedentError('not-found', 'there is no such lesion', uid, 'search again');
    return { id: Number(row.id), volume: Number(row.volume) };
  };
  const hashOf = (query: MarkedQuery) => ('lesion' in query ? query.lesion : query.hash);

  function queryRow(user: string, query: MarkedQuery): number {
    if ('lesion' in query) {
      const { id, volume } = lesionOf(query.lesion);
      return Number(addQuery.get(user, volume, id, null, null, null, query.lesion));
    }
    if ('asked' in query) return Number(addQuery.get(user, null, null, null, null, query.asked, query.hash));
    const volume = volumeRow(query.volume, 'search again');
    return Number(
      addQuery.get(user, volume, null, query.box.join(','), query.mask ?? null, null, query.hash),
    );
  }

  return {
    /** A later mark takes the place of an earlier one; null removes it. Throws `not-found` for what is not in the library. */
    mark: db.transaction((user: string, query: MarkedQuery, { hit, relevant, method }: Mark): void => {
      const { id } = lesionOf(hit);
      const row = queryRow(user, query);
      if (relevant !== null) upsertMark.run(row, id, Number(relevant), method, new Date().toISOString());
      else {
        removeMark.run(row, id);
        removeUnmarked.run(row);
      }
    }),
    /** Removes all marks of a user on the hits of a query. */
    clear: (user: string, query: MarkedQuery): void => void removeQuery.run(user, hashOf(query)),
    /** All marks, the earliest first, or those on the hits of one query. */
    list: (query?: MarkedQuery): FeedbackMark[] =>
      (marks.all(query ? hashOf(query) : null) as Row[]).map((row) => ({
        user: String(row.user),
        at: String(row.at),
        volume: row.volume === null ? undefined : String(row.volume),
        lesion: row.lesion === null ? undefined : String(row.lesion),
        boxIjk: row.box === null ? undefined : (String(row.box).split(',').map(Number) as [...Box]),
        asked: row.asked === null ? undefined : String(row.asked),
        hit: String(row.hit),
        relevant: row.relevant === 1,
        method: String(row.method),
      })),
  };
}
export type CatalogFeedback = ReturnType<typeof catalogFeedback>;
