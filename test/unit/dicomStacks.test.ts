import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runsOf } from '../../native/dicom/spacing.ts';
import { planSeries, readSeries, readStack, stageStack } from '../../native/dicom/volume.ts';
import { openVoxelFile } from '../../native/volume/voxelFile.ts';
import { writeSlices } from '../support/dicomSeries.ts';
import { ctSlice, type Elements, type SliceOptions } from '../support/dicomWriter.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precedent-stacks-'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = async (slices: readonly SliceOptions[]) => readSeries(await writeSlices(folder, slices));

let serial = 0;
/** A slice at z whose pixels are all `value`. */
function slice(z: number, value: number, elements: Elements = {}, rest: SliceOptions = {}): SliceOptions {
  serial++;
  return {
    position: [0, 0, z],
    sop: `1.2.7.${serial}`,
    stored: Array(12).fill(value),
    elements: { '00200013': ['IS', String(serial)], ...elements },
    ...rest,
  };
}
/** The first voxel of each slice as stored. */
const firsts = ({ volume: { voxels, dims } }: Awaited<ReturnType<typeof read>>['volumes'][number]) =>
  Array.from({ length: dims[2] }, (_, k) => voxels[k * dims[0] * dims[1]] + 1000);
const text = (tag: string, vr: string, value: string | number): Elements => ({ [tag]: [vr, String(value)] });

describe('several images at one position', () => {
  it.each([
    ['acquisition number', (n: number, _z: number) => text('00200012', 'IS', n + 1)],
    ['temporal position', (n: number, _z: number) => text('00200100', 'IS', n + 1)],
    ['trigger time', (n: number, _z: number) => text('00181060', 'DS', 75 * n)],
    ['kernel', (n: number, _z: number) => text('00181210', 'SH', ['B30f', 'B70f'][n])],
    ['image type', (n: number, _z: number) => text('00080008', 'CS', `ORIGINAL\\PRIMARY\\AXIAL\\P${n}`)],
    ['tube voltage', (n: number, _z: number) => text('00180060', 'DS', 80 + 60 * n)],
    // An acquisition number of its own for each rotation tells nothing, an image type beside it does.
    [
      'image type, not the acquisition of every position',
      (n: number, z: number) => ({
        ...text('00200012', 'IS', z),
        ...text('00080008', 'CS', `ORIGINAL\\PRIMARY\\AXIAL\\P${n}`),
      }),
    ],
    // Content times differ from image to image and tell nothing either.
    ['order alone', (n: number, z: number) => text('00080033', 'TM', 100000 + 10 * z + n)],
  ])('are separated by %s', async (_, differing) => {
    const zs = [0, 2, 4];
    const { volumes, skipped } = await read(
      zs.flatMap((z) => [slice(z, 10 + z, differing(0, z)), slice(z, 100 + z, differing(1, z))]),
    );
    expect(skipped).toEqual([]);
    expect(volumes.map(firsts)).toEqual([
      [10, 12, 14],
      [100, 102, 104],
    ]);
    expect(volumes.map(({ warnings }) => warnings)).toEqual(
      [1, 2].map((part) => [`several images at one position split the series: part ${part} of 2`]),
    );
    expect(volumes.map(({ interpolated }) => interpolated)).toEqual([false, false]);
  });

  it('are separated by their order when blocks follow one another, whatever the order of files', async () => {
    const blocks = [10, 100, 200].flatMap((value) => [0, 2, 4].map((z) => slice(z, value + z)));
    const { volumes } = await read([...blocks].reverse());
    expect(volumes.map(firsts)).toEqual([
      [10, 12, 14],
      [100, 102, 104],
      [200, 202, 204],
    ]);
  });

  it('are separated by the fewest parts where stations overlap', async () => {
    const station = (n: number, zs: number[]) =>
      zs.map((z) =>
        slice(z, 10 * n + z, { ...text('00200012', 'IS', n), ...text('00080032', 'TM', 100 + z) }),
      );
    const { volumes } = await read([
      ...station(1, [0, 1, 2, 3]),
      ...station(2, [3, 4, 5]),
      ...station(3, [5, 6, 7]),
    ]);
    expect(volumes.map(firsts)).toEqual([
      [10, 11, 12, 13],
      [23, 24, 25],
      [35, 36, 37],
    ]);
  });

  it('stay one volume of the first ones where nothing tells them apart, and the others are listed', async () => {
    const slices = [slice(0, 10), slice(2, 12), slice(4, 14), slice(2, 99)];
    const { volumes, skipped } = await read(slices);
    expect(volumes.map(firsts)).toEqual([[10, 12, 14]]);
    expect(skipped).toEqual([
      {
        path: join(folder, '0003.dcm'),
        reason: 'another image of the series lies at the same position',
      },
    ]);
  });

  it('left and right reconstructions side by side are two volumes', async () => {
    const { volumes } = await read(
      [0, 2].flatMap((z) => [
        slice(z, 10 + z, {}, { position: [-100, 0, z] }),
        slice(z, 50 + z, {}, { position: [20, 0, z] }),
        slice(z, 90 + z, {}, { position: [140, 0, z] }),
      ]),
    );
    expect(volumes.map(({ volume }) => volume.origin[0])).toEqual([-100, 20, 140]);
  });
});

