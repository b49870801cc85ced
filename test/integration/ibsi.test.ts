/** Every radiomic feature against the consensus values of the Image Biomarker Standardisation Initiative. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareWithReferences, configurations, unchecked } from '../../tools/radiomics/compare.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();

describe.skipIf(!shared)(sharedGroup('the IBSI phantoms'), () => {
  const folder = join(shared ?? '', 'data/ibsi');
  const comparisons = configurations.map((configuration) => ({
    name: configuration.name,
    rows: shared ? compareWithReferences(folder, configuration) : [],
  }));

  /** Features, and for the CT the 16 figures that tell of its processing; by slice only what needs no texture matrix. */
  const counts = { phantom: 165, A: 88, B: 88, C: 181, D: 181, E: 181 };

  test.each(comparisons)('configuration $name agrees within its tolerances', ({ name, rows }) => {
    expect(rows.filter(({ agrees }) => !agrees)).toEqual([]);
    expect({ [name]: rows.length }).toEqual({ [name]: counts[name as keyof typeof counts] });
  });

  test('no feature is without a reference', () => {
    expect(unchecked(comparisons.flatMap(({ rows }) => rows))).toEqual([]);
  });
});
