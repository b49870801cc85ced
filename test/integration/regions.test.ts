/** Lesions and organs from real annotations and generated ones, voxel by voxel as the field's reference readers have them. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegionFile } from '../../native/contract/reader.ts';
import type { RoiRule } from '../../native/dicom/roiNames.ts';
import { readSeg, segMasks } from '../../native/dicom/seg.ts';
import { readSeries } from '../../native/dicom/volume.ts';
import { maskOwner } from '../../native/ingest/labelNames.ts';
import { type NamedMask, readRegions } from '../../native/ingest/readRegions.ts';
import { countVoxels, reboxMask } from '../../native/lesion/mask.ts';
import { readNifti, readNiftiMask, writeNifti } from '../../native/nifti/nifti.ts';
import type { Grid, Mask } from '../../native/volume/volume.ts';
import { rtstruct } from '../support/dicomWriter.ts';
import { pythonWith, runPython } from '../support/python.ts';
import { dicomSeg } from '../support/segWriter.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();
const data = join(shared ?? '', 'data');
/** Number of voxels and SHA-256 of a mask's bytes on the whole grid, i fastest. */
type Fingerprint = readonly [voxels: number, sha256: string];

function fingerprint(mask: Mask, { dims }: Grid): Fingerprint {
  const { bits } = reboxMask(mask, [0, 0, 0, dims[0] - 1, dims[1] - 1, dims[2] - 1]);
  return [countVoxels(mask), createHash('sha256').update(bits).digest('hex')];
}

/** Prints label → fingerprint of the segments of a SEG on the CT slices named after it. */
const segScript = `
import sys, json, hashlib, numpy as np, pydicom
z = sorted(float(pydicom.dcmread(p, stop_before_pixels=True).ImagePositionPatient[2]) for p in sys.argv[2:])
d = pydicom.dcmread(sys.argv[1])
out = {}
for s in d.SegmentSequence:
    m = np.zeros((len(z), d.Rows, d.Columns), np.uint8)
    for f, g in zip(d.pixel_array.reshape(-1, d.Rows, d.Columns), d.PerFrameFunctionalGroupsSequence):
        if g.SegmentIdentificationSequence[0].ReferencedSegmentNumber == s.SegmentNumber:
            at = float(g.PlanePositionSequence[0].ImagePositionPatient[2])
            m[int(np.argmin(np.abs(np.array(z) - at)))] |= f
    out[s.SegmentLabel] = [int(m.sum()), hashlib.sha256(m.tobytes()).hexdigest()]
print(json.dumps(out))`;

/** What the script above prints with pydicom 2.3.1. */
const segMasksByPydicom: Readonly<Record<string, Readonly<Record<string, Fingerprint>>>> = {
  'liver.dcm': { Liver: [107098, '86ceb97b138085d01b005c48e893bb4348fcdcf6a9c5c73c54d4efaa0288a1f2'] },
  'partial_overlaps.dcm': {
    GREEN: [9602, '2e8f3ee6f6ee2a516261ba4588edc16917ef3fc0570ebb9b0a583c184091634f'],
    ORANGE: [11888, 'a36b937dc016f30de7b9d2a774a91c1b4e863eb33629cc22b980cd275609d734'],
    PURPLE: [10743, '3c61236498ad06e49c3de6b38521825709a2e668e4dc4b04a4c236be36a885e1'],
    LIGHT_BLUE: [6693, 'a5852a74fc3068ae690a9a9c7688628f608d0b71ce86168935a5572ecd9098c7'],
    DARK_BLUE: [4713, 'bf5c578955d281a5861b55b09530c426d06893474918830a5bf47bbd046b3c74'],
  },
};

/** Prints value → fingerprint of the labels of a NIfTI mask. */
const labelScript = `
import sys, json, hashlib, numpy as np, nibabel
a = np.asanyarray(nibabel.load(sys.argv[1]).dataobj)
out = {}
for v in np.unique(a):
    if v:
        m = (a == v).astype(np.uint8)
        out[str(int(v))] = [int(m.sum()), hashlib.sha256(m.tobytes(order='F')).hexdigest()]
print(json.dumps(out))`;
/** SHA-256 of what the script above prints for the sample with nibabel 5.0, written by JSON.stringify. */
const labelsByNibabel = 'd9aa508de9bec947ae9bd402bb0ca149140403f4f5be57740fa336331a7898e0';

