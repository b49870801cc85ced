/** Replaces who and when consistently: pseudonyms, UIDs and date shifts that follow from a library's secret alone. */
import { createHmac } from 'node:crypto';
import { PrecedentError } from '../../contract/errors.ts';

/** Who a patient is: Patient ID with its issuer, or the study where there is no Patient ID. */
export interface PatientIdentity {
  readonly patientId: string;
  readonly issuer?: string;
  readonly studyUid?: string;
}

export interface DeidentifyOptions {
  /** Keep sex, age (from 90 years on as 90), size and weight: option 113108. Default true. */
  readonly retainPatientCharacteristics?: boolean;
  /** Keep the known words of ROI names, segment labels and descriptions: option 113105. Default true. */
  readonly cleanDescriptors?: boolean;
}

const secretBytes = 32;
const minShiftDays = 365;
const maxShiftDays = 3650;
/** Crockford's: no letter that is taken for a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const pseudonymLength = 10;
/** Registered by DICOM (PS3.6 annex A): no component is long, so that no patient's number hides among them. */
const registered = /^1\.2\.840\.10008(\.\d{1,5}){1,12}$/;

/**
 * A library's mapping. The same patient, UID or date gives the same result at any time, and without the secret neither
 * can a result be traced back nor a guess be tried.
 */
export class Deidentifier {
  readonly retainPatientCharacteristics: boolean;
  readonly cleanDescriptors: boolean;
  readonly #secret: Buffer;

  /** @param secret 32 random bytes of the library. @throws PrecedentError `internal` when there are fewer */
  constructor(secret: Uint8Array, options: DeidentifyOptions = {}) {
    if (secret.length < secretBytes) throw new PrecedentError('internal', 'the secret is too short');
    this.#secret = Buffer.from(secret);
    this.retainPatientCharacteristics = options.retainPatientCharacteristics ?? true;
    this.cleanDescriptors = options.cleanDescriptors ?? true;
  }

  /** `P-` and ten characters (50 bits); empty when nothing says who it is, lest all such patients become one. */
  pseudonym(patient: PatientIdentity): string {
    if (patient.patientId.trim() === '' && !patient.studyUid?.trim()) return '';
    const digest = this.#digest('patient', identityKey(patient));
    return `P-${Array.from(digest.subarray(0, pseudonymLength), (byte) => alphabet[byte & 31]).join('')}`;
  }

  /** A UID of the form of PS3.5 section B.2 (2.25 and 128 bits); one that DICOM has registered stays. */
  uid(uid: string): string {
    if (uid === '' || registered.test(uid)) return uid;
    return `2.25.${BigInt(`0x${this.#digest('uid', uid).subarray(0, 16).toString('hex')}`)}`;
  }

  /** By how many days the patient's dates move: −3650 … −365. */
  shiftDays(patient: PatientIdentity): number {
    const span = maxShiftDays - minShiftDays + 1;
    return -minShiftDays - (this.#digest('dates', identityKey(patient)).readUInt32BE(0) % span);
  }

  #digest(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${purpose}\0${text}`, 'utf8').digest();
  }
}

function identityKey({ patientId, issuer = '', studyUid = '' }: PatientIdentity): string {
  const parts = patientId.trim() === '' ? ['study', studyUid] : ['id', patientId, issuer];
  return parts.map((part) => part.trim().normalize('NFC')).join('\0');
}
