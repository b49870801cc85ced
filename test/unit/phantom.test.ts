import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Point, polygonArea } from '../../native/lesion/contours.ts';
import { lesionContours, organContours } from '../../native/phantom/dicomObjects.ts';
import {
  generatePhantomLibrary,
  labelColumns,
  phantomCase,
  writePatient,
} from '../../native/phantom/generate.ts';
import { lesionKinds } from '../../native/phantom/kinds.ts';
import { ctNoiseTile, kernels, noiseTileSize } from '../../native/phantom/noise.ts';
import { boxDims, type Mask, type Volume, worldToIndex } from '../../native/volume/volume.ts';

const size = { matrix: 128, maxSlices: 48 };
const cases = Array.from({ length: 12 }, (_, index) => phantomCase(11, index, size));

function maskValues(volume: Volume, mask: Mask, skip: readonly Mask[] = []): number[] {
  const [ni, nj, nk] = boxDims(mask.box);
  const out: number[] = [];
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++) {
        if (!mask.bits[i + ni * (j + nj * k)]) continue;
        const [x, y, z] = [mask.box[0] + i, mask.box[1] + j, mask.box[2] + k];
        if (
          skip.some(
            ({ box: b }) => x >= b[0] && y >= b[1] && z >= b[2] && x <= b[3] && y <= b[4] && z <= b[5],
          )
        )
          continue;
        out.push(volume.voxels[x + volume.dims[0] * (y + volume.dims[1] * z)]);
      }
    }
  }
  return out;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
const count = (mask: Mask): number => mask.bits.reduce((sum, bit) => sum + bit, 0);

/** Even-odd rule at one point: written apart from the contour code on purpose. */
function inside(points: readonly Point[], x: number, y: number): boolean {
  let odd = false;
  for (let a = 0, b = points.length - 1; a < points.length; b = a++) {
    const [[xa, ya], [xb, yb]] = [points[a], points[b]];
    if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) odd = !odd;
  }
  return odd;
}

