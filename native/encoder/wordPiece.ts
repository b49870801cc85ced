/** A plain WordPiece vocabulary (vocab.txt of BERT's family) in the form that the tokenizer library reads. */

const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const needed = ['[UNK]', '[CLS]', '[SEP]'];

/**
 * BERT's uncased tokenizer over the vocabulary, one token a line, its number the line's: control characters go, Chinese
 * characters stand alone, case and accents are dropped, words part at white space and punctuation.
 * Throws an Error when a special token is missing.
 */
export function wordPieceTokenizer(vocabulary: string): object {
  const lines = vocabulary.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const ids = new Map(lines.map((token, id) => [token, id]));
  const missing = needed.filter((token) => !ids.has(token));
  if (missing.length > 0) throw new Error(`the vocabulary lacks ${missing.join(', ')}`);
  return {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
    post_processor: {
      type: 'BertProcessing',
      cls: ['[CLS]', ids.get('[CLS]')],
      sep: ['[SEP]', ids.get('[SEP]')],
    },
    decoder: null,
    added_tokens: specialTokens
      .filter((token) => ids.has(token))
      .map((content) => ({
        id: ids.get(content),
        content,
        special: true,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      })),
  };
}
