import { deflateSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { readReport } from '../../native/report/readReport.ts';
import { writeDicom } from '../support/dicomWriter.ts';
import { pdfOfLines, pdfOfObjects, pdfOfStreams, streamObject } from '../support/pdfWriter.ts';

const page = ['Findings: nodule, 12 mm (right upper lobe).', 'Impression: Größe unverändert.'];

afterEach(() => vi.unstubAllGlobals());

test.each([false, true])('a PDF gives its lines, page after page (deflated: %s)', async (deflated) => {
  const report = await readReport(pdfOfLines([page, ['Second page']], { deflated }), 'pdf');
  expect(report).toEqual({ text: `${page[0]}\n${page[1]}\n\nSecond page` });
});

test('a page in ASCII85 is read', async () => {
  const content = ascii85(deflateSync(Buffer.from('BT /F1 12 Tf 72 700 Td (No nodule.) Tj ET')));
  const bytes = pdfOfObjects([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} /Filter [/ASCII85Decode /FlateDecode] >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]);
  expect((await readReport(bytes, 'pdf')).text).toBe('No nodule.');
});

test('reading a PDF leaves the given bytes alone and fetches nothing', async () => {
  const fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  // A font that is not inside of the file and a character map that PDF.js would have to get.
  const bytes = pdfOfObjects([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>',
    streamObject('BT /F1 12 Tf 72 700 Td (known) Tj /F2 12 Tf 0 -20 Td <00410042> Tj ET'),
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /UniGB-UCS2-H /DescendantFonts [7 0 R] >>',
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>',
  ]);
  const before = Buffer.from(bytes);
  expect((await readReport(bytes, 'pdf')).text).toContain('known');
  expect(Buffer.from(bytes).equals(before)).toBe(true);
  expect(fetched).not.toHaveBeenCalled();
});

const many = Array.from({ length: 501 }, () => ['x']);
const long = Array.from({ length: 300 }, () => Array.from({ length: 45 }, () => 'word '.repeat(20)));
const bomb = ' '.repeat(140 * 2 ** 20);
const hex = (bytes: Buffer): string => `${bytes.toString('hex')}>`;
function ascii85(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
  let text = '';
  for (let at = 0; at < padded.length; at += 4) {
    const value = padded.readUInt32BE(at);
    const digits = [85 ** 4, 85 ** 3, 85 ** 2, 85, 1].map((unit) => Math.floor(value / unit) % 85);
    text += String.fromCharCode(...digits.map((digit) => digit + 33));
  }
  return `${text}~>`;
}
const coded = (filter: string, code: (bytes: Buffer) => string): Uint8Array =>
  pdfOfObjects([
    '<< /Type /Catalog >>',
    `<< /Filter [/${filter} /FlateDecode] >>\nstream\n${code(deflateSync(Buffer.from(bomb)))}\nendstream`,
  ]);
const runs = pdfOfObjects(['<< /Filter /RunLengthDecode >>']);
const locked =
  '/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <' +
  `${'00'.repeat(32)}> /U <${'00'.repeat(32)}> >> /ID [<00> <00>]`;
const twice = pdfOfObjects(['<< /Type /Catalog >>', '<< /Filter [/FlateDecode /FlateDecode] /Length 0 >>']);

test.each([
  ['no PDF', () => Buffer.from('Findings'), 'unreadable', /not a PDF/],
  ['half of a PDF', () => pdfOfLines([page]).subarray(0, 60), 'unreadable', /damaged/],
  ['no text on its pages', () => pdfOfStreams(['0 0 100 100 re f']), 'unsupported', /pictures/],
  ['a password', () => pdfOfStreams(['BT ET'], { trailer: locked }), 'unsupported', /password/],
  ['501 pages', () => pdfOfLines(many), 'limit', /500 pages/],
  ['1.2 MB of text', () => pdfOfLines(long), 'limit', /1 MB/],
  ['140 MB of blanks', () => pdfOfStreams([bomb], { deflated: true }), 'limit', /128 MB/],
  ['140 MB of blanks in hexadecimal digits', () => coded('ASCIIHexDecode', hex), 'limit', /128 MB/],
  ['140 MB of blanks in ASCII85', () => coded('ASCII85Decode', ascii85), 'limit', /128 MB/],
  ['LZW', () => pdfOfObjects(['<< /Filter /LZWDecode >>']), 'unsupported', /LZW/],
  ['2 MB and run lengths', () => Buffer.concat([runs, Buffer.alloc(2 ** 21)]), 'limit', /run lengths/],
  ['a million parts', () => Buffer.alloc(8_000_000, '1 0 obj '), 'limit', /too many parts/],
  ['a million streams', () => Buffer.alloc(9_000_000, 'stream\nx\x9c', 'latin1'), 'limit', /too many parts/],
  ['streams inside of each other', () => Buffer.alloc(2 ** 20, 'stream\n789c'), 'limit', /too many parts/],
  ['text packed twice', () => twice, 'limit', /more than once/],
  ['65 MB', () => Buffer.alloc(65 * 2 ** 20), 'limit', /64 MB/],
])('a PDF with %s is refused with its reason', async (_, bytes, kind, message) => {
  await expect(readReport(bytes(), 'pdf')).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
});

const encapsulated = (sopClass: string, document: Uint8Array) =>
  writeDicom({
    '00080005': ['CS', 'ISO_IR 192'],
    '00080016': ['UI', sopClass],
    '00080018': ['UI', '1.2.3.77'],
    '00080020': ['DA', '20240101'],
    '00080023': ['DA', '20240105'],
    '0020000d': ['UI', '1.2.3.1'],
    '00420010': ['ST', Buffer.from('Befund Thorax-CT', 'utf8')],
    '00420011': ['OB', document],
    '00420012': ['LO', 'application/pdf'],
  });

test('a PDF inside of a DICOM object is read with its title and date', async () => {
  const bytes = encapsulated('1.2.840.10008.5.1.4.1.1.104.1', pdfOfLines([page]));
  expect(await readReport(bytes, 'dicom-pdf')).toEqual({
    title: 'Befund Thorax-CT',
    date: '20240105',
    text: page.join('\n'),
  });
});

test('an encapsulated CDA document is refused, saying what to do', async () => {
  const bytes = encapsulated('1.2.840.10008.5.1.4.1.1.104.2', Buffer.from('<ClinicalDocument/>'));
  await expect(readReport(bytes, 'dicom-pdf')).rejects.toMatchObject({
    kind: 'unsupported',
    message: expect.stringMatching(/CDA.*export/),
  });
});
