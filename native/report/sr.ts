/** The content tree of a DICOM structured report as indented lines that a radiologist can read (PS3.3 section C.17.3). */
import type { DataSet } from 'dicom-parser';
import { PrecedentError } from '../contract/errors.ts';
import { ascii, items, parseDataSet, valueBytes } from '../dicom/dataset.ts';
import { reportClass, textValue } from './classes.ts';
import { maxReportBytes, tidyText } from './plainText.ts';
import type { ReportText } from './readReport.ts';

type Decode = (bytes: Uint8Array) => string;

const maxDepth = 64;

/** Concepts (DCM, PS3.16 annex D) that say nothing about the patient: the language of the text and its country. */
const silentConcepts: ReadonlySet<string> = new Set(['121049', '121046']);

/**
 * Value type → what is shown of an item. Persons and UIDs would identify somebody and say nothing of a finding;
 * coordinates and references to images are no text. Neither stands here.
 */
const shown: Readonly<Record<string, (item: DataSet, decode: Decode) => string | undefined>> = {
  TEXT: (item, decode) => multiline(item, 'x0040a160', decode),
  CODE: (item, decode) => meaning(item, 'x0040a168', decode),
  NUM: measured,
  DATE: (item) => ascii(item, 'x0040a121')?.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'),
  TIME: (item) => ascii(item, 'x0040a122')?.replace(/^(\d\d)(\d\d).*$/, '$1:$2'),
  DATETIME: (item) =>
    ascii(item, 'x0040a120')?.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3 $4:$5'),
};

/**
 * Title: the concept name of the root; date: Content Date, else Study Date, as DICOM writes it.
 * @throws PrecedentError `unreadable`; `unsupported` for another kind of object or a tree without text; `limit`
 */
export function structuredReport(bytes: Uint8Array): ReportText {
  const { dataSet, decode } = parseDataSet(bytes);
  const kind = reportClass(ascii(dataSet, 'x00080016'));
  if (kind && 'reason' in kind) throw new PrecedentError('unsupported', kind.reason);
  if (ascii(dataSet, 'x0040a040') !== 'CONTAINER')
    throw new PrecedentError('unsupported', 'not a structured report');
  const lines: string[] = [];
  addItems(dataSet, decode, 0, { lines, left: maxReportBytes });
  return {
    title: meaning(dataSet, 'x0040a043', decode),
    date: ascii(dataSet, 'x00080023') ?? ascii(dataSet, 'x00080020'),
    text: tidyText(lines.join('\n')),
  };
}

interface Output {
  readonly lines: string[];
  /** Characters that may still be added. */
  left: number;
}

function addItems(parent: DataSet, decode: Decode, depth: number, output: Output): void {
  if (depth > maxDepth) throw new PrecedentError('limit', 'the structured report is nested too deeply');
  for (const item of items(parent, 'x0040a730')) {
    // Observation context is who reports about whom.
    if (ascii(item, 'x0040a010') === 'HAS OBS CONTEXT') continue;
    const [concept] = items(item, 'x0040a043');
    if (concept && silentConcepts.has(ascii(concept, 'x00080100') ?? '')) continue;
    const line = lineOf(item, decode);
    if (line !== undefined) add(output, line, depth);
    addItems(item, decode, line === undefined ? depth : depth + 1, output);
  }
}

function add(output: Output, line: string, depth: number): void {
  const indent = '  '.repeat(depth);
  const text = `${indent}${line.replaceAll('\n', `\n${indent}  `)}`;
  output.left -= text.length;
  if (output.left < 0) throw new PrecedentError('limit', 'the report is longer than 1 MB of text');
  output.lines.push(text);
}

/** A heading, `name: value`, or nothing for an item that is no text. */
function lineOf(item: DataSet, decode: Decode): string | undefined {
  const name = meaning(item, 'x0040a043', decode);
  const type = ascii(item, 'x0040a040') ?? '';
  if (type === 'CONTAINER') return name;
  const value = Object.hasOwn(shown, type) ? shown[type](item, decode) : undefined;
  if (value === undefined) return undefined;
  if (name === undefined) return value;
  return value.includes('\n') ? `${name}:\n${value}` : `${name}: ${value}`;
}

/** The meaning of the first code of a sequence. */
function meaning(dataSet: DataSet, tag: string, decode: Decode): string | undefined {
  const [code] = items(dataSet, tag);
  return code && textValue(code, 'x00080104', decode);
}

function measured(item: DataSet, decode: Decode): string | undefined {
  const [value] = items(item, 'x0040a300');
  const number = value && ascii(value, 'x0040a30a');
  // Without a number there may be a reason (Numeric Value Qualifier).
  if (number === undefined) return meaning(item, 'x0040a301', decode);
  const [unit] = items(value, 'x004008ea');
  const symbol = unit && ascii(unit, 'x00080100');
  // UCUM's unity and its annotations in braces are no units to read.
  return symbol && !/^(1|\{.*\})$/.test(symbol) ? `${number} ${symbol}` : number;
}

/** A text with its line ends, which the decoder of short values takes for blanks. */
function multiline(item: DataSet, tag: string, decode: Decode): string | undefined {
  const bytes = valueBytes(item, tag);
  if (!bytes) return undefined;
  // No character set that DICOM allows holds CR or LF inside of another character, and each starts anew after them.
  const lines: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    let end = start;
    while (end < bytes.length && bytes[end] !== 10 && bytes[end] !== 13) end++;
    lines.push(decode(bytes.subarray(start, end)));
    start = end + (bytes[end] === 13 && bytes[end + 1] === 10 ? 2 : 1);
  }
  return lines.join('\n').trim() || undefined;
}