describe('acquisitions that interleave without a common position', () => {
  const acquisition = (n: number, zs: number[]) => zs.map((z) => slice(z, n, text('00200012', 'IS', n)));

  it('are two volumes, not one uneven one', async () => {
    const { volumes } = await read([...acquisition(1, [0, 5, 10, 15]), ...acquisition(2, [1.3, 6.3, 11.3])]);
    expect(volumes.map(firsts)).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2],
    ]);
  });

  it('follow one another in one volume', async () => {
    const { volumes } = await read([...acquisition(1, [0, 1, 2]), ...acquisition(2, [3, 4, 5])]);
    expect(volumes.map(firsts)).toEqual([[1, 1, 1, 2, 2, 2]]);
  });

  it('that were scanned in turns are one volume', async () => {
    const { volumes } = await read([...acquisition(1, [0, 1, 4, 5]), ...acquisition(2, [2, 3, 6, 7])]);
    expect(volumes.map(firsts)).toEqual([[1, 1, 2, 2, 1, 1, 2, 2]]);
  });
});

describe('repeated images', () => {
  it('are left out and listed, in any transfer syntax, the first by instance number is kept', async () => {
    const again = { ...slice(2, 12), transferSyntax: '1.2.840.10008.1.2.2' };
    const once = [slice(0, 10), slice(2, 12), slice(4, 14)];
    const { volumes, skipped } = await read([again, ...once]);
    expect(volumes.map(firsts)).toEqual([[10, 12, 14]]);
    // `again` was numbered first.
    expect(volumes[0].files.map(({ path }) => path)).toContain(join(folder, '0000.dcm'));
    expect(volumes[0].warnings).toEqual(['1 slice was left out as a repetition of another']);
    expect(skipped).toEqual([
      { path: join(folder, '0002.dcm'), reason: 'repeats another image of the series' },
    ]);
  });

  it('a series that lies in the folder twice is one volume', async () => {
    const paths = await writeSlices(folder, [slice(0, 10), slice(2, 12), slice(4, 14)]);
    const copies = paths.map((path) => `${path}.copy`);
    for (const [n, path] of paths.entries()) await copyFile(path, copies[n]);
    const { volumes, skipped } = await readSeries([...copies, ...paths]);
    expect(volumes).toHaveLength(1);
    expect(volumes[0].files.map(({ path }) => path)).toEqual(paths);
    expect(skipped.map(({ path }) => path).sort()).toEqual(copies);
    expect(volumes[0].warnings).toEqual(['3 slices were left out as a repetition of another']);
  });

  it('equal pixels with another rescale are other images', async () => {
    const { volumes, skipped } = await read([
      ...[0, 2].map((z) => slice(z, 12, text('00200012', 'IS', 1))),
      ...[0, 2].map((z) => slice(z, 12, { ...text('00200012', 'IS', 2), ...text('00281052', 'DS', -900) })),
    ]);
    expect(skipped).toEqual([]);
    expect(volumes.map(firsts)).toEqual([
      [12, 12],
      [112, 112],
    ]);
  });
});