describe.skipIf(!shared)(sharedGroup('masks of real annotations'), () => {
  it.each(Object.keys(segMasksByPydicom))('%s: every segment is the one that pydicom reads', async (name) => {
    const folder = join(data, 'seg/ct-3slice');
    const slices = readdirSync(folder).map((slice) => join(folder, slice));
    const { volumes } = await readSeries(slices);
    const grid = volumes[0].volume;
    const file = join(data, 'seg', name);
    const found: Record<string, Fingerprint> = {};
    const warnings: string[] = [];
    for await (const { segment, mask } of segMasks(readSeg(readFileSync(file)), grid, warnings)) {
      found[segment.label] = fingerprint(mask, grid);
    }
    expect(warnings).toEqual([]);
    expect(found).toEqual(segMasksByPydicom[name]);
    const python = pythonWith('pydicom', 'numpy');
    if (python) expect(found).toEqual(runPython(python, segScript, [file, ...slices]));
  });

  it('totalseg-sample: every organ is the one that nibabel reads, by its name', async () => {
    const { volume } = readNifti(readFileSync(join(data, 'totalseg-sample/example_ct_sm.nii.gz')));
    const path = join(data, 'totalseg-sample/example_seg.nii.gz');
    const { labels, warnings } = readNiftiMask(readFileSync(path), volume);
    expect(warnings).toEqual([]);
    const found = Object.fromEntries(labels.map(({ value, mask }) => [value, fingerprint(mask, volume)]));
    expect(createHash('sha256').update(JSON.stringify(found)).digest('hex')).toBe(labelsByNibabel);
    const python = pythonWith('nibabel', 'numpy');
    if (python) expect(found).toEqual(runPython(python, labelScript, [path]));
    const { regions, skipped } = await regionsOf([{ path, format: 'nifti' }], volume);
    expect(skipped).toEqual([]);
    expect(regions).toHaveLength(41);
    const liver = regions.find(({ name }) => name === 'liver');
    expect(liver?.kind).toBe('organ');
    expect(liver && fingerprint(liver.mask, volume)).toEqual(found[5]);
  });

  it('totalseg-sample: organs of the shorter mask are the same on the whole CT', () => {
    const { volume } = readNifti(readFileSync(join(data, 'totalseg-sample/example_ct.nii.gz')));
    const bytes = readFileSync(join(data, 'totalseg-sample/example_seg.nii.gz'));
    const { labels, warnings } = readNiftiMask(bytes, volume);
    expect(volume.dims).toEqual([122, 101, 112]);
    expect(warnings).toEqual([]);
    // Counted by numpy in the file.
    expect(labels.slice(0, 5).map(({ mask }) => countVoxels(mask))).toEqual([9452, 3947, 3676, 1333, 38634]);
  });
});

const nibabel = pythonWith('nibabel', 'numpy');