describe('phantomCase', () => {
  it('gives the same case for the same seed and index, another for another', () => {
    const again = phantomCase(11, 3, size);
    expect(again.volume.voxels).toEqual(cases[3].volume.voxels);
    expect(again.lesions).toEqual(cases[3].lesions);
    const other = phantomCase(12, 3, size);
    expect(other.volume.voxels).not.toEqual(cases[3].volume.voxels);
  });

  it('covers every kind of lesion once in each round of patients', () => {
    expect(new Set(cases.map((c) => c.lesions[0]?.kind))).toEqual(new Set(lesionKinds.map((k) => k.id)));
  });

  it('gives lesions the size, place and organ it says', () => {
    for (const { volume, lesions } of cases) {
      expect(lesions.length).toBeGreaterThanOrEqual(1);
      expect(lesions.length).toBeLessThanOrEqual(3);
      for (const lesion of lesions) {
        const kind = lesionKinds.find((k) => k.id === lesion.kind);
        if (!kind) throw new Error(`no kind ${lesion.kind}`);
        expect(kind.organs).toContain(lesion.organ);
        expect(lesion.diameterMm).toBeGreaterThanOrEqual(kind.diameterMm[0]);
        expect(lesion.diameterMm).toBeLessThanOrEqual(kind.diameterMm[1]);
        // The mask's extent must fit the diameter: outlines deviate by the kind's irregularity, voxels by one.
        const [ni, nj, nk] = boxDims(lesion.mask.box);
        const [sx, sy, sz] = volume.spacing;
        const slack = 1 + kind.irregular;
        expect(Math.max(ni * sx, nj * sy, nk * sz)).toBeLessThan(lesion.diameterMm * slack + 2 * sz + 2 * sx);
        expect(Math.max(ni * sx, nj * sy)).toBeGreaterThan(lesion.diameterMm * 0.6 - sx);
        const ball = (Math.PI / 6) * lesion.diameterMm ** 3;
        const ratio = (count(lesion.mask) * sx * sy * sz) / ball;
        expect(ratio).toBeLessThan(1.5);
        expect(ratio).toBeGreaterThan(0.2);
        const center = worldToIndex(volume, lesion.centerMm);
        for (const a of [0, 1, 2] as const) {
          expect(center[a]).toBeGreaterThan(lesion.mask.box[a] - 1);
          expect(center[a]).toBeLessThan(lesion.mask.box[a + 3] + 1);
        }
      }
    }
  });

  it('gives organs plausible attenuation', () => {
    const seen = new Set<string>();
    for (const c of cases) {
      const { hu } = c.patient;
      const expected: Partial<Record<string, number>> = {
        Liver: hu.liver,
        Spleen: hu.spleen,
        Aorta: hu.aorta,
        Pancreas: hu.pancreas,
        Lung_L: -850,
        Lung_R: -850,
      };
      for (const organ of c.organs) {
        const want = expected[organ.name];
        const values = maskValues(
          c.volume,
          organ.mask,
          c.lesions.map((l) => l.mask),
        );
        if (want === undefined || values.length < 300) continue;
        seen.add(organ.name);
        // Lungs hold vessels; the aorta is a few of these coarse pixels wide, so its edge weighs.
        const tolerance = organ.name.startsWith('Lung') ? 45 : organ.name === 'Aorta' ? 25 : 14;
        expect(Math.abs(median(values) - want), `${organ.name} in ${c.patient.phase}`).toBeLessThan(
          tolerance,
        );
      }
      const [ni, nj] = c.volume.dims;
      expect(c.volume.voxels[0]).toBeLessThan(-950);
      const bone = c.volume.voxels.filter((v) => v > 300).length / (ni * nj * c.volume.dims[2]);
      expect(bone).toBeGreaterThan(0.002);
      expect(bone).toBeLessThan(0.08);
    }
    expect([...seen].sort()).toEqual(['Aorta', 'Liver', 'Lung_L', 'Lung_R', 'Pancreas', 'Spleen']);
  });

  it('gives lesions the look of their kind', () => {
    const looks = new Map<string, number[]>();
    for (const c of cases) {
      for (const l of c.lesions) {
        const values = maskValues(c.volume, l.mask);
        looks.set(l.kind, [...(looks.get(l.kind) ?? []), values.reduce((s, v) => s + v, 0) / values.length]);
      }
    }
    const mean = (kind: string): number => {
      const values = looks.get(kind) ?? [];
      return values.reduce((s, v) => s + v, 0) / values.length;
    };
    expect(mean('calcified nodule')).toBeGreaterThan(mean('smooth solid nodule') + 100);
    expect(mean('ground-glass nodule')).toBeLessThan(-450);
    expect(mean('ground-glass nodule')).toBeGreaterThan(-800);
    expect(mean('part-solid nodule')).toBeGreaterThan(mean('ground-glass nodule'));
    expect(mean('simple cyst')).toBeLessThan(45);
  });

  it('refuses an impossible size', () => {
    expect(() => phantomCase(1, 0, { matrix: 4 })).toThrow(/matrix/);
  });
});

describe('contours', () => {
  it('enclose the lesion: filling gives the mask, the area its volume', () => {
    let voxels = 0;
    let areas = 0;
    for (const { lesions } of cases) {
      for (const { mask, level } of lesions) {
        const contours = lesionContours(mask, level);
        const [ni, nj] = boxDims(mask.box);
        for (let k = 0; k < boxDims(mask.box)[2]; k++) {
          const here = contours.filter((c) => c.k === mask.box[2] + k);
          for (let p = 0; p < ni * nj; p++) {
            const [i, j] = [mask.box[0] + (p % ni), mask.box[1] + Math.floor(p / ni)];
            const filled = here.some((c) => inside(c.points, i, j)) ? 1 : 0;
            expect(filled).toBe(mask.bits[p + ni * nj * k]);
          }
        }
        const area = contours.reduce((sum, c) => sum + polygonArea(c.points), 0);
        const n = count(mask);
        voxels += n;
        areas += area;
        if (n > 400) expect(Math.abs(area / n - 1)).toBeLessThan(0.03);
      }
    }
    expect(voxels).toBeGreaterThan(1000);
    expect(Math.abs(areas / voxels - 1)).toBeLessThan(0.03);
  });

  it('follow the solid organs within a few per cent with few points', () => {
    for (const { organs } of cases.slice(0, 6)) {
      for (const { name, mask } of organs) {
        if (!/Liver|Spleen/.test(name) || count(mask) < 3000) continue;
        const contours = organContours(mask);
        const area = contours.reduce((sum, c) => sum + polygonArea(c.points), 0);
        expect(Math.abs(area / count(mask) - 1), name).toBeLessThan(0.05);
        expect(Math.max(...contours.map((c) => c.points.length))).toBeLessThan(200);
      }
    }
  });
});

