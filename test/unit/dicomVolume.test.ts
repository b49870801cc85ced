import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSeries } from '../../native/dicom/volume.ts';
import { indexToWorld } from '../../native/volume/volume.ts';
import { ctSlice, type SliceOptions, syntax } from '../support/dicomWriter.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-dicom-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(slices: readonly SliceOptions[]): Promise<string[]> {
  const paths = slices.map((_, n) => join(folder, `${n}.dcm`));
  for (const [n, slice] of slices.entries()) await writeFile(paths[n], ctSlice(slice));
  return paths;
}
const read = async (slices: readonly SliceOptions[]) => readSeries(await write(slices));
const at = (...z: number[]): SliceOptions[] => z.map((value) => ({ position: [0, 0, value] }));

describe('readSeries', () => {
  it('sorts by position, takes the spacing from positions and rescales to HU', async () => {
    const { volumes, skipped } = await read([
      { position: [10, 20, 5], stored: Array(12).fill(2) },
      { position: [10, 20, -1], stored: Array(12).fill(0) },
      { position: [10, 20, 2], stored: Array.from({ length: 12 }, (_, n) => 100 + n) },
    ]);
    expect(skipped).toEqual([]);
    expect(volumes).toHaveLength(1);
    const { volume, files } = volumes[0];
    expect(volume).toMatchObject({
      dims: [4, 3, 3],
      spacing: [0.5, 0.8, 3],
      origin: [10, 20, -1],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    });
    expect(volume.voxels).toBeInstanceOf(Int16Array);
    expect([...volume.voxels.subarray(0, 12)]).toEqual(Array(12).fill(-1000));
    expect([...volume.voxels.subarray(12, 24)]).toEqual(Array.from({ length: 12 }, (_, n) => n - 900));
    expect(files.map(({ path }) => path)).toEqual(
      ['1.dcm', '2.dcm', '0.dcm'].map((name) => join(folder, name)),
    );
  });

  it('respects an oblique orientation: every pixel keeps its place in the patient', async () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const orientation = [c, s, 0, 0, 0, -1];
    const normal = [s * -1 - 0, 0 - c * -1, 0];
    const { volumes } = await read(
      [2, 0, 1].map((n) => ({
        orientation,
        position: [1 + 2 * n * normal[0], 2 + 2 * n * normal[1], 3] as const,
        stored: Array(12).fill(n),
      })),
    );
    const { volume } = volumes[0];
    expect(volume.spacing[2]).toBeCloseTo(2, 6);
    expect([volume.voxels[0], volume.voxels[12], volume.voxels[24]]).toEqual([-1000, -999, -998]);
    const corner = indexToWorld(volume, [3, 2, 2]);
    const expected = [1 + 4 * normal[0] + 3 * 0.5 * c, 2 + 4 * normal[1] + 3 * 0.5 * s, 3 - 2 * 0.8];
    for (const [n, value] of corner.entries()) expect(value).toBeCloseTo(expected[n], 5);
  });

  it.each(Object.values(syntax))('decodes %s', async (transferSyntax) => {
    const { volumes } = await read([
      { transferSyntax, stored: Array.from({ length: 12 }, (_, n) => n * 300) },
    ]);
    expect([...volumes[0].volume.voxels]).toEqual(Array.from({ length: 12 }, (_, n) => n * 300 - 1000));
  });

  it('sign-extends, drops what lies above the stored bits, and reads 8 bits', async () => {
    const twelve = { '00280101': ['US', 12], '00280102': ['US', 11], '00281052': ['DS', '0'] } as const;
    const stored = [0xf800, 0x07ff, 0xffff, 0x1001, ...Array(8).fill(0)];
    const signed = await read([{ stored, elements: { ...twelve, '00280103': ['US', 1] } }]);
    expect([...signed.volumes[0].volume.voxels.subarray(0, 4)]).toEqual([-2048, 2047, -1, 1]);
    const unsigned = await read([{ stored, elements: { ...twelve, '00280103': ['US', 0] } }]);
    expect([...unsigned.volumes[0].volume.voxels.subarray(0, 4)]).toEqual([2048, 2047, 4095, 1]);
    const eight = await read([
      {
        elements: {
          '00280100': ['US', 8],
          '00280101': ['US', 8],
          '00280102': ['US', 7],
          '7fe00010': ['OB', Uint8Array.from({ length: 12 }, (_, n) => 250 - n)],
        },
      },
    ]);
    expect(eight.volumes[0].volume.voxels[1]).toBe(249 - 1000);
  });

  it('is Float32 where Int16 is not exact, rescaled slice by slice', async () => {
    const { volumes } = await read([
      { position: [0, 0, 0], elements: { '00281053': ['DS', '2'] } },
      { position: [0, 0, 1], elements: { '00281053': ['DS', '0.25'] } },
    ]);
    const { voxels } = volumes[0].volume;
    expect(voxels).toBeInstanceOf(Float32Array);
    expect([voxels[1], voxels[12 + 1]]).toEqual([-998, -999.75]);
    const large = await read([{ stored: Array(12).fill(65535) }]);
    expect(large.volumes[0].volume.voxels[0]).toBe(64535);
  });

  it('keeps HU for MONOCHROME1: only the display is inverted', async () => {
    const { volumes } = await read([{ elements: { '00280004': ['CS', 'MONOCHROME1'] } }]);
    expect(volumes[0].volume.voxels[5]).toBe(-995);
  });

  it('takes the slice thickness for a single slice', async () => {
    const { volumes } = await read(at(7));
    expect(volumes[0].volume.spacing[2]).toBe(2.5);
  });

  it.each([
    [
      'an unfitting syntax',
      { transferSyntax: '1.2.840.10008.1.2.4.90' },
      /not compressed as the transfer syntax/,
    ],
    ['an unknown syntax', { transferSyntax: '1.2.3.4' }, /1\.2\.3\.4/],
    ['colour', { elements: { '00280002': ['US', 3] } }, /colour/],
    ['several frames without a description', { elements: { '00280008': ['IS', '2'] } }, /multi-frame/],
    ['a localizer', { elements: { '00080008': ['CS', 'ORIGINAL\\PRIMARY\\LOCALIZER'] } }, /localizer/],
    ['no position', { elements: { '00200032': undefined } }, /no position/],
    ['a skewed orientation', { orientation: [1, 0, 0, 0.1, 1, 0] }, /orthonormal/],
    ['too little pixel data', { stored: [1, 2, 3] }, /does not match/],
    ['too many pixels', { elements: { '00280010': ['US', 60_000] } }, /too many/],
    ['a slope of zero', { elements: { '00281053': ['DS', '0'] } }, /slope is zero/],
    ['an absurd slope', { elements: { '00281053': ['DS', '1e300'] } }, /is absurd/],
  ] satisfies [string, SliceOptions, RegExp][])('skips %s', async (_, slice, reason) => {
    const { volumes, skipped } = await read([slice]);
    expect(volumes).toEqual([]);
    expect(skipped[0].reason).toMatch(reason);
  });

  it('splits by orientation and size, and by acquisition where positions coincide', async () => {
    const { volumes } = await read([
      ...at(0, 1, 2),
      ...[0, 1].map(
        (n): SliceOptions => ({ position: [n, 0, 0], orientation: [0, 1, 0, 0, 0, 1], sop: `5.${n}` }),
      ),
      ...[0, 1].map((n): SliceOptions => ({ position: [0, 0, n], rows: 5, sop: `6.${n}` })),
    ]);
    expect(volumes.map(({ volume }) => volume.dims)).toEqual([
      [4, 3, 3],
      [4, 3, 2],
      [4, 5, 2],
    ]);
    const phases = await read(
      [1, 2].flatMap((phase) =>
        [0, 1].map(
          (z): SliceOptions => ({
            position: [0, 0, z],
            sop: `7.${phase}.${z}`,
            stored: Array(12).fill(phase),
            elements: { '00200012': ['IS', String(phase)] },
          }),
        ),
      ),
    );
    expect(phases.volumes.map(({ meta }) => meta.acquisitionNumber)).toEqual([1, 2]);
  });

  it('goes on after a bad file and reports it', async () => {
    const paths = await write(at(0, 1, 2));
    const bad = join(folder, 'bad.dcm');
    await writeFile(bad, 'not an image');
    const { volumes, skipped } = await readSeries([bad, ...paths]);
    expect(volumes[0].volume.dims[2]).toBe(3);
    expect(skipped).toEqual([{ path: bad, reason: 'not a DICOM file' }]);
  });

  it('stops when it is cancelled, and reports progress', async () => {
    const paths = await write(at(0, 1, 2));
    const seen: number[] = [];
    await readSeries(paths, ({ done, total }) => seen.push(done / total));
    expect(seen.at(-1)).toBe(1);
    await expect(readSeries(paths, undefined, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  describe('padding', () => {
    /** 4 × 3 stored values with intercept −1000; the padding hangs together with the upper corners. */
    const stored = (padding: number) => [
      ...[padding, padding, 1040, padding],
      ...[padding, 1040, padding, 1040],
      ...[1040, 1041, padding, 1042],
    ];
    const padded = async (value: number, elements: SliceOptions['elements'], values = stored(value)) => {
      const { volumes } = await read([
        { stored: values, elements: { '00280120': ['US', value], ...elements } },
      ]);
      return { hus: [...volumes[0].volume.voxels], ...volumes[0] };
    };

    it('that rescales to air or below keeps its value', async () => {
      const { hus, warnings } = await padded(0, {});
      expect(hus).toEqual(stored(0).map((value) => value - 1000));
      expect(warnings).toEqual([]);
      const signed = { '00280103': ['US', 1] } as const;
      const low = await padded(0x10000 - 2000, signed);
      expect(low.hus).toEqual(stored(-2000).map((value) => value - 1000));
    });

    it('below the lowest Int16 is cut there, other values are not', async () => {
      const signed = { '00280103': ['US', 1] } as const;
      const cut = await padded(0x8000, signed);
      expect(cut.volume.voxels).toBeInstanceOf(Int16Array);
      expect(cut.hus).toEqual(stored(-32768).map((value) => Math.max(value - 1000, -32768)));
      const { hus, volume } = await padded(0, signed, [0x8000, ...stored(0).slice(1)]);
      expect(volume.voxels).toBeInstanceOf(Float32Array);
      expect(hus[0]).toBe(-33768);
    });

    it('that would read as tissue or metal is air where it hangs together with a corner', async () => {
      const { hus, warnings } = await padded(4071, {});
      expect(hus).toEqual([-1024, -1024, 40, -1024, -1024, 40, 3071, 40, 40, 41, 3071, 42]);
      expect(warnings).toEqual([
        'the padding outside the field of view would read as tissue: set to −1024 HU',
      ]);
    });

    it('may be a range, given from either end', async () => {
      const values = stored(4071).map((value, n) => (n === 1 ? 4060 : value));
      for (const [value, limit] of [
        [4071, 4060],
        [4060, 4071],
      ]) {
        const { hus } = await padded(value, { '00280121': ['US', limit] }, values);
        expect(hus).toEqual([-1024, -1024, 40, -1024, -1024, 40, 3071, 40, 40, 41, 3071, 42]);
      }
    });

    it('that is declared but not there changes nothing', async () => {
      const { hus, warnings } = await padded(1000, {}, Array(12).fill(1040));
      expect(hus).toEqual(Array(12).fill(40));
      expect(warnings).toEqual([]);
    });
  });
});
