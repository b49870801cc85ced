/** A lesion and a study in words, from what is measured alone, so that they can be found by text. */
import type { Measurements, Outline } from '../contract/model.ts';

/** To be raised with every change of what a caption says: libraries then make theirs anew. */
export const captionRule = '1';

/** Fields that a caption states outright: words find them without being like anything. */
export const statedFields: ReadonlySet<string> = new Set(['organ', 'place']);

/** Upper bounds of a measure and the word for what lies below; the last row has none. */
type Words = readonly (readonly [number, string])[];

/** Of the mean HU. */
const densityWords: Words = [
  [-850, 'air density'],
  [-500, 'ground-glass density'],
  [-150, 'part-solid density'],
  [-30, 'fat density'],
  [20, 'fluid density'],
  [100, 'soft-tissue density'],
  [300, 'high density'],
  [Infinity, 'calcified or bone density'],
];

/** Of the longest axial diameter in mm. */
const sizeWords: Words = [
  [10, 'small'],
  [30, 'medium-sized'],
  [100, 'large'],
  [Infinity, 'very large'],
];

/** Of the standard deviation in HU. */
const textureWords: Words = [
  [25, 'homogeneous'],
  [80, 'slightly heterogeneous'],
  [Infinity, 'heterogeneous'],
];

/** Of the part of its convex hull that the lesion fills; the bounds part radiologists' ratings of spiculation (docs/search.md). */
const outlineWords: Words = [
  [0.75, 'irregular outline'],
  [0.85, 'slightly irregular outline'],
  [Infinity, 'smooth outline'],
];

/** Of the width of the edge in mm; the bounds part radiologists' ratings of the margin (docs/search.md). */
const marginWords: Words = [
  [2, 'sharp margin'],
  [2.7, 'moderately sharp margin'],
  [Infinity, 'ill-defined margin'],
];

/** In the lung, where a lesion has a name of its own: upper bounds of the longest axial diameter in mm (Fleischner Society glossary, 2008). */
const lungNouns: Words = [
  [30, 'nodule'],
  [Infinity, 'mass'],
];

export interface Described
  extends Pick<Measurements, 'volumeMl' | 'diameterMm' | 'diameter3dMm' | 'meanHu' | 'sdHu'> {
  /** As labels and structure sets write it. */
  readonly organ?: string | undefined;
  /** Where in the organ. */
  readonly place?: string | undefined;
  readonly outline?: Outline | undefined;
}

/**
 * In a radiologist's form: "large lesion in the liver, right upper anterior, 42 mm, 27.1 ml, homogeneous, fluid density
 * (mean 8 HU, SD 12 HU), smooth outline, sharp margin". What is not measured is not said.
 */
export function lesionCaption(lesion: Described): string {
  const { volumeMl, diameterMm, meanHu, sdHu, organ, place, outline } = lesion;
  const site = organ ? ` in the ${organWords(organ)}` : '';
  const lung = organ !== undefined && /\blungs?\b/i.test(organWords(organ));
  const noun = lung ? word(lungNouns, diameterMm) : 'lesion';
  return [
    `${word(sizeWords, diameterMm)} ${noun}${site}`,
    ...(organ && place ? [place] : []),
    `${Math.round(diameterMm)} mm`,
    `${millilitres(volumeMl)} ml`,
    word(textureWords, sdHu),
    `${word(densityWords, meanHu)} (mean ${whole(meanHu)} HU, SD ${whole(sdHu)} HU)`,
    ...(outline ? [word(outlineWords, outline.convexity)] : []),
    ...(outline?.edgeMm === undefined ? [] : [word(marginWords, outline.edgeMm)]),
  ].join(', ');
}

/**
 * In the form of the 3D-MIR benchmark, of which an organ is a case: "CT volume of the liver with 7 lesions, the longest of
 * 2.4 centimeters".
 * @param longestMm the longest diameter of any of them; nothing is said of it where there is none
 */
export function countCaption(organ: string | undefined, count: number, longestMm: number): string {
  const site = `CT volume${organ ? ` of the ${organWords(organ)}` : ''}`;
  if (count === 0) return `${site} without lesions`;
  const size = `of ${(longestMm / 10).toFixed(1)} centimeters`;
  return count === 1
    ? `${site} with a single lesion ${size}`
    : `${site} with ${count} lesions, the longest ${size}`;
}

/** What is said of a study: the benchmark's sentence for each organ with lesions, most of them first; the lesions one by one. */
export function studyCaptions(lesions: readonly Described[]): { count: string; generated: string } {
  const organs = [...Map.groupBy(lesions, ({ organ }) => organ)].sort(([, a], [, b]) => b.length - a.length);
  const counts = organs.map(([organ, own]) => countCaption(organ, own.length, longest(own)));
  const largest = [...lesions].sort((a, b) => b.diameterMm - a.diameterMm);
  const told = largest.slice(0, mostTold).map(lesionCaption);
  if (largest.length > mostTold) told.push(`and ${largest.length - mostTold} smaller ones`);
  return {
    count: counts.join('; ') || countCaption(undefined, 0, 0),
    generated: told.join('; ') || 'no lesion is marked',
  };
}

/** The longest diameter of any of them, in mm. */
export function longest(lesions: readonly Described[]): number {
  return Math.max(...lesions.map(({ diameter3dMm }) => diameter3dMm));
}

/** A study tells of so many of its lesions, the largest ones. */
const mostTold = 5;

/** "Lung_R" → "right lung". */
function organWords(organ: string): string {
  const words = organ
    .replace(/[_\s]+/g, ' ')
    .trim()
    .toLowerCase();
  const side = /^(.*) ([lr]|left|right)$/.exec(words);
  if (!side) return words;
  return `${side[2].startsWith('l') ? 'left' : 'right'} ${side[1]}`;
}

function word(table: Words, value: number): string {
  return (table.find(([below]) => value < below) ?? table[table.length - 1])[1];
}

function millilitres(ml: number): string {
  return ml < 1 ? ml.toPrecision(2) : ml.toFixed(1);
}

function whole(value: number): string {
  return String(Math.round(value) || 0);
}
