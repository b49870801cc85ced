/** Reads a table as people save it: comma, semicolon or tab, UTF-8, UTF-16 or Windows-1252. */
import { parse } from 'csv-parse/sync';
import { PrecedentError } from '../contract/errors.ts';

const largestTable = 64 * 2 ** 20;

/** The rows of a table, the header first. @throws PrecedentError `limit`; `unreadable` when the rows are not equally long */
export function readTable(bytes: Uint8Array): string[][] {
  if (bytes.length > largestTable) throw new PrecedentError('limit', 'the table is larger than 64 MB');
  const text = decode(bytes);
  try {
    return parse(text, { delimiter: delimiterOf(text), trim: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? ` (line ${String(error.lines)})` : '';
    throw new PrecedentError(
      'unreadable',
      `the file is not a table with equal rows${line}`,
      undefined,
      'save it as CSV',
    );
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The one that the header holds most often outside of quotes. */
function delimiterOf(text: string): string {
  const header = /^\s*([^\r\n]*)/.exec(text)?.[1].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0];
}
