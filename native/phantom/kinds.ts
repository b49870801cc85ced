/** What kinds of lesion the phantom knows: where they occur, how large, how they look, and what they turn out to be. */
import type { OrganName } from './organs.ts';
import type { Phase } from './patient.ts';

type ByPhase = Readonly<Record<Phase, number>>;

/** A possible truth behind a look. Malignancy is rated 1 (benign) … 5 (malignant), as in LIDC-IDRI. */
export interface Diagnosis {
  readonly name: string;
  readonly malignancy: number;
  readonly weight: number;
  /** Where it occurs, when not in every organ of the kind. */
  readonly organs?: readonly OrganName[];
}

export interface LesionKind {
  readonly id: string;
  readonly organs: readonly OrganName[];
  /** Smallest and largest longest diameter, in mm. */
  readonly diameterMm: readonly [number, number];
  /** True when the kind cannot be told without contrast agent. */
  readonly contrastOnly?: boolean;
  /** Where the centre may lie: at least this share of the radius below the organ's surface, or on the organ's wall. */
  readonly depth: number | 'wall';
  /** How far it may bulge out of the organ, as a share of the radius. */
  readonly bulge: number;
  /** Attenuation in HU; `relative` adds the organ's own. */
  readonly hu: ByPhase;
  readonly relative?: boolean;
  /** Random variation of the attenuation: standard deviation in HU, and size of its features in mm. */
  readonly texture: { readonly hu: number; readonly mm: number };
  /** Deviation of the outline from an ellipsoid, as a share of the radius. */
  readonly irregular: number;
  /** Width in mm over which the margin fades; 0 is as sharp as the kernel. */
  readonly fadeMm: number;
  /** A part around the centre: share of the radius, HU (absolute), and how uneven its border is. */
  readonly core?: {
    readonly share: number;
    readonly hu: ByPhase;
    readonly relative?: boolean;
    readonly uneven: number;
  };
  /** A rim of the given width in mm with HU added. */
  readonly rim?: { readonly mm: number; readonly add: ByPhase };
  /** Clumps along the rim that pool contrast (a multiple of the aorta's HU, at most 220), down to this share of the radius from the surface. */
  readonly clumps?: { readonly depth: number; readonly ofAorta: number };
  /** Radial strands into the tissue around, their length as a share of the radius. */
  readonly spicules?: { readonly count: number; readonly length: number };
  /** Keeps denser structures (vessels) visible through it. */
  readonly seeThrough?: boolean;
  readonly diagnoses: readonly Diagnosis[];
}

const same = (hu: number): ByPhase => ({ none: hu, arterial: hu, portal: hu });
const lungs: readonly OrganName[] = ['Lung_L', 'Lung_R'];
const kidneys: readonly OrganName[] = ['Kidney_L', 'Kidney_R'];

