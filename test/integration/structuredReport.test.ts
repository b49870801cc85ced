/** Measurements as DICOM structured reports: read back with another reader, against the templates of PS3.16, on generated series. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../native/cli/host.ts';
import { startHost } from '../../native/cli/host.ts';
import type { MeasuredRow } from '../../native/contract/annotations.ts';
import type { LesionRow, VolumeRow } from '../../native/contract/model.ts';
import { indexToWorld } from '../../native/volume/volume.ts';
import { writeCase } from '../support/balls.ts';
import { precedentJson, projectRoot, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { uidOf, writeRampSeries } from '../support/seriesWriter.ts';
import {
  type ContentItem,
  childrenOf,
  complaints,
  lineOf,
  numberOf,
  type ReportDataSet,
  readReport,
  unitOf,
} from '../support/structuredReport.ts';

let folder: string;
let host: Host;
let straight: VolumeRow;
let tilted: VolumeRow;
let nifti: VolumeRow;
let lesion: LesionRow;

const comprehensive = '1.2.840.10008.5.1.4.1.1.88.33';
const comprehensive3d = '1.2.840.10008.5.1.4.1.1.88.34';

const drawn = {
  id: 'ann-1',
  plane: 'axial',
  label: '',
  author: 'reader',
  createdAt: '2026-01-02T03:04:05.000Z',
  slice: 5,
} as const;
const onSlice = (k: number, ...points: [number, number][]): [number, number, number][] =>
  points.map(([i, j]) => [i, j, k]);
/** One measurement of each kind on the slice k. */
const rowsOn = (volume: string, k: number): MeasuredRow[] => [
  {
    ...drawn,
    volume,
    kind: 'length',
    points: onSlice(k, [10, 10], [20, 10]),
    values: { lengthMm: 7 },
    label: 'upper pole',
  },
  {
    ...drawn,
    id: 'ann-2',
    volume,
    kind: 'bidimensional',
    points: onSlice(k, [10, 12], [12, 12], [11, 5], [11, 15]),
    values: { lengthMm: 8, shortMm: 1.4 },
  },
  {
    ...drawn,
    id: 'ann-3',
    volume,
    kind: 'angle',
    points: onSlice(k, [10, 10], [20, 10], [20, 20]),
    values: { degrees: 90 },
  },
  {
    ...drawn,
    id: 'ann-4',
    volume,
    kind: 'ellipse',
    points: onSlice(k, [18, 20], [22, 20], [20, 10], [20, 30]),
    values: { areaMm2: 17.6, meanHu: -12.5, sdHu: 8.25, minHu: -30, maxHu: 11, voxels: 60 },
  },
  { ...drawn, id: 'ann-5', volume, kind: 'probe', points: onSlice(k, [5, 6]), values: { hu: 42 } },
];

async function report(
  name: string,
  params: { volume: string; rows: MeasuredRow[]; lesion?: string; identified?: boolean },
): Promise<{ path: string; data: ReportDataSet }> {
  const path = join(folder, `${name}.dcm`);
  await host.engine.call('annotations.exportReport', { ...params, target: host.grant(path, 'write') });
  return { path, data: readReport(path) };
}
const groupsOf = (data: ReportDataSet): readonly ContentItem[] => {
  const measurements = childrenOf(data).find((item) => lineOf(item).includes('126010'));
  return measurements ? childrenOf(measurements) : [];
};
const templateOf = (item: ContentItem) => item.ContentTemplateSequence?.[0].TemplateIdentifier;