describe.skipIf(!nibabel)(
  `NIfTI masks against nibabel${nibabel ? '' : ' (skipped: no Python with nibabel)'}`,
  () => {
    /** Writes an image and masks that say where they lie in every way; prints name → value → fingerprint on the image's grid. */
    const script = `
import sys, json, hashlib, numpy as np, nibabel as nib
from nibabel.affines import from_matvec
rng = np.random.default_rng(1)
folder = sys.argv[1]
def turn(a, axis):
    c, s = np.cos(a), np.sin(a); m = np.eye(3); i, j = [n for n in range(3) if n != axis]
    m[i, i] = m[j, j] = c; m[i, j] = -s; m[j, i] = s
    return m
def affine(spacing, origin, rotation=np.eye(3), flip=(1, 1, 1)):
    return from_matvec(rotation @ np.diag(np.array(spacing) * flip), origin)
def save(name, data, sform=None, qform=None, codes=(0, 0)):
    image = nib.Nifti1Image(data, None)
    h = image.header
    if qform is not None: h.set_qform(qform, 1)
    if sform is not None: h.set_sform(sform, 1)
    h['sform_code'], h['qform_code'] = codes
    nib.save(image, f'{folder}/{name}.nii.gz')
    return nib.load(f'{folder}/{name}.nii.gz')
shape = (40, 36, 20)
A = affine((0.8, 0.9, 2.5), (-20, -31, 7), turn(0.2, 2))
image = save('image', rng.integers(-1000, 1000, shape).astype(np.int16), sform=A, codes=(1, 0))
labels = np.zeros(shape, np.uint8); labels[5:20, 8:30, 3:15] = 1; labels[22:33, 4:18, 2:9] = 2; labels[25:27, 6:9, 4:6] = 7
smaller = labels[4:35, 3:33, 1:17]
far = affine((1, 1, 1), (500, 500, 500))
B = affine((1.3, 1.1, 1.7), (-33, -25, 3), turn(0.7, 0) @ turn(0.3, 1))
masks = {
  'sform': save('sform', labels, sform=A, codes=(2, 0)),
  'qform': save('qform', labels, qform=A, codes=(0, 1)),
  'sform-first': save('sform-first', labels, sform=A, qform=far, codes=(1, 1)),
  'qfac': save('qfac', labels[:, :, ::-1].copy(), qform=A @ from_matvec(np.diag([1, 1, -1]), (0, 0, shape[2] - 1)), codes=(0, 1)),
  'flipped': save('flipped', labels[::-1].copy(), sform=A @ from_matvec(np.diag([-1, 1, 1]), (shape[0] - 1, 0, 0)), codes=(1, 0)),
  'exchanged': save('exchanged', labels.transpose(2, 0, 1).copy(), sform=A[:, [2, 0, 1, 3]], codes=(1, 0)),
  'cropped': save('cropped', smaller, sform=A @ from_matvec(np.eye(3), (4, 3, 1)), codes=(1, 0)),
  'int32': save('int32', labels.astype(np.int32), sform=A, codes=(1, 0)),
  'coarse': save('coarse', labels[::2, ::3, ::2].copy(), sform=A @ from_matvec(np.diag([2.0, 3.0, 2.0]), (0.13, 0.17, 0.11)), codes=(1, 0)),
  'tilted': save('tilted', rng.integers(0, 3, (24, 28, 30)).astype(np.uint8), sform=B, codes=(1, 0)),
}
grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing='ij'), -1).reshape(-1, 3)
out = {}
for name, mask in masks.items():
    m = np.linalg.inv(mask.affine) @ image.affine
    at = np.rint(grid @ m[:3, :3].T + m[:3, 3]).astype(int)
    a = np.asanyarray(mask.dataobj)
    inside = np.all((at >= 0) & (at < a.shape), axis=1)
    on = np.zeros(len(grid), a.dtype); on[inside] = a[tuple(at[inside].T)]
    on = on.reshape(shape)
    out[name] = {str(int(v)): [int((on == v).sum()), hashlib.sha256((on == v).astype(np.uint8).tobytes(order='F')).hexdigest()] for v in np.unique(on) if v}
print(json.dumps(out))`;

    it('every label is the same, wherever and however its file puts it', () => {
      const folder = mkdtempSync(join(tmpdir(), 'precedent-test-'));
      try {
        const expected = runPython<Record<string, Record<string, Fingerprint>>>(nibabel ?? '', script, [
          folder,
        ]);
        const { volume } = readNifti(readFileSync(join(folder, 'image.nii.gz')));
        const said: Record<string, string[]> = {};
        for (const [name, labels] of Object.entries(expected)) {
          const read = readNiftiMask(readFileSync(join(folder, `${name}.nii.gz`)), volume);
          const found = read.labels.map(({ value, mask }) => [value, fingerprint(mask, volume)]);
          expect(Object.fromEntries(found), name).toEqual(labels);
          said[name] = read.warnings;
        }
        const exact = Object.keys(said).filter((name) => said[name].length === 0);
        expect(exact).toEqual([
          'sform',
          'qform',
          'sform-first',
          'qfac',
          'flipped',
          'exchanged',
          'cropped',
          'int32',
        ]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);

const grid: Grid = {
  dims: [20, 16, 8],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

async function regionsOf(
  files: readonly RegionFile[],
  on: Grid,
  { rules = [], names = [] }: { rules?: readonly RoiRule[]; names?: readonly string[] } = {},
) {
  const skipped: { path: string; reason: string }[] = [];
  const warnings: string[] = [];
  const opened: string[] = [];
  const regions: NamedMask[] = [];
  const options = { rules, names, signal: undefined, onFile: (path: string) => opened.push(path) };
  for await (const region of readRegions(files, on, options, { skipped, warnings })) regions.push(region);
  return { regions, skipped, warnings, opened };
}

describe('readRegions', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'precedent-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  let count = 0;
  /** Writes files into a folder of their own; the first one's path comes back. */
  function files(contents: Readonly<Record<string, Uint8Array | string>>): string {
    const own = join(folder, String(count++));
    mkdirSync(own);
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(own, name), content);
    return join(own, Object.keys(contents)[0]);
  }
  const values = new Uint8Array(20 * 16 * 8);
  values[5] = 1;
  values[6] = 2;
  values[47] = 3;
  const three = writeNifti(grid, values);
  const one = writeNifti(
    grid,
    values.map((value) => (value === 1 ? 1 : 0)),
  );
  const named = async (file: RegionFile, rules?: readonly RoiRule[]) => {
    const { regions, skipped } = await regionsOf([file], grid, { rules });
    expect(skipped).toEqual([]);
    return regions.map(({ name, kind }) => [name, kind]);
  };

  it('takes labels that nobody named for lesions', async () => {
    expect(await named({ path: files({ 'a_mask.nii.gz': one }), format: 'nifti' })).toEqual([
      ['lesion', 'lesion'],
    ]);
    expect(await named({ path: files({ 'a_mask.nii.gz': three }), format: 'nifti' })).toEqual([
      ['lesion 1', 'lesion'],
      ['lesion 2', 'lesion'],
      ['lesion 3', 'lesion'],
    ]);
  });

  it.each([
    ['a_mask.json', '{"1": "GTV", "2": "Liver", "3": "External"}'],
    ['a_mask.json', '{"name": "x", "labels": {"background": 0, "GTV": 1, "Liver": 2, "External": 3}}'],
    ['a_mask.json', '{"labels": {"0": "background", "1": "GTV", "2": "Liver", "3": "External"}}'],
    [
      'a_labels.txt',
      '# ITK-SnAP\n    0 0 0 0 0 0 0 "Clear Label"\n 1 255 0 0 1 1 1 "GTV"\n 2 0 255 0 1 1 1 "Liver"\n 3 0 0 1 1 1 1 "External"',
    ],
    [
      'a.ctbl',
      '# Color table\n0 Background 0 0 0 0\n1 GTV 128 174 128 255\n2 Liver 241 214 145 255\n3 External 1 1 1 255',
    ],
    ['labels.txt', '1: GTV\n2: Liver\n3: External\n'],
  ])('takes the names of labels from %s: %s', async (name, content) => {
    const path = files({ 'a_mask.nii.gz': three, [name]: content });
    expect(await named({ path, format: 'nifti' })).toEqual([
      ['GTV', 'lesion'],
      ['Liver', 'organ'],
    ]);
  });

  it('takes given names first, and the rules of the user before all others', async () => {
    const path = files({ 'a_mask.nii.gz': three, 'a_mask.json': '{"1": "Spleen"}' });
    const file: RegionFile = { path, format: 'nifti', names: { 1: 'Liver', 2: 'GTV', 3: 'Label 3' } };
    expect(await named(file)).toEqual([
      ['Liver', 'organ'],
      ['GTV', 'lesion'],
      ['lesion 3', 'lesion'],
    ]);
    const rules: RoiRule[] = [
      { pattern: 'liver', kind: 'lesion' },
      { pattern: 'gtv', kind: 'ignored' },
    ];
    expect(await named(file, rules)).toEqual([
      ['Liver', 'lesion'],
      ['lesion 3', 'lesion'],
    ]);
  });

  it('reads NRRD masks, their segments, and a detached header', async () => {
    const header = (extra: string) =>
      `NRRD0004\ntype: uchar\ndimension: 3\nspace: LPS\nsizes: 20 16 8\nspace directions: (1,0,0) (0,1,0) (0,0,2)\n` +
      `space origin: (0,0,0)\nencoding: raw\n${extra}`;
    const seg =
      'Segment0_ID:=a\nSegment0_Name:=Tumor\nSegment0_LabelValue:=1\nSegment1_ID:=b\nSegment1_Name:=Liver\nSegment1_LabelValue:=2\n\n';
    const path = files({ 'a.seg.nrrd': Buffer.concat([Buffer.from(header(seg)), values]) });
    expect(await named({ path, format: 'nrrd' })).toEqual([
      ['Tumor', 'lesion'],
      ['Liver', 'organ'],
      ['lesion 3', 'lesion'],
    ]);
    const detached = files({ 'a.nhdr': header('data file: a.raw\n\n'), 'a.raw': values });
    const read = await regionsOf([{ path: detached, format: 'nrrd' }], grid);
    expect(read.regions.map(({ mask }) => mask.box.slice(0, 3))).toEqual([
      [5, 0, 0],
      [6, 0, 0],
      [7, 2, 0],
    ]);
    expect(read.opened).toEqual([detached, detached.replace('nhdr', 'raw')]);
    const leaving = files({ 'a.nhdr': header('data file: ../a.raw\n\n') });
    expect((await regionsOf([{ path: leaving, format: 'nrrd' }], grid)).skipped[0].reason).toContain(
      'outside its folder',
    );
  });

  it('reads RT Structure Sets and says by name what it left out', async () => {
    const square = [2.5, 2.5, 2, 6.5, 2.5, 2, 6.5, 6.5, 2, 2.5, 6.5, 2];
    const path = files({
      'a.dcm': rtstruct([
        { name: 'GTV', contours: [square] },
        { name: 'Liver', contours: [square, [0, 1, 2, 4, 5, 6, 9, 9, 9]] },
        { name: 'PTV', contours: [square] },
        { name: 'Spot', contours: [[1, 2, 2]], geometricType: 'POINT' },
      ]),
    });
    const { regions, warnings } = await regionsOf([{ path, format: 'rtstruct' }], grid);
    expect(regions.map(({ name, kind, source, mask }) => [name, kind, source, countVoxels(mask)])).toEqual([
      ['GTV', 'lesion', 'rtstruct', 16],
      ['Liver', 'organ', 'rtstruct', 16],
    ]);
    expect(warnings).toEqual([
      'Liver: contours that are not parallel to the slices were left out',
      'Spot: single points were left out',
    ]);
  });

  it('reads DICOM Segmentations; codes decide before names, the rules of the user before codes', async () => {
    const pixels = new Array(20 * 16).fill(1);
    const segments = [
      { number: 1, label: 'Region A', category: '49755003' },
      { number: 2, label: 'Tumor bed', category: '123037004' },
      { number: 3, label: 'Body', category: '123037004' },
      { number: 4, label: 'Segment_4', category: '85756007' },
      { number: 5, label: 'Spleen' },
    ];
    const frames = segments.map(({ number }) => ({ segment: number, position: [0, 0, 4] as const, pixels }));
    const path = files({ 'a.dcm': dicomSeg({ rows: 16, columns: 20, segments, frames, sliceSpacing: 2 }) });
    expect(await named({ path, format: 'seg' })).toEqual([
      ['Region A', 'lesion'],
      ['Tumor bed', 'organ'],
      ['Segment_4', 'lesion'],
      ['Spleen', 'organ'],
    ]);
    expect((await named({ path, format: 'seg' }, [{ pattern: 'region', kind: 'organ' }]))[0]).toEqual([
      'Region A',
      'organ',
    ]);
  });

  it('reads the rows of a table that are about this image, with their labels', async () => {
    const path = files({
      'a.csv':
        'seriesuid,x,y,z,diameter_mm,name,texture\n1.2.3,5,5,4,4,,solid\n1.2.4,5,5,4,4,,\n1.2.3,9,9,900,4,,\n1.2.3,9,9,4,0,Liver cyst,\n1.2.3,9,9,4,0,External,',
    });
    const { regions, warnings } = await regionsOf([{ path, format: 'table' }], grid, { names: ['1.2.3'] });
    expect(regions.map(({ name, kind, labels }) => [name, kind, labels])).toEqual([
      ['lesion 1', 'lesion', { texture: 'solid' }],
      ['Liver cyst', 'lesion', {}],
    ]);
    expect(warnings).toEqual(['regions of the table lie outside the volume and were left out']);
  });

  it('skips what cannot be read and goes on', async () => {
    const bad = files({ 'a_mask.nii.gz': gunzipSync(one).subarray(0, 400) });
    const good = files({ 'b_mask.nii.gz': one });
    const missing = join(folder, 'missing.dcm');
    const { regions, skipped, opened } = await regionsOf(
      [
        { path: bad, format: 'nifti' },
        { path: missing, format: 'seg' },
        { path: good, format: 'nifti' },
      ],
      grid,
    );
    expect(regions).toHaveLength(1);
    expect(skipped.map(({ path }) => path)).toEqual([bad, missing]);
    expect(opened).toEqual([bad, missing, good]);
  });

  it('ends when the request is withdrawn', async () => {
    const controller = new AbortController();
    const path = files({ 'a_mask.nii.gz': three });
    const options = { rules: [], names: [], signal: controller.signal, onFile: () => {} };
    const regions = readRegions([{ path, format: 'nifti' }], grid, options, { skipped: [], warnings: [] });
    await regions.next();
    controller.abort();
    await expect(regions.next()).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('maskOwner', () => {
  it.each([
    ['/a/CT1_mask.nii.gz', 'CT1'],
    ['CT1_seg.nii', 'CT1'],
    ['CT1-seg.nrrd', 'CT1'],
    ['CT1_label.nii.gz', 'CT1'],
    ['CT1_labels.nhdr', 'CT1'],
    ['CT1_segmentation.nii.gz', 'CT1'],
    ['CT1.seg.nrrd', 'CT1'],
    ['CT1_Seg.seg.nrrd', 'CT1'],
    ['CT1.nii.gz', null],
    ['CT1.nrrd', null],
    ['a_mask.csv', null],
  ])('%s is drawn on %s', (path, owner) => expect(maskOwner(path)).toBe(owner));
});
