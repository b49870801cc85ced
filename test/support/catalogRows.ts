/** Volumes and lesions as the catalog takes them, with nothing in them but what a test names. */
import { newId } from '../../native/catalog/ids.ts';
import type { NewLesion, NewVolume } from '../../native/catalog/writes.ts';

const measurements: NewLesion['measurements'] = {
  volumeMl: 1, diameterMm: 10, diameter3dMm: 12, meanHu: 40, sdHu: 5, centerMm: [1, 2, 3], boxIjk: [0, 0, 0, 1, 1, 1],
}; // biome-ignore format: one record

export function lesion(name: string, labels: Record<string, string> = {}): NewLesion {
  const box = [0, 0, 0, 1, 1, 1] as const;
  return {
    uid: newId('les'),
    name,
    box,
    packed: Buffer.from(name),
    source: 'mask',
    measurements,
    labels,
  };
}

export function volume(patient: string, content: string, lesions: NewLesion[], issuer?: string): NewVolume {
  return {
    uid: newId('vol'),
    copied: false,
    deidentified: false,
    lesions,
    organs: [],
    files: [{ path: '/somewhere/1.dcm', sopInstanceUid: '1.2.3', bytes: 10, mtimeMs: 20 }],
    regionFiles: [],
    read: {
      patient: { patientId: patient, issuer },
      study: { uid: `study-${patient}`, date: '20260101' },
      series: { uid: `series-${content}`, modality: 'CT' },
      dims: [2, 2, 2],
      spacing: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      dtype: 'int16',
      contentHash: content,
      identity: `id-${content}`,
      names: [],
      path: '/somewhere',
      lossy: false,
      interpolated: false,
      labels: {},
      warnings: [],
    },
  };
}