beforeAll(async () => {
  folder = await temporaryFolder();
  const data = join(folder, 'data');
  await writeRampSeries(join(data, 'straight'), {
    patient: 'KANARI-1',
    elements: {
      '00100010': ['PN', 'Kanarienvogel^Ada'],
      '00100030': ['DA', '19870203'],
      '00100040': ['CS', 'F'],
      '00080050': ['SH', 'KANARI-ACC'],
      '00081030': ['LO', 'CT abdomen of Kanarienvogel'],
    },
  });
  await writeRampSeries(join(data, 'tilted'), { patient: 'KANARI-2', tilt: 15 });
  await writeCase(join(data, 'balls'), 'ball', 1, [20]);
  const library = join(folder, 'library');
  await precedentJson('import', data, '--library', library);
  host = await startHost(library, { mayCreate: false, dist: join(projectRoot, 'dist') });
  const { rows } = await host.engine.call('volumes.list', {});
  const of = (patient: string) => {
    const found = rows.find((row) => row.patient.startsWith(patient));
    if (!found) throw new Error(`${patient} was not imported`);
    return found;
  };
  [straight, tilted, nifti] = [of('KANARI-1'), of('KANARI-2'), of('ball')];
  const bits = new Uint8Array(6 * 6 * 3).fill(1);
  lesion = await host.engine.call('lesion.save', {
    volume: straight.id,
    name: 'liver mass of Kanarienvogel',
    mask: { box: [10, 10, 4, 15, 15, 6], bits },
  });
}, 120_000);
afterAll(async () => {
  await host?.close();
  await removeFolder(folder);
});

