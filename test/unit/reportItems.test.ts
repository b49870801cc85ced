/** Content items of structured reports: what a value of DICOM can hold is written, more is refused with what to do. */
import { expect, test } from 'vitest';
import { writeElements } from '../../native/dicom/deidentify/elements.ts';
import { explicitLittle } from '../../native/dicom/part10.ts';
import { concepts } from '../../native/dicom/sr/concepts.ts';
import { coordinates, coordinates3d, elementsOf } from '../../native/dicom/sr/items.ts';

test('an outline has as many points as the length of its value can say', () => {
  const image = { sopClassUid: '1.2', sopInstanceUid: '1.2.3' };
  const flat = (count: number) =>
    coordinates('CONTAINS', concepts.imageRegion, 'POLYLINE', Array(count).fill([1, 2]), image);
  const inSpace = (count: number) =>
    coordinates3d('CONTAINS', concepts.volumeSurface, 'POLYGON', Array(count).fill([1, 2, 3]), '1.2.4');
  for (const item of [flat(8191), inSpace(5461)])
    expect(writeElements(elementsOf(item), explicitLittle).length).toBeGreaterThan(5461 * 12);
  expect(() => flat(8192)).toThrow(/more points than a DICOM report can hold; smooth/);
  expect(() => inSpace(5462)).toThrow(/more points than a DICOM report can hold; smooth/);
});
