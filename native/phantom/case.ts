/** One phantom case in memory: the CT volume, its lesions with masks and truth, and the organs' masks. */
import { PrecedentError } from '../contract/errors.ts';
import { createRandom, type Random } from '../random.ts';
import type { Grid, Mask, Vec3, Volume } from '../volume/volume.ts';
import { type Canvas, createCanvas } from './canvas.ts';
import { type LesionKind, lesionKinds, proofs } from './kinds.ts';
import { type PaintedLesion, paintLesion, placeLesion } from './lesions.ts';
import { ctNoiseTile, type Kernel, kernels, noiseTileSize } from './noise.ts';
import { type OrganName, organNames, paintTorso } from './organs.ts';
import { drawPatient, type Patient, type Phase } from './patient.ts';

export interface PhantomSize {
  /** Rows and columns of each slice; the field of view stays that of the patient. */
  readonly matrix: number;
  /** At most so many slices. */
  readonly maxSlices: number;
}

const defaultSize: PhantomSize = { matrix: 208, maxSlices: 60 };

export interface PhantomLesion {
  /** `Lesion 1`, `Lesion 2`, …: also the name of its contour. */
  readonly name: string;
  readonly organ: OrganName;
  readonly kind: string;
  readonly diagnosis: string;
  /** 1 (benign) … 5 (malignant). */
  readonly malignancy: number;
  readonly proof: string;
  /** DICOM date (YYYYMMDD), empty without proof. */
  readonly proofDate: string;
  /** Longest diameter asked for, and its centre (LPS), in mm. */
  readonly diameterMm: number;
  readonly centerMm: Vec3;
  readonly mask: Mask;
  /** Signed distance to the surface in mm (negative inside) on the mask's box grown by one voxel to each side in-plane. */
  readonly level: Float32Array;
}

export interface PhantomCase {
  /** `PH-0001` for index 0. */
  readonly id: string;
  readonly volume: Volume;
  readonly lesions: readonly PhantomLesion[];
  readonly organs: readonly { readonly name: OrganName; readonly mask: Mask }[];
  readonly patient: Patient;
  readonly kernel: Kernel;
  readonly studyDate: string;
}

interface Thickness {
  readonly mm: number;
  readonly weight: number;
}

const thicknesses: readonly Thickness[] = [
  { mm: 1, weight: 1 },
  { mm: 1.25, weight: 1.5 },
  { mm: 2, weight: 2 },
  { mm: 2.5, weight: 2.5 },
  { mm: 3, weight: 3 },
  { mm: 5, weight: 3 },
];

/** Where along the body (mm above the right diaphragm's top in the standard patient) a series for the organ is centred. */
const organHeight: Readonly<Partial<Record<OrganName, number>>> = {
  Lung_L: 32,
  Lung_R: 32,
  Liver: -52,
  Spleen: -50,
  Pancreas: -90,
  Kidney_L: -112,
  Kidney_R: -122,
  Colon: -122,
};
const heightRange = [-188, 98] as const;

/**
 * The case number `index` (from 0) of the library that `seed` names, the same at every call.
 * HU as Int16, LPS axes (direction is the identity), k ascending towards the head; every lesion is painted at `grown` of its
 * diameter, as an earlier examination shows it. Throws `usage` for an impossible size.
 */
