/** One phantom patient: build, contrast phase and attenuation values, all drawn from the seed. */
import type { Random } from '../random.ts';

export type Phase = 'none' | 'arterial' | 'portal';

/** Attenuation in HU of tissues whose value depends on the contrast phase. */
export type Tissue =
  | 'liver'
  | 'spleen'
  | 'cortex'
  | 'medulla'
  | 'pelvis'
  | 'pancreas'
  | 'aorta'
  | 'cava'
  | 'portalVein'
  | 'hepaticVein'
  | 'pulmonary'
  | 'chamber'
  | 'myocardium'
  | 'muscle'
  | 'bowelWall';

const tissueHu: Readonly<Record<Phase, Readonly<Record<Tissue, number>>>> = {
  none: {
    liver: 58,
    spleen: 48,
    cortex: 34,
    medulla: 31,
    pelvis: 6,
    pancreas: 40,
    aorta: 43,
    cava: 41,
    portalVein: 42,
    hepaticVein: 42,
    pulmonary: 42,
    chamber: 43,
    myocardium: 47,
    muscle: 52,
    bowelWall: 38,
  },
  arterial: {
    liver: 74,
    spleen: 122,
    cortex: 172,
    medulla: 70,
    pelvis: 8,
    pancreas: 108,
    aorta: 305,
    cava: 85,
    portalVein: 105,
    hepaticVein: 78,
    pulmonary: 190,
    chamber: 245,
    myocardium: 105,
    muscle: 57,
    bowelWall: 88,
  },
  portal: {
    liver: 112,
    spleen: 124,
    cortex: 182,
    medulla: 158,
    pelvis: 10,
    pancreas: 94,
    aorta: 158,
    cava: 138,
    portalVein: 170,
    hepaticVein: 162,
    pulmonary: 150,
    chamber: 150,
    myocardium: 112,
    muscle: 62,
    bowelWall: 84,
  },
};

export interface Patient {
  readonly sex: 'M' | 'F';
  /** Years. */
  readonly age: number;
  readonly phase: Phase;
  readonly hu: Readonly<Record<Tissue, number>>;
  /** Size relative to the standard patient along x, y and z. */
  readonly scale: readonly [number, number, number];
  /** Typical thickness of the subcutaneous fat in mm. */
  readonly fatMm: number;
}

export function drawPatient(random: Random, phase: Phase): Patient {
  const sex = random.next() < 0.5 ? 'M' : 'F';
  const age = Math.round(Math.max(24, Math.min(89, random.normal(62, 13))));
  const size = (sex === 'M' ? 1.02 : 0.95) * random.normal(1, 0.025);
  const base = tissueHu[phase];
  // Fatty liver, cardiac output and dose differ: one factor for enhancement, one offset for the liver's fat.
  const enhancement = random.range(0.88, 1.12);
  const steatosis = random.next() < 0.25 ? random.range(8, 25) : random.range(-4, 4);
  const hu = { ...base };
  for (const tissue of Object.keys(hu) as Tissue[]) {
    hu[tissue] =
      tissueHu.none[tissue] + (base[tissue] - tissueHu.none[tissue]) * enhancement + random.range(-2, 2);
  }
  hu.liver -= steatosis;
  return {
    sex,
    age,
    phase,
    hu,
    scale: [size * random.normal(1, 0.025), size * random.normal(1, 0.03), size * random.normal(1, 0.02)],
    fatMm: Math.max(7, Math.min(34, random.normal(sex === 'F' ? 18 : 14, 6))),
  };
}
