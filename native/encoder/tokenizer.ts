/**
 * Turns a text into the integers that a text encoder takes, by the model's own tokenizer files. The library does not part Chinese
 * characters beyond the basic plane: two of them become one [UNK], where BERT has two.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { PrecedentError } from '../contract/errors.ts';
import { firstLine } from './execute.ts';
import { wordPieceTokenizer } from './wordPiece.ts';

export interface TokenizerSpec {
  /** By its name: a `.json` in Hugging Face's format (tokenizer.json), or a `.txt` with a WordPiece token a line (vocab.txt). */
  readonly file: string;
  /** Tokens of every encoded text, the first and last special one among them. */
  readonly length: number;
  /** What fills up a shorter text. */
  readonly padToken: string;
}

/** Each `length` long, int64 in the model; `mask` is 1 for tokens of the text, `types` 0 throughout. */
export interface Tokens {
  readonly ids: Int32Array;
  readonly mask: Int32Array;
  readonly types: Int32Array;
}

export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #length: number;
  readonly #padId: number;
  readonly #where: string;

  private constructor(tokenizer: Tokenizer, length: number, padId: number, where: string) {
    this.#tokenizer = tokenizer;
    this.#length = length;
    this.#padId = padId;
    this.#where = where;
  }

  /**
   * From the file's text; `where` is named in errors. Throws `unreadable` when it is no tokenizer that puts one special token before a
   * text and one behind it, or has no `padToken`.
   */
  static read(text: string, { file, length, padToken }: TokenizerSpec, where: string): TextTokenizer {
    if (!Number.isInteger(length) || length < 2) {
      throw new PrecedentError('usage', `a text cannot have ${length} tokens`, where);
    }
    let tokenizer: Tokenizer;
    let bare: readonly unknown[];
    try {
      tokenizer = new Tokenizer(file.endsWith('.txt') ? wordPieceTokenizer(text) : JSON.parse(text), {});
      bare = tokenizer.encode('').ids;
    } catch (error) {
      throw unreadable(`this is no tokenizer: ${firstLine(error)}`, where);
    }
    if (bare.length !== 2 || !bare.every(Number.isInteger)) {
      throw unreadable('the tokenizer does not put one special token before a text and one behind it', where);
    }
    const padId = tokenizer.token_to_id(padToken);
    if (padId === undefined) throw unreadable(`the tokenizer has no token ${padToken}`, where);
    return new TextTokenizer(tokenizer, length, padId, where);
  }

  /** A text that is too long loses its end, but not the last special token. Throws `unreadable` when a part has no token. */
  encode(text: string): Tokens {
    const all: readonly unknown[] = this.#tokenizer.encode(text).ids;
    const kept = all.length <= this.#length ? all : [...all.slice(0, this.#length - 1), all.at(-1)];
    const ids = new Int32Array(this.#length).fill(this.#padId);
    const mask = new Int32Array(this.#length);
    for (const [at, id] of kept.entries()) {
      if (typeof id !== 'number')
        throw unreadable('the tokenizer knows no token for unknown words', this.#where);
      ids[at] = id;
      mask[at] = 1;
    }
    return { ids, mask, types: new Int32Array(this.#length) };
  }
}

function unreadable(what: string, where: string): PrecedentError {
  return new PrecedentError('unreadable', what, where, 'install the encoder again');
}
