/** Panes: which volumes are hung where, how they move together, and where they cut each other. */
import { describe, expect, test } from 'vitest';
import type { StudyRow, VolumeRow } from '../../native/contract/model.ts';
import { examinationsOf, interval } from '../../renderer/viewer/examinations.ts';
import { gridOf, type Vec3 } from '../../renderer/viewer/grid.ts';
import { deliveredRules, hangingRules, hungPanes, ruleFor } from '../../renderer/viewer/hanging.ts';
import { layoutNames, layouts } from '../../renderer/viewer/layouts.ts';
import {
  type Beside,
  besideAtFirst,
  carried,
  linkedTo,
  openWorldFor,
  rebased,
  worldOf,
} from '../../renderer/viewer/linking.ts';
import { planeGeometry } from '../../renderer/viewer/planes.ts';
import { cutOf } from '../../renderer/viewer/referenceLines.ts';
import { volume } from '../support/volumeRow.ts';

const study = (studyInstanceUid: string, date: string | undefined, description = ''): StudyRow => ({
  id: studyInstanceUid,
  patient: 'P',
  studyInstanceUid,
  date,
  description,
  volumes: 1,
  lesions: 0,
  reports: 0,
  labels: {},
  captions: { count: '', generated: '' },
});

describe('hanging', () => {
  const open = volume('open', { description: 'portal 2 B30f', kernel: 'B30f' });
  const sharp = volume('sharp', { description: 'portal 1 B60f', kernel: 'B60f' });
  const before = [
    volume('before thick', { study: 'before', description: 'portal 5 B30f', spacingMm: [1, 1, 5] }),
    volume('before same', { study: 'before', description: 'portal 2 B30f', kernel: 'B30f' }),
  ];
  const older = volume('older', { study: 'older', description: 'portal 2 B30f', kernel: 'B30f' });
  const later = volume('later', { study: 'later' });
  const places = (
    layout: (typeof layoutNames)[number],
    row: VolumeRow,
    all: readonly VolumeRow[],
    about = '',
  ) => {
    const examinations = examinationsOf(
      [
        study('older', '20200101'),
        study('now', '20210601', about),
        study('before', '20210101'),
        study('later', '20220101'),
        study('undated', undefined),
      ],
      [row, ...all],
    );
    const rule = ruleFor(row, examinations);
    const panes = hungPanes(layout, row, examinations, rule);
    return { rule: rule.name, panes: panes.map((pane) => `${pane.row.id} ${pane.plane}`), hung: panes };
  };

  test('a prior stands beside the current examination: the series most like it of the last one before', () => {
    const { rule, panes } = places('two', open, [sharp, ...before, older, later]);
    expect(rule).toBe('Beside its prior');
    expect(panes).toEqual(['open axial', 'before same axial']);
    expect(places('four', open, [older]).panes).toEqual([
      'open axial',
      'older axial',
      'open coronal',
      'older coronal',
    ]);
  });

  test('an examination that only has later ones has no prior', () => {
    expect(places('two', open, [later]).rule).toBe('One series');
    expect(places('two', open, [later]).panes).toEqual(['open axial', 'open coronal']);
  });

  test('a chest has its windows, and the planes are those of the open volume whatever the rule', () => {
    const { rule, hung } = places('four', open, [older], 'CT Thorax');
    expect(rule).toBe('Chest beside its prior');
    expect(hung.map(({ row, window }) => [row.id, window?.width])).toEqual([
      ['open', 1500],
      ['older', 1500],
      ['open', 350],
      ['older', 350],
    ]);
    expect(places('planes', open, [older], 'CT Thorax').panes).toEqual([
      'open axial',
      'open coronal',
      'open sagittal',
    ]);
  });

  test('several series come one after another, then planes of the open one', () => {
    expect(places('four', open, [sharp]).panes).toEqual([
      'open axial',
      'sharp axial',
      'open coronal',
      'open sagittal',
    ]);
  });

  test('thickness and description choose a rule; a rule can ask for a kind of series', () => {
    expect(places('one', volume('thin', { spacingMm: [1, 1, 1] }), [], 'chest').rule).toBe('Thin chest');
    expect(places('one', volume('thick', { spacingMm: [1, 1, 5] }), [], 'chest').rule).toBe('One series');
    const [rule] = hangingRules.parse([
      { name: 'x', when: {}, layout: 'two', panes: [{ show: 'other', plane: 'axial', series: 'b60' }] },
    ]);
    const examinations = examinationsOf([study('now', '20210601')], [open, volume('soft'), sharp]);
    expect(hungPanes('one', open, examinations, rule)[0].row.id).toBe('sharp');
  });

  test('the delivered rules fill every layout, the last one fits everything, and what is no rule is refused', () => {
    expect(deliveredRules.at(-1)?.when).toEqual({});
    for (const rule of deliveredRules)
      for (const layout of layoutNames)
        expect(hungPanes(layout, open, [], rule)).toHaveLength(layouts[layout].panes);
    const rule = { name: 'x', when: {}, layout: 'two', panes: [{ show: 'current', plane: 'axial' }] };
    expect(hangingRules.safeParse([rule]).success).toBe(true);
    for (const wrong of [
      { ...rule, layout: 'three' },
      { ...rule, panes: [] },
      { ...rule, when: { about: '(' } },
      { ...rule, when: { prio: true } },
      { ...rule, panes: [{ show: 'current', plane: 'axial', window: 'Lungs' }] },
    ])
      expect(hangingRules.safeParse([wrong]).success).toBe(false);
  });

  test('intervals are said in days, months or years', () => {
    expect(interval('20210101', '20210101')).toBe('same day');
    expect(interval('20210101', '20210102')).toBe('1 day earlier');
    expect(interval('20210401', '20210101')).toBe('3 months later');
    expect(interval('20150101', '20210101')).toBe('6 years earlier');
    expect(interval(undefined, '20210101')).toBeNull();
  });
});

