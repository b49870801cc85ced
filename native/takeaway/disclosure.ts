/** What is said of a lesion outside of its library: who the patient is, and when, only where the user asked for that. */
import type { Diagnosis, LesionRow, Measurements, VolumeRow } from '../contract/model.ts';
import { cleanDescriptor } from '../dicom/deidentify/descriptors.ts';
import { Deidentifier } from '../dicom/deidentify/identity.ts';
import { checkedSex } from '../dicom/deidentify/values.ts';
import type { Library } from '../engine/library.ts';
import { deidentificationSecret } from '../ingest/settings.ts';
import { isIdentifying, isIdentifyingName } from './identifying.ts';

/** How a lesion was scanned. */
type Acquisition = Pick<VolumeRow, 'sliceThicknessMm' | 'kernel' | 'contrast' | 'lossy' | 'interpolated'>;

export interface Disclosed {
  /** A pseudonym, or else the patient's identity. */
  readonly patient: string;
  /** Only where the patient may be named. */
  readonly patientName: string | undefined;
  readonly studyDate: string | undefined;
  readonly name: string;
  readonly diagnosis: Pick<Diagnosis, 'diagnosis' | 'proof'> | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly acquisition: Acquisition;
}
export interface DisclosedLesion extends Disclosed {
  readonly measurements: Measurements;
}
/** What is told of a patient beside a lesion. */
interface DisclosedPerson {
  readonly sex: string | undefined;
  /** In full years, or the decade. */
  readonly age: string | undefined;
}
/** What stands in the place of a sentence that may name someone. */
export const leftOut = '[left out]';

export class Disclosure {
  readonly #library: Pick<Library, 'reads' | 'writes'>;
  readonly #identified: boolean;
  readonly #deidentifier: Deidentifier;

  constructor(library: Pick<Library, 'reads' | 'writes'>, identified: boolean) {
    this.#library = library;
    this.#identified = identified;
    this.#deidentifier = new Deidentifier(deidentificationSecret(library));
  }

  /** Throws `not-found`. */
  lesion(id: string): DisclosedLesion {
    const lesion = this.#library.reads.lesion(id);
    return { ...this.#disclosed(this.#library.reads.volume(lesion.volume), lesion), measurements: lesion };
  }

  /** @param age in full years */
  person({
    sex,
    age,
  }: {
    readonly sex: string | undefined;
    readonly age: number | undefined;
  }): DisclosedPerson {
    if (this.#identified) return { sex, age: age?.toString() };
    const told = sex && checkedSex(sex);
    if (age === undefined) return { sex: told, age: undefined };
    const decade = 10 * Math.floor(age / 10);
    return { sex: told, age: decade >= rareAge ? `${rareAge} or older` : `${decade}–${decade + 9}` };
  }

  /**
   * A text of a patient's without what may say who somebody is or when something was: sentences that hold such a thing, whole
   * lines that name persons or places by their form, and what such a line goes on with.
   */
  text(patient: string, text: string): string {
    if (this.#identified) return text;
    const known = this.#library.reads.patientIdentifiers(patient);
    let goesOn = false;
    const kept = text.split(/\n+/).flatMap((line) => {
      const named = goesOn || namesSomeone(line);
      goesOn = namesSomeone(line) && !sentenceEnd.test(line.trim());
      if (named) return [leftOut];
      return line
        .split(/(?<=[.!?;])\s+/)
        .map((sentence) => (isIdentifying(sentence, known) ? leftOut : sentence.trim()));
    });
    return kept
      .filter((sentence, n) => sentence !== '' && !(sentence === leftOut && kept[n - 1] === leftOut))
      .join('\n');
  }

  /** What is known of a region that is no lesion of the library. */
  region(volume: VolumeRow): Disclosed {
    return this.#disclosed(volume, { name: 'Marked lesion', labels: {} });
  }

  #disclosed(
    volume: VolumeRow,
    { name, labels, diagnosis }: Pick<LesionRow, 'name' | 'labels' | 'diagnosis'>,
  ): Disclosed {
    const { reads } = this.#library;
    const { patient, sliceThicknessMm = volume.spacingMm[2], kernel, contrast, lossy, interpolated } = volume;
    const acquisition = { sliceThicknessMm, kernel, contrast, lossy, interpolated };
    const known = reads.patientIdentifiers(patient);
    if (this.#identified) {
      const studies = reads.studies({ patient, offset: 0, limit: 10_000 }).rows;
      const studyDate = studies.find(({ studyInstanceUid }) => studyInstanceUid === volume.study)?.date;
      return { patient, patientName: known.name, studyDate, name, diagnosis, labels, acquisition };
    }
    const speaks = (value: string | undefined) => value !== undefined && !isIdentifying(value, known);
    return {
      patient: volume.deidentified ? patient : this.#pseudonym(patient, known.patientId),
      patientName: undefined,
      studyDate: undefined,
      name: cleanDescriptor(name) || 'Lesion',
      diagnosis: diagnosis && {
        diagnosis: speaks(diagnosis.diagnosis) ? diagnosis.diagnosis : 'left out: it may name the patient',
        proof: diagnosis.proof,
      },
      labels: Object.fromEntries(
        Object.entries(labels).filter(
          ([label, value]) =>
            !isIdentifyingName(label) && !isRareAge(label, value) && speaks(label) && speaks(value),
        ),
      ),
      acquisition: {
        ...acquisition,
        kernel: speaks(kernel) ? kernel : undefined,
        contrast: speaks(contrast) ? contrast : undefined,
      },
    };
  }

  /** The same as that of a de-identified import of this patient. */
  #pseudonym(identity: string, patientId: string): string {
    return this.#deidentifier.pseudonym({
      patientId,
      issuer: identity.slice(patientId.length + '^^^'.length),
    });
  }
}

/** Not the full stop of a title or an initial. */
const sentenceEnd = /[\p{Ll}\d)]{3}[.!?]$/u;

/** Titles before names, and the lines in which reports name who wrote them and to whom. */
function namesSomeone(sentence: string): boolean {
  return (
    /\b(Dr|Prof|Mr|Mrs|Ms|Miss|Herr|Frau|Mme|Sig|Dott)\b\.?/.test(sentence) ||
    /\b(name|patient id|mrn|dob|birth|signed|dictated|referr|physician|radiologist|hospital|clinic|address|phone|geb|unterzeichn|arzt|klinik)/i.test(
      sentence,
    )
  );
}

/** Few people are so old that their age says who they are (the limit of HIPAA's Safe Harbor). */
const rareAge = 90;
function isRareAge(label: string, value: string): boolean {
  return label.toLowerCase() === 'age' && Number(value) >= rareAge;
}
