/** What the filter bank looks at, and the share of each part. */

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
