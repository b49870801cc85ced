import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readReportReferences, reportClass } from '../../native/report/classes.ts';
import { readReport } from '../../native/report/readReport.ts';
import { readReportFile } from '../../native/report/readReportFile.ts';
import { type Elements, writeDicom } from '../support/dicomWriter.ts';

const text = 'Größe: 5 µm\n– “unverändert”';
test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 behind a byte order mark', Buffer.from(`\uFEFF${text}`)],
  ['UTF-16 little endian', Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16 big endian', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ['Windows-1252', Buffer.from('4772f6df653a203520b56d0a962093756e766572e46e6465727494', 'hex')],
])('a text report in %s is read', async (_, bytes) => {
  expect(await readReport(bytes, 'text')).toEqual({ text });
});

test('blanks, line ends and control characters are made one kind; indentation stays', async () => {
  const bytes = Buffer.from(
    '\r\n\r\n# Findings \t\r\r\r\r  - nodule\u00a0 \t 12 mm\x07\u200b\fNext page\v\n\n',
  );
  expect(await readReport(bytes, 'text')).toEqual({ text: '# Findings\n\n  - nodule 12 mm\nNext page' });
});

test.each([
  ['zeros', Buffer.from([65, 0, 0, 66]), 'unreadable', /no plain text/],
  ['blanks alone', Buffer.from(' \n\t\n'), 'unsupported', /no text/],
  ['more than 1 MB', Buffer.alloc(2 ** 20 + 1, 'a'), 'limit', /1 MB/],
  ['more than 1 MB in UTF-8', Buffer.from('ä'.repeat(2 ** 19 + 1)), 'limit', /1 MB/],
  ['blanks of 5 MB', Buffer.alloc(5 * 2 ** 20, ' '), 'limit', /1 MB/],
])('a text file of %s is refused', async (_, bytes, kind, message) => {
  await expect(readReport(bytes, 'text')).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
});

test('exactly 1 MB of text is taken', async () => {
  expect((await readReport(Buffer.alloc(2 ** 20, 'a'), 'text')).text).toHaveLength(2 ** 20);
});

