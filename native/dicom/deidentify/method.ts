/** What a de-identified file says about how it became one (PS3.15 section E.1.1, PS3.3 section C.7.1.1). */
import { type Element, textElement } from './elements.ts';
import type { Deidentifier } from './identity.ts';
import { profileEdition } from './table.ts';

interface MethodCode {
  /** Code Value of the scheme DCM (PS3.16 context group 7050). */
  readonly value: string;
  readonly meaning: string;
}

/** The profile and the options that a context applies. */
export function methodCodes(context: Deidentifier): readonly MethodCode[] {
  return [
    { value: '113100', meaning: 'Basic Application Confidentiality Profile' },
    ...(context.cleanDescriptors ? [{ value: '113105', meaning: 'Clean Descriptors Option' }] : []),
    {
      value: '113107',
      meaning: 'Retain Longitudinal Temporal Information Modified Dates Option',
    },
    ...(context.retainPatientCharacteristics
      ? [{ value: '113108', meaning: 'Retain Patient Characteristics Option' }]
      : []),
  ];
}

/** The attributes that are written into every file, in ascending order. */
export function methodElements(context: Deidentifier): readonly Element[] {
  const codes = methodCodes(context).map(({ value, meaning }) => [
    textElement(0x00080100, 'SH', value),
    textElement(0x00080102, 'SH', 'DCM'),
    textElement(0x00080104, 'LO', meaning),
  ]);
  return [
    textElement(0x00120062, 'CS', 'YES'),
    textElement(0x00120063, 'LO', `DICOM PS3.15 ${profileEdition} Basic Profile, by Precedent`),
    { tag: 0x00120064, vr: 'SQ', value: new Uint8Array(), items: codes },
    textElement(0x00280303, 'CS', 'MODIFIED'),
  ];
}
