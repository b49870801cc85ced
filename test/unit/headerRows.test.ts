/** The header of an original file as rows: names, nested sequences, private elements, long values, and what is masked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shownCharacters } from '../../native/contract/originalHeader.ts';
import { dictionaryEntry } from '../../native/dicom/dictionary.ts';
import { headerRows } from '../../native/dicom/headerRows.ts';
import { readHeaderRows, readHeaderValue } from '../../native/ingest/originalHeader.ts';
import { writeNifti } from '../../native/nifti/nifti.ts';
import { writeDicom } from '../support/dicomWriter.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-header-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const long = 'windowing '.repeat(60).trim();
const elements = {
  '00080005': ['CS', 'ISO_IR 192'],
  '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
  '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2'],
  '00080018': ['UI', '1.2.3.4'],
  '00080020': ['DA', '20200102'],
  '00080060': ['CS', 'CT'],
  '00081140': ['SQ', [{ '00081155': ['UI', '1.2.3.5'] }, { '00081155': ['UI', '1.2.3.6'] }]],
  '00090010': ['LO', 'MAKER 1.0'],
  '00091001': ['LO', 'secret of the maker'],
  '00100010': ['PN', 'Kanarienvogel^Ada'],
  '00181160': ['SH', 'BODY'],
  '00280010': ['US', 40],
  '00281055': ['LO', long],
} as const;

describe.each(['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'])('a DICOM file in %s', (transferSyntax) => {
  const rowsOf = (masked: boolean) =>
    headerRows(writeDicom(elements as unknown as Parameters<typeof writeDicom>[0], { transferSyntax }), {
      masked,
    });
  const named = (name: string, masked = false) => rowsOf(masked).find((row) => row.name === name);

  test('has its elements with the keywords and VRs of the standard', () => {
    expect(named('Modality')).toMatchObject({
      path: '00080060',
      depth: 0,
      tag: '(0008,0060)',
      vr: 'CS',
      value: 'CT',
    });
    expect(named('Rows')).toMatchObject({ vr: 'US', value: '40' });
    expect(named('ImageType')?.value).toBe('ORIGINAL\\PRIMARY\\AXIAL');
    expect(rowsOf(false).map(({ path }) => path)).toEqual(
      rowsOf(false)
        .map(({ path }) => path)
        .toSorted(),
    );
  });

  test('shows the items of sequences below them', () => {
    const rows = rowsOf(false).filter(({ path }) => path.startsWith('00081140'));
    expect(rows.map(({ path, depth, name, value }) => [path, depth, name, value])).toEqual([
      ['00081140', 0, 'ReferencedImageSequence', '2 items'],
      ['00081140.0', 1, 'Item 1', ''],
      ['00081140.0.00081155', 2, 'ReferencedSOPInstanceUID', '1.2.3.5'],
      ['00081140.1', 1, 'Item 2', ''],
      ['00081140.1.00081155', 2, 'ReferencedSOPInstanceUID', '1.2.3.6'],
    ]);
  });

  test('says whose a private element is', () => {
    const rows = rowsOf(false).filter((row) => row.private);
    expect(rows.map(({ name, value }) => [name, value])).toEqual([
      ['PrivateCreator', 'MAKER 1.0'],
      ['private: MAKER 1.0', 'secret of the maker'],
    ]);
  });

  test('cuts a long value and says so', () => {
    expect(named('WindowCenterWidthExplanation')).toMatchObject({
      value: long.slice(0, shownCharacters),
      cut: true,
    });
  });

  test('masked, it holds nothing that may say who the patient is, and everything else', () => {
    const open = rowsOf(false);
    const masked = rowsOf(true);
    expect(masked.map(({ path }) => path)).toEqual(open.map(({ path }) => path));
    const text = JSON.stringify(masked);
    for (const value of ['Kanarienvogel', '20200102', '1.2.3.4', '1.2.3.5', 'secret of the maker'])
      expect(text).not.toContain(value);
    expect(named('PatientName', true)).toMatchObject({ value: '', identifying: true });
    expect(named('Modality', true)).toMatchObject({ value: 'CT', identifying: false });
    expect(named('Rows', true)?.value).toBe('40');
  });
});

test('the whole of a long value can be asked for', async () => {
  const path = join(folder, 'one.dcm');
  await writeFile(path, writeDicom(elements as unknown as Parameters<typeof writeDicom>[0]));
  const file = { path, format: 'dicom', masked: false } as const;
  expect(await readHeaderValue({ ...file, at: '00281055' })).toBe(long);
  expect(await readHeaderValue({ ...file, at: '00081140.1.00081155' })).toBe('1.2.3.6');
  expect(await readHeaderValue({ ...file, masked: true, at: '00100010' })).toBe('');
  await expect(readHeaderValue({ ...file, at: '00100020' })).rejects.toThrow(/no such element/);
});

test('a NIfTI file shows its header, gzipped or not, without its free text when masked', async () => {
  const grid = {
    dims: [5, 4, 3],
    spacing: [1, 2, 3],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const packed = join(folder, 'one.nii.gz');
  await writeFile(packed, writeNifti(grid, new Int16Array(60)));
  const { rows } = await readHeaderRows({ path: packed, format: 'nifti', masked: false });
  const value = (name: string) => rows.find((row) => row.name === name)?.value;
  expect(value('sizeof_hdr')).toBe('348');
  expect(value('dim')).toMatch(/^3, 5, 4, 3,/);
  expect(value('pixdim')).toMatch(/, 1, 2, 3,/);
  expect(value('magic')).toBe('n+1');
  const header = Buffer.alloc(352);
  header.writeInt32LE(348);
  header.write('Kanarienvogel', 148, 'latin1');
  header.write('n+1', 344, 'latin1');
  const plain = join(folder, 'two.nii');
  await writeFile(plain, header);
  const told = await readHeaderRows({ path: plain, format: 'nifti', masked: false });
  expect(JSON.stringify(told)).toContain('Kanarienvogel');
  const masked = await readHeaderRows({ path: plain, format: 'nifti', masked: true });
  expect(JSON.stringify(masked)).not.toContain('Kanarienvogel');
  await writeFile(plain, gzipSync(Buffer.alloc(400)));
  await expect(readHeaderRows({ path: plain, format: 'nifti', masked: false })).rejects.toThrow(
    /not a NIfTI/,
  );
});

test('a NRRD file shows its fields, and its own keys unless masked', async () => {
  const path = join(folder, 'one.nrrd');
  await writeFile(
    path,
    'NRRD0004\n# made for a test\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\nPatient:=Kanarienvogel\n\n\0\0',
  );
  const { rows } = await readHeaderRows({ path, format: 'nrrd', masked: false });
  expect(rows.map(({ name, value }) => [name, value])).toEqual([
    ['type', 'short'],
    ['dimension', '3'],
    ['sizes', '2 2 2'],
    ['encoding', 'raw'],
    ['Patient', 'Kanarienvogel'],
  ]);
  const masked = await readHeaderRows({ path, format: 'nrrd', masked: true });
  expect(masked.rows.map(({ value }) => value)).toEqual(['short', '3', '2 2 2', 'raw', '']);
});

test('repeating groups and attributes without one VR are in the dictionary', () => {
  expect(dictionaryEntry('60023000')).toMatchObject({ keyword: 'OverlayData' });
  expect(dictionaryEntry('7fe00010')).toEqual({ keyword: 'PixelData', vr: 'OW' });
  expect(dictionaryEntry('00280106')).toEqual({ keyword: 'SmallestImagePixelValue', vr: 'US' });
  expect(dictionaryEntry('00111001')).toBeUndefined();
});
