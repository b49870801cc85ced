import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileDescription } from '../../native/contract/reader.ts';
import { groupFound } from '../../native/ingest/sources/group.ts';

type Image = Extract<FileDescription, { kind: 'image' }>;

const at = (path: string) => join(sep, 'data', path);
function image(path: string, rest: Partial<Image> = {}): FileDescription {
  return {
    kind: 'image',
    path: at(path),
    bytes: 100,
    studyUid: '1.1',
    seriesUid: '1.2',
    patientId: 'P1',
    frameOfReferenceUid: '1.3',
    frames: 1,
    ...rest,
  };
}
function drawn(
  kind: 'rtstruct' | 'seg',
  path: string,
  rest: { referencedSeriesUid?: string; frameOfReferenceUid?: string; sopInstanceUid?: string },
): FileDescription {
  return { kind, path: at(path), ...rest };
}
/** Images and the masks found for them, by their paths below the root; and the reasons for the others. */
function pairs(...paths: string[]) {
  const { series, skipped } = groupFound(
    paths.map((path) => ({ kind: /nrrd$/.test(path) ? 'nrrd' : 'nifti', path: at(path) })),
  );
  const below = (path: string) => relative(at('.'), path).split(sep).join('/');
  return {
    masks: Object.fromEntries(
      series.map(({ files, regions }) => [below(files[0]), regions.map(({ path }) => below(path))]),
    ),
    names: series.map(({ caseName }) => caseName),
    skipped: Object.fromEntries(skipped.map(({ path, reason }) => [below(path), reason])),
  };
}

describe('groupFound of DICOM', () => {
  it('makes series of the files of one patient, study and series, whatever the order', () => {
    const files = [
      image('b/2', { sopInstanceUid: '2' }),
      image('a/1', { sopInstanceUid: '1', accessionNumber: 'ACC' }),
      image('a/3', { sopInstanceUid: '3', seriesUid: '1.9' }),
      image('a/4', { sopInstanceUid: '4', patientId: 'P2' }),
      image('a/5', { sopInstanceUid: '5', issuer: 'elsewhere' }),
    ];
    const found = groupFound(files);
    expect(found.series.map(({ files }) => files)).toEqual([
      [at('a/1'), at('b/2')],
      [at('a/3')],
      [at('a/4')],
      [at('a/5')],
    ]);
    expect(found.series[0]).toEqual({
      format: 'dicom',
      files: [at('a/1'), at('b/2')],
      regions: [],
      studyUid: '1.1',
      seriesUid: '1.2',
      patientId: 'P1',
      issuer: undefined,
      accessionNumber: 'ACC',
      bytes: 200,
    });
    expect(groupFound([...files].reverse())).toEqual(found);
  });

  it('takes a folder for a series where the files do not say', () => {
    const { series } = groupFound(
      ['a/1', 'a/2', 'b/1'].map((path) => image(path, { studyUid: '', seriesUid: '' })),
    );
    expect(series.map(({ files }) => files.length)).toEqual([2, 1]);
  });

  it('keeps the first of several files with the same SOP instance', () => {
    const { series, skipped } = groupFound([
      image('b', { sopInstanceUid: '1' }),
      image('a', { sopInstanceUid: '1' }),
      image('c'),
      image('d'),
    ]);
    expect(series[0].files).toEqual([at('a'), at('c'), at('d')]);
    const reason = 'a duplicate: another file has the same SOP instance UID';
    expect(skipped).toEqual([{ path: at('b'), reason }]);
  });

  it('gives regions to the series they name, or else to those of their frame of reference', () => {
    const { series, skipped } = groupFound([
      image('1', { sopInstanceUid: '1' }),
      image('2', { sopInstanceUid: '2', seriesUid: '1.9' }),
      drawn('rtstruct', 'rs', { referencedSeriesUid: '1.9', frameOfReferenceUid: '1.3' }),
      drawn('seg', 'seg', { frameOfReferenceUid: '1.3', sopInstanceUid: '5' }),
      drawn('seg', 'seg again', { frameOfReferenceUid: '1.3', sopInstanceUid: '5' }),
      drawn('rtstruct', 'other rs', { referencedSeriesUid: '9', frameOfReferenceUid: '1.3' }),
      drawn('seg', 'other seg', {}),
    ]);
    expect(series.map(({ regions }) => regions)).toEqual([
      [{ path: at('seg'), format: 'seg' }],
      [
        { path: at('rs'), format: 'rtstruct' },
        { path: at('seg'), format: 'seg' },
      ],
    ]);
    expect(skipped).toEqual([
      {
        path: at('other rs'),
        reason: 'the CT series that this RT Structure Set was drawn on is not among the files',
      },
      {
        path: at('other seg'),
        reason: 'the CT series that this segmentation was drawn on is not among the files',
      },
      { path: at('seg again'), reason: 'a duplicate: another file has the same SOP instance UID' },
    ]);
  });

  it('does not take missing UIDs for equal ones', () => {
    const lacking = { seriesUid: '', frameOfReferenceUid: undefined };
    const { series, skipped } = groupFound([image('1', lacking), drawn('rtstruct', 'rs', {})]);
    expect(series[0].regions).toEqual([]);
    expect(skipped).toHaveLength(1);
  });
});