describe('a report of what was measured on source images', () => {
  test('has the content items that the templates demand, in their order', async () => {
    const { data, path } = await report('whole', {
      volume: straight.id,
      rows: rowsOn(straight.id, 4),
      lesion: lesion.id,
    });
    expect(data.SOPClassUID).toBe(comprehensive);
    // TID 1500 with TID 1204, 1002 and 1004, 1600.
    expect(lineOf(data)).toBe('root | CONTAINER | 126000 DCM');
    expect(templateOf(data)).toBe('1500');
    expect(childrenOf(data).map(lineOf)).toEqual([
      'HAS CONCEPT MOD | CODE | 121049 DCM',
      'HAS OBS CONTEXT | CODE | 121005 DCM',
      'HAS OBS CONTEXT | UIDREF | 121012 DCM',
      'HAS OBS CONTEXT | TEXT | 121013 DCM',
      'HAS OBS CONTEXT | TEXT | 121014 DCM',
      'HAS CONCEPT MOD | CODE | 121058 DCM',
      'CONTAINS | CONTAINER | 111028 DCM',
      'CONTAINS | CONTAINER | 126010 DCM',
    ]);
    const groups = groupsOf(data);
    expect(groups.map(templateOf)).toEqual(['1501', '1501', '1501', '1410', '1501', '1411']);
    const tracked = ['HAS OBS CONTEXT | TEXT | 112039 DCM', 'HAS OBS CONTEXT | UIDREF | 112040 DCM'];
    expect(groups.map((group) => childrenOf(group).map(lineOf))).toEqual([
      [...tracked, 'CONTAINS | NUM | 410668003 SCT'],
      [...tracked, 'CONTAINS | NUM | 103339001 SCT', 'CONTAINS | NUM | 103340004 SCT'],
      [...tracked, 'CONTAINS | NUM | 1483009 SCT'],
      [
        ...tracked,
        'CONTAINS | SCOORD | 111030 DCM',
        'CONTAINS | NUM | 42798000 SCT',
        ...Array(4).fill('CONTAINS | NUM | 112031 DCM'),
      ],
      [...tracked, 'CONTAINS | NUM | 112031 DCM'],
      [
        ...tracked,
        'CONTAINS | CODE | 121071 DCM',
        ...Array(3).fill('CONTAINS | SCOORD | 111030 DCM'),
        'CONTAINS | NUM | 118565006 SCT',
        'CONTAINS | NUM | 103339001 SCT',
        'CONTAINS | NUM | L0JK IBSI',
        'CONTAINS | NUM | 112031 DCM',
        'CONTAINS | NUM | 112031 DCM',
      ],
    ]);
    expect(new Set(groups.map((group) => childrenOf(group)[1].UID)).size).toBe(6);
    expect(complaints(path)).toEqual([]);
  });

  test('says the values in UCUM units, of what is derived how', async () => {
    const { data } = await report('values', { volume: straight.id, rows: rowsOn(straight.id, 4) });
    const numbers = groupsOf(data).flatMap((group) =>
      childrenOf(group).filter(({ ValueType }) => ValueType === 'NUM'),
    );
    const derivation = (item: ContentItem) =>
      childrenOf(item).find((child) => lineOf(child) === 'HAS CONCEPT MOD | CODE | 121401 DCM')
        ?.ConceptCodeSequence?.[0].CodeValue;
    expect(numbers.map((item) => [numberOf(item), unitOf(item), derivation(item)])).toEqual([
      [7, 'mm', undefined],
      [8, 'mm', undefined],
      [1.4, 'mm', undefined],
      [90, 'deg', undefined],
      [17.6, 'mm2', undefined],
      [-12.5, "[hnsf'U]", '373098007'],
      [8.25, "[hnsf'U]", '386136009'],
      [-30, "[hnsf'U]", '255605001'],
      [11, "[hnsf'U]", '56851009'],
      [42, "[hnsf'U]", undefined],
    ]);
  });

  test('draws on the image that the slice is, from the corner of its first pixel', async () => {
    const { data } = await report('places', {
      volume: straight.id,
      rows: rowsOn(straight.id, 4),
      identified: true,
    });
    const [length, diameters, angle, ellipse, probe] = groupsOf(data);
    const figures = [length, diameters, angle, probe].flatMap((group) =>
      childrenOf(group)
        .filter(({ ValueType }) => ValueType === 'NUM')
        .flatMap((item) => childrenOf(item)),
    );
    expect(figures.map(lineOf)).toEqual(Array(5).fill('INFERRED FROM | SCOORD | 121112 DCM'));
    expect(figures.map(({ GraphicType, GraphicData }) => [GraphicType, GraphicData])).toEqual([
      ['POLYLINE', [10.5, 10.5, 20.5, 10.5]],
      // The long diameter is the one that is longer in mm, whichever was drawn first.
      ['POLYLINE', [11.5, 5.5, 11.5, 15.5]],
      ['POLYLINE', [10.5, 12.5, 12.5, 12.5]],
      ['POLYLINE', [10.5, 10.5, 20.5, 10.5, 20.5, 20.5]],
      ['POINT', [5.5, 6.5]],
    ]);
    const region = childrenOf(ellipse)[2];
    expect([region.GraphicType, region.GraphicData]).toEqual([
      'ELLIPSE',
      [20.5, 10.5, 20.5, 30.5, 18.5, 20.5, 22.5, 20.5],
    ]);
    const image = {
      ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
      ReferencedSOPInstanceUID: uidOf('KANARI-1 slice 4'),
    };
    for (const item of [...figures, region]) {
      const [selected] = childrenOf(item);
      expect(lineOf(selected)).toBe('SELECTED FROM | IMAGE | -');
      expect(selected.ReferencedSOPSequence?.[0]).toMatchObject(image);
    }
    const [evidence] = data.CurrentRequestedProcedureEvidenceSequence ?? [];
    expect(evidence.StudyInstanceUID).toBe(uidOf('KANARI-1 study'));
    expect(evidence.ReferencedSeriesSequence[0].SeriesInstanceUID).toBe(uidOf('KANARI-1 series'));
    expect(evidence.ReferencedSeriesSequence[0].ReferencedSOPSequence).toHaveLength(1);
  });

  test('outlines a lesion on each of its slices, closed, around its voxels', async () => {
    const { data } = await report('lesion', {
      volume: straight.id,
      rows: [],
      lesion: lesion.id,
      identified: true,
    });
    const [group] = groupsOf(data);
    const outlines = childrenOf(group).filter(({ ValueType }) => ValueType === 'SCOORD');
    const slices = outlines.map(
      (item) => childrenOf(item)[0].ReferencedSOPSequence?.[0].ReferencedSOPInstanceUID,
    );
    expect(slices).toEqual([4, 5, 6].map((k) => uidOf(`KANARI-1 slice ${k}`)));
    for (const { GraphicData } of outlines) {
      const points = GraphicData as number[];
      expect(points.slice(-2)).toEqual(points.slice(0, 2));
      // Voxels 10 to 15 lie between 10 and 16 pixels from the corner.
      expect([Math.min(...points), Math.max(...points)]).toEqual([10, 16]);
    }
    const [volume, diameter] = childrenOf(group).filter(({ ValueType }) => ValueType === 'NUM');
    expect(numberOf(volume)).toBeCloseTo(108 * 0.7 * 0.8 * 2.5, 3);
    expect(numberOf(diameter)).toBeCloseTo(lesion.diameterMm, 4);
  });
});

