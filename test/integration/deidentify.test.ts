/** De-identified real files, read back by our own readers, by pydicom and by DCMTK; the fonts that a flag must find. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { burnedInRisk, hasTextInMargins } from '../../native/dicom/deidentify/burnedIn.ts';
import { deidentifyFile } from '../../native/dicom/deidentify/deidentifyFile.ts';
import { Deidentifier } from '../../native/dicom/deidentify/identity.ts';
import { deidentifyMeta } from '../../native/dicom/deidentify/meta.ts';
import { readHeader } from '../../native/dicom/header.ts';
import { readRtstruct } from '../../native/dicom/rtstruct.ts';
import { readSeg } from '../../native/dicom/seg.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels } from '../../native/dicom/transferSyntax.ts';
import { readSeries } from '../../native/dicom/volume.ts';
import { drawText } from '../support/burnText.ts';
import { canaryElements } from '../support/deidentifyCanaries.ts';
import { syntax, writeDicom } from '../support/dicomWriter.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const data = join(sharedDir() ?? '', 'data');
const context = new Deidentifier(Buffer.from('0123456789abcdef0123456789abcdef'));
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import pydicom']).status === 0,
);
const hasDcmdump = !spawnSync('dcmdump', ['--version']).error;
const withoutPython = python ? '' : ' (skipped: no Python with pydicom)';
const withoutDcmdump = hasDcmdump ? '' : ' (skipped: no dcmdump)';
const allCodes = '113100,113105,113107,113108';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'precedent-deidentify-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The files of a folder of the shared data, all or the first ones. */
function filesOf(path: string, count = Number.POSITIVE_INFINITY): string[] {
  const dir = join(data, path);
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(md|txt|png|gz|csv|zst)$|LICENSE/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .slice(0, count);
}

function written(paths: readonly string[], prefix: string): string[] {
  return paths.map((path, n) => {
    const target = join(folder, `${prefix}-${String(n).padStart(4, '0')}.dcm`);
    writeFileSync(target, deidentifyFile(readFileSync(path), context));
    return target;
  });
}

/** The values that identify, of the attributes that a header has. */
function identifiers(path: string): string[] {
  const h = readHeader(readFileSync(path));
  return [h.patientName, h.patientId, h.sopInstanceUid, h.seriesInstanceUid, h.studyInstanceUid].filter(
    (value): value is string => value !== undefined && value.length > 3,
  );
}

const script = `
import sys, warnings, pydicom
warnings.simplefilter('error')
# Attributes newer than its dictionary are no fault of the file.
warnings.filterwarnings('ignore', 'Unknown DICOM tag')
for path in sys.argv[1:]:
    ds = pydicom.dcmread(path)
    for element in ds.iterall(): element.value
    assert ds.PatientIdentityRemoved == 'YES' and ds.PatientName == ds.PatientID
    assert not any(element.tag.is_private for element in ds.iterall())
    assert ds.file_meta.get('MediaStorageSOPInstanceUID', '') == ds.get('SOPInstanceUID', '')
    print(','.join(item.CodeValue for item in ds.DeidentificationMethodCodeSequence))
`;

