/** Slices that users marked as key images; they go with their volume. */
import { PrecedentError } from '../contract/errors.ts';
import { type KeyImage, type KeyImageShape, keyImage } from '../contract/keyImages.ts';
import type { Database } from './database.ts';
import { volumeRows } from './volumeRows.ts';

type Row = Readonly<Record<string, unknown>>;

export function catalogKeyImages(db: Database) {
  const volumeRow = volumeRows(db);
  const upsert = db.prepare(
    `INSERT INTO key_image (uid, volume, plane, slice, view, note, author, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (uid) DO UPDATE SET view = excluded.view, note = excluded.note
       WHERE volume = excluded.volume AND plane = excluded.plane AND slice = excluded.slice`,
  );
  const remove = db.prepare('DELETE FROM key_image WHERE uid = ?');
  const ofStudy = db.prepare(`
    SELECT key_image.uid AS id, volume.uid AS volume, plane, slice, view, note, author, createdAt
    FROM key_image JOIN volume ON volume.id = key_image.volume JOIN series ON series.id = volume.series
    WHERE series.study = (SELECT series.study FROM volume JOIN series ON series.id = volume.series WHERE volume.uid = ?)
    ORDER BY createdAt, key_image.id`);

  return {
    /** Those of all volumes of the study that the volume belongs to, the earliest first. Throws `not-found`. */
    ofStudy: (volume: string): KeyImage[] => {
      volumeRow(volume);
      return (ofStudy.all(volume) as Row[]).map((row) =>
        keyImage.parse({ ...row, view: JSON.parse(String(row.view)) }),
      );
    },
    /** Adds it, or shows and notes the one of this id otherwise. Throws `not-found`, or `refused` for an id of another slice. */
    save: ({ id, volume, plane, slice, view, note }: KeyImageShape, author: string): void => {
      const now = new Date().toISOString();
      const row = volumeRow(volume);
      if (upsert.run(id, row, plane, slice, JSON.stringify(view), note, author, now).changes > 0) return;
      throw new PrecedentError('refused', 'the key image belongs elsewhere', id, 'mark the slice again');
    },
    /** What is gone already stays so. */
    remove: (id: string): void => void remove.run(id),
  };
}
export type CatalogKeyImages = ReturnType<typeof catalogKeyImages>;
