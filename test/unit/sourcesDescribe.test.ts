import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FileDescription, fileDescription } from '../../native/contract/reader.ts';
import { describeFile, describeFiles } from '../../native/ingest/sources/describe.ts';
import { describeDicom } from '../../native/ingest/sources/describeDicom.ts';
import { writeNifti } from '../../native/nifti/nifti.ts';
import { ctElements, ctSlice, type Elements, rtstruct, syntax, writeDicom } from '../support/dicomWriter.ts';
import { temporaryTree } from '../support/tree.ts';
import { writeZip } from '../support/zipWriter.ts';

const tree = temporaryTree();
const nifti = writeNifti(
  { dims: [2, 2, 1], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
  new Int16Array(4),
);
const nrrd = 'NRRD0004\ntype: short\ndimension: 3\nsizes: 1 1 1\nencoding: raw\nendian: little\n\n\0\0';
const of = (name: string, bytes: Uint8Array | string): FileDescription => {
  const description = describeFile(tree.put(name, bytes));
  // What crosses processes is what the contract says, and nothing is lost on the way.
  expect(fileDescription.parse(JSON.parse(JSON.stringify(description)))).toEqual(description);
  return description;
};
const reasonFor = (name: string, bytes: Uint8Array | string) => {
  const description = of(name, bytes);
  return description.kind === 'skipped' ? description.reason : `not skipped: ${description.kind}`;
};
const ct = (elements: Elements) => ctSlice({ elements });
const padding = (bytes: number): Elements => ({ '00091010': ['OB', new Uint8Array(bytes)] });

/** A segmentation on the series 1.9, with frames that say nothing. */
function segmentation(): Elements {
  return {
    '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.66.4'],
    '00080018': ['UI', '1.2.3.8'],
    '00080060': ['CS', 'SEG'],
    '00081115': ['SQ', [{ '0020000e': ['UI', '1.9'] }]],
    '0020000d': ['UI', '1.2.3.1'],
    '00200052': ['UI', '1.2.3.3'],
    '00280010': ['US', 4],
    '52009229': ['SQ', [{}]],
    '52009230': ['SQ', Array(100).fill({ '00200013': ['IS', '1'] })],
    '7fe00010': ['OB', new Uint8Array(100)],
  };
}

