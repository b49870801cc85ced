/** Finds texts like a text by BM25 as the catalog finds captions, for as long as the texts are compared: nothing is kept. */
import { type Database, openInMemory } from './database.ts';

/** Beyond this many terms a query is cut: it is a document by then, and says the same. */
const mostTerms = 500;
/** As the tokenizer unicode61 cuts: letters, numbers and private characters. */
const word = /[\p{L}\p{N}\p{Co}]+/gu;

interface FoundText {
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

  /**
   * The texts that share a word with `text`, the most alike first, equal scores by place.
   * @param by `pairs`: two words that follow each other count as one more word, so that their order matters
   */
  like(text: string, by: 'words' | 'pairs' = 'words'): FoundText[] {
    const match = anyTerm(text, by);
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

/** An FTS5 expression: any of a text's terms. Nothing in the text is taken for syntax. */
function anyTerm(text: string, by: 'words' | 'pairs'): string {
  const words = text.toLowerCase().match(word) ?? [];
  const pairs = by === 'words' ? [] : words.slice(1).map((second, at) => `${words[at]} ${second}`);
  const terms = [...new Set([...words, ...pairs])].slice(0, mostTerms);
  return terms.map((term) => `"${term}"`).join(' OR ');
}
