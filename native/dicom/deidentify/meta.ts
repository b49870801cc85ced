/** De-identifies what the catalog keeps of a series, as `deidentifyFile` does with its files. */
import type { SeriesMeta } from '../volume.ts';
import { cleanDescriptor } from './descriptors.ts';
import type { Deidentifier, PatientIdentity } from './identity.ts';
import { checkedAge, checkedSex, shiftDates } from './values.ts';

/** Reading a file that `deidentifyFile` wrote gives the same: pseudonym, UIDs, dates and words agree. */
export function deidentifyMeta(meta: SeriesMeta, context: Deidentifier): SeriesMeta {
  const { patient, study, series } = meta;
  const identity: PatientIdentity = {
    patientId: patient.patientId,
    issuer: patient.issuer,
    studyUid: study.uid,
  };
  const pseudonym = context.pseudonym(identity);
  const characteristic = (value: string | undefined, check: (value: string) => string | undefined) =>
    value !== undefined && context.retainPatientCharacteristics ? check(value) : undefined;
  const descriptor = (text: string | undefined) =>
    (text !== undefined && context.cleanDescriptors && cleanDescriptor(text)) || undefined;
  return {
    ...meta,
    patient: { patientId: pseudonym, name: pseudonym, sex: characteristic(patient.sex, checkedSex) },
    study: {
      uid: context.uid(study.uid),
      date: study.date === undefined ? undefined : shiftDates(study.date, context.shiftDays(identity)),
      description: descriptor(study.description),
      age: characteristic(study.age, checkedAge),
    },
    series: {
      ...series,
      uid: context.uid(series.uid),
      description: descriptor(series.description),
      contrast: descriptor(series.contrast),
      frameOfReferenceUid:
        series.frameOfReferenceUid === undefined ? undefined : context.uid(series.frameOfReferenceUid),
    },
  };
}
