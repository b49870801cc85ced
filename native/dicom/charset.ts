/** Turns the bytes of a DICOM text value into a string by Specific Character Set (0008,0005). */

interface Charset {
  readonly encoding: string;
  /** The escape that switches G1 on (PS3.5 section 6.1.2.5.3); its decoder here needs none, so it is removed. */
  readonly shift?: string;
}

/** Defined term (PS3.3 section C.12.1.1.2) → the WHATWG encoding that decodes it. */
const charsets: Readonly<Record<string, Charset>> = {
  'ISO_IR 6': { encoding: 'windows-1252' },
  'ISO_IR 100': { encoding: 'windows-1252' },
  'ISO_IR 101': { encoding: 'iso-8859-2' },
  'ISO_IR 109': { encoding: 'iso-8859-3' },
  'ISO_IR 110': { encoding: 'iso-8859-4' },
  'ISO_IR 144': { encoding: 'iso-8859-5' },
  'ISO_IR 127': { encoding: 'iso-8859-6' },
  'ISO_IR 126': { encoding: 'iso-8859-7' },
  'ISO_IR 138': { encoding: 'iso-8859-8' },
  'ISO_IR 148': { encoding: 'windows-1254' },
  'ISO_IR 203': { encoding: 'iso-8859-15' },
  'ISO_IR 13': { encoding: 'shift_jis' },
  'ISO_IR 166': { encoding: 'windows-874' },
  'ISO_IR 192': { encoding: 'utf-8' },
  GB18030: { encoding: 'gb18030' },
  GBK: { encoding: 'gbk' },
  'ISO_IR 87': { encoding: 'iso-2022-jp' },
  'ISO_IR 159': { encoding: 'iso-2022-jp' },
  'ISO_IR 149': { encoding: 'euc-kr', shift: '\x1b$)C' },
  'ISO_IR 58': { encoding: 'gb18030', shift: '\x1b$)A' },
};

export type DecodeText = (bytes: Uint8Array) => string;

/**
 * The decoder for the values of a data set. `terms` is the value of Specific Character Set; of several (code
 * extensions) the first one that is known and not ASCII decides. Unknown terms are read as Latin-1; never throws.
 */
export function textDecoder(terms: string | undefined): DecodeText {
  const known = (terms ?? '')
    .split('\\')
    .map((term) => charsets[term.trim().replace('ISO 2022 IR', 'ISO_IR')])
    .filter((charset) => charset !== undefined);
  const ascii = charsets['ISO_IR 6'];
  const { encoding, shift } = known.find((charset) => charset !== ascii) ?? ascii;
  const decoder = new TextDecoder(encoding);
  return (bytes) => {
    const text = shift ? decoder.decode(without(bytes, shift)) : decoder.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: padding and control characters are what is removed
    return text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim();
  };
}

function without(bytes: Uint8Array, shift: string): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(shift, ''), 'latin1');
}