test('a report is read from its file; one that is too large is not loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'precedent-report-'));
  try {
    const path = join(folder, 'report.txt');
    await writeFile(path, 'No nodule.');
    expect(await readReportFile({ path, format: 'text' })).toEqual({ text: 'No nodule.' });
    await writeFile(path, Buffer.alloc(4 * 2 ** 20 + 1));
    await expect(readReportFile({ path, format: 'text' })).rejects.toMatchObject({ kind: 'limit' });
    const missing = readReportFile({ path: join(folder, 'gone.txt'), format: 'text' });
    await expect(missing).rejects.toMatchObject({ kind: 'unreadable' });
    await expect(missing).rejects.not.toThrow(/gone/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const code = (meaning: string, value = '1'): readonly ['SQ', readonly Elements[]] => [
  'SQ',
  [
    {
      '00080100': ['SH', value],
      '00080102': ['SH', 'DCM'],
      '00080104': ['LO', Buffer.from(meaning, 'utf8')],
    },
  ],
];
const item = (
  type: string,
  name: string | undefined,
  rest: Elements = {},
  relation = 'CONTAINS',
): Elements => ({
  '0040a010': ['CS', relation],
  '0040a040': ['CS', type],
  ...(name === undefined ? {} : { '0040a043': code(name) }),
  ...rest,
});
const words = (value: string): Elements => ({ '0040a160': ['UT', Buffer.from(value, 'utf8')] });
const number = (value: string, unit: string): Elements => ({
  '0040a300': ['SQ', [{ '0040a30a': ['DS', value], '004008ea': code('unit', unit) }]],
});
const children = (...content: readonly Elements[]): Elements => ({ '0040a730': ['SQ', content] });

function report(content: readonly Elements[], rest: Elements = {}): Uint8Array {
  return writeDicom({
    '00080005': ['CS', 'ISO_IR 192'],
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.88.33'],
    '00080018': ['UI', '1.2.3.99'],
    '00080020': ['DA', '20240101'],
    '00080050': ['SH', 'A-17'],
    '00080060': ['CS', 'SR'],
    '00100010': ['PN', 'Phantom^Test'],
    '00100020': ['LO', Buffer.from('Pé1', 'utf8')],
    '00100021': ['LO', 'Ward'],
    '0020000d': ['UI', '1.2.3.1'],
    '0040a040': ['CS', 'CONTAINER'],
    '0040a043': code('CT Report'),
    '0040a730': ['SQ', content],
    ...rest,
  });
}

test('a structured report becomes headings with named values below them, and nobody is named', async () => {
  const bytes = report([
    item('CODE', 'Language', { '0040a043': code('Language', '121049'), '0040a168': code('German') }),
    item('PNAME', 'Person Observer', { '0040a123': ['PN', 'Doe^Jane'] }, 'HAS OBS CONTEXT'),
    item('TEXT', 'Subject ID', words('P1'), 'HAS OBS CONTEXT'),
    item('PNAME', 'Verified by', { '0040a123': ['PN', 'Doe^Jane'] }),
    item('UIDREF', 'Device', { '0040a124': ['UI', '1.2.3.4'] }),
    item('CONTAINER', 'Findings', {
      ...children(
        item('TEXT', 'Finding', words('Knoten rechts,\r\nunverändert.')),
        item('CODE', 'Finding Site', { '0040a168': code('Right upper lobe') }),
        item('NUM', 'Diameter', {
          ...number('12.5', 'mm'),
          ...children(
            item('SCOORD', undefined, children(item('IMAGE', undefined)), 'INFERRED FROM'),
            item('CODE', 'Method', { '0040a168': code('Axial') }, 'HAS CONCEPT MOD'),
          ),
        }),
        item('NUM', 'Ratio', number('0.5', '1')),
        item('NUM', 'Nodules', number('3', '{nodules}')),
        item('NUM', 'Volume', { '0040a301': code('Not measured') }),
        item('DATE', 'Prior', { '0040a121': ['DA', '20230214'] }),
        item('TIME', 'At', { '0040a122': ['TM', '101530.5'] }),
        item('DATETIME', 'Read', { '0040a120': ['DT', '20240105101530'] }),
      ),
    }),
    item('CONTAINER', undefined, children(item('TEXT', undefined, words('Kontrolle in 3 Monaten.')))),
    { '0040a010': ['CS', 'INFERRED FROM'] },
  ]);
  expect(await readReport(bytes, 'sr')).toEqual({
    title: 'CT Report',
    date: '20240101',
    text: [
      'Findings',
      '  Finding:',
      '    Knoten rechts,',
      '    unverändert.',
      '  Finding Site: Right upper lobe',
      '  Diameter: 12.5 mm',
      '    Method: Axial',
      '  Ratio: 0.5',
      '  Nodules: 3',
      '  Volume: Not measured',
      '  Prior: 2023-02-14',
      '  At: 10:15',
      '  Read: 2024-01-05 10:15',
      'Kontrolle in 3 Monaten.',
    ].join('\n'),
  });
});

test('Japanese text with code extensions keeps its lines', async () => {
  // "結節" in JIS X 0208, escaped and back to ASCII on each line.
  const line = Buffer.from('1b2442376b40611b2842', 'hex');
  const value = Buffer.concat([line, Buffer.from('\r\n'), line]);
  const content = item('TEXT', 'Finding', { '0040a160': ['UT', value] });
  const bytes = report([content], { '00080005': ['CS', '\\ISO 2022 IR 87'] });
  expect((await readReport(bytes, 'sr')).text).toBe('Finding:\n  結節\n  結節');
});

test('whose report it is stands in its header, also in its beginning alone', () => {
  const bytes = report([item('TEXT', 'Finding', words('x'.repeat(2000)))]);
  const expected = {
    patientId: 'Pé1',
    issuer: 'Ward',
    studyUid: '1.2.3.1',
    accessionNumber: 'A-17',
    sopInstanceUid: '1.2.3.99',
  };
  expect(readReportReferences(bytes)).toEqual(expected);
  expect(readReportReferences(bytes.subarray(0, bytes.length - 1500))).toEqual(expected);
});

const deep = (levels: number): Elements =>
  item('CONTAINER', 'Level', levels === 0 ? {} : children(deep(levels - 1)));
const imagesOnly = report([item('IMAGE', undefined)]);
const dose = report([item('TEXT', 'DLP', words('1'))], {
  '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.88.67'],
});
test.each([
  ['no DICOM', Buffer.from('Findings: none'), 'unreadable', /not a DICOM file/],
  ['no tree', report([], { '0040a040': undefined }), 'unsupported', /not a structured report/],
  ['images alone', imagesOnly, 'unsupported', /no text/],
  ['a radiation dose', dose, 'unsupported', /dose/],
  ['100 levels', report([deep(100)]), 'limit', /nested/],
  [
    '1.1 MB of text',
    report(Array.from({ length: 11 }, () => item('TEXT', 'Finding', words('word '.repeat(20_000))))),
    'limit',
    /1 MB/,
  ],
])('a structured report with %s is refused with its reason', async (_, bytes, kind, message) => {
  await expect(readReport(bytes, 'sr')).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
});

test('a report that is cut off gives what came before or a reason', async () => {
  const bytes = report([
    item('TEXT', 'Finding', words('first')),
    item('TEXT', 'Finding', words('second'.repeat(50))),
  ]);
  for (let end = 0; end < bytes.length; end++) {
    const result = await readReport(bytes.subarray(0, end), 'sr').catch((thrown: unknown) => thrown);
    if (result instanceof Error) expect(result).toMatchObject({ name: 'PrecedentError' });
    else expect(result).toMatchObject({ text: expect.stringMatching(/^Finding/) });
  }
});

test('the classes of objects say how a report is read or why not', () => {
  expect(reportClass('1.2.840.10008.5.1.4.1.1.88.11')).toEqual({ format: 'sr' });
  expect(reportClass('1.2.840.10008.5.1.4.1.1.104.1')).toEqual({ format: 'dicom-pdf' });
  expect(reportClass('1.2.840.10008.5.1.4.1.1.104.2')).toEqual({ reason: expect.stringMatching(/CDA/) });
  expect(reportClass('1.2.840.10008.5.1.4.1.1.2')).toBeUndefined();
  expect(reportClass('constructor')).toBeUndefined();
});
