/** What is said of a lesion outside of its library: who the patient is, and when, only where the user asked for that. */
import type { Diagnosis, LesionRow, Measurements, VolumeRow } from '../contract/model.ts';
import { cleanDescriptor } from '../dicom/deidentify/descriptors.ts';
import { Deidentifier } from '../dicom/deidentify/identity.ts';
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
          ([label, value]) => !isIdentifyingName(label) && speaks(label) && speaks(value),
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
