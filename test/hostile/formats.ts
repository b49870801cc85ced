/** The valid files that mutations begin with, one row a format, each with the files that it needs beside it. */
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { codecs, coded } from '../support/bad/streams.ts';
import type { Tree } from '../support/bad/types.ts';
import { syntax } from '../support/dicomWriter.ts';
import { pdfOfLines } from '../support/pdfWriter.ts';
import * as valid from '../support/validFiles.ts';
import { writeZip } from '../support/zipWriter.ts';

export interface Format {
  readonly name: string;
  readonly file: string;
  /** What is mutated. */
  make(): Uint8Array | Promise<Uint8Array>;
  /** Packs what was mutated, so that the damage lies inside. */
  readonly wrap?: (mutated: Uint8Array) => Uint8Array;
  readonly beside?: Tree;
  /** The file itself is chosen, not its folder. */
  readonly chosen?: true;
}

const dicom = (name: string, transferSyntax: string): Format => ({
  name,
  file: 'file.dcm',
  make: () => valid.slice(name, {}, { transferSyntax }),
});
const onSeries = (name: string, make: () => Uint8Array): Format => ({
  name,
  file: 'regions.dcm',
  make,
  beside: valid.series(name),
});
const deflatedMeta = () => {
  const whole = Buffer.from(valid.slice('deflated-inside', {}, { transferSyntax: syntax.deflated }));
  return whole.subarray(0, 144 + whole.readUInt32LE(140));
};
const image = { 'case.nii.gz': valid.niftiImage() };
const csv = (text: string) => () => Buffer.from(text);

export const formats: readonly Format[] = [
  dicom('explicit', syntax.explicit),
  dicom('implicit', syntax.implicit),
  dicom('big-endian', syntax.bigEndian),
  dicom('deflated', syntax.deflated),
  {
    name: 'deflated-inside',
    file: 'file.dcm',
    make: () => valid.slice('deflated-inside', {}, { part10: false }),
    wrap: (mutated) => Buffer.concat([deflatedMeta(), deflateRawSync(mutated)]),
  },
  {
    name: 'bare',
    file: 'file',
    make: () => valid.slice('bare', {}, { part10: false, transferSyntax: syntax.implicit }),
  },
  ...Object.entries(codecs).map(
    ([name, codec]): Format => ({ name, file: 'file.dcm', make: () => coded(name, codec) }),
  ),
  onSeries('rtstruct', () => valid.structureSet('rtstruct')),
  onSeries('rtstruct-implicit', () =>
    valid.structureSet('rtstruct-implicit', [valid.square, valid.square], {
      transferSyntax: syntax.implicit,
    }),
  ),
  onSeries('seg', () => valid.segmentation('seg')),
  { name: 'enhanced', file: 'file.dcm', make: () => valid.enhancedCt('enhanced') },
  { name: 'report', file: 'report.dcm', make: () => valid.structuredReport('report') },
  {
    name: 'pdf',
    file: 'report.dcm',
    make: () => valid.encapsulatedPdf('pdf', pdfOfLines([['Findings:', 'a nodule of 12 mm']])),
  },
  { name: 'nifti', file: 'case.nii', make: () => gunzipSync(valid.niftiImage()) },
  { name: 'nifti-gz', file: 'case.nii.gz', make: () => valid.niftiImage() },
  {
    name: 'nifti-gz-inside',
    file: 'case.nii.gz',
    make: () => gunzipSync(valid.niftiImage()),
    wrap: (mutated) => gzipSync(mutated, { level: 1 }),
  },
  { name: 'nifti-mask', file: 'case_mask.nii', make: () => gunzipSync(valid.niftiMask()), beside: image },
  { name: 'nrrd', file: 'case.nrrd', make: () => valid.nrrd() },
  { name: 'nrrd-mask', file: 'case_mask.nrrd', make: () => valid.nrrd(), beside: image },
  {
    name: 'nrrd-gzip',
    file: 'case_mask.nrrd',
    make: () => valid.nrrd({ encoding: 'gzip' }, gzipSync(Buffer.alloc(1320, 1))),
    beside: image,
  },
  {
    name: 'zip',
    file: 'case.zip',
    make: () =>
      writeZip([
        { name: 'a/1.dcm', data: valid.slice('zip'), deflate: true },
        { name: 'b.txt', data: 'b' },
      ]),
  },
  {
    name: 'zip-inside',
    file: 'case.zip',
    make: () => valid.slice('zip-inside'),
    wrap: (mutated) => writeZip([{ name: 'a/1.dcm', data: mutated, deflate: true }]),
  },
  {
    name: 'dicomdir',
    file: 'DICOMDIR',
    make: () => valid.dicomdir(['0.DCM', '1.DCM']),
    beside: { '0.DCM': valid.slice('dicomdir'), '1.DCM': valid.slice('dicomdir', {}, { k: 1 }) },
    chosen: true,
  },
  {
    name: 'labels',
    file: 'labels.csv',
    make: csv('case,lesion,diagnosis,proof,malignancy\nP1,GTV,"carcinoma, lung",histology,5\nP2,,,none,2\n'),
  },
  {
    name: 'lesion-table',
    file: 'lesions.csv',
    make: csv('case,x,y,z,diameter,name\ncase,4,5,8,6,nodule\ncase,2,2,4,3.5,other\n'),
    beside: image,
  },
  {
    name: 'json',
    file: 'labels.json',
    make: csv('{"cases":[{"case":"P1","labels":{"kind":"cyst","size":"12"}},{"case":"P2","labels":{}}]}'),
  },
  {
    name: 'dataset',
    file: 'dataset.json',
    make: csv(
      '{"name":"Liver","modality":{"0":"CT"},"labels":{"0":"background","1":"liver","2":"cancer"},"numTraining":1,"training":[{"image":"./imagesTr/case.nii.gz","label":"./labelsTr/case.nii.gz"}]}',
    ),
    beside: { 'imagesTr/case.nii.gz': valid.niftiImage(), 'labelsTr/case.nii.gz': valid.niftiMask() },
  },
];
