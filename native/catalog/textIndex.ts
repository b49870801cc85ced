/** Finds texts like a text by BM25: SQLite's FTS5 in memory, for as long as the texts are compared. */
import { type Database, openInMemory } from './database.ts';

/** Beyond this many terms a query is cut: it is a document by then, and says the same. */
const mostTerms = 500;
/** As the tokenizer unicode61 cuts: letters, numbers and private characters. */
const word = /[\p{L}\p{N}\p{Co}]+/gu;

export interface FoundText {
  /** Its place among the texts, from 0. */
  readonly at: number;
  /** The higher, the better. */
  readonly score: number;
}

export class TextIndex {
  readonly #db: Database;

  constructor(texts: readonly string[]) {
    this.#db = openInMemory();
    this.#db.exec(
      `CREATE VIRTUAL TABLE text USING fts5 (words, tokenize = 'porter unicode61 remove_diacritics 2')`,
    );
    const insert = this.#db.prepare('INSERT INTO text (rowid, words) VALUES (?, ?)');
    this.#db.transaction(() => {
      for (const [at, text] of texts.entries()) insert.run(at, text);
    })();
  }

  /** The texts that share a word with `text`, the most alike first, equal scores by place. */
  like(text: string): FoundText[] {
    const match = similarTo(text);
    if (match === '') return [];
    const rows = this.#db
      .prepare(
        'SELECT rowid AS at, -bm25(text) AS score FROM text WHERE text MATCH ? ORDER BY score DESC, rowid',
      )
      .all(match);
    return rows as FoundText[];
  }

  close(): void {
    this.#db.close();
  }
}

/** An FTS5 expression for texts like this one: any of its words or, so that word order counts, any two that follow each other. */
function similarTo(text: string): string {
  const words = text.toLowerCase().match(word) ?? [];
  const pairs = words.slice(1).map((second, at) => `${words[at]} ${second}`);
  const terms = [...new Set([...words, ...pairs])].slice(0, mostTerms);
  return terms.map((term) => `"${term}"`).join(' OR ');
}
