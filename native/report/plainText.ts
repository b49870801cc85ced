/** Bytes of text files as text, and text as it is kept for search: one kind of line end, no control characters. */
import { PrecedentError } from '../contract/errors.ts';

/** The longest text of a report, in UTF-8 bytes. */
export const maxReportBytes = 2 ** 20;

/** UTF-16 behind its byte order mark, UTF-8, or what is neither: Windows-1252. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * Lines without trailing blanks, with single blanks between words and at most one empty line in a row; a line keeps its
 * indentation. Control, zero-width and direction characters are taken out.
 * @throws PrecedentError `limit` above 1 MB, `unsupported` when nothing is left
 */
export function tidyText(text: string): string {
  const lines = text
    .toWellFormed()
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(/[^\S\n]/g, ' ')
    .replace(/(?!\n)[\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '')
    .split('\n')
    .map((line) => line.trimEnd().replace(/(?<=\S) +/g, ' '));
  const kept = lines.filter((line, n) => line !== '' || (n > 0 && lines[n - 1] !== ''));
  const tidy = kept.join('\n').replace(/^\n+|\n+$/g, '');
  if (Buffer.byteLength(tidy) > maxReportBytes)
    throw new PrecedentError('limit', 'the report is longer than 1 MB of text');
  if (tidy === '') throw new PrecedentError('unsupported', 'the report holds no text');
  return tidy;
}

/**
 * The text of a plain text or Markdown file.
 * @throws PrecedentError `unreadable` when the bytes are no text; else as `tidyText`
 */
export function plainReport(bytes: Uint8Array): string {
  // Text in UTF-16 is twice as long, and blanks are still to be taken out.
  if (bytes.length > 4 * maxReportBytes)
    throw new PrecedentError('limit', 'the report is longer than 1 MB of text');
  const text = decodeText(bytes);
  if (text.includes('\0')) throw new PrecedentError('unreadable', 'the file holds no plain text');
  return tidyText(text);
}