/** What pydicom prints of de-identified files: the method codes of each. */
function readWithPydicom(paths: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(python ?? '', ['-c', script, ...paths], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim().split('\n');
}

function readWithDcmdump(paths: readonly string[]): void {
  for (const path of paths) {
    const { stderr, status } = spawnSync('dcmdump', [path], { maxBuffer: 2 ** 28, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }
}

describe('generated files with every attribute of the table', () => {
  const files = () =>
    Object.entries(syntax).map(([name, transferSyntax]) => {
      const path = join(folder, `canaries-${name}.dcm`);
      writeFileSync(path, deidentifyFile(writeDicom(canaryElements(), { transferSyntax }), context));
      return path;
    });

  it.skipIf(!python)(`are read by pydicom${withoutPython}`, () => {
    expect(readWithPydicom(files())).toEqual(Array(4).fill(allCodes));
  });

  it.skipIf(!hasDcmdump)(`are read by dcmdump${withoutDcmdump}`, () => {
    readWithDcmdump(files());
  });
});

describe.runIf(sharedDir())(sharedGroup('real series'), () => {
  it.each([
    ['chaos-liver-dicom', 12],
    ['lung1-dicom/LUNG1-001/image', 12],
    ['sarcoma-dicom/STS_001/image', 12],
    ['totalseg-sample/example_ct_dicom', 12],
    ['seg/ct-3slice', 3],
  ])('%s have the same voxels, and the metadata that the catalog would get', async (path, count) => {
    const originals = filesOf(path, count);
    const copies = written(originals, path.replaceAll('/', '-'));
    const [before] = (await readSeries(originals)).volumes;
    const [after] = (await readSeries(copies)).volumes;
    expect(Buffer.from(after.volume.voxels.buffer).equals(Buffer.from(before.volume.voxels.buffer))).toBe(
      true,
    );
    expect(after.volume).toMatchObject({ origin: before.volume.origin, direction: before.volume.direction });
    // What has no UIDs gets them from its content, and that differs.
    const named = readHeader(readFileSync(originals[0])).studyInstanceUid !== undefined;
    if (named) expect(after.meta).toEqual(deidentifyMeta(before.meta, context));
    else expect(after.meta.patient).toMatchObject({ patientId: '', name: undefined });
    for (const [n, copy] of copies.entries()) {
      const content = readFileSync(copy);
      for (const value of identifiers(originals[n])) expect(content.includes(value)).toBe(false);
    }
  });

  it('keep contours, names and references of their RT Structure Sets', () => {
    const [path] = filesOf('sarcoma-dicom/STS_001/mask');
    const before = readRtstruct(readFileSync(path));
    const after = readRtstruct(deidentifyFile(readFileSync(path), context));
    const slice = readHeader(
      deidentifyFile(readFileSync(filesOf('sarcoma-dicom/STS_001/image')[0]), context),
    );
    expect(after.referencedSeriesUid).toBe(slice.seriesInstanceUid);
    expect(after.frameOfReferenceUid).toBe(slice.frameOfReferenceUid);
    expect(after.rois.map(({ contours }) => contours)).toEqual(before.rois.map(({ contours }) => contours));
    expect(after.rois.map(({ name }) => name)).toEqual(before.rois.map(({ name }) => name));
  });

  it('keep the segments, frames and references of their segmentations', () => {
    for (const name of ['liver.dcm', 'partial_overlaps.dcm']) {
      const bytes = readFileSync(join(data, 'seg', name));
      const [before, after] = [readSeg(bytes), readSeg(deidentifyFile(bytes, context))];
      expect(after.referencedSeriesUid).toBe(context.uid(before.referencedSeriesUid ?? ''));
      expect(after.frames).toEqual(before.frames);
      expect(after.segments.map(({ codes }) => codes)).toEqual(before.segments.map(({ codes }) => codes));
    }
  });

  it('of every codec keep their pixels', async () => {
    const files = filesOf('codecs').filter((path) => /CT[12]_(J2KR|JLSL|JPLL|RLE|UNC)$/.test(path));
    expect(files.length).toBeGreaterThan(4);
    for (const path of files) {
      const [before, after] = [readFileSync(path), deidentifyFile(readFileSync(path), context)].map((b) =>
        readHeader(b),
      );
      expect(await decodePixels(after, pixelLayout(after))).toEqual(
        await decodePixels(before, pixelLayout(before)),
      );
    }
  });

  const external = () => [
    ...filesOf('chaos-liver-dicom', 1),
    ...filesOf('lung1-dicom', 1),
    ...filesOf('sarcoma-dicom/STS_001/mask'),
    ...filesOf('totalseg-sample/example_ct_dicom', 1),
    ...filesOf('seg'),
    ...filesOf('codecs').filter((path) => /CT1_(JPLL|RLE|UNC)$/.test(path)),
  ];

  it.skipIf(!python)(`are read by pydicom${withoutPython}`, () => {
    const paths = written(external(), 'pydicom');
    expect(readWithPydicom(paths)).toEqual(paths.map(() => allCodes));
  });

  it.skipIf(!hasDcmdump)(`are read by dcmdump${withoutDcmdump}`, () => {
    readWithDcmdump(written(external(), 'dcmdump'));
  });
});

describe.runIf(sharedDir())(sharedGroup('the flag for burned-in text'), () => {
  it('finds a line drawn into real slices, and none where none was drawn', async () => {
    const files = [
      ...filesOf('chaos-liver-dicom'),
      ...filesOf('lung1-dicom/LUNG1-001/image'),
      ...filesOf('sarcoma-dicom/STS_001/image'),
    ];
    let flagged = 0;
    let found = 0;
    let slices = 0;
    for (const path of files) {
      const header = readHeader(readFileSync(path));
      if (header.modality !== 'CT') continue;
      const { rows, columns, ...layout } = pixelLayout(header);
      const stored = await decodePixels(header, { rows, columns, ...layout });
      slices++;
      if (hasTextInMargins(stored, rows, columns) || burnedInRisk(header).length > 0) flagged++;
      const value = stored.reduce((a, b) => Math.max(a, b));
      drawText(stored, columns, 'HUBER 1955', { x: 5, y: 5, scale: 1, value });
      if (hasTextInMargins(stored, rows, columns)) found++;
    }
    expect(slices).toBeGreaterThan(200);
    expect(flagged).toBe(0);
    expect(found).toBe(slices);
  });
});