describe('moving together', () => {
  const frame = 'F1';
  const open = volume('open', { frameOfReference: frame });
  /** The same scan in thicker slices that begin elsewhere. */
  const thick = volume('thick', {
    frameOfReference: frame,
    spacingMm: [2, 2, 5],
    dims: [50, 40, 16],
    originMm: [0, 0, 1],
  });
  /** Another table position. */
  const prior = volume('prior', { frameOfReference: 'F2', originMm: [10, -5, 300] });
  const at = (index: Vec3) => ({ row: open, at: index });
  const byId = (...all: readonly Beside[]) => Object.fromEntries(all.map((one) => [one.row.id, one]));

  test('volumes of one frame of reference stand at the same position', () => {
    const beside = besideAtFirst(at([20, 30, 8]), thick);
    expect(worldOf(beside)).toEqual([20, 30, 16]);
    const moved = carried(byId(beside), worldOf(at([20, 30, 13])));
    expect(moved.thick.at[2]).toBe(5);
  });

  test('without a shared frame they keep their distance, also past the end of one', () => {
    const beside = linkedTo(at([0, 0, 10]), { row: prior, at: [0, 0, 12] });
    const moved = carried(byId(beside), worldOf(at([0, 0, 39]))).prior;
    expect(moved.at[2]).toBe(41);
    expect(carried(byId(moved), worldOf(at([0, 0, 10]))).prior.at[2]).toBe(12);
  });

  test('stacks of equal spacing step together, wherever between two slices they stood', () => {
    const start = at([20.2, 30.7, 8.6]);
    const beside = linkedTo(start, { row: prior, at: [21.4, 33.1, 12.1] });
    expect(beside.at.map(Math.round)).toEqual([21, 33, 12]);
    const moved = carried(byId(beside), worldOf(at([20.2, 30.7, 8]))).prior;
    expect(Math.round(moved.at[2])).toBe(11);
    expect(openWorldFor(moved, [21, 33, 12])[2]).toBe(2 * 9);
  });

  test('the open volume is taken along by another one, by the same distance', () => {
    const beside = linkedTo(at([0, 0, 10]), { row: prior, at: [0, 0, 12] });
    expect(openWorldFor(beside, [0, 0, 15])[2]).toBe(2 * 13);
  });

  test('when another volume becomes the open one, all keep where they stand', () => {
    const start = at([20, 30, 8]);
    const beside = byId(besideAtFirst(start, thick), linkedTo(start, { row: prior, at: [21, 33, 12] }));
    const next = rebased(beside, start, beside.prior);
    expect(Object.keys(next).sort()).toEqual(['open', 'thick']);
    const world = worldOf(beside.prior);
    const again = carried(next, world);
    for (const [c, value] of again.open.at.entries()) expect(value).toBeCloseTo(start.at[c], 9);
    for (const [c, value] of again.thick.at.entries()) expect(value).toBeCloseTo(beside.thick.at[c], 9);
  });
});

describe('reference lines', () => {
  const open = volume('open');
  const slice = (row: VolumeRow, plane: 'axial' | 'coronal' | 'sagittal', n: number) => ({
    grid: gridOf(row),
    geometry: planeGeometry(gridOf(row), plane),
    slice: n,
  });

  test('an axial slice crosses a coronal one at its height, from edge to edge', () => {
    const cut = cutOf(slice(open, 'coronal', 30), slice(open, 'axial', 12));
    expect(cut?.map((end) => end[2])).toEqual([12, 12]);
    expect(cut?.map((end) => end[0]).sort((a, b) => a - b)).toEqual([-0.5, 99.5]);
  });

  test('a line is as long as the other volume, in mm of the body', () => {
    const small = volume('small', { dims: [20, 80, 10], originMm: [40, 0, 10], spacingMm: [1, 1, 1] });
    const cut = cutOf(slice(open, 'coronal', 30), slice(small, 'axial', 4));
    expect(cut?.map((end) => end[2])).toEqual([7, 7]);
    expect(cut?.map((end) => end[0]).sort((a, b) => a - b)).toEqual([39.5, 59.5]);
  });

  test('slices that are parallel, or do not reach each other, have none', () => {
    expect(cutOf(slice(open, 'axial', 3), slice(volume('other'), 'axial', 4))).toBeNull();
    const away = volume('away', { originMm: [0, 500, 0] });
    expect(cutOf(slice(open, 'coronal', 30), slice(away, 'axial', 4))).toBeNull();
  });
});
