/** Measurements that users drew on volumes; they go with their volume. */
import {
  type Annotation,
  type AnnotationShape,
  annotation,
  annotationPoints,
  ellipseEnds,
} from '../contract/annotations.ts';
import { PrecedentError } from '../contract/errors.ts';
import { planeAxes } from '../contract/mark.ts';
import type { Database } from './database.ts';
import { volumeRows } from './volumeRows.ts';

type Row = Readonly<Record<string, unknown>>;

export function catalogAnnotations(db: Database) {
  const volumeRow = volumeRows(db);
  const upsert = db.prepare(
    `INSERT INTO annotation (uid, volume, kind, plane, points, label, author, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (uid) DO UPDATE SET points = excluded.points, label = excluded.label
       WHERE volume = excluded.volume AND kind = excluded.kind AND plane = excluded.plane`,
  );
  const remove = db.prepare('DELETE FROM annotation WHERE uid = ?');
  const ofStudy = db.prepare(`
    SELECT annotation.uid AS id, volume.uid AS volume, direction, kind, plane, points, label, author, createdAt
    FROM annotation JOIN volume ON volume.id = annotation.volume JOIN series ON series.id = volume.series
    WHERE series.study = (SELECT series.study FROM volume JOIN series ON series.id = volume.series WHERE volume.uid = ?)
    ORDER BY createdAt, annotation.id`);

  return {
    /** Those of all volumes of the study that the volume belongs to, the earliest first. Throws `not-found`. */
    ofStudy: (volume: string): Annotation[] => {
      volumeRow(volume);
      return (ofStudy.all(volume) as Row[]).map((row) => annotation.parse({ ...row, points: pointsOf(row) }));
    },
    /** Adds it, or moves and names the one of this id, whose author stays. Throws `not-found`, or `refused` for an id of another kind or place. */
    save: ({ id, volume, kind, plane, points, label }: AnnotationShape, author: string): void => {
      const now = new Date().toISOString();
      const row = volumeRow(volume);
      if (upsert.run(id, row, kind, plane, JSON.stringify(points), label, author, now).changes > 0) return;
      throw new PrecedentError('refused', 'the measurement belongs elsewhere', id, 'draw a new one');
    },
    /** What is gone already stays so. */
    remove: (id: string): void => void remove.run(id),
  };
}

/** Ellipses were kept as opposite corners of the box around them before they could be turned. */
function pointsOf({ kind, plane, points, direction }: Row): unknown {
  const parsed = JSON.parse(String(points));
  if (kind !== 'ellipse' || parsed.length === annotationPoints.ellipse) return parsed;
  const [from, to] = parsed as [number, number, number][];
  const { inPlane } = planeAxes(JSON.parse(String(direction)), annotation.shape.plane.parse(plane));
  return ellipseEnds(from, to, inPlane);
}
export type CatalogAnnotations = ReturnType<typeof catalogAnnotations>;