describe('whose report it is', () => {
  const said = async (path: string) => (await readFile(path)).toString('latin1');
  const own = /kanari|\bada\b|19870203|20200102|reader/i;

  test('by default nobody can tell, and it fits the images of a de-identified import', async () => {
    const rows = rowsOn(straight.id, 4).map((row) => ({ ...row, label: 'seen with Kanarienvogel' }));
    const { data, path } = await report('pseudonym', { volume: straight.id, rows, lesion: lesion.id });
    const text = await said(path);
    expect(text).not.toMatch(own);
    for (const uid of ['study', 'series', 'slice 4', 'frame'])
      expect(text).not.toContain(uidOf(`KANARI-1 ${uid}`));
    expect(data.PatientID).toMatch(/^P-/);
    expect(data.PatientIdentityRemoved).toBe('YES');
    expect(complaints(path)).toEqual([]);
    const sources = [host.grant(join(folder, 'data/straight'), 'read')];
    await host.engine.call('import.run', { sources, deidentify: true });
    const { rows: volumes } = await host.engine.call('volumes.list', {});
    const copy = volumes.find(({ deidentified }) => deidentified);
    const ofCopy = await report('copy', { volume: copy?.id ?? '', rows: rowsOn(copy?.id ?? '', 4) });
    const referred = ({ data: { PatientID, StudyInstanceUID, StudyDate, ...rest } }: typeof ofCopy) => ({
      PatientID,
      StudyInstanceUID,
      StudyDate,
      image: childrenOf(childrenOf(childrenOf(groupsOf(rest as ReportDataSet)[0])[2])[0])[0]
        .ReferencedSOPSequence?.[0].ReferencedSOPInstanceUID,
    });
    const shown = await report('length', { volume: straight.id, rows });
    expect(referred(shown)).toEqual(referred(ofCopy));
  });

  test('with the identity it goes with the original images', async () => {
    const rows = rowsOn(straight.id, 4);
    const { data, path } = await report('named', { volume: straight.id, rows, identified: true });
    expect(data.PatientID).toBe('KANARI-1');
    expect(data.StudyInstanceUID).toBe(uidOf('KANARI-1 study'));
    expect(data.StudyDate).toBe('20200102');
    expect(childrenOf(data).map(lineOf).slice(1, 3)).toEqual([
      'HAS OBS CONTEXT | CODE | 121005 DCM',
      'HAS OBS CONTEXT | PNAME | 121008 DCM',
    ]);
    expect(complaints(path)).toEqual([]);
  });
});

test('what lies on no source image is drawn in the frame of reference, in mm', async () => {
  const k = Math.floor(tilted.dims[2] / 2);
  const { data, path } = await report('tilted', {
    volume: tilted.id,
    rows: rowsOn(tilted.id, k),
    identified: true,
  });
  expect(data.SOPClassUID).toBe(comprehensive3d);
  const [length] = groupsOf(data);
  const figure = childrenOf(childrenOf(length)[2])[0];
  expect(lineOf(figure)).toBe('INFERRED FROM | SCOORD3D | 121112 DCM');
  expect(figure.ReferencedFrameOfReferenceUID).toBe(uidOf('KANARI-2 frame'));
  const [x0, y0, z0, x1, y1, z1] = figure.GraphicData as number[];
  const { dims, originMm: origin, spacingMm: spacing, direction } = tilted;
  const at = indexToWorld({ dims, origin, spacing, direction }, [10, 10, k]);
  expect([x0, y0, z0]).toEqual(at.map(Math.fround));
  expect(Math.hypot(x1 - x0, y1 - y0, z1 - z0)).toBeCloseTo(10 * spacing[0], 4);
  expect(complaints(path)).toEqual([]);
});

test('a volume that does not come from DICOM is refused in one line', async () => {
  await expect(report('nifti', { volume: nifti.id, rows: rowsOn(nifti.id, 4) })).rejects.toThrow(
    /does not come from DICOM.*save the measurements as a table/,
  );
});