describe('CT noise', () => {
  it('rises then falls with frequency, farther out for the sharper kernel', () => {
    const peaks = kernels.map((kernel) => {
      const tile = ctNoiseTile(kernel, 0.8);
      const power = [1, 4, 8, 12, 16, 24, 32, 48, 64, 96, 127].map((u) => rowPower(tile, u));
      const peak = power.indexOf(Math.max(...power));
      expect(power[0]).toBeLessThan(power[peak] / 3);
      expect(power[power.length - 1]).toBeLessThan(power[peak] / 3);
      return peak;
    });
    expect(peaks[2]).toBeGreaterThan(peaks[0]);
  });
});

/** Mean power of a tile's rows around frequency `u` (cycles per tile), by the definition of the Fourier transform. */
function rowPower(tile: Float32Array, u: number): number {
  const n = noiseTileSize;
  let sum = 0;
  for (const f of [u - 0, u + 1]) {
    // The mean over rows sums all vertical frequencies; averaging columns first keeps only the horizontal axis.
    let [re, im] = [0, 0];
    for (let i = 0; i < n; i++) {
      let column = 0;
      for (let j = 0; j < n; j++) column += tile[i + n * j];
      re += column * Math.cos((2 * Math.PI * f * i) / n);
      im += column * Math.sin((2 * Math.PI * f * i) / n);
    }
    sum += re * re + im * im;
  }
  return sum;
}

