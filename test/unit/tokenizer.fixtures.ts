/** Small made vocabularies in the formats that text encoders come with. */

/** vocab.txt of a BERT: the number of a token is its line. */
export const bertVocabulary = [
  ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  ...['the', 'lung', 'nodule', 'nod', '##ule', '##ules', 'spic', '##ulated', 'muller', 'mm', '5', '##5'],
  ...['.', ',', '-', '(', ')', '%', '/', '肺', '结'],
];

/** The number of each token of `tokens`, parted by blanks, in a vocabulary. */
export function idsOf(vocabulary: readonly string[], tokens: string): number[] {
  return tokens.split(' ').map((token) => {
    const id = vocabulary.indexOf(token);
    if (id < 0) throw new Error(`${token} is not in the vocabulary`);
    return id;
  });
}

const special = (content: string, id: number) => ({
  id,
  content,
  special: true,
  normalized: false,
  single_word: false,
  lstrip: false,
  rstrip: false,
});
const numbered = (vocabulary: readonly string[]) =>
  Object.fromEntries(vocabulary.map((token, id) => [token, id]));

/** tokenizer.json as transformers saves it for an uncased BERT. */
export function bertTokenizerJson(): Record<string, unknown> {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: bertVocabulary.slice(0, 5).map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: numbered(bertVocabulary),
    },
  };
}

/** Of a CLIP: bytes as printable characters (é is Ã ©), `</w>` at a word's end. */
export const clipVocabulary = [
  ...['l', 'u', 'n', 'g', 'o', 'b', 'e', 'm', 'Ã'],
  ...['n</w>', 'g</w>', 'e</w>', 'm</w>', '5</w>', '.</w>', '©</w>'],
  ...['lu', 'ng</w>', 'lung</w>', 'lo', 'lob', 'lobe</w>', 'mm</w>'],
  ...['<|startoftext|>', '<|endoftext|>'],
];

/** tokenizer.json as transformers saves it for CLIP's tokenizer. */
export function clipTokenizerJson(): Record<string, unknown> {
  const [start, end] = [clipVocabulary.length - 2, clipVocabulary.length - 1];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special('<|startoftext|>', start), special('<|endoftext|>', end)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', end],
      cls: ['<|startoftext|>', start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: numbered(clipVocabulary),
      merges: ['l u', 'n g</w>', 'lu ng</w>', 'l o', 'lo b', 'lob e</w>', 'm m</w>'],
    },
  };
}