describe('groupFound of other files', () => {
  it('lists tables, JSON files and reports, and why others are skipped', () => {
    const report = { path: at('sr'), format: 'sr', studyUid: '1.1', sopInstanceUid: '7' } as const;
    const found = groupFound([
      { kind: 'table', path: at('labels.csv'), columns: ['case'] },
      { kind: 'json', path: at('dataset.json') },
      { kind: 'report', ...report },
      { kind: 'report', ...report, path: at('sr copy') },
      { kind: 'text', path: at('report.txt') },
      { kind: 'pdf', path: at('report.pdf') },
      { kind: 'zip', path: at('x.zip') },
      { kind: 'dicomdir', path: at('DICOMDIR') },
      { kind: 'skipped', path: at('LICENSE'), reason: 'not an image' },
    ]);
    expect(found).toEqual({
      series: [],
      tables: [at('labels.csv')],
      json: [at('dataset.json')],
      reports: [
        report,
        { path: at('report.pdf'), format: 'pdf' },
        { path: at('report.txt'), format: 'text' },
      ],
      skipped: [
        { path: at('DICOMDIR'), reason: 'not an image (a DICOM directory)' },
        { path: at('LICENSE'), reason: 'not an image' },
        { path: at('sr copy'), reason: 'a duplicate: another file has the same SOP instance UID' },
      ],
    });
  });

  it('knows the size of a NIfTI image where it is told', () => {
    const path = at('case.nii.gz');
    const [found] = groupFound([{ kind: 'nifti', path }], [{ path, bytes: 7 }]).series;
    expect(found).toEqual({
      format: 'nifti',
      files: [path],
      regions: [],
      caseName: 'case',
      studyUid: '',
      seriesUid: '',
      patientId: '',
      bytes: 7,
    });
  });
});

