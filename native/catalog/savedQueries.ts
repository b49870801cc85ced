/** Searches that users keep under a name, the one that each had open last, and marks that are not saved as lesions yet. */
import { PrecedentError } from '../contract/errors.ts';
import {
  type SavedQuery,
  type SavedSearch,
  savedSearch,
  type UnsavedMark,
  unsavedMark,
} from '../contract/savedQueries.ts';
import { packMask, unpackMask } from '../lesion/mask.ts';
import type { Box } from '../volume/volume.ts';
import type { Database } from './database.ts';

type Row = Readonly<Record<string, unknown>>;

export function catalogSavedQueries(db: Database) {
  const list = db.prepare('SELECT name, content, at FROM saved_query WHERE user = ? ORDER BY name');
  const upsert = db.prepare(
    `INSERT INTO saved_query (user, name, content, at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET content = excluded.content, at = excluded.at`,
  );
  const known = db.prepare('SELECT 1 FROM saved_query WHERE user = ? AND name = ?').pluck();
  const rename = db.prepare('UPDATE saved_query SET name = ? WHERE user = ? AND name = ?');
  const remove = db.prepare('DELETE FROM saved_query WHERE user = ? AND name = ?');
  const open = db.prepare('SELECT content FROM open_search WHERE user = ?').pluck();
  const keepOpen = db.prepare(
    'INSERT INTO open_search VALUES (?, ?) ON CONFLICT DO UPDATE SET content = excluded.content',
  );
  const dropOpen = db.prepare('DELETE FROM open_search WHERE user = ?');
  const marks = db.prepare(
    `SELECT volume.uid, mark, box, mask FROM unsaved_mark JOIN volume ON volume.id = unsaved_mark.volume
     WHERE user = ? ORDER BY volume.id`,
  );
  const keepMark = db.prepare(
    `INSERT INTO unsaved_mark (user, volume, mark, box, mask) SELECT ?, id, ?, ?, ? FROM volume WHERE uid = ?
     ON CONFLICT DO UPDATE SET mark = excluded.mark, box = excluded.box, mask = excluded.mask`,
  );
  const dropMark = db.prepare(
    'DELETE FROM unsaved_mark WHERE user = ? AND volume = (SELECT id FROM volume WHERE uid = ?)',
  );

  return {
    /** By name. What another version kept in another form is left out. */
    list: (user: string): SavedQuery[] =>
      (list.all(user) as Row[]).flatMap(({ name, content, at }) => {
        const search = searchOf(String(content));
        return search ? [{ name: String(name), search, at: String(at) }] : [];
      }),
    save: (user: string, name: string, search: SavedSearch): void => {
      upsert.run(user, name, contentOf(search), new Date().toISOString());
    },
    /** Throws `not-found`, and `usage` where another one has that name. */
    rename: (user: string, name: string, to: string): void => {
      if (name !== to && known.get(user, to) !== undefined)
        throw new PrecedentError(
          'usage',
          'there is a saved query of that name already',
          undefined,
          'choose another name',
        );
      if (rename.run(to, user, name).changes === 0) throw notFound();
    },
    /** Throws `not-found`. */
    remove: (user: string, name: string): void => {
      if (remove.run(user, name).changes === 0) throw notFound();
    },

    open: (user: string): SavedSearch | null => {
      const content = open.get(user);
      return content === undefined ? null : searchOf(String(content));
    },
    keepOpen: (user: string, search: SavedSearch | null): void => {
      if (search) keepOpen.run(user, contentOf(search));
      else dropOpen.run(user);
    },

    marks: (user: string): UnsavedMark[] =>
      (marks.all(user) as Row[]).map((row) => {
        const box = String(row.box).split(',').map(Number) as [...Box];
        const { bits } = unpackMask(box, row.mask as Uint8Array);
        return unsavedMark.parse({
          volume: row.uid,
          mark: JSON.parse(String(row.mark)),
          mask: { box, bits },
        });
      }),
    /** One a user and volume; nothing where the volume is gone. */
    keepMark: (user: string, { volume, mark, mask }: UnsavedMark): void => {
      keepMark.run(user, JSON.stringify(mark), mask.box.join(','), packMask(mask), volume);
    },
    dropMark: (user: string, volume: string): void => {
      dropMark.run(user, volume);
    },
  };
}
export type CatalogSavedQueries = ReturnType<typeof catalogSavedQueries>;

/** Without its name, which may be a patient's. */
function notFound(): PrecedentError {
  return new PrecedentError('not-found', 'there is no such saved query');
}

/** As JSON; the bits of a region's mask are packed. */
function contentOf(search: SavedSearch): string {
  const { query } = search;
  if (!('mask' in query)) return JSON.stringify(search);
  const packed = Buffer.from(packMask(query.mask)).toString('base64');
  return JSON.stringify({ ...search, query: { volume: query.volume, box: query.mask.box, packed } });
}

function searchOf(content: string): SavedSearch | null {
  const search: { query?: { volume: string; box: [...Box]; packed?: string } } = JSON.parse(content);
  const { query } = search;
  const whole =
    query?.packed === undefined
      ? search
      : { ...search, query: { volume: query.volume, mask: unpacked(query.box, query.packed) } };
  return savedSearch.safeParse(whole).data ?? null;
}

function unpacked(box: [...Box], packed: string): UnsavedMark['mask'] {
  return { box, bits: unpackMask(box, Buffer.from(packed, 'base64')).bits };
}
