/** What the filter bank looks at, and the share of each part. */

const lesionPlanes = ['axial', 'coronal', 'sagittal'];
const lesionScales = [
  { kind: 'tight', margin: 2 },
  { kind: 'fieldOfView', mm: 50 },
];
const size = 64;

export const kinds = {
  lesion: {
    about: { id: 'precedent-scattering', title: 'Fixed wavelet scattering', kind: 'multi-plane' },
    planes: lesionPlanes,
    scales: lesionScales,
    // The field of view does not depend on how the region was drawn, so it carries more.
    scaleShares: [0.3, 0.7],
    input: (channels) => ({ shape: [channels, size, size], planes: lesionPlanes, scales: lesionScales }),
  },
  slice: {
    about: { id: 'precedent-slices', title: 'Built-in: fixed wavelets of slices', kind: 'slice' },
    planes: ['axial'],
    scales: ['as cropped'],
    scaleShares: [1],
    input: () => ({ layout: 'NCHW', crop: { kind: 'lesion', margin: 2 }, resize: { kind: 'area' } }),
  },
};

export const windows = [
  { name: 'lung', center: -600, width: 1500 },
  { name: 'soft tissue', center: 40, width: 400 },
  { name: 'bone', center: 400, width: 1800 },
];
