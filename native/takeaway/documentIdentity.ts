/**
 * Whose a DICOM document is that leaves the library: the patient as the images say, or, unless asked otherwise, the pseudonym, UIDs
 * and dates that a de-identified import of the same images gives, so that document and de-identified images fit together.
 */
import type { VolumeRow } from '../contract/model.ts';
import type { ImagedStudy } from '../contract/structuredReport.ts';
import { cleanDescriptor } from '../dicom/deidentify/descriptors.ts';
import { Deidentifier } from '../dicom/deidentify/identity.ts';
import { methodElements } from '../dicom/deidentify/method.ts';
import { checkedSex, checkedTimes, shiftDates } from '../dicom/deidentify/values.ts';
import type { DocumentHead } from '../dicom/sr/document.ts';
import type { Library } from '../engine/library.ts';
import { deidentificationSecret } from '../ingest/settings.ts';
import { isIdentifying } from './identifying.ts';

export interface DocumentIdentity {
  readonly head: Omit<DocumentHead, 'seriesDescription'>;
  /** The UID as the document may say it. */
  readonly uid: (uid: string) => string;
  /** A text of the user's, or what stands for one that may name the patient. */
  readonly say: (text: string, otherwise: string) => string;
  /** Who measured, where that may be said. */
  readonly observer: (user: string) => string | undefined;
}

/** @param now when the document is made */
export function documentIdentity(
  library: Pick<Library, 'reads' | 'writes'>,
  volume: VolumeRow,
  study: ImagedStudy,
  { identified, now }: { readonly identified: boolean; readonly now: Date },
): DocumentIdentity {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '');
  const [date, time] = [stamp.slice(0, 8), stamp.slice(9, 15)];
  const known = library.reads.patientIdentifiers(volume.patient);
  const context = new Deidentifier(deidentificationSecret(library));
  if (identified)
    return {
      head: { study, date, time, deidentification: volume.deidentified ? methodElements(context) : [] },
      uid: (uid) => uid,
      say: (text, otherwise) => text || otherwise,
      observer: (user) => user,
    };
  const say = (text: string, otherwise: string) => (text && !isIdentifying(text, known) ? text : otherwise);
  const deidentification = methodElements(context);
  // Copies that were de-identified when they came in say nothing else any more.
  if (volume.deidentified)
    return {
      head: { study, date, time, deidentification },
      uid: (uid) => uid,
      say,
      observer: () => undefined,
    };
  const patient = {
    patientId: study.patientId ?? '',
    issuer: study.issuerOfPatientId,
    studyUid: study.studyInstanceUid,
  };
  const days = context.shiftDays(patient);
  const pseudonym = context.pseudonym(patient);
  return {
    head: {
      study: {
        patientName: pseudonym,
        patientId: pseudonym,
        patientSex: study.patientSex && checkedSex(study.patientSex),
        studyInstanceUid: context.uid(study.studyInstanceUid),
        studyDate: study.studyDate && shiftDates(study.studyDate, days),
        studyTime: study.studyTime && checkedTimes(study.studyTime),
        studyDescription: study.studyDescription && cleanDescriptor(study.studyDescription),
        seriesInstanceUid: context.uid(study.seriesInstanceUid),
        frameOfReferenceUid: study.frameOfReferenceUid && context.uid(study.frameOfReferenceUid),
      },
      date: shiftDates(date, days) ?? '',
      time,
      deidentification,
    },
    uid: (uid) => context.uid(uid),
    say,
    observer: () => undefined,
  };
}
