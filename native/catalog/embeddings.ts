/** The embeddings of lesions and volumes: what is stored under which key, what is missing, and when a cache of it is stale. */
import { type Level, levels } from '../contract/levels.ts';
import type { Database } from './database.ts';

/** An encoder as it was when it embedded something. */
export interface Generation {
  readonly encoder: string;
  readonly version: string;
  readonly preprocessing: string;
}
/** What vectors must have in common to be compared. */
export interface EmbeddingKey extends Generation {
  readonly level: Level;
  /** By what the vectors of slices were joined; empty where nothing was. */
  readonly pooling: string;
}
export interface StoredKey extends EmbeddingKey {
  readonly dim: number;
}
/** The vector of a lesion or a volume, or of one of its slices; float16 bytes. */
export interface EmbeddingRow {
  readonly owner: string;
  readonly slice?: number | undefined;
  readonly vector: Uint8Array;
}
/** What has to be embedded: a volume, and the lesion in it that has no vector, where lesions are embedded. */
export interface Unembedded {
  readonly volume: string;
  readonly lesion?: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;
/** The slice of what is not a slice: part of a primary key, which cannot be null. */
const noSlice = -1;
const generation = 'encoder = @encoder AND version = @version AND preprocessing = @preprocessing';
const sameKey = `${generation} AND level = @level AND pooling = @pooling`;
const owners = {
  lesion: { table: 'lesion_embedding', owner: 'lesion' },
  volume: { table: 'volume_embedding', owner: 'volume' },
} as const;

/** The identifier of an embedding in a matrix: its owner's id, and the slice where it is one of a slice. */
export function embeddingId(owner: string, slice: number | undefined): string {
  return slice === undefined ? owner : `${owner}/${slice}`;
}

export function catalogEmbeddings(db: Database) {
  const keyId = db.prepare(`SELECT id FROM embedding_key WHERE ${sameKey}`).pluck();
  const addKey = db.prepare(
    `INSERT INTO embedding_key (encoder, version, preprocessing, level, pooling, dim)
     VALUES (@encoder, @version, @preprocessing, @level, @pooling, @dim)`,
  );
  const insert = {
    lesion: db.prepare(
      `INSERT INTO lesion_embedding (key, lesion, slice, vector) SELECT ?, id, ?, ? FROM lesion WHERE uid = ?
       ON CONFLICT DO UPDATE SET vector = excluded.vector`,
    ),
    volume: db.prepare(
      `INSERT INTO volume_embedding (key, volume, slice, vector) SELECT ?, id, ?, ? FROM volume WHERE uid = ?
       ON CONFLICT DO UPDATE SET vector = excluded.vector`,
    ),
  };
  const revision = db.prepare(`SELECT id || '.' || revision FROM embedding_key WHERE ${sameKey}`).pluck();
  const named = (key: EmbeddingKey) => {
    const { encoder, version, preprocessing, level, pooling } = key;
    return { encoder, version, preprocessing, level, pooling };
  };
  const storedKey = (row: Row) => row as unknown as StoredKey;
  const listKeys = db.prepare(
    'SELECT encoder, version, preprocessing, level, pooling, dim FROM embedding_key ORDER BY id',
  );

  return {
    /** Stores vectors of `dim` values under a key; existing ones of the same owner and slice are replaced. All or none. */
    add: db.transaction((key: EmbeddingKey, dim: number, rows: readonly EmbeddingRow[]): void => {
      if (rows.length === 0) return;
      const id = keyId.get(named(key)) ?? addKey.run({ ...named(key), dim }).lastInsertRowid;
      const statement = insert[levels[key.level].of];
      for (const { owner, slice, vector } of rows) statement.run(id, slice ?? noSlice, vector, owner);
    }),

    /** Every embedding under this key, owners in catalog order and their slices ascending. */
    rows: function* (key: EmbeddingKey): Generator<EmbeddingRow> {
      const { table, owner } = owners[levels[key.level].of];
      const rows = db
        .prepare(
          `SELECT ${owner}.uid AS owner, slice, vector FROM ${table} JOIN ${owner} ON ${owner}.id = ${table}.${owner}
           WHERE key = (SELECT id FROM embedding_key WHERE ${sameKey}) ORDER BY ${owner}.id, slice`,
        )
        .iterate(named(key)) as IterableIterator<Row>;
      for (const row of rows) {
        const slice = Number(row.slice);
        yield {
          owner: String(row.owner),
          slice: slice === noSlice ? undefined : slice,
          vector: row.vector as Uint8Array,
        };
      }
    },

    /** Lesions or volumes (of one volume, where it is named) without an embedding under this key, in catalog order. */
    missing: (key: EmbeddingKey, volume?: string): Unembedded[] => {
      const { table, owner } = owners[levels[key.level].of];
      const source = owner === 'lesion' ? 'lesion JOIN volume ON volume.id = lesion.volume' : 'volume';
      const columns =
        owner === 'lesion' ? 'volume.uid AS volume, lesion.uid AS lesion' : 'volume.uid AS volume';
      const only = volume === undefined ? '' : 'AND volume.uid = @volume';
      const rows = db
        .prepare(
          `SELECT ${columns} FROM ${source} WHERE NOT EXISTS (SELECT 1 FROM ${table} e WHERE e.${owner} = ${owner}.id
             AND e.key = (SELECT id FROM embedding_key WHERE ${sameKey})) ${only} ORDER BY volume.id, ${owner}.id`,
        )
        .all({ ...named(key), ...(volume === undefined ? {} : { volume }) }) as Row[];
      return rows.map((row) => ({
        volume: String(row.volume),
        lesion: row.lesion === undefined ? undefined : String(row.lesion),
      }));
    },

    /** Whether there is an embedding under this key, of this lesion or volume where one is named. */
    holds: (key: EmbeddingKey, uid?: string): boolean => {
      const { table, owner } = owners[levels[key.level].of];
      const only = uid === undefined ? '' : `AND ${owner} = (SELECT id FROM ${owner} WHERE uid = @uid)`;
      const found = db
        .prepare(
          `SELECT 1 FROM ${table} WHERE key = (SELECT id FROM embedding_key WHERE ${sameKey}) ${only} LIMIT 1`,
        )
        .get({ ...named(key), ...(uid === undefined ? {} : { uid }) });
      return found !== undefined;
    },

    /** How many embeddings there are under this key. */
    count: (key: EmbeddingKey): number =>
      Number(
        db
          .prepare(
            `SELECT count(*) FROM ${owners[levels[key.level].of].table} WHERE key = (SELECT id FROM embedding_key WHERE ${sameKey})`,
          )
          .pluck()
          .get(named(key)),
      ),

    /** Every key that something was stored under, the oldest first. */
    keys: (): StoredKey[] => (listKeys.all() as Row[]).map(storedKey),

    /** Changes whenever an embedding under this key does; `none` while there is none. */
    revision: (key: EmbeddingKey): string => String(revision.get(named(key)) ?? 'none'),

    /** Drops what an encoder embedded as anything but this generation. */
    removeOthers: db.transaction((kept: Generation): number => {
      const { encoder, version, preprocessing } = kept;
      return db
        .prepare(`DELETE FROM embedding_key WHERE encoder = @encoder AND NOT (${generation})`)
        .run({ encoder, version, preprocessing }).changes;
    }),

    /** Drops everything that an encoder embedded. */
    removeEncoder: (encoder: string): void => {
      db.prepare('DELETE FROM embedding_key WHERE encoder = ?').run(encoder);
    },
  };
}
export type CatalogEmbeddings = ReturnType<typeof catalogEmbeddings>;