export function phantomCase(
  seed: number,
  index: number,
  size: Partial<PhantomSize> = {},
  grown = 1,
): PhantomCase {
  const { matrix, maxSlices } = { ...defaultSize, ...size };
  if (!(matrix >= 32 && matrix <= 512 && maxSlices >= 8 && Number.isInteger(matrix))) {
    throw new PrecedentError('usage', 'a phantom needs a matrix of 32 to 512 and at least 8 slices');
  }
  const random = createRandom(seed, `case ${index}`);
  const kind = primaryKind(seed, index);
  const phase = drawPhase(kind, random);
  const patient = drawPatient(random, phase);
  const kernel = random.weighted(kind.organs[0].startsWith('Lung') ? sharpened : smooth);
  const thickness = random.weighted(
    thicknesses.filter((t) => smallest(kind, t.mm) < 0.75 * kind.diameterMm[1]),
  ).mm;
  const organ = random.pick(kind.organs);
  const grid = scanGrid(patient, organ, thickness, matrix, maxSlices, random);
  const canvas = createCanvas(grid, kernel.edgeMm, patient.scale, random);
  const shapes = paintTorso(canvas, patient, random);
  const studyDate = drawDate(random, 2019, 2024);

  const painted: PaintedLesion[] = [];
  const wanted = random.weighted([
    { n: 1, weight: 4 },
    { n: 2, weight: 4 },
    { n: 3, weight: 2 },
  ]).n;
  for (let n = 0; n < wanted; n++) {
    const lesionKind = n === 0 ? kind : random.next() < 0.45 ? kind : random.pick(lesionKinds);
    if (lesionKind.contrastOnly && phase === 'none') continue;
    const at = n === 0 ? organ : random.pick(lesionKind.organs);
    // Small lesions are commoner than large ones: the square of a uniform number favours the lower end.
    const low = smallest(lesionKind, thickness);
    let diameter = low + (lesionKind.diameterMm[1] - low) * random.next() ** 1.5;
    if (diameter < low || low > lesionKind.diameterMm[1]) continue;
    let center: Vec3 | null = null;
    for (let attempt = 0; attempt < 5 && !center; attempt++) {
      center = placeLesion(canvas, shapes, lesionKind, at, diameter / 2, painted, random);
      if (!center) diameter = low + (diameter - low) * 0.5;
    }
    if (!center) continue;
    const { field } = shapes[at];
    const lesion = paintLesion(canvas, patient, field, lesionKind, at, center, diameter * grown, random);
    // The next lesion keeps clear of it as if it were full grown, so that it lies where the later examination shows it.
    painted.push({ ...lesion, diameterMm: diameter });
  }
  const lesions = painted.map((p, n) => describe(p, `Lesion ${n + 1}`, studyDate, grown, random));
  const organs = organMasks(canvas);
  const voxels = addNoise(canvas, kernel, thickness, patient, random);
  const id = `PH-${String(index + 1).padStart(4, '0')}`;
  return { id, volume: { ...grid, voxels }, lesions, organs, patient, kernel, studyDate };
}

// Sharp kernels are read in the lung window; the abdomen is reconstructed smooth.
const smooth: readonly Kernel[] = kernels.filter((k) => k.name !== 'B60f');
const sharpened: readonly Kernel[] = kernels.map((k) => (k.name === 'B60f' ? { ...k, weight: 7 } : k));

/** Kinds come in shuffled rounds, so that every kind is there equally often. */
function primaryKind(seed: number, index: number): LesionKind {
  const round = Math.floor(index / lesionKinds.length);
  return createRandom(seed, `round ${round}`).shuffle(lesionKinds)[index % lesionKinds.length];
}

/** The smallest diameter a kind is given with a slice thickness, so that every lesion meets at least two slices. */
function smallest(kind: LesionKind, thicknessMm: number): number {
  return Math.max(kind.diameterMm[0], 2.2 * thicknessMm);
}

function drawPhase(kind: LesionKind, random: Random): Phase {
  const chest = kind.organs[0].startsWith('Lung');
  const weights: readonly { phase: Phase; weight: number }[] = [
    { phase: 'none', weight: kind.contrastOnly ? 0 : chest ? 5 : 1.5 },
    { phase: 'arterial', weight: kind.contrastOnly ? 5 : 2 },
    { phase: 'portal', weight: chest ? 2 : 5 },
  ];
  return random.weighted(weights).phase;
}

