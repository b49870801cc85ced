/** Which labels narrow places show first, and by which one the hits are counted. */
import { describe, expect, test } from 'vitest';
import { byImportance, fieldToCount, labelsToShow } from '../../renderer/ui/labels.ts';

const field = (name: string, hits: number) => ({ field: name, values: [{ hits }] });

describe('labels by importance', () => {
  test('diagnosis, kind and malignancy come first, the patient and the split last', () => {
    const names = ['age', 'lobulation', 'malignancy', 'split', 'kind', 'margin', 'diagnosis', 'sex'];
    expect(byImportance(names)).toEqual([
      'diagnosis',
      'kind',
      'malignancy',
      'lobulation',
      'margin',
      'sex',
      'age',
      'split',
    ]);
  });

  test('a diagnosis shown with its proof is not repeated, a contradicting label is', () => {
    const labels = { kind: 'cyst', diagnosis: 'simple cyst' };
    expect(labelsToShow(labels, 'simple cyst')).toEqual([['kind', 'cyst']]);
    expect(labelsToShow(labels, 'abscess').map(([name]) => name)).toEqual(['diagnosis', 'kind']);
  });
});

describe('the label that hits are counted by', () => {
  test('the most telling one that any hit carries', () => {
    expect(fieldToCount([field('lobulation', 9), field('malignancy', 9)])).toBe('malignancy');
    expect(fieldToCount([field('kind', 4), field('diagnosis', 0)])).toBe('kind');
  });

  test('without labelled hits the most telling one of the library, without labels none', () => {
    expect(fieldToCount([field('margin', 0), field('malignancy', 0)])).toBe('malignancy');
    expect(fieldToCount([])).toBeNull();
  });
});
