/** Every radiomic feature against the consensus values of the Image Biomarker Standardisation Initiative. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Comparison,
  compareWithReferences,
  configurations,
  unchecked,
} from '../../tools/radiomics/compare.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();

describe.skipIf(!shared)(sharedGroup('the IBSI phantoms'), () => {
  const folder = join(shared ?? '', 'data/ibsi');
  let comparisons: Comparison[] = [];
  beforeAll(() => {
    comparisons = configurations.flatMap((configuration) => compareWithReferences(folder, configuration));
  });

  /** Features, and for the CT the 16 figures that tell of its processing; by slice only what needs no texture matrix. */
  const counts = { phantom: 165, A: 86, B: 86, C: 181, D: 181, E: 181 };

  test.each(Object.entries(counts))('configuration %s agrees within its tolerances', (name, count) => {
    const rows = comparisons.filter(({ configuration }) => configuration === name);
    expect(rows.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(rows.length).toBe(count);
  });

  test('no feature is without a reference', () => {
    expect(unchecked(comparisons)).toEqual([]);
  });
});
