/** Finds the study that a report file belongs to: by its DICOM attributes, by its name, or by the folder it lies in. */
import { basename, dirname, extname, sep } from 'node:path';
import type { ReportFile } from '../contract/reader.ts';

export interface OwnerCandidate {
  readonly studyUid: string;
  readonly patientId: string;
  readonly accessionNumber?: string | undefined;
  /** The folders that hold the study's images. */
  readonly folders: readonly string[];
  /** The names of its NIfTI and NRRD images, without extension. */
  readonly caseNames: readonly string[];
}

export type Owner = { readonly studyUid: string } | { readonly reason: string };

const words = 'reports?|befunde?|berichte?|arztbrief|rapports?|findings|referto|informe';
const reportName = /report|befund|bericht|rapport|findings|referto|informe/i;
const prefix = new RegExp(`^(${words})[\\s._()-]+`, 'i');
const suffix = new RegExp(`[\\s._()-]+(${words})$`, 'i');

/** What a file's name may be, and why it is not enough where several studies have it. */
const names: readonly {
  readonly of: (study: OwnerCandidate) => readonly (string | undefined)[];
  readonly several: string;
}[] = [
  {
    of: ({ studyUid }) => [studyUid],
    several: 'its StudyInstanceUID is that of several studies',
  },
  {
    of: ({ accessionNumber }) => [accessionNumber],
    several: 'its accession number is that of several studies; name it by StudyInstanceUID',
  },
  {
    of: ({ patientId }) => [patientId],
    several: 'its patient has several studies; name it by accession number or StudyInstanceUID',
  },
  {
    of: ({ caseNames }) => caseNames,
    several: 'several studies have a case of its name',
  },
];

/**
 * The study of a report, or in a sentence why there is none. DICOM reports: the study of their StudyInstanceUID. Text and
 * PDF: a name (words as "report" around it left out) that is a StudyInstanceUID, an accession number, the PatientID of a
 * patient with one study, or a case name; else, where the name says that it is a report, the only study with images in
 * the file's folder and below.
 */
export function reportOwner(
  file: Pick<ReportFile, 'path' | 'format' | 'studyUid'>,
  studies: readonly OwnerCandidate[],
): Owner {
  if (file.format === 'sr' || file.format === 'dicom-pdf') {
    const found = studies.find(({ studyUid }) => studyUid === file.studyUid);
    return found ? { studyUid: found.studyUid } : { reason: 'a report of a study without images here' };
  }
  const stem = basename(file.path, extname(file.path));
  const called = new Set([stem, stem.replace(prefix, ''), stem.replace(suffix, '')].map(caseName));
  for (const { of, several } of names) {
    const found = studies.filter((study) => of(study).some((name) => name && called.has(name)));
    if (found.length === 1) return { studyUid: found[0].studyUid };
    if (found.length > 1) return { reason: several };
  }
  if (!reportName.test(stem)) return { reason: 'a text file that names no study' };
  const folder = dirname(file.path);
  const beside = studies.filter(({ folders }) =>
    folders.some(
      (other) => other === folder || other.startsWith(folder.endsWith(sep) ? folder : folder + sep),
    ),
  );
  if (beside.length === 1) return { studyUid: beside[0].studyUid };
  return {
    reason:
      beside.length === 0
        ? 'a report that names no study and lies with no images'
        : 'a report that names no study and lies with images of several',
  };
}

const caseName = (name: string) => name.trim().replace(/\.(nii(\.gz)?|nrrd)$/i, '');
