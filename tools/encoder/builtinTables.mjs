/** The built-in encoder's tables: what it looks at, what it measures, and the share of each part. */

export const planes = ['axial', 'coronal', 'sagittal'];

export const scales = [
  { kind: 'tight', margin: 2 },
  { kind: 'fieldOfView', mm: 50 },
];
// The field of view does not depend on how the region was drawn, so it carries more.
export const scaleShares = [0.3, 0.7];

export const windows = [
  { name: 'lung', center: -600, width: 1500 },
  { name: 'soft tissue', center: 40, width: 400 },
  { name: 'bone', center: 400, width: 1800 },
];

// Centres and scales are round numbers chosen from what CT lesions span, not fitted: near the centre a difference of
// one `sd` turns the measurement's angle by about a radian. Shape and border sharpness are left out: they follow
// how the border was drawn, and with them texture was found no better on the LIDC nodules (see the model card).
export const measurements = [
  { name: 'logVolume', mean: 3.5, sd: 1.2, weight: 1 },
  { name: 'logDiameter', mean: 1.3, sd: 0.4, weight: 0.5 },
  { name: 'coreHu', mean: -200, sd: 300, weight: 0.5 },
  { name: 'peakHu', mean: 0, sd: 250, weight: 0.5 },
  { name: 'p90', mean: -50, sd: 300, weight: 0.5 },
  { name: 'solidFraction', mean: 0.5, sd: 0.4, weight: 0.5 },
  { name: 'ball3', mean: -250, sd: 300, weight: 0.5 },
  { name: 'ball6', mean: -400, sd: 300, weight: 0.5 },
  { name: 'meanSoft', mean: 20, sd: 80, weight: 0.25 },
  { name: 'denseFraction', mean: 0.05, sd: 0.1, weight: 0.25 },
];

export const normalisation = { outputWeight: 2, measurementWeight: 1, estimatedLength: 0.5 };
