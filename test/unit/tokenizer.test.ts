import { describe, expect, test } from 'vitest';
import { TextTokenizer, type TokenizerSpec } from '../../native/encoder/tokenizer.ts';
import {
  bertTokenizerJson,
  bertVocabulary,
  clipTokenizerJson,
  clipVocabulary,
  idsOf,
} from './tokenizer.fixtures.ts';

const vocabTxt: TokenizerSpec = { file: 'vocab.txt', length: 256, padToken: '[PAD]' };
const bertJson: TokenizerSpec = { ...vocabTxt, file: 'tokenizer.json' };
const clipJson: TokenizerSpec = { file: 'tokenizer.json', length: 77, padToken: '<|endoftext|>' };

const berts = [
  ['vocab.txt', TextTokenizer.read(`${bertVocabulary.join('\n')}\n`, vocabTxt, 'vocab.txt')],
  ['vocab.txt with CRLF', TextTokenizer.read(bertVocabulary.join('\r\n'), vocabTxt, 'vocab.txt')],
  ['tokenizer.json', TextTokenizer.read(JSON.stringify(bertTokenizerJson()), bertJson, 'tokenizer.json')],
] as const;

/** Text → its tokens by hand: what is between [CLS] and [SEP]. */
const bertTexts: readonly (readonly [string, string, string])[] = [
  ['case', 'The LUNG nodule', 'the lung nodule'],
  ['pieces of a word', 'spiculated', 'spic ##ulated'],
  ['the longest piece first, without going back', 'nodules', '[UNK]'],
  ['a longer piece where the shorter one would do', 'nodule nodulated', 'nodule nod ##ulated'],
  ['accents, composed', 'Müller', 'muller'],
  ['accents, decomposed', 'Mu\u0308ller', 'muller'],
  ['punctuation stands alone', 'lung.nodule (5-mm), 5%/mm', 'lung . nodule ( 5 - mm ) , 5 % / mm'],
  ['numbers are words', '55 5', '5 ##5 5'],
  ['an unknown word is one token', 'the thorax lung', 'the [UNK] lung'],
  ['a word with one unknown part is unknown as a whole', 'lungx', '[UNK]'],
  ['Chinese characters stand alone', '肺结lung肺', '肺 结 lung 肺'],
  ['control characters vanish', 'lu\u0000n\u0007g\u200b \ufffdmm\u007f', 'lung mm'],
  ['all white space parts', 'the\tlung\r\nnodule\u00a0mm\u3000mm', 'the lung nodule mm mm'],
  ['a special token in the text is that token', 'lung [SEP] mm', 'lung [SEP] mm'],
  ['a name of JavaScript', 'constructor', '[UNK]'],
  ['a word of more than 100 characters', `5${'5'.repeat(100)} mm`, '[UNK] mm'],
  ['a word of 100 characters', '5'.repeat(100), `5${' ##5'.repeat(99)}`],
];

describe.each(berts)('WordPiece by %s', (_, tokenizer) => {
  test.each(bertTexts)('%s', (_, text, tokens) => {
    const expected = idsOf(bertVocabulary, `[CLS] ${tokens} [SEP]`);
    const { ids, mask, types } = tokenizer.encode(text);
    expect(Array.from(ids)).toEqual([...expected, ...new Array(256 - expected.length).fill(0)]);
    expect(Array.from(mask)).toEqual(Array.from(ids, (_, at) => +(at < expected.length)));
    expect(types).toEqual(new Int32Array(256));
  });

  test.each([
    ['nothing', ''],
    ['white space', ' \n\t '],
    ['control characters', '\u0000\u0001'],
  ])('%s becomes the two special tokens', (_, text) => {
    const { ids, mask } = tokenizer.encode(text);
    expect(Array.from(ids)).toEqual([2, 3, ...new Array(254).fill(0)]);
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(2);
  });

  test.each([
    [253, 255],
    [254, 256],
    [255, 256],
    [1000, 256],
  ])('of %i words %i tokens are kept, the last of them [SEP]', (words, tokens) => {
    const { ids, mask } = tokenizer.encode('lung '.repeat(words));
    const lung = bertVocabulary.indexOf('lung');
    const expected = [2, ...new Array(tokens - 2).fill(lung), 3, ...new Array(256 - tokens).fill(0)];
    expect(Array.from(ids)).toEqual(expected);
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(tokens);
  });
});

