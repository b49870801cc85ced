/**
 * Turns the bytes of a DICOM text value into a string by Specific Character Set (0008,0005), also where escape sequences
 * switch between sets inside the value (ISO 2022, PS3.5 section 6.1.2.5).
 */

/** One set of characters that G0 (bytes below 80) or G1 (bytes from 80) may stand for. */
interface CodeElement {
  readonly plane: 'G0' | 'G1';
  /** The WHATWG encoding that decodes its bytes once `prepare` has been over them. */
  readonly encoding: string;
  /** Bytes of one character. */
  readonly width: 1 | 2;
  readonly prepare?: (bytes: Uint8Array) => Uint8Array;
}

/** G0 sets of two bytes are the ones that EUC has in G1. */
const withHighBits = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte | 0x80);
/** EUC-JP has JIS X 0212 behind a prefix before each character. */
const withPrefix = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: Math.ceil(bytes.length / 2) * 3 }, (_, n) =>
    n % 3 === 0 ? 0x8f : (bytes[Math.floor(n / 3) * 2 + (n % 3) - 1] ?? 0) | 0x80,
  );

const ascii: CodeElement = { plane: 'G0', encoding: 'windows-1252', width: 1 };
const latin1: CodeElement = { plane: 'G1', encoding: 'windows-1252', width: 1 };
const single = (encoding: string): CodeElement => ({ plane: 'G1', encoding, width: 1 });

/** What follows the escape character → what it puts into G0 or G1 (PS3.3 tables C.12-3 and C.12-4). */
const escapes: Readonly<Record<string, CodeElement>> = {
  '(B': ascii,
  '-A': latin1,
  '-B': single('iso-8859-2'),
  '-C': single('iso-8859-3'),
  '-D': single('iso-8859-4'),
  '-L': single('iso-8859-5'),
  '-G': single('iso-8859-6'),
  '-F': single('iso-8859-7'),
  '-H': single('iso-8859-8'),
  '-M': single('windows-1254'),
  '-b': single('iso-8859-15'),
  '-T': single('windows-874'),
  // JIS X 0201: its Roman half differs from ASCII in the yen sign and the overline, which stand for \ and ~ in DICOM.
  '(J': ascii,
  ')I': single('shift_jis'),
  $B: { plane: 'G0', encoding: 'euc-jp', width: 2, prepare: withHighBits },
  '$(D': { plane: 'G0', encoding: 'euc-jp', width: 2, prepare: withPrefix },
  '$)C': { plane: 'G1', encoding: 'euc-kr', width: 2 },
  '$)A': { plane: 'G1', encoding: 'gb18030', width: 2 },
};
/** JIS C 6226 of 1978, which DICOM does not have but old writers do. */
const aliases: Readonly<Record<string, string>> = { '$@': '$B', '$(B': '$B' };

/** Number of a defined term → the escape of its G1 set, or of the G0 set where it has no other. */
const terms: Readonly<Record<string, string>> = {
  100: '-A',
  101: '-B',
  109: '-C',
  110: '-D',
  144: '-L',
  127: '-G',
  126: '-F',
  138: '-H',
  148: '-M',
  203: '-b',
  13: ')I',
  166: '-T',
  87: '$B',
  159: '$(D',
  149: '$)C',
  58: '$)A',
};

/** Sets that are used alone, without escapes. */
const wholes: Readonly<Record<string, string>> = { 192: 'utf-8', GB18030: 'gb18030', GBK: 'gbk' };

export type DecodeText = (bytes: Uint8Array) => string;

const escapeByte = 0x1b;
/** TAB, LF, FF, CR, and `\`, `^`, `=`: behind each, the sets of the first term are active again. */
const resets: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x5c, 0x5e, 0x3d]);

type Decoder = InstanceType<typeof TextDecoder>;
const decoders = new Map<string, Decoder>();
const known = new Map<string, DecodeText>();
const maxKnown = 64;

/**
 * The decoder for the values of a data set. `charsets` is the value of Specific Character Set, its terms separated by
 * `\`. Unknown terms and bytes without meaning are read as Latin-1 or as U+FFFD; never throws.
 */
export function textDecoder(charsets: string | undefined): DecodeText {
  const key = charsets ?? '';
  let decode = known.get(key);
  if (!decode) {
    const made = decoderOf(key.split('\\').map(normalized));
    decode = (bytes) => withoutControls(made(bytes));
    if (known.size >= maxKnown) known.clear();
    known.set(key, decode);
  }
  return decode;
}

function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: padding and control characters are what is removed
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim();
}

/** Writers spell `ISO 2022 IR 87` in many ways; what counts is the number. */
function normalized(term: string): string {
  const name = term.trim().toUpperCase();
  return /IR[ _-]*(\d+)$/.exec(name)?.[1] ?? name.replace(/^UTF-?8$/, '192');
}

function decoderOf(names: readonly string[]): DecodeText {
  const whole = names.find((name) => Object.hasOwn(wholes, name));
  if (whole !== undefined) return (bytes) => decoderFor(wholes[whole]).decode(bytes);
  const elements = names.flatMap((name) => (Object.hasOwn(terms, name) ? [escapes[terms[name]]] : []));
  // Names are often written without their escape; then the first set is the one meant, and holds ASCII too.
  const [high = latin1] = elements.filter(({ plane }) => plane === 'G1');
  return (bytes) =>
    bytes.includes(escapeByte) ? switching(bytes, high) : decoderFor(high.encoding).decode(bytes);
}

/** Cuts a value into runs of one code element and decodes each. */
function switching(bytes: Uint8Array, initial: CodeElement): string {
  let [low, high] = [ascii, initial];
  let text = '';
  let start = 0;
  let run = ascii;
  const flush = (end: number): void => {
    if (end > start) text += decoded(bytes.subarray(start, end), run);
    start = end;
  };
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === escapeByte) {
      flush(at);
      const found = escapeAt(bytes, at + 1);
      if (found?.element.plane === 'G0') low = found.element;
      else if (found) high = found.element;
      at += 1 + (found?.length ?? 0);
      start = at;
      continue;
    }
    // What is no graphic character ends a set of two bytes that was not switched off.
    if (byte < 0x20) low = ascii;
    const element = byte < 0x80 ? low : high;
    if (element !== run) {
      flush(at);
      run = element;
    }
    at += element.width;
    if (element.width === 1 && resets.has(byte)) {
      flush(at);
      [low, high] = [ascii, initial];
    }
  }
  flush(bytes.length);
  return text;
}

function escapeAt(bytes: Uint8Array, at: number): { element: CodeElement; length: number } | undefined {
  for (const length of [2, 3]) {
    const written = String.fromCharCode(...bytes.subarray(at, at + length));
    const name = aliases[written] ?? written;
    if (Object.hasOwn(escapes, name)) return { element: escapes[name], length };
  }
  return undefined;
}

function decoded(bytes: Uint8Array, { encoding, prepare }: CodeElement): string {
  return decoderFor(encoding).decode(prepare ? prepare(bytes) : bytes);
}

function decoderFor(encoding: string): Decoder {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    decoder = new TextDecoder(encoding);
    decoders.set(encoding, decoder);
  }
  return decoder;
}
