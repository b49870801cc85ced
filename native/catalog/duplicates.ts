/** What the catalog may hold twice, by its rows alone: lesions whose boxes overlap, patients of one name and birth date, volumes of one grid. */
import type { Database } from './database.ts';

type Pair = readonly [string, string];

const notDuplicates = 'notDuplicates';

export function catalogDuplicates(db: Database) {
  const setting = db.prepare('SELECT value FROM setting WHERE name = ?').pluck();
  const keepSetting = db.prepare(
    'INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const pairs = (sql: string): Pair[] => db.prepare(sql).raw().all() as Pair[];
  const apart = (): Set<string> =>
    new Set(JSON.parse(String(setting.get(notDuplicates) ?? '[]')) as string[]);
  return {
    /** Pairs of lesions of one volume whose boxes have voxels in common. */
    overlapping: (): Pair[] =>
      pairs(
        `SELECT a.uid, b.uid FROM lesion a JOIN lesion b ON b.volume = a.volume AND b.id > a.id
         WHERE a.i0 <= b.i1 AND b.i0 <= a.i1 AND a.j0 <= b.j1 AND b.j0 <= a.j1 AND a.k0 <= b.k1 AND b.k0 <= a.k1
         ORDER BY a.id, b.id`,
      ),
    /** Pairs of patients, by their identities, of the same name and date of birth, both known. */
    namesakes: (): Pair[] =>
      pairs(
        `SELECT a.identity, b.identity FROM patient a JOIN patient b
           ON lower(a.name) = lower(b.name) AND a.birthDate = b.birthDate AND b.id > a.id
         WHERE trim(a.name) != '' AND trim(a.birthDate) != '' ORDER BY a.id, b.id`,
      ),
    /** Volumes with the same number of voxels along every axis as another, those of one size after each other. */
    ofOneSize: (): string[][] => {
      const rows = db
        .prepare(
          `SELECT uid, ni || ' ' || nj || ' ' || nk || ' ' || spacing || ' ' || origin || ' ' || direction AS grid FROM volume ORDER BY id`,
        )
        .all() as { uid: string; grid: string }[];
      const byGrid = Map.groupBy(rows, ({ grid }) => grid);
      return [...byGrid.values()]
        .filter(({ length }) => length > 1)
        .map((same) => same.map(({ uid }) => uid));
    },
    /** The keys of pairs that a user said are two things. */
    apart,
    keepApart: (key: string): void => {
      keepSetting.run(notDuplicates, JSON.stringify([...apart().add(key)]));
    },
  };
}
export type CatalogDuplicates = ReturnType<typeof catalogDuplicates>;
