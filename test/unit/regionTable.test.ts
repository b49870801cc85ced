import { describe, expect, it } from 'vitest';
import { isRegionTable, readRegionTable, tableMasks } from '../../native/ingest/regionTable.ts';
import { countVoxels } from '../../native/lesion/mask.ts';
import type { Grid } from '../../native/volume/volume.ts';

const grid: Grid = {
  dims: [60, 50, 40],
  spacing: [0.5, 0.5, 1],
  origin: [-100, 20, 300],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const table = (...lines: readonly string[]) => readRegionTable(Buffer.from(lines.join('\n')));

describe('readRegionTable', () => {
  it('reads the annotations of LUNA16 as they are', () => {
    const { rows, warnings } = table(
      'seriesuid,coordX,coordY,coordZ,diameter_mm',
      '1.2.3,-90.5,30.25,310,5.65',
    );
    expect(warnings).toEqual([]);
    expect(rows).toEqual([
      {
        image: '1.2.3',
        name: undefined,
        shape: { kind: 'ball', center: [-90.5, 30.25, 310], in: 'mm', diameterMm: 5.65 },
        labels: {},
      },
    ]);
  });

  it('takes other columns for labels, and a name', () => {
    const { rows } = table(
      'Case;Name;I;J;K;Diameter;malignancy;note',
      'a;left nodule;1;2;3;4;5;',
      'b;;1;2;3;4;;x',
    );
    expect(rows.map(({ image, name, labels }) => [image, name, labels])).toEqual([
      ['a', 'left nodule', { malignancy: '5' }],
      ['b', undefined, { note: 'x' }],
    ]);
    expect(rows[0].shape).toEqual({ kind: 'ball', center: [1, 2, 3], in: 'voxels', diameterMm: 4 });
  });

  it.each([
    ['x,y,z,space,diameter', '1,2,3,RAS,4', [-1, -2, 3]],
    ['x,y,z,space,diameter', '1,2,3,lps,4', [1, 2, 3]],
    ['x,y,z,space,diameter', '1,2,3,,4', [1, 2, 3]],
    ['x_ras,y_ras,z_ras,diameter', '1,2,3,4', [-1, -2, 3]],
    ['R,A,S,diameter', '1,2,3,4', [-1, -2, 3]],
    ['L,P,S,diameter', '1,2,3,4', [1, 2, 3]],
    ['x (mm),y (mm),z (mm),diameter (mm)', '1,2,3,4', [1, 2, 3]],
  ])('takes %s: %s to LPS', (header, row, center) => {
    expect(table(header, row).rows[0].shape).toMatchObject({ center });
  });

  it('reads boxes', () => {
    const { rows } = table('image,i0,j0,k0,i1,j1,k1', 'a,1,2,3,4,5,6');
    expect(rows[0].shape).toEqual({ kind: 'box', box: [1, 2, 3, 4, 5, 6] });
  });

  it('leaves out rows that give no region and says which', () => {
    const { rows, warnings } = table(
      'x,y,z,space,diameter',
      '1,2,3,,4',
      '1,,3,,4',
      '1,2,3,MNI,4',
      '1,2,3,,-1',
      '1,2,1e9,,4',
    );
    expect(rows).toHaveLength(1);
    expect(warnings.map((text) => /^row (\d+) /.exec(text)?.[1])).toEqual(['3', '4', '5', '6']);
    expect(table('i0,j0,k0,i1,j1,k1', '1,2,3,0,5,6', '1.5,2,3,4,5,6').rows).toEqual([]);
  });

  it('refuses other tables', () => {
    expect(() => table('case,malignancy', 'a,5')).toThrow('no columns of points or boxes');
    expect(() => table('x,y,z,diameter', '1,2')).toThrow('equal rows (line 2)');
    expect(isRegionTable(['case', 'diameter_mm', 'texture'])).toBe(false);
    expect(isRegionTable(['x', 'y', 'z'])).toBe(false);
    expect(isRegionTable(['seriesuid', 'coordX', 'coordY', 'coordZ', 'diameter_mm'])).toBe(true);
    expect(isRegionTable(['constructor', 'toString'])).toBe(false);
  });
});

describe('tableMasks', () => {
  const masks = (...lines: readonly string[]) =>
    [...tableMasks(table(...lines).rows, grid)].map(({ mask }) => mask);

  it('gives a ball the voxels whose centre is inside', () => {
    const [mask] = masks('x,y,z,diameter', '-85,32,320,10');
    // The centre lies on voxel (30, 24, 20): radius 5 mm is 10 pixels and 5 slices.
    expect(mask.box).toEqual([20, 14, 15, 40, 34, 25]);
    let expected = 0;
    for (let k = -5; k <= 5; k++)
      for (let j = -10; j <= 10; j++)
        for (let i = -10; i <= 10; i++) if (i * i + j * j + 4 * k * k <= 100) expected++;
    expect(countVoxels(mask)).toBe(expected);
    const ml = countVoxels(mask) * 0.25;
    expect(Math.abs(ml / ((4 / 3) * Math.PI * 125) - 1)).toBeLessThan(0.03);
  });

  it('gives a small ball the nearest voxel', () => {
    expect(masks('i,j,k,diameter', '3.4,4.6,5.2,0.1')).toEqual([
      { box: [3, 5, 5, 3, 5, 5], bits: Uint8Array.of(1) },
    ]);
  });

  it('clips to the volume and tells what lies outside', () => {
    const { rows } = table('i0,j0,k0,i1,j1,k1', '-5,0,0,1,0,0', '70,0,0,80,1,1');
    const outside: number[] = [];
    const found = [...tableMasks(rows, grid, (row) => outside.push(rows.indexOf(row)))];
    expect(found.map(({ mask }) => mask)).toEqual([{ box: [0, 0, 0, 1, 0, 0], bits: Uint8Array.of(1, 1) }]);
    expect(outside).toEqual([1]);
  });
});