describe('masks by name', () => {
  it.each([
    'case_mask.nii.gz',
    'case_seg.nii',
    'case-seg.nii.gz',
    'case_segmentation.nii.gz',
    'case_label.nrrd',
    'case_labels.nii.gz',
    'case_SEG.nii.gz',
    'case.seg.nrrd',
  ])('%s is the mask of case.nii.gz', (mask) => {
    expect(pairs('case.nii.gz', 'other.nii.gz', mask)).toEqual({
      masks: { 'case.nii.gz': [mask], 'other.nii.gz': [] },
      names: ['case', 'other'],
      skipped: {},
    });
  });

  it.each(['mask.nii.gz', 'segmentation.nii.gz', 'seg.nii.gz', 'labels.nii.gz', 'label.nrrd'])(
    '%s is the mask of the only image of its folder',
    (mask) => {
      expect(pairs('a/imaging.nii.gz', `a/${mask}`, 'b/imaging.nii.gz')).toEqual({
        masks: { 'a/imaging.nii.gz': [`a/${mask}`], 'b/imaging.nii.gz': [] },
        names: ['a/imaging', 'b/imaging'],
        skipped: {},
      });
      expect(pairs('a/1.nii.gz', 'a/2.nii.gz', `a/${mask}`).skipped).toEqual({
        [`a/${mask}`]: 'a mask beside several images, and its name fits none',
      });
      expect(pairs(`a/${mask}`)).toEqual({
        masks: {},
        names: [],
        skipped: { [`a/${mask}`]: 'a mask whose image is missing' },
      });
    },
  );

  it('does not give a mask to an image of another name', () => {
    expect(pairs('case.nii.gz', 'orphan_mask.nii.gz', 'sub/case_mask.nii.gz').skipped).toEqual({
      'orphan_mask.nii.gz': 'a mask whose image is missing',
      'sub/case_mask.nii.gz': 'a mask whose image is missing',
    });
  });

  it('gives an image several masks', () => {
    expect(pairs('c.nii', 'c_mask.nii', 'c_seg.nii.gz', 'c.seg.nrrd').masks).toEqual({
      'c.nii': ['c.seg.nrrd', 'c_mask.nii', 'c_seg.nii.gz'],
    });
  });

  it('keeps one of two files of the same name', () => {
    expect(pairs('c.nii', 'c.nii.gz', 'c_mask.nii', 'c_mask.nrrd')).toEqual({
      masks: { 'c.nii': ['c_mask.nii'] },
      names: ['c'],
      skipped: {
        'c.nii.gz': 'a duplicate: the same name with another ending',
        'c_mask.nrrd': 'a duplicate: the same name with another ending',
      },
    });
  });

  it('pairs the folders of the Medical Segmentation Decathlon and of nnU-Net', () => {
    const found = pairs(
      'Task03/imagesTr/liver_1.nii.gz',
      'Task03/labelsTr/liver_1.nii.gz',
      'Task03/imagesTs/liver_2.nii.gz',
      'Task03/labelsTr/liver_2.nii.gz',
      'nnunet/imagesTr/lung_1_0000.nii.gz',
      'nnunet/imagesTr/lung_1_0001.nii.gz',
      'nnunet/labelsTr/lung_1.nii.gz',
    );
    expect(found.masks).toEqual({
      'Task03/imagesTr/liver_1.nii.gz': ['Task03/labelsTr/liver_1.nii.gz'],
      'Task03/imagesTs/liver_2.nii.gz': [],
      'nnunet/imagesTr/lung_1_0000.nii.gz': ['nnunet/labelsTr/lung_1.nii.gz'],
      'nnunet/imagesTr/lung_1_0001.nii.gz': [],
    });
    expect(found.names).toEqual(['liver_1', 'liver_2', 'lung_1_0000', 'lung_1_0001']);
    expect(found.skipped).toEqual({ 'Task03/labelsTr/liver_2.nii.gz': 'a mask whose image is missing' });
  });

  it('pairs folders of masks with folders of images, or with the images beside them', () => {
    expect(
      pairs(
        'a/images/1.nii.gz',
        'a/masks/1.nii.gz',
        'b/images/2.nii.gz',
        'b/masks/2_mask.nii.gz',
        'c/3.nii.gz',
        'c/4.nii.gz',
        'c/masks/3.nii.gz',
        'c/masks/5.nii.gz',
        'd/ct.nii.gz',
        'd/segmentations/liver.nii.gz',
        'd/segmentations/spleen.nii.gz',
      ),
    ).toEqual({
      masks: {
        'a/images/1.nii.gz': ['a/masks/1.nii.gz'],
        'b/images/2.nii.gz': ['b/masks/2_mask.nii.gz'],
        'c/3.nii.gz': ['c/masks/3.nii.gz'],
        'c/4.nii.gz': [],
        'd/ct.nii.gz': ['d/segmentations/liver.nii.gz', 'd/segmentations/spleen.nii.gz'],
      },
      names: ['1', '2', '3', '4', 'd/ct'],
      skipped: { 'c/masks/5.nii.gz': 'a mask beside several images, and its name fits none' },
    });
  });

  it('does not choose between images of the same name', () => {
    const found = pairs('imagesTr/1.nii.gz', 'imagesTs/1.nii.gz', 'masks/1.nii.gz');
    expect(found.skipped).toEqual({ 'masks/1.nii.gz': 'a mask whose image lies in several folders' });
  });

  it('names images of the same name by their folders, as far as they differ', () => {
    expect(pairs('a/x/case.nii', 'b/x/case.nii', 'b/y/case.nii', 'c/one.nii', 'c/CT.nii').names).toEqual([
      'a/x/case',
      'b/x/case',
      'y/case',
      'c/CT',
      'one',
    ]);
  });
});
