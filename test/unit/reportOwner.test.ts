import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type OwnerCandidate, reportOwner } from '../../native/report/owner.ts';

const at = (...parts: string[]) => join('/', 'data', ...parts);
const studies: readonly OwnerCandidate[] = [
  { studyUid: '1.2.1', patientId: 'P1', accessionNumber: 'A1', folders: [at('p1', 'ct')], caseNames: [] },
  { studyUid: '1.2.2', patientId: 'P2', accessionNumber: 'A2', folders: [at('p2', 'one')], caseNames: [] },
  { studyUid: '1.2.3', patientId: 'P2', accessionNumber: 'A3', folders: [at('p2', 'two')], caseNames: [] },
  { studyUid: '1.2.4', patientId: 'P4', accessionNumber: 'A4', folders: [at('x')], caseNames: ['liver_12'] },
  {
    studyUid: '1.2.5',
    patientId: 'P5',
    accessionNumber: 'A4',
    folders: [at('x')],
    caseNames: ['liver_12.5'],
  },
];
const textFile = (...parts: string[]) => reportOwner({ path: at(...parts), format: 'text' }, studies);

test.each([
  ['1.2.3.txt', '1.2.3'],
  ['A2.pdf', '1.2.2'],
  ['P1.md', '1.2.1'],
  ['liver_12.txt', '1.2.4'],
  ['liver_12.nii.gz.txt', '1.2.4'],
  ['liver_12.5.txt', '1.2.5'],
  ['report_P1.txt', '1.2.1'],
  ['P1-Befund.txt', '1.2.1'],
  ['Arztbrief A3.txt', '1.2.3'],
  ['1.2.2.rapport.pdf', '1.2.2'],
])('the name %s says its study', (name, studyUid) => {
  expect(textFile('elsewhere', name)).toEqual({ studyUid });
});

test.each([
  [['p1', 'ct', 'report.txt'], '1.2.1'],
  [['p1', 'CT-Befund vom 3. Mai.txt'], '1.2.1'],
  [['p2', 'two', 'informe.pdf'], '1.2.3'],
])('a report in %j belongs to the one study with images there', (path, studyUid) => {
  expect(textFile(...path)).toEqual({ studyUid });
});

test.each([
  [['p1', 'ct', 'readme.txt'], 'a text file that names no study'],
  [['p1', 'ct', 'A1 copy.txt'], 'a text file that names no study'],
  [['p', 'report.txt'], 'a report that names no study and lies with no images'],
  [['p2', 'report.txt'], 'a report that names no study and lies with images of several'],
  [['x', 'report.txt'], 'a report that names no study and lies with images of several'],
  [['p2', 'P2.txt'], 'its patient has several studies; name it by accession number or StudyInstanceUID'],
  [['x', 'A4.txt'], 'its accession number is that of several studies; name it by StudyInstanceUID'],
])('%j is left out with the reason', (path, reason) => {
  expect(textFile(...path)).toEqual({ reason });
});

test('a DICOM report belongs to its study, whatever it is called and wherever it lies', () => {
  const file = { path: at('p1', 'ct', 'report.dcm'), format: 'sr' as const };
  expect(reportOwner({ ...file, studyUid: '1.2.3' }, studies)).toEqual({ studyUid: '1.2.3' });
  const none = { reason: 'a report of a study without images here' };
  expect(reportOwner({ ...file, studyUid: '1.2.9' }, studies)).toEqual(none);
  expect(reportOwner(file, studies)).toEqual(none);
});
