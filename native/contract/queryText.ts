/** The language of the query box: `organ:liver size:10..30 -spiculated "ground glass" nodule` as filters and words. */
import { PrecedentError } from './errors.ts';
import { catalogFields, fieldNamed } from './filters.ts';

interface QueryText {
  readonly where: readonly { readonly field: string; readonly value: string }[];
  /** The words as they were written, -excluded ones and "phrases" among them. */
  readonly words: string;
}

/** One thing that stands between spaces, which quotes hold together, and where it does. */
interface Token {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** A condition's parts as written; a word has none. */
  readonly field?: string;
  readonly value?: string;
  readonly excluded: boolean;
}

const quote = /[„“”«»]/g;
const space = /\s/;
/** A name that a colon can follow: letters, digits and some marks, the first a letter. */
const named = /^(-?)([\p{L}_][\p{L}\p{M}\p{N}_.]*):(.*)$/su;

/** The tokens of a text, in order; an unfinished quote reaches to the end. */
export function tokensOf(text: string): Token[] {
  const plain = text.replace(quote, '"');
  const tokens: Token[] = [];
  let from = -1;
  let quoted = false;
  for (let at = 0; at <= plain.length; at++) {
    const ends = at === plain.length || (!quoted && space.test(plain[at]));
    if (!ends) {
      if (from < 0) from = at;
      if (plain[at] === '"') quoted = !quoted;
      continue;
    }
    if (from >= 0) tokens.push(token(plain, from, at));
    from = -1;
  }
  return tokens;
}

function token(plain: string, from: number, to: number): Token {
  const text = plain.slice(from, to);
  const [, minus, field, value] = named.exec(text) ?? [];
  if (field === undefined) return { text, from, to, excluded: text.startsWith('-') };
  return { text, from, to, field, value, excluded: minus === '-' };
}

/**
 * Filters and words of a text. `field:value` is a filter, several values are parted by commas, a minus or an exclamation mark
 * excludes, `field:""` asks for what lacks the field; values are written as `wantedOf` reads them. All else are words.
 * @param known the names of the library's fields
 * @throws PrecedentError `usage` for an unknown field, with the nearest names, and for a field without a value
 */
export function parseQueryText(text: string, known: readonly string[]): QueryText {
  const where: { field: string; value: string }[] = [];
  const words: string[] = [];
  const all = [...new Set([...known, ...catalogFields.map(({ name }) => name)])];
  for (const { text: written, field, value = '', excluded } of tokensOf(text)) {
    if (field === undefined) {
      words.push(written);
      continue;
    }
    const name = fieldNamed(field, all);
    const values = valuesOf(value);
    if (values.length === 0) {
      const todo = `write ${name}:"" for lesions without it`;
      throw new PrecedentError('usage', `"${written}" has no value`, undefined, todo);
    }
    for (const one of values) where.push({ field: name, value: excluded ? inverted(one) : one });
  }
  return { where, words: words.join(' ') };
}

/** The text that `parseQueryText` reads a filter from. */
export function filterText({ field, value }: { readonly field: string; readonly value: string }): string {
  const excluded = value.startsWith('!');
  const asked = excluded ? value.slice(1) : value;
  const plain = asked !== '' && !/[\s,"]/.test(asked);
  return `${excluded ? '-' : ''}${field}:${plain ? asked : `"${asked.replaceAll('"', '')}"`}`;
}

/** The alternatives between commas; a comma in quotes belongs to its value. */
function valuesOf(value: string): string[] {
  const parts = value.match(/(?:[^,"]|"[^"]*"?)+/g) ?? [];
  return parts.map((part) => {
    const [, mark, quoted] = /^(!?)"([^"]*)"?$/.exec(part.trim()) ?? [];
    if (quoted === undefined) return part.trim();
    // Quotes that only hold words together go; those that keep a value from being read as anything else stay.
    return mark + (/[*!]|\.\./.test(quoted) ? `"${quoted}"` : quoted);
  });
}

function inverted(value: string): string {
  return value.startsWith('!') ? value.slice(1) : `!${value}`;
}