describe('gaps', () => {
  it.each([
    ['no gap', [0, 1, 2], [[0, 3]]],
    [
      'one too wide',
      [0, 1, 2, 6, 7, 8],
      [
        [0, 3],
        [3, 6],
      ],
    ],
    ['one just bridged', [0, 1, 2, 5, 6, 7], [[0, 6]]],
    [
      'a single slice apart',
      [0, 10, 11, 12],
      [
        [0, 1],
        [1, 4],
      ],
    ],
    [
      'thick slices after thin ones',
      [0, 1, 2, 3, 4, 5, 10, 15, 20, 25],
      [
        [0, 6],
        [6, 10],
      ],
    ],
    [
      'thick, thin, thick',
      [0, 5, 10, 15, 16, 17, 18, 19, 20, 21, 26, 31],
      [
        [0, 3],
        [3, 10],
        [10, 12],
      ],
    ],
    [
      'a gap among the thick',
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 20, 25, 90, 95, 100],
      [
        [0, 9],
        [9, 12],
        [12, 15],
      ],
    ],
    ['one slice', [7], [[0, 1]]],
  ])('%s', (_, distances, runs) => {
    expect(runsOf(distances).map(({ begin, end }) => [begin, end])).toEqual(runs);
  });

  it('split a series into volumes that say so', async () => {
    const { volumes, skipped } = await read([0, 1, 2, 42, 43, 44, 45].map((z) => slice(z, z)));
    expect(skipped).toEqual([]);
    expect(volumes.map(firsts)).toEqual([
      [0, 1, 2],
      [42, 43, 44, 45],
    ]);
    expect(volumes.map(({ warnings }) => warnings)).toEqual([
      ['a gap of 40.0 mm between slices splits the series: part 1 of 2'],
      ['a gap of 40.0 mm between slices splits the series: part 2 of 2'],
    ]);
  });
});

describe('limits', () => {
  it('a series of more than 20,000 slices is refused', async () => {
    const [path] = await writeSlices(folder, [slice(0, 1)]);
    const { stacks, skipped } = await planSeries(Array(20_001).fill(path));
    expect(stacks).toEqual([]);
    expect(skipped).toEqual([{ path, reason: 'the series has more than 20000 slices' }]);
  }, 60_000);

  it('a volume of more than 2^30 voxels is refused', async () => {
    // Headers alone decide: the pixel data are cut short.
    const large = text('00280010', 'US', 0);
    const sides: Elements = {
      ...large,
      '00280010': ['US', 8192],
      '00280011': ['US', 8192],
      '7fe00010': ['OW', []],
    };
    const { stacks, skipped } = await planSeries(
      await writeSlices(
        folder,
        Array.from({ length: 17 }, (_, z) => slice(z, 0, sides)),
      ),
    );
    expect(stacks).toEqual([]);
    expect(skipped[0].reason).toBe('the series has too many voxels (17 slices)');
  });
});

