/** Text in every character set of DICOM: the examples of PS3.5 annexes H to K byte by byte, and what writers make of them. */
import { describe, expect, it } from 'vitest';
import { textDecoder } from '../../native/dicom/charset.ts';

/** Bytes as the standard prints them: characters, and \xx for those that are not ASCII. */
function bytes(written: string): Uint8Array {
  return Buffer.from(
    written.replace(/\\([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
const read = (charsets: string | undefined, written: string): string => textDecoder(charsets)(bytes(written));

describe('examples of PS3.5', () => {
  it.each([
    [
      'H.3.1: kanji and hiragana after ASCII',
      '\\ISO 2022 IR 87',
      'Yamada^Tarou=\\1b$B;3ED\\1b(B^\\1b$BB@O:\\1b(B=\\1b$B$d$^$@\\1b(B^\\1b$B$?$m$&\\1b(B',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'H.3.2: half-width katakana first',
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      '\\d4\\cf\\c0\\de^\\c0\\db\\b3=\\1b$B;3ED\\1b(J^\\1b$BB@O:\\1b(J=\\1b$B$d$^$@\\1b(J^\\1b$B$?$m$&\\1b(J',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    [
      'I.2: Hanja and Hangul',
      '\\ISO 2022 IR 149',
      'Hong^Gildong=\\1b$)C\\fb\\f3^\\1b$)C\\d1\\ce\\d4\\d7=\\1b$)C\\c8\\ab^\\1b$)C\\b1\\e6\\b5\\bf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    [
      'J.1: UTF-8',
      'ISO_IR 192',
      'Wang^XiaoDong=\\e7\\8e\\8b^\\e5\\b0\\8f\\e6\\9d\\b1=',
      'Wang^XiaoDong=王^小東=',
    ],
    ['J.3: GB18030', 'GB18030', 'Wang^XiaoDong=\\cd\\f5^\\d0\\a1\\b6\\ab=', 'Wang^XiaoDong=王^小东='],
    [
      'K.2: GB 2312 by code extension',
      '\\ISO 2022 IR 58',
      'Zhang^XiaoDong=\\1b$)A\\d5\\c5^\\1b$)A\\d0\\a1\\b6\\ab=',
      'Zhang^XiaoDong=张^小东=',
    ],
  ])('%s', (_, charsets, written, expected) => {
    expect(read(charsets, written)).toBe(expected);
  });

  it('K.3: long text, where each line switches anew', () => {
    const line = '1. \\1b$)A\\b5\\da\\d2\\bb\\d0\\d0\\0d\\0a2. \\1b$)A\\b5\\da\\b6\\fe\\d0\\d0\\0d\\0aplain';
    expect(read('\\ISO 2022 IR 58', line)).toBe('1. 第一行 2. 第二行 plain');
  });
});

describe('single-byte sets', () => {
  it.each([
    ['ISO_IR 100', 'Buc^J\\e9r\\f4me', 'Buc^Jérôme'],
    ['ISO_IR 101', 'Wa\\b3\\easa', 'Wałęsa'],
    ['ISO_IR 109', '\\b1a\\bcin', 'ħaĵin'],
    ['ISO_IR 110', '\\d0i\\f9is', 'Điųis'],
    ['ISO_IR 144', '\\bb\\ee\\da', 'Люк'],
    ['ISO_IR 127', '\\e2\\c8\\c7\\e6\\ea^\\e4\\e6\\d2\\c7\\d1', 'قباني^لنزار'],
    ['ISO_IR 126', '\\c4\\e9\\ef\\ed\\f5\\f3\\e9\\ef\\f2', 'Διονυσιος'],
    ['ISO_IR 138', '\\f9\\f8\\e5\\ef^\\e3\\e1\\e5\\f8\\e4', 'שרון^דבורה'],
    ['ISO_IR 148', '\\d0\\fd\\fe', 'Ğış'],
    ['ISO_IR 203', '\\a4\\bd', '€œ'],
    ['ISO_IR 166', '\\ca\\c1\\aa\\d2\\c2', 'สมชาย'],
    ['ISO_IR 13', '\\d4\\cf\\c0\\de', 'ﾔﾏﾀﾞ'],
  ])('%s', (charsets, written, expected) => {
    expect(read(charsets, written)).toBe(expected);
  });
});

describe('switching', () => {
  it('between European sets inside one value, reset at the delimiters of names', () => {
    const charsets = 'ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126';
    expect(read(charsets, 'Dionysios=\\1b-F\\c4\\e9\\ef=J\\e9\\1b-L\\bb\\ee\\da\\1b-A\\e9')).toBe(
      'Dionysios=Διο=JéЛюкé',
    );
    expect(read(charsets, '\\1b-L\\bb^\\e9=\\1b-L\\bb\\5c\\e9')).toBe('Л^é=Л\\é');
  });

  it('to JIS X 0212, which stands beside JIS X 0208', () => {
    expect(read('\\ISO 2022 IR 87\\ISO 2022 IR 159', '\\1b$B;3\\1b$(D0!\\1b(B!')).toBe('山丂!');
  });

  it('takes bytes of a double-byte character for what they are, also where they look like a delimiter', () => {
    // An equals sign is the second byte of 能 and 表 in JIS X 0208, a backslash that of 昞 in GBK.
    expect(read('\\ISO 2022 IR 87', '\\1b$BG=I=\\1b(B=x')).toBe('能表=x');
    expect(read('GBK', '\\95\\5c^a')).toBe('昞^a');
    expect(read('GB18030', '\\95\\5c\\5cb')).toBe('昞\\b');
  });

  it('that was not switched off ends with the line', () => {
    expect(read('\\ISO 2022 IR 87', '\\1b$B;3\\0d\\0aplain')).toBe('山 plain');
  });
});

describe('what writers get wrong', () => {
  it.each([
    ['Korean without escape', 'ISO_IR 149', '\\b1\\e8^\\c8\\f1\\c1\\df', '김^희중'],
    ['Korean, its escape missing', '\\ISO 2022 IR 149', '\\b1\\e8', '김'],
    ['Chinese without escape', 'ISO_IR 58', '\\d5\\c5', '张'],
    ['Shift JIS under ISO_IR 13', 'ISO_IR 13', '\\8e\\52\\93\\63', '山田'],
    ['another spelling', 'ISO-IR 100', '\\e9', 'é'],
    ['another spelling of several', 'ISO2022 IR 6\\ISO_2022_IR_87', '\\1b$B;3\\1b(B', '山'],
    ['UTF-8 as a second term', '\\ISO_IR 192', '\\c3\\a9', 'é'],
    ['lower case', 'iso_ir 192', '\\c3\\a9', 'é'],
    ['the kanji set of 1978', '\\ISO 2022 IR 87', '\\1b$@;3\\1b(B', '山'],
    ['no character set', undefined, 'M\\fcller', 'Müller'],
    ['a term that does not exist', 'constructor', 'M\\fcller', 'Müller'],
    ['an unknown escape', '\\ISO 2022 IR 87', 'a\\1b%Gb', 'a%Gb'],
    ['an escape at the end', '\\ISO 2022 IR 87', 'a\\1b', 'a'],
    ['half a character', '\\ISO 2022 IR 149', '\\1b$)C\\b1', '\ufffd'],
  ])('%s', (_, charsets, written, expected) => {
    expect(read(charsets, written)).toBe(expected);
  });

  it('half a character of JIS X 0212 becomes one that says so, and spoils nothing else', () => {
    expect(read('\\ISO 2022 IR 159', 'a\\1b$(D0!0')).toMatch(/^a丂./);
  });
});

it('removes padding and control characters', () => {
  expect(read('ISO_IR 100', ' a\\00b\\0d\\0ac \\00')).toBe('a b c');
});
