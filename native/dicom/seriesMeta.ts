/** What the header of a series says of patient, study and series, without its geometry. */
import type { DicomHeader } from './header.ts';

/** Ages and dates as DICOM writes them. */
export interface SeriesMeta {
  readonly patient: {
    readonly patientId: string;
    readonly issuer?: string;
    readonly name?: string;
    readonly sex?: string;
    readonly birthDate?: string;
  };
  readonly study: {
    readonly uid: string;
    readonly date?: string;
    readonly description?: string;
    readonly age?: string;
  };
  readonly series: {
    readonly uid: string;
    readonly modality: string;
    readonly description?: string;
    readonly number?: number;
    readonly kernel?: string;
    readonly manufacturer?: string;
    readonly model?: string;
    readonly contrast?: string;
    readonly kvp?: number;
    readonly sliceThicknessMm?: number;
    readonly frameOfReferenceUid?: string;
  };
  readonly acquisitionNumber?: number;
  readonly lossy: boolean;
  /** Window centre and width in HU. */
  readonly window?: [number, number];
}

/** A UID made from 128 bits of a hash, in the form that PS3.5 section B.2 gives to UUIDs. */
export function derivedUid(hash: string): string {
  return `2.25.${BigInt(`0x${hash.slice(0, 32)}`)}`;
}

/** @param uidIfMissing stands for a study or series UID that the header lacks */
export function seriesMeta(h: DicomHeader, uidIfMissing: string): SeriesMeta {
  const { windowCenter, windowWidth } = h;
  return {
    patient: {
      patientId: h.patientId ?? '',
      issuer: h.issuerOfPatientId,
      name: h.patientName,
      sex: h.patientSex,
      birthDate: h.patientBirthDate,
    },
    study: {
      uid: h.studyInstanceUid ?? uidIfMissing,
      date: h.studyDate,
      description: h.studyDescription,
      age: h.patientAge,
    },
    series: {
      uid: h.seriesInstanceUid ?? uidIfMissing,
      modality: h.modality ?? '',
      description: h.seriesDescription,
      number: h.seriesNumber,
      kernel: h.convolutionKernel,
      manufacturer: h.manufacturer,
      model: h.manufacturerModelName,
      contrast: h.contrastBolusAgent,
      kvp: h.kvp,
      sliceThicknessMm: h.sliceThickness,
      frameOfReferenceUid: h.frameOfReferenceUid,
    },
    acquisitionNumber: h.acquisitionNumber,
    lossy: h.lossy,
    window:
      windowCenter !== undefined && windowWidth !== undefined && windowWidth > 0
        ? [windowCenter, windowWidth]
        : undefined,
  };
}
