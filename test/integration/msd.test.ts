import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMirData } from '../../native/benchmark/mir/data.ts';
import { mirLesionGroup, mirOrgans } from '../../native/benchmark/mir/labels.ts';
import { checkRules } from '../../native/benchmark/mir/rules.ts';
import { readMirSplits } from '../../native/benchmark/mir/splits.ts';
import { readLabels } from '../../native/ingest/labels.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const shared = sharedDir();
/** Cases of each published table, and of its training and testing split; 12 of the pancreas are in neither. */
const sizes = {
  liver: [176, 157, 19],
  colon: [180, 156, 24],
  pancreas: [313, 269, 32],
  lung: [94, 62, 32],
} as const;

describe.skipIf(!shared)(sharedGroup('the published labels of 3D-MIR'), () => {
  const data = join(shared ?? '', 'data/3dmir');
  const labelsOf = (organ: string) =>
    readLabels(join(data, '3DMIR_labels', `${organ}_labels_and_captions.csv`));

  test.each(mirOrgans)(
    'the group and the flag of every case of the %s follow from count and size',
    async (organ) => {
      const rows = await labelsOf(organ);
      expect(rows).toHaveLength(sizes[organ][0]);
      const wrong = rows.filter(({ labels }) => {
        const n = Number(labels.number_tumors);
        const group = mirLesionGroup(organ, n, Number(labels.max_tumor_size));
        return group !== Number(labels.lesion_group) || Number(n > 0) !== Number(labels.cancer_flag);
      });
      expect(wrong).toEqual([]);
    },
  );

  test('the check of the rules that a report prints decides every case and has no exceptions', async () => {
    const tables = await readMirData(join(data, '3DMIR_labels'), join(data, 'Data_Splits'));
    expect(tables.map(checkRules)).toEqual([
      { organ: 'liver', cases: 176, withTumour: 118, undecided: 0, exceptions: [] },
      { organ: 'colon', cases: 180, withTumour: 126, undecided: 0, exceptions: [] },
      { organ: 'pancreas', cases: 313, withTumour: 281, undecided: 0, exceptions: [] },
      { organ: 'lung', cases: 94, withTumour: 63, undecided: 0, exceptions: [] },
    ]);
  });

  test('a table is read as it is, its cases called as their images', async () => {
    const [first] = await labelsOf('liver');
    expect(first).toMatchObject({
      case: 'liver_0',
      labels: { organ: 'liver', max_tumor_size: '2.436329438', number_tumors: '7', lesion_group: '2' },
    });
  });

  test.each(mirOrgans)('the splits of the %s are parts of its cases without an overlap', async (organ) => {
    const cases = new Set((await labelsOf(organ)).map((row) => row.case));
    const parts = await Promise.all(
      ['train', 'test'].map(async (part) => {
        const path = join(data, 'Data_Splits', `${organ}_full_${part}_split.csv`);
        const rows = await readLabels(path);
        expect(new Set(rows.map(({ labels }) => labels.split))).toEqual(new Set([part]));
        expect([...readMirSplits(readFileSync(path, 'utf8')).keys()]).toEqual(rows.map((row) => row.case));
        return rows.map((row) => row.case);
      }),
    );
    expect(parts.map((part) => part.length)).toEqual(sizes[organ].slice(1));
    const both = parts.flat();
    expect(new Set(both).size).toBe(both.length);
    expect(both.filter((name) => !cases.has(name))).toEqual([]);
  });
});
