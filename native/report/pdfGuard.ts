/** Refuses a PDF that would unpack to more than a report needs, because PDF.js unpacks without a bound. */
import { createInflate } from 'node:zlib';
import { PrecedentError } from '../contract/errors.ts';

/** Each part of a file begins with the word `obj` and ends with `endobj`. */
const maxObjectWords = 400_000;
const maxDeflated = 10_000;
const maxUnpackedBytes = 128 * 2 ** 20;
/** Run lengths unpack to at most 64 times their size. */
const maxRunLengthFile = maxUnpackedBytes / 64;

/**
 * Unpacks every deflated stream, also one in ASCII85 or hexadecimal digits, and counts what comes out.
 * @throws PrecedentError `limit`, or `unsupported` for LZW, which packs without a useful bound
 */
export async function checkPdf(bytes: Uint8Array): Promise<void> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  checkFilters(file);
  let words = 0;
  for (let at = file.indexOf('obj'); at >= 0; at = file.indexOf('obj', at + 3))
    if (++words > maxObjectWords) throw new PrecedentError('limit', 'the PDF has too many parts');
  let unpacked = 0;
  let streams = 0;
  let coded = 0;
  for (let at = file.indexOf('stream'); at >= 0; at = file.indexOf('stream', at + 6)) {
    const deflated = deflatedData(file, at + 6 + (file[at + 6] === 13 ? 2 : 1));
    if (!deflated) continue;
    coded += deflated.coded;
    // Streams of a sound file do not lie inside of each other.
    if (++streams > maxDeflated || coded > file.length)
      throw new PrecedentError('limit', 'the PDF has too many parts');
    unpacked += await inflatedBytes(deflated.data, maxUnpackedBytes - unpacked);
    if (unpacked > maxUnpackedBytes) throw new PrecedentError('limit', 'the PDF unpacks to more than 128 MB');
  }
}

function checkFilters(file: Buffer): void {
  if (file.includes('/LZWDecode'))
    throw new PrecedentError('unsupported', 'the PDF is packed by LZW', undefined, 'save it as a newer PDF');
  if (file.length > maxRunLengthFile && file.includes('/RunLengthDecode'))
    throw new PrecedentError('limit', 'the PDF is packed by run lengths and too large');
  for (const [, filters] of file.toString('latin1').matchAll(/\/Filter\s*\[([^\]]{0,200})\]/g))
    if ((filters.match(/\/(FlateDecode|Fl|RunLengthDecode|RL)\b/g) ?? []).length > 1)
      throw new PrecedentError('limit', 'the PDF packs its text more than once');
}

interface Deflated {
  readonly data: Uint8Array;
  /** How many bytes of text it was decoded from; 0 where it lies in the file as it is. */
  readonly coded: number;
}

/** The deflated data that a stream holds, or undefined where it holds something else. */
function deflatedData(file: Buffer, start: number): Deflated | undefined {
  const rest = file.subarray(start);
  if (isDeflated(rest)) return { data: rest, coded: 0 };
  const decode = [fromHex, fromAscii85].find((decode) => isDeflated(decode(rest.subarray(0, 64))));
  if (!decode) return undefined;
  const end = rest.indexOf('endstream');
  const text = end < 0 ? rest : rest.subarray(0, end);
  return { data: decode(text), coded: text.length };
}

/** The two bytes before deflated data (RFC 1950): method 8, and a multiple of 31 together. */
function isDeflated(data: Buffer): boolean {
  return data.length >= 2 && (data[0] & 15) === 8 && data.readUInt16BE(0) % 31 === 0;
}

function fromHex(text: Buffer): Buffer {
  return Buffer.from(text.toString('latin1').replace(/\s/g, ''), 'hex');
}

/** Five digits to the base 85 from `!` are four bytes, `z` four zeros (PDF 32000-1 section 7.4.3). */
function fromAscii85(text: Buffer): Buffer {
  const out = Buffer.alloc(4 * text.length + 4);
  let [length, digits, value] = [0, 0, 0];
  for (const code of text) {
    if (code === 0x7a && digits === 0) length += 4;
    if (code < 0x21 || code > 0x75) {
      if (code === 0x7e) break;
      continue;
    }
    value = value * 85 + code - 0x21;
    if (++digits < 5) continue;
    length = out.writeUInt32BE(value % 2 ** 32, length);
    [digits, value] = [0, 0];
  }
  return out.subarray(0, length);
}

/** How many bytes deflated data gives before it ends or breaks off, counted until `most` are passed. */
async function inflatedBytes(data: Uint8Array, most: number): Promise<number> {
  let bytes = 0;
  const inflate = createInflate();
  inflate.end(data);
  try {
    for await (const chunk of inflate) {
      bytes += chunk.length;
      if (bytes > most) break;
    }
  } catch {
    // Damaged data: PDF.js takes what came before the damage.
  }
  return bytes;
}