describe('stageStack', () => {
  const plan = async (slices: readonly SliceOptions[]) => {
    const paths = await writeSlices(folder, slices);
    const { stacks } = await planSeries(paths);
    return { paths, stack: stacks[0] };
  };
  const staged = () => join(folder, 'staged.vox');

  it.each([
    ['an ordinary series', [0, 1, 2].map((z) => slice(z, 10 * z)), 'int16'],
    ['a fractional slope', [0, 1].map((z) => slice(z, 5, text('00281053', 'DS', '0.5'))), 'float32'],
    [
      'a later fraction',
      [0, 1, 2].map((z) => slice(z, 5, text('00281053', 'DS', z < 2 ? 1 : 0.3))),
      'float32',
    ],
    ['a tilted series', [0, 1, 2].map((z) => slice(0, 7 * z, {}, { position: [0, z, 2 * z] })), 'int16'],
    ['a missing slice', [0, 1, 3].map((z) => slice(z, 7 * z)), 'int16'],
  ] as const)('of %s writes what readStack holds', async (_, slices, dtype) => {
    const { paths, stack } = await plan(slices);
    const { volume, ...expected } = await readStack(stack);
    const { grid, dtype: type, ...read } = await stageStack(stack, staged());
    expect(type).toBe(dtype);
    expect(read).toEqual(expected);
    const file = await openVoxelFile(staged());
    expect(await file.readAll()).toEqual(volume);
    expect(file.grid).toEqual(grid);
    await file.close();
    const hash = createHash('sha256');
    for (const path of paths) hash.update(await readFile(path));
    expect(read.contentHash).toBe(hash.digest('hex'));
    expect((await readdir(folder)).filter((name) => !name.endsWith('.dcm'))).toEqual(['staged.vox']);
  });

  it('names every file before it is opened, and leaves nothing when one fails', async () => {
    const { paths, stack } = await plan([0, 1, 2].map((z) => slice(z, z)));
    await rm(paths[1]);
    const seen: unknown[] = [];
    await expect(stageStack(stack, staged(), { onFile: (file) => seen.push(file) })).rejects.toMatchObject({
      kind: 'unreadable',
      message: 'a file of the series cannot be read: it is no longer there',
    });
    expect(seen).toEqual([
      { path: paths[0], done: 0, total: 3 },
      { path: paths[1], done: 1, total: 3 },
    ]);
    expect(await readdir(folder)).toEqual(['0000.dcm', '0002.dcm']);
  });

  it('leaves nothing when it is cancelled', async () => {
    const { stack } = await plan([0, 1, 2].map((z) => slice(z, z)));
    const controller = new AbortController();
    const onFile = ({ done }: { done: number }) => done === 1 && controller.abort();
    await expect(stageStack(stack, staged(), { onFile, signal: controller.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(await readdir(folder)).toHaveLength(3);
  });

  it('notices a file that became another one', async () => {
    const { paths, stack } = await plan([0, 1, 2].map((z) => slice(z, z)));
    await writeFile(paths[2], ctSlice(slice(2, 2)));
    await expect(stageStack(stack, staged())).rejects.toThrow('changed while it was read');
  });
});

describe('enhanced multi-frame CT', () => {
  const frames = [4, 0, 2];
  const macro = (tag: string, elements: Elements): Elements => ({ [tag]: ['SQ', [elements]] });
  const enhanced = (): SliceOptions => ({
    sop: '1.2.8.1',
    stored: frames.flatMap((z) => Array.from({ length: 12 }, (_, n) => 10 * z + n)),
    elements: {
      '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.2.1'],
      '00200032': undefined,
      '00200037': undefined,
      '00280008': ['IS', String(frames.length)],
      '00280030': undefined,
      '00281052': undefined,
      '00281053': undefined,
      '52009229': [
        'SQ',
        [
          {
            ...macro('00209116', { '00200037': ['DS', '1\\0\\0\\0\\1\\0'] }),
            ...macro('00289110', { '00180050': ['DS', '2'], '00280030': ['DS', '0.8\\0.5'] }),
          },
        ],
      ],
      '52009230': [
        'SQ',
        frames.map((z) => ({
          ...macro('00209113', { '00200032': ['DS', `0\\0\\${z}`] }),
          ...macro('00289145', {
            '00281052': ['DS', String(-1000 - z)],
            '00281053': ['DS', '1'],
            '00281054': ['LO', 'HU'],
          }),
        })),
      ],
    },
  });

  it('is one volume of its frames in order, from one file that is hashed once', async () => {
    const paths = await writeSlices(folder, [enhanced()]);
    const { volumes, skipped } = await readSeries(paths);
    expect(skipped).toEqual([]);
    const [{ volume, files, contentHash, warnings }] = volumes;
    expect(warnings).toEqual([]);
    expect(volume).toMatchObject({ dims: [4, 3, 3], spacing: [0.5, 0.8, 2], origin: [0, 0, 0] });
    // Each frame has an intercept of its own: −1000 − z.
    expect([0, 1, 2].map((k) => volume.voxels[12 * k + 5])).toEqual([-995, 20 - 1002 + 5, 40 - 1004 + 5]);
    expect(files).toEqual([{ path: paths[0], sopInstanceUid: '1.2.8.1' }]);
    expect(contentHash).toBe(
      createHash('sha256')
        .update(await readFile(paths[0]))
        .digest('hex'),
    );
  });
});