describe('describeFile of DICOM', () => {
  it.each([
    ['explicit', {}],
    ['implicit', { transferSyntax: syntax.implicit }],
    ['big endian', { transferSyntax: syntax.bigEndian }],
    ['deflated', { transferSyntax: syntax.deflated }],
    ['without Part 10 header', { part10: false }],
  ])('says what an image belongs to: %s', (_, options) => {
    const bytes = ctSlice({
      ...options,
      sop: '1.2.3.4.5',
      elements: {
        '00080005': ['CS', 'ISO_IR 192'],
        '00080050': ['SH', 'ACC 7'],
        '00100020': ['LO', Buffer.from('Müller 1', 'utf8')],
        '00100021': ['LO', 'Hospital'],
      },
    });
    expect(of('whatever.jpg', bytes)).toEqual({
      kind: 'image',
      path: tree.at('whatever.jpg'),
      bytes: bytes.length,
      sopInstanceUid: '1.2.3.4.5',
      studyUid: '1.2.3.1',
      seriesUid: '1.2.3.2',
      frameOfReferenceUid: '1.2.3.3',
      accessionNumber: 'ACC 7',
      patientId: 'Müller 1',
      issuer: 'Hospital',
      frames: 1,
    });
  });

  it('leaves empty what an image lacks', () => {
    const bytes = ct({
      '00080016': undefined,
      '00080018': undefined,
      '00100020': undefined,
      '0020000d': undefined,
      '0020000e': undefined,
      '00200052': undefined,
    });
    expect(of('1', bytes)).toMatchObject({ kind: 'image', studyUid: '', seriesUid: '', patientId: '' });
  });

  it.each(['1.2.840.10008.5.1.4.1.1.2.1', '1.2.840.10008.5.1.4.1.1.2.2'])('takes enhanced CT (%s)', (uid) => {
    const bytes = ct({ '00080016': ['UI', uid], '00280008': ['IS', '120'] });
    expect(of('1', bytes)).toMatchObject({ kind: 'image', frames: 120 });
  });

  it('takes a CT slice by its SOP class where the modality is missing', () => {
    expect(of('1', ct({ '00080060': undefined }))).toMatchObject({ kind: 'image' });
  });

  it.each([10, 7_000, 8_300, 100_000, 1_500_000])(
    'reads on where %i private bytes stand before the rest',
    (bytes) => {
      expect(of('1', ct(padding(bytes)))).toMatchObject({ kind: 'image', seriesUid: '1.2.3.2' });
    },
  );

  it('tells what an RT Structure Set and a segmentation refer to', () => {
    expect(of('rs', rtstruct([{ name: 'GTV', contours: [[0, 0, 0]] }], '1.9'))).toEqual({
      kind: 'rtstruct',
      path: tree.at('rs'),
      sopInstanceUid: '1.2.3.9',
      studyUid: '1.2.3.1',
      referencedSeriesUid: '1.9',
      frameOfReferenceUid: '1.2.3.3',
    });
    expect(of('seg', writeDicom(segmentation()))).toEqual({
      kind: 'seg',
      path: tree.at('seg'),
      sopInstanceUid: '1.2.3.8',
      studyUid: '1.2.3.1',
      referencedSeriesUid: '1.9',
      frameOfReferenceUid: '1.2.3.3',
    });
  });

  it.each([
    [
      'an RT Structure Set',
      rtstruct(Array(3000).fill({ name: 'GTV', contours: [Array(3000).fill(0.5)] }), '1.9'),
    ],
    ['a segmentation', writeDicom({ ...segmentation(), '7fe00010': ['OB', new Uint8Array(30_000_000)] })],
  ])('does not read %s whole', (_, bytes) => {
    expect(bytes.length).toBeGreaterThan(8_000_000);
    let most = 0;
    const beginning = (length: number) => {
      most = Math.max(most, length);
      return bytes.subarray(0, length);
    };
    const description = describeDicom('x', beginning(8192), { bytes: bytes.length, beginning });
    expect(description).toMatchObject({ referencedSeriesUid: '1.9' });
    expect(most).toBeLessThan(3_000_000);
  });

  it.each([
    ['1.2.840.10008.5.1.4.1.1.88.11', 'sr'],
    ['1.2.840.10008.5.1.4.1.1.88.33', 'sr'],
    ['1.2.840.10008.5.1.4.1.1.104.1', 'dicom-pdf'],
  ])('says whose report %s is', (uid, format) => {
    const bytes = writeDicom({
      '00080016': ['UI', uid],
      '00080018': ['UI', '1.2.3.7'],
      '00080050': ['SH', 'ACC 7'],
      '00080060': ['CS', 'SR'],
      '00100020': ['LO', 'P1'],
      '0020000d': ['UI', '1.2.3.1'],
      '00200013': ['IS', '1'],
      '00420011': ['OB', new Uint8Array(100_000)],
    });
    expect(of('1', bytes)).toEqual({
      kind: 'report',
      format,
      path: tree.at('1'),
      sopInstanceUid: '1.2.3.7',
      accessionNumber: 'ACC 7',
      patientId: 'P1',
      studyUid: '1.2.3.1',
    });
  });

  it('tells a DICOMDIR by its media class', () => {
    const bytes = writeDicom({
      '00041130': ['CS', 'DISC'],
      '00080016': ['UI', '1.2.840.10008.1.3.10'],
      '00080018': ['UI', '1.2.3'],
    });
    expect(of('DICOMDIR', bytes)).toEqual({ kind: 'dicomdir', path: tree.at('DICOMDIR') });
  });

  it('skips other objects and damaged files with the reason', () => {
    const whole = ctSlice();
    const sopClass = (uid: string) => ct({ '00080016': ['UI', uid] });
    expect(reasonFor('cut.dcm', whole.subarray(0, -5))).toBe('the file is cut off inside its pixel data');
    expect(reasonFor('cut.dcm', whole.subarray(0, -62))).toBe('the DICOM data set is damaged or cut off');
    expect(reasonFor('cut.dcm', ct(padding(20_000)).subarray(0, 9_000))).toBe(
      'the DICOM data set is damaged or cut off',
    );
    expect(
      reasonFor('mr', ct({ '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.4'], '00080060': ['CS', 'MR'] })),
    ).toBe('modality MR is not CT');
    expect(reasonFor('sc', sopClass('1.2.840.10008.5.1.4.1.1.7'))).toBe(
      'a secondary capture, not a CT slice',
    );
    expect(reasonFor('sc', sopClass('1.2.840.10008.5.1.4.1.1.7.2'))).toBe(
      'a secondary capture, not a CT slice',
    );
    expect(reasonFor('raw', sopClass('1.2.840.10008.5.1.4.1.1.66'))).toBe('modality CT, but not a CT slice');
    expect(reasonFor('no', ct({ '00080016': undefined, '00080060': undefined }))).toBe('no modality');
    expect(reasonFor('no', ct({ '7fe00010': undefined }))).toBe('the file has no pixel data');
    expect(reasonFor('dose', sopClass('1.2.840.10008.5.1.4.1.1.88.67'))).toMatch(/dose/);
  });

  it('gives up on a header without end', () => {
    const bytes = Buffer.from(ct(padding(100)));
    // The private element (0009,1010) OB says that it is 256 MB long, in a file that is longer.
    bytes.writeUInt32LE(2 ** 28, bytes.indexOf(Buffer.from('090010104f42', 'hex')) + 8);
    const path = tree.put('long', bytes);
    truncateSync(path, 2 ** 29);
    expect(describeFile(path)).toEqual({ kind: 'skipped', path, reason: 'the header is too long' });
  });
});

