/** A lesion in words, from its measurements alone, so that it can be found by text. */
import type { Measurements } from '../contract/model.ts';

/** Upper bounds of the mean HU and the word for what lies below; the last row has none. */
const densityWords: readonly (readonly [number, string])[] = [
  [-850, 'air density'],
  [-500, 'ground-glass density'],
  [-150, 'part-solid density'],
  [-30, 'fat density'],
  [20, 'fluid density'],
  [100, 'soft-tissue density'],
  [300, 'high density'],
  [Infinity, 'calcified or bone density'],
];

/** Upper bounds of the longest axial diameter in mm. */
const sizeWords: readonly (readonly [number, string])[] = [
  [10, 'small'],
  [30, 'medium-sized'],
  [100, 'large'],
  [Infinity, 'very large'],
];

/** Upper bounds of the standard deviation in HU. */
const textureWords: readonly (readonly [number, string])[] = [
  [25, 'homogeneous'],
  [80, 'slightly heterogeneous'],
  [Infinity, 'heterogeneous'],
];

/** For example "large lesion in the liver, 42 mm, 27.1 ml, homogeneous, fluid density (mean 8 HU, SD 12 HU)". */
export function lesionCaption(
  measures: Pick<Measurements, 'volumeMl' | 'diameterMm' | 'meanHu' | 'sdHu'>,
  organ?: string,
): string {
  const { volumeMl, diameterMm, meanHu, sdHu } = measures;
  const place = organ ? ` in the ${organ}` : '';
  const size = `${word(sizeWords, diameterMm)} lesion${place}, ${Math.round(diameterMm)} mm, ${millilitres(volumeMl)} ml`;
  const density = `${word(textureWords, sdHu)}, ${word(densityWords, meanHu)}`;
  return `${size}, ${density} (mean ${whole(meanHu)} HU, SD ${whole(sdHu)} HU)`;
}

function word(table: readonly (readonly [number, string])[], value: number): string {
  return (table.find(([below]) => value < below) ?? table[table.length - 1])[1];
}

function millilitres(ml: number): string {
  return ml < 1 ? ml.toPrecision(2) : ml.toFixed(1);
}

function whole(value: number): string {
  return String(Math.round(value) || 0);
}