export const lesionKinds: readonly LesionKind[] = [
  {
    id: 'simple cyst',
    organs: ['Liver', 'Liver', ...kidneys],
    diameterMm: [8, 45],
    depth: 0.55,
    bulge: 0.4,
    hu: { none: 5, arterial: 6, portal: 8 },
    texture: { hu: 1, mm: 3 },
    irregular: 0.03,
    fadeMm: 0,
    diagnoses: [
      { name: 'simple cyst', malignancy: 1, weight: 9 },
      { name: 'biliary cystadenoma', malignancy: 2, weight: 1, organs: ['Liver'] },
      { name: 'cystic nephroma', malignancy: 2, weight: 1, organs: kidneys },
    ],
  },
  {
    id: 'hypovascular mass',
    organs: ['Liver', 'Pancreas'],
    diameterMm: [10, 42],
    depth: 0.4,
    bulge: 0.5,
    hu: { none: -15, arterial: -26, portal: -44 },
    relative: true,
    texture: { hu: 6, mm: 4 },
    irregular: 0.13,
    fadeMm: 3,
    core: { share: 0.5, hu: { none: -26, arterial: -44, portal: -66 }, relative: true, uneven: 0.25 },
    rim: { mm: 2.5, add: { none: 0, arterial: 18, portal: 6 } },
    diagnoses: [
      { name: 'metastasis', malignancy: 5, weight: 6, organs: ['Liver'] },
      { name: 'cholangiocarcinoma', malignancy: 5, weight: 3, organs: ['Liver'] },
      { name: 'ductal adenocarcinoma', malignancy: 5, weight: 9, organs: ['Pancreas'] },
      { name: 'inflammatory pseudotumour', malignancy: 2, weight: 1 },
    ],
  },
  {
    id: 'hypervascular mass',
    organs: ['Liver'],
    diameterMm: [10, 42],
    contrastOnly: true,
    depth: 0.7,
    bulge: 0.3,
    hu: { none: -8, arterial: 56, portal: -16 },
    relative: true,
    texture: { hu: 11, mm: 4 },
    irregular: 0.07,
    fadeMm: 0,
    rim: { mm: 2.2, add: { none: 0, arterial: -14, portal: 34 } },
    diagnoses: [
      { name: 'hepatocellular carcinoma', malignancy: 5, weight: 6 },
      { name: 'focal nodular hyperplasia', malignancy: 1, weight: 2 },
      { name: 'metastasis', malignancy: 5, weight: 2 },
    ],
  },
  {
    id: 'peripheral enhancement',
    organs: ['Liver'],
    diameterMm: [12, 45],
    contrastOnly: true,
    depth: 0.7,
    bulge: 0.3,
    hu: { none: -18, arterial: -30, portal: -36 },
    relative: true,
    texture: { hu: 3, mm: 4 },
    irregular: 0.09,
    fadeMm: 0,
    clumps: { depth: 0.5, ofAorta: 1.2 },
    diagnoses: [
      { name: 'haemangioma', malignancy: 1, weight: 9 },
      { name: 'angiosarcoma', malignancy: 5, weight: 1 },
    ],
  },
  {
    id: 'calcified nodule',
    organs: lungs,
    diameterMm: [5, 16],
    depth: 1.3,
    bulge: 0,
    hu: same(60),
    texture: { hu: 20, mm: 2 },
    irregular: 0.05,
    fadeMm: 0,
    core: { share: 0.72, hu: same(640), uneven: 0.15 },
    diagnoses: [
      { name: 'granuloma', malignancy: 1, weight: 8 },
      { name: 'hamartoma', malignancy: 1, weight: 3 },
    ],
  },
  {
    id: 'spiculated nodule',
    organs: lungs,
    diameterMm: [9, 36],
    depth: 1.05,
    bulge: 0,
    hu: { none: 32, arterial: 58, portal: 66 },
    texture: { hu: 9, mm: 3 },
    irregular: 0.2,
    fadeMm: 0,
    spicules: { count: 16, length: 1.3 },
    diagnoses: [
      { name: 'adenocarcinoma', malignancy: 5, weight: 6 },
      { name: 'squamous cell carcinoma', malignancy: 5, weight: 3 },
      { name: 'organising pneumonia', malignancy: 2, weight: 1 },
    ],
  },
  {
    id: 'ground-glass nodule',
    organs: lungs,
    diameterMm: [8, 30],
    depth: 1.05,
    bulge: 0,
    hu: same(-615),
    texture: { hu: 42, mm: 4 },
    irregular: 0.13,
    fadeMm: 4,
    seeThrough: true,
    diagnoses: [
      { name: 'adenocarcinoma in situ', malignancy: 4, weight: 5 },
      { name: 'atypical adenomatous hyperplasia', malignancy: 3, weight: 3 },
      { name: 'focal inflammation', malignancy: 1, weight: 3 },
    ],
  },
  {
    id: 'part-solid nodule',
    organs: lungs,
    diameterMm: [10, 32],
    depth: 1.05,
    bulge: 0,
    hu: same(-590),
    texture: { hu: 38, mm: 4 },
    irregular: 0.14,
    fadeMm: 3.5,
    core: { share: 0.52, hu: same(15), uneven: 0.35 },
    seeThrough: true,
    diagnoses: [
      { name: 'adenocarcinoma', malignancy: 5, weight: 6 },
      { name: 'adenocarcinoma in situ', malignancy: 4, weight: 2 },
      { name: 'organising pneumonia', malignancy: 2, weight: 2 },
    ],
  },
  {
    id: 'smooth solid nodule',
    organs: lungs,
    diameterMm: [5, 24],
    depth: 1.05,
    bulge: 0,
    hu: { none: 28, arterial: 42, portal: 55 },
    texture: { hu: 6, mm: 3 },
    irregular: 0.05,
    fadeMm: 0,
    diagnoses: [
      { name: 'metastasis', malignancy: 5, weight: 5 },
      { name: 'hamartoma', malignancy: 1, weight: 3 },
      { name: 'intrapulmonary lymph node', malignancy: 1, weight: 3 },
      { name: 'carcinoid', malignancy: 4, weight: 1 },
    ],
  },
  {
    id: 'colon wall mass',
    organs: ['Colon'],
    diameterMm: [18, 45],
    depth: 'wall',
    bulge: 0.35,
    hu: { none: 44, arterial: 84, portal: 92 },
    texture: { hu: 8, mm: 4 },
    irregular: 0.2,
    fadeMm: 1.8,
    diagnoses: [
      { name: 'adenocarcinoma', malignancy: 5, weight: 8 },
      { name: 'adenoma', malignancy: 2, weight: 3 },
      { name: 'lymphoma', malignancy: 5, weight: 1 },
    ],
  },
  {
    id: 'kidney mass',
    organs: kidneys,
    diameterMm: [12, 45],
    depth: 0.2,
    bulge: 0.9,
    hu: { none: 36, arterial: 130, portal: 100 },
    texture: { hu: 15, mm: 5 },
    irregular: 0.09,
    fadeMm: 0,
    core: { share: 0.42, hu: { none: 20, arterial: 55, portal: 45 }, uneven: 0.4 },
    diagnoses: [
      { name: 'clear cell renal cell carcinoma', malignancy: 5, weight: 6 },
      { name: 'oncocytoma', malignancy: 2, weight: 2 },
      { name: 'papillary renal cell carcinoma', malignancy: 5, weight: 2 },
    ],
  },
  {
    id: 'splenic lesion',
    organs: ['Spleen'],
    diameterMm: [8, 30],
    depth: 0.6,
    bulge: 0.3,
    hu: { none: -18, arterial: -52, portal: -44 },
    relative: true,
    texture: { hu: 5, mm: 4 },
    irregular: 0.1,
    fadeMm: 2,
    diagnoses: [
      { name: 'lymphoma', malignancy: 5, weight: 3 },
      { name: 'metastasis', malignancy: 5, weight: 2 },
      { name: 'haemangioma', malignancy: 1, weight: 3 },
      { name: 'lymphangioma', malignancy: 1, weight: 2 },
    ],
  },
];

/** How a diagnosis was proven, by whether it was thought benign (1–2), uncertain (3) or malignant (4–5). */
export const proofs: Readonly<
  Record<'benign' | 'uncertain' | 'malignant', readonly { name: string; weight: number }[]>
> = {
  benign: [
    { name: 'follow-up', weight: 5 },
    { name: 'imaging only', weight: 3 },
    { name: 'histology', weight: 2 },
    { name: 'none', weight: 1 },
  ],
  uncertain: [
    { name: 'histology', weight: 3 },
    { name: 'follow-up', weight: 3 },
    { name: 'none', weight: 2 },
  ],
  malignant: [
    { name: 'histology', weight: 6 },
    { name: 'surgery', weight: 4 },
    { name: 'imaging only', weight: 1 },
    { name: 'none', weight: 1 },
  ],
};
