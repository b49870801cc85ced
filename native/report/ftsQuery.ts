/** Turns what somebody types into a search field into an expression that SQLite's FTS5 accepts, whatever it is. */

const maxTerms = 64;

/** An optional minus, then a phrase in quotes (also an unfinished one) or a word, then an optional star. */
const term = /(-*)(?:"([^"]*)"?(\*?)|([^\s"]+))/g;
/** The tokenizer unicode61 makes tokens of letters, numbers and private characters; what has none would match nothing. */
const searchable = /[\p{L}\p{N}\p{Co}]/u;

interface Terms {
  /** FTS5 strings, quoted, with a star where they are beginnings. */
  readonly required: readonly string[];
  readonly excluded: readonly string[];
}

/** The terms of a text, each quoted, so that nothing that is typed is taken for FTS5's own syntax. */
export function ftsTerms(userText: string): Terms {
  const text = userText
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[„“”«»]/g, '"');
  const required: string[] = [];
  const excluded: string[] = [];
  for (const [, minus, phrase, phraseStar, word] of text.matchAll(term)) {
    const value = (phrase ?? word).trim().replace(/\*+$/, '');
    if (!searchable.test(value) || required.length + excluded.length === maxTerms) continue;
    const beginning = phraseStar === '*' || word?.endsWith('*');
    (minus === '' ? required : excluded).push(`"${value}"${beginning ? '*' : ''}`);
  }
  return { required, excluded };
}

/** An FTS5 expression for any of the words and phrases that are wanted; without one it matches nothing. */
export function anyTerm(userText: string): string {
  return ftsTerms(userText).required.join(' OR ') || '""';
}

/**
 * An FTS5 expression (sqlite.org/fts5.html section 3) for: words, all of which must occur; "phrases in quotes", also in
 * typographic ones; -excluded words and phrases; beginnings* of words. Without a term that must occur, a phrase of no words,
 * which matches nothing.
 */
export function ftsQuery(userText: string): string {
  const { required, excluded } = ftsTerms(userText);
  if (required.length === 0) return '""';
  const all = required.join(' AND ');
  return excluded.length === 0 ? all : `(${all}) NOT (${excluded.join(' OR ')})`;
}
