/** Whether a text says who a patient is or when something was: by what is known of the patient, and by its form. */
import type { PatientIdentifiers } from '../catalog/reads.ts';

/** Dates as people write them, and runs of digits as long as numbers of patients, orders and UIDs are. */
const forms: readonly RegExp[] = [
  /(?<!\d)(19|20)\d{2}[-./ ]?(0?[1-9]|1[0-2])[-./ ]?(0?[1-9]|[12]\d|3[01])(?!\d)/,
  /(?<!\d)\d{1,2}[-./]\d{1,2}[-./](\d{2}|\d{4})(?!\d)/,
  /\d{6}/,
  /(\d+\.){4,}\d+/,
  /@/,
];
/** Names of labels that hold nothing else. */
const identifyingNames = new Set(
  `patient case name mrn id uid accession date time birth dob born year physician doctor reader radiologist author user
  hospital institution site clinic address phone email insurance comment note remark`
    .trim()
    .split(/\s+/),
);
/** Shorter pieces stand in too many words of another meaning. */
const leastLetters = 3;

/** A label whose name says that its values are about a person, a place or a time. */
export function isIdentifyingName(name: string): boolean {
  return wordsOf(name.replaceAll(/([a-z])([A-Z])/g, '$1 $2')).some((word) => identifyingNames.has(word));
}

/** @param patient whose text it is */
export function isIdentifying(value: string, patient: PatientIdentifiers): boolean {
  if (forms.some((form) => form.test(value))) return true;
  const words = new Set(wordsOf(value));
  const people = [patient, ...patient.merged];
  const names = people.flatMap(({ name = '' }) => wordsOf(name));
  if (names.some((part) => part.length >= leastLetters && words.has(part))) return true;
  const whole = wordsOf(value).join('');
  const identifiers = [
    ...people.map(({ patientId }) => patientId),
    patient.birthDate ?? '',
    ...patient.accessionNumbers,
  ];
  return identifiers.some((identifier) => {
    const parts = wordsOf(identifier);
    const joined = parts.join('');
    return joined.length >= leastLetters ? whole.includes(joined) : joined !== '' && words.has(joined);
  });
}

function wordsOf(value: string): string[] {
  return (
    value
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