describe('describeFile of other files', () => {
  it.each<[name: string, kind: FileDescription['kind'], bytes: Uint8Array | string]>([
    ['case.nii', 'nifti', nifti],
    ['case.NII.GZ', 'nifti', nifti],
    ['case.nrrd', 'nrrd', nrrd],
    ['Segmentation.seg.nrrd', 'nrrd', nrrd],
    ['report.txt', 'text', 'No lesion.'],
    ['report.md', 'text', '# Findings'],
    ['utf16.txt', 'text', Buffer.from('\ufeffNo lesion.', 'utf16le')],
    ['report.pdf', 'pdf', '%PDF-1.7\n'],
    ['dataset.json', 'json', '{}'],
    ['export.zip', 'zip', writeZip([{ name: 'x' }])],
    ['empty.zip', 'zip', writeZip([])],
    ['no-ending', 'zip', writeZip([{ name: 'x' }])],
  ])('%s is %s', (name, kind, bytes) => {
    expect(of(name, bytes)).toEqual({ kind, path: tree.at(name) });
  });

  it.each([
    ['case,x,"diameter, mm"\r\na,1,2\r\n', ['case', 'x', 'diameter, mm']],
    ['case;x\na;1', ['case', 'x']],
    ['case,x', ['case', 'x']],
    [Buffer.from('\ufeffcase\tx\n1\t2', 'utf16le'), ['case', 'x']],
    [`case,größe\n${'a,1\n'.repeat(50_000)}`, ['case', 'größe']],
  ])('names the columns of a table', (bytes, columns) => {
    expect(of('labels.csv', bytes)).toEqual({ kind: 'table', path: tree.at('labels.csv'), columns });
  });

  it.each([
    ['LICENSE', 'text'],
    ['README.md', 'text'],
    ['.DS_Store', ''],
    ['._case.nii.gz', 'x'],
    ['Thumbs.db', 'x'],
    ['autorun.inf', 'x'],
    ['DICOMDIR', 'not DICOM'],
    ['viewer.exe', 'MZ'],
    ['viewer.dll', 'MZ'],
    ['report.docx', writeZip([{ name: 'x' }])],
    ['notes.xlsx', writeZip([{ name: 'x' }])],
    ['backup.tar.gz', '\x1f\x8b'],
    ['picture.png', 'x'],
  ])('%s is not an image', (name, bytes) => {
    expect(reasonFor(name, bytes)).toBe('not an image');
  });

  it.each([
    ['empty.dcm', '', 'the file is empty'],
    ['garbage.bin', 'garbage', 'neither DICOM nor NIfTI'],
    ['garbage.nii.gz', 'garbage', 'not a NIfTI file'],
    ['garbage.nrrd', 'garbage', 'not a NRRD file'],
    ['garbage.zip', 'garbage', 'not a ZIP archive'],
    ['garbage.pdf', 'garbage', 'not a PDF file'],
    ['garbage.txt', 'a\0b', 'not a text file'],
    ['long.csv', 'x'.repeat(70_000), 'the header line of the table is too long'],
    ['broken.csv', 'a,"b\nc,d\n', /^the file is not a table/],
    ['deflated.dcm', deflateRawSync('x'), 'neither DICOM nor NIfTI'],
  ])('%s is skipped with its reason', (name, bytes, reason) => {
    expect(reasonFor(name, bytes)).toEqual(
      typeof reason === 'string' ? reason : expect.stringMatching(reason),
    );
  });

  it.skipIf(process.platform === 'win32')('does not wait for a FIFO, nor read a device or folder', () => {
    execFileSync('mkfifo', [tree.at('fifo')]);
    for (const path of [tree.at('fifo'), '/dev/zero', tree.root]) {
      expect(describeFile(path)).toEqual({ kind: 'skipped', path, reason: 'not a regular file' });
    }
    expect(describeFile(tree.at('absent'))).toMatchObject({ reason: 'no such file or folder' });
  });
});

describe('describeFiles', () => {
  it('tells of each file before it is opened, and describes all in order', async () => {
    const paths = ['b', 'a', 'absent'].map((name) => tree.at(name));
    for (const path of ['a', 'b']) tree.put(path, ctSlice());
    const seen: string[] = [];
    const described = await describeFiles(
      paths.map((path) => ({ path })),
      { onFile: (path) => seen.push(path) },
    );
    expect(seen).toEqual(paths);
    expect(described.map(({ path, kind }) => [path, kind])).toEqual([
      [paths[0], 'image'],
      [paths[1], 'image'],
      [paths[2], 'skipped'],
    ]);
  });

  it('can be cancelled, also between two files', async () => {
    const files = Array(50_000).fill({ path: tree.put('1', writeDicom(ctElements())) });
    const cancel = new AbortController();
    const described = describeFiles(files, { signal: cancel.signal });
    cancel.abort();
    await expect(described).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(describeFiles([], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