describe("CLIP's byte pairs", () => {
  const tokenizer = TextTokenizer.read(JSON.stringify(clipTokenizerJson()), clipJson, 'tokenizer.json');

  test.each([
    ['case', 'Lung LOBE', 'lung</w> lobe</w>'],
    ['the earliest merge first', 'lun', 'lu n</w>'],
    ['digits stand alone', '55mm', '5</w> 5</w> mm</w>'],
    ['punctuation ends a word', 'lung.', 'lung</w> .</w>'],
    ['accents are bytes', 'lungé', 'lu n g Ã ©</w>'],
    ['accents are composed first', 'lunge\u0301', 'lu n g Ã ©</w>'],
    ['white space', ' \n lung\t\tlobe ', 'lung</w> lobe</w>'],
  ])('%s', (_, text, tokens) => {
    const expected = idsOf(clipVocabulary, `<|startoftext|> ${tokens} <|endoftext|>`);
    const end = clipVocabulary.length - 1;
    const { ids, mask } = tokenizer.encode(text);
    expect(Array.from(ids)).toEqual([...expected, ...new Array(77 - expected.length).fill(end)]);
    expect(Array.from(mask)).toEqual(Array.from(ids, (_, at) => +(at < expected.length)));
  });

  test('a long text keeps its first 75 tokens', () => {
    const { ids, mask } = tokenizer.encode('lobe '.repeat(100));
    const [start, lobe, end] = idsOf(clipVocabulary, '<|startoftext|> lobe</w> <|endoftext|>');
    expect(Array.from(ids)).toEqual([start, ...new Array(75).fill(lobe), end]);
    expect(mask).toEqual(new Int32Array(77).fill(1));
  });
});

describe('a tokenizer that cannot be used is refused in one line', () => {
  const { post_processor: _, ...unmarked } = bertTokenizerJson();
  test.each<[string, string, TokenizerSpec, string]>([
    ['nothing', '', bertJson, 'no tokenizer'],
    ['no JSON', '{"model"', bertJson, 'no tokenizer'],
    ['lines of text', 'a\nb\n', bertJson, 'no tokenizer'],
    ['another JSON', '{"a": 1}', bertJson, 'no tokenizer'],
    ['an array', '[]', bertJson, 'no tokenizer'],
    ['null', 'null', bertJson, 'no tokenizer'],
    [
      'an unknown model',
      JSON.stringify({ ...bertTokenizerJson(), model: { type: 'X' } }),
      bertJson,
      'no tokenizer',
    ],
    ['an empty vocabulary', '', vocabTxt, 'lacks [UNK], [CLS], [SEP]'],
    ['one without [SEP]', '[PAD]\n[UNK]\n[CLS]\nlung\n', vocabTxt, 'lacks [SEP]'],
    ['one without [PAD]', '[UNK]\n[CLS]\n[SEP]\nlung\n', vocabTxt, 'no token [PAD]'],
    [
      'one that marks no end',
      JSON.stringify({ ...unmarked, post_processor: null }),
      bertJson,
      'one special token',
    ],
  ])('%s', (_, text, spec, what) => {
    const read = () => TextTokenizer.read(text, spec, 'encoder/file');
    expect(read).toThrow(
      expect.objectContaining({ kind: 'unreadable', message: expect.stringContaining(what) }),
    );
    expect(read).toThrow(/^encoder\/file: [^\n]*; install the encoder again$/);
  });

  test('a word without a token where there is none for the unknown', () => {
    const json = bertTokenizerJson();
    const vocab = Object.fromEntries(
      bertVocabulary.map((token, id) => [token, id]).filter(([token]) => token !== '[UNK]'),
    );
    const added = (json.added_tokens as { content: string }[]).filter(({ content }) => content !== '[UNK]');
    const model = { ...(json.model as object), vocab };
    const tokenizer = TextTokenizer.read(
      JSON.stringify({ ...json, added_tokens: added, model }),
      bertJson,
      'tokenizer.json',
    );
    expect(() => tokenizer.encode('thorax')).toThrow(expect.objectContaining({ kind: 'unreadable' }));
  });
});