describe('generatePhantomLibrary', () => {
  const options = { patients: 3, seed: 5, matrix: 64, maxSlices: 16 };
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'phantom-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function digest(dir: string): Promise<Record<string, string>> {
    const out: Record<string, string> = {};
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      out[relative(dir, path)] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    }
    return out;
  }

  it('writes the same bytes for the same seed', async () => {
    const progress: number[] = [];
    const first = await generatePhantomLibrary(join(root, 'a'), {
      ...options,
      onProgress: (n) => progress.push(n),
    });
    await generatePhantomLibrary(join(root, 'b'), options);
    const files = await digest(join(root, 'a'));
    expect(await digest(join(root, 'b'))).toEqual(files);
    expect(first).toMatchObject({ patients: 3, studies: 3 });
    expect(progress).toEqual([1, 2, 3]);
    expect(Object.keys(files)).toContain(join('PH-0001', 'RTSTRUCT.dcm'));
    const rows = (await readFile(join(root, 'a', 'labels.csv'), 'utf8')).trim().split('\n');
    expect(rows[0]).toBe(labelColumns.join(','));
    expect(rows).toHaveLength(first.lesions + 1);
    for (const row of rows) expect(row.split(',')).toHaveLength(labelColumns.length);
  });

  it('writes valid CT slices on the grid of the case', async () => {
    const phantom = phantomCase(options.seed, 0, options);
    const { volume } = phantom;
    const [ni, nj, nk] = volume.dims;
    const folder = join(root, 'a', phantom.id, 'CT');
    const names = (await readdir(folder)).sort();
    expect(names).toHaveLength(nk);
    const uids = new Set<string>();
    for (const [n, name] of names.entries()) {
      const bytes = await readFile(join(folder, name));
      const data = dicomParser.parseDicom(bytes);
      const k = nk - 1 - n;
      expect(data.string('x00020010')).toBe('1.2.840.10008.1.2.1');
      expect(data.string('x00100020')).toBe(phantom.id);
      expect(data.intString('x00200013')).toBe(n + 1);
      uids.add(data.string('x00080018') ?? '');
      const [x, y, z] = [0, 1, 2].map((a) => data.floatString('x00200032', a) ?? Number.NaN);
      expect(x).toBeCloseTo(volume.origin[0], 2);
      expect(y).toBeCloseTo(volume.origin[1], 2);
      expect(z).toBeCloseTo(volume.origin[2] + k * volume.spacing[2], 2);
      expect(data.floatString('x00280030', 0)).toBeCloseTo(volume.spacing[1], 3);
      expect(data.floatString('x00180050')).toBe(volume.spacing[2]);
      const { dataOffset, length } = data.elements.x7fe00010;
      expect(length).toBe(2 * ni * nj);
      for (let v = 0; v < ni * nj; v += 37) {
        expect(bytes.readUInt16LE(dataOffset + 2 * v) - 1024).toBe(volume.voxels[v + ni * nj * k]);
      }
    }
    expect(uids.size).toBe(nk);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.[1-9][0-9]{0,38}$/);
  });

  it('writes a structure set whose contours lie on the slices and give the volumes of the masks', async () => {
    const phantom = phantomCase(options.seed, 1, options);
    const { volume } = phantom;
    const data = dicomParser.parseDicom(await readFile(join(root, 'a', phantom.id, 'RTSTRUCT.dcm')));
    const rois = data.elements.x30060020.items ?? [];
    const names = rois.map((item) => item.dataSet?.string('x30060026'));
    for (const lesion of phantom.lesions) {
      const contours =
        data.elements.x30060039.items?.[names.indexOf(lesion.name)].dataSet?.elements.x30060040.items;
      let area = 0;
      for (const item of contours ?? []) {
        const text = item.dataSet?.string('x30060050')?.split('\\').map(Number) ?? [];
        const points: Point[] = [];
        for (let n = 0; n < text.length; n += 3) points.push([text[n], text[n + 1]]);
        expect(points).toHaveLength(item.dataSet?.intString('x30060046') ?? -1);
        const k = (text[2] - volume.origin[2]) / volume.spacing[2];
        expect(Math.abs(k - Math.round(k))).toBeLessThan(1e-2);
        area += polygonArea(points);
      }
      const exact = lesionContours(lesion.mask, lesion.level).reduce(
        (sum, c) => sum + polygonArea(c.points),
        0,
      );
      expect(area / (volume.spacing[0] * volume.spacing[1]) / exact).toBeCloseTo(1, 2);
    }
  });

  it('gives every sixteenth patient a thick series of the same scan and an earlier examination with smaller lesions', async () => {
    const dir = join(root, 'further');
    const size = { matrix: 64, maxSlices: 16 };
    expect(await writePatient(dir, 1, 15, size)).toBe(2);
    const series = (folder: string) =>
      readFile(join(dir, 'PH-0016', folder, 'IM0001.dcm')).then((bytes) => dicomParser.parseDicom(bytes));
    const [main, thick, prior] = [await series('CT'), await series('CT-thick'), await series('CT-prior')];
    const [study, of, frame, date] = ['x0020000d', 'x0020000e', 'x00200052', 'x00080020'];
    expect(thick.string(study)).toBe(main.string(study));
    expect(thick.string(frame)).toBe(main.string(frame));
    expect(new Set([main, thick, prior].map((one) => one.string(of))).size).toBe(3);
    expect(prior.string('x00100020')).toBe(main.string('x00100020'));
    expect(prior.string(study)).not.toBe(main.string(study));
    expect(prior.string(frame)).not.toBe(main.string(frame));
    expect(Number(prior.string(date))).toBeLessThan(Number(main.string(date)));
    const [now, before] = [phantomCase(1, 15, size), phantomCase(1, 15, size, 0.65)];
    expect(before.lesions.map((lesion) => lesion.centerMm)).toEqual(now.lesions.map((one) => one.centerMm));
    for (const [n, lesion] of before.lesions.entries())
      expect(lesion.diameterMm).toBeLessThan(now.lesions[n].diameterMm);
  });

  it('stops when cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(generatePhantomLibrary(join(root, 'c'), { ...options, signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