function scanGrid(
  patient: Patient,
  organ: OrganName,
  thickness: number,
  matrix: number,
  maxSlices: number,
  random: Random,
): Grid {
  const { scale, fatMm } = patient;
  // Cavity 132 mm + wall 26 mm + fat, with a margin; rounded as scanners round.
  const half = (132 + 26 + fatMm * 1.3) * scale[0] + random.range(6, 16);
  const pixel = Math.round((2 * half * 1000) / matrix) / 1000;
  const low = heightRange[0] * scale[2];
  const high = heightRange[1] * scale[2];
  const slices = Math.min(maxSlices, Math.floor((high - low) / thickness));
  const extent = slices * thickness;
  const middle = (organHeight[organ] ?? 0) * scale[2] + random.range(-8, 8);
  const start = Math.max(low, Math.min(high - extent, middle - extent / 2));
  const round = (v: number): number => Math.round(v * 100) / 100;
  return {
    dims: [matrix, matrix, slices],
    spacing: [pixel, pixel, thickness],
    origin: [
      round((-(matrix - 1) / 2) * pixel),
      round((-(matrix - 1) / 2) * pixel + random.range(-3, 3)),
      round(start),
    ],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

/** A day between the first of January of one year and the end of another, as YYYYMMDD. */
function drawDate(random: Random, from: number, to: number): string {
  const start = Date.UTC(from, 0, 1);
  return dicomDate(start + random.next() * (Date.UTC(to + 1, 0, 1) - start));
}

function dicomDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
}

function describe(
  p: PaintedLesion,
  name: string,
  studyDate: string,
  grown: number,
  random: Random,
): PhantomLesion {
  const diagnosis = random.weighted(p.kind.diagnoses.filter((d) => d.organs?.includes(p.organ) ?? true));
  const group = diagnosis.malignancy <= 2 ? 'benign' : diagnosis.malignancy === 3 ? 'uncertain' : 'malignant';
  const proof = random.weighted(proofs[group]).name;
  const days = random.int(proof === 'follow-up' ? 180 : 3, proof === 'follow-up' ? 900 : 60);
  const study = Date.UTC(+studyDate.slice(0, 4), +studyDate.slice(4, 6) - 1, +studyDate.slice(6));
  // Readers differ: now and then a rating is one step off the diagnosis.
  const step = random.next() < 0.12 ? (random.next() < 0.5 ? 1 : -1) : 0;
  return {
    name,
    organ: p.organ,
    kind: p.kind.id,
    diagnosis: diagnosis.name,
    malignancy: Math.max(1, Math.min(5, diagnosis.malignancy + step)),
    proof,
    proofDate: proof === 'none' ? '' : dicomDate(study + days * 86_400_000),
    diameterMm: p.diameterMm * grown,
    centerMm: p.centerMm,
    mask: p.mask,
    level: p.level,
  };
}

function organMasks(canvas: Canvas): { name: OrganName; mask: Mask }[] {
  const [ni, nj, nk] = canvas.grid.dims;
  const boxes = organNames.map(() => [ni, nj, nk, -1, -1, -1]);
  const { organ } = canvas;
  for (let k = 0, v = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, v++) {
        const o = organ[v];
        if (o === 0) continue;
        const b = boxes[o - 1];
        if (i < b[0]) b[0] = i;
        if (j < b[1]) b[1] = j;
        if (k < b[2]) b[2] = k;
        if (i > b[3]) b[3] = i;
        if (j > b[4]) b[4] = j;
        if (k > b[5]) b[5] = k;
      }
    }
  }
  const out: { name: OrganName; mask: Mask }[] = [];
  for (const [n, name] of organNames.entries()) {
    const [i0, j0, k0, i1, j1, k1] = boxes[n];
    if (i1 < i0) continue;
    const bits = new Uint8Array((i1 - i0 + 1) * (j1 - j0 + 1) * (k1 - k0 + 1));
    let to = 0;
    for (let k = k0; k <= k1; k++) {
      for (let j = j0; j <= j1; j++) {
        const row = ni * (j + nj * k);
        for (let i = i0; i <= i1; i++) bits[to++] = organ[row + i] === n + 1 ? 1 : 0;
      }
    }
    out.push({ name, mask: { box: [i0, j0, k0, i1, j1, k1], bits } });
  }
  return out;
}

/**
 * Adds reconstruction noise and rounds to HU. The level goes with 1/√thickness (photons per slice), rises towards the
 * body's middle, and is lower in air; each slice takes its own part of a precomputed tile.
 */
function addNoise(
  canvas: Canvas,
  kernel: Kernel,
  thickness: number,
  patient: Patient,
  random: Random,
): Int16Array {
  const { grid, hu } = canvas;
  const [ni, nj, nk] = grid.dims;
  const tile = ctNoiseTile(kernel, grid.spacing[0]);
  const girth = ((132 + patient.fatMm) * patient.scale[0]) / 146;
  const level = kernel.noiseHu * (5 / thickness) ** 0.4 * girth * random.range(0.85, 1.2);
  const profile = new Float32Array(ni * nj);
  for (let p = 0; p < profile.length; p++) {
    const u = ((p % ni) / (ni - 1)) * 2 - 1;
    const v = (Math.floor(p / ni) / (nj - 1)) * 2 - 1;
    profile[p] = level * Math.max(0.45, 1.12 - 0.55 * (u * u + 1.6 * v * v));
  }
  const voxels = new Int16Array(hu.length);
  const wrap = noiseTileSize - 1;
  for (let k = 0, index = 0; k < nk; k++) {
    const du = random.int(0, wrap);
    const dv = random.int(0, wrap);
    const flip = random.next() < 0.5 ? -1 : 1;
    for (let j = 0, p = 0; j < nj; j++) {
      const row = ((j + dv) & wrap) * noiseTileSize;
      for (let i = 0; i < ni; i++, p++, index++) {
        const h = hu[index];
        const damp = h < -950 ? 0.6 : h < -600 ? 0.85 : 1;
        const value = h + flip * damp * profile[p] * tile[row + ((i + du) & wrap)];
        voxels[index] = value < -1024 ? -1024 : Math.round(Math.min(value, 3071));
      }
    }
  }
  return voxels;
}
