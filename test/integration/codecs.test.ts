/** Decoding against references made by others: NEMA's WG04 files, and what DCMTK and GDCM write and read. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encapsulatedFrames } from '../../native/dicom/codecs/encapsulated.ts';
import { readJpegHeader } from '../../native/dicom/codecs/jpegHeader.ts';
import { type DicomHeader, readHeader } from '../../native/dicom/header.ts';
import { sliceFrames } from '../../native/dicom/multiframe.ts';
import { pixelLayout } from '../../native/dicom/slices.ts';
import { decodePixels, transferSyntaxes } from '../../native/dicom/transferSyntax.ts';
import { ctSlice, writeDicom } from '../support/dicomWriter.ts';
import { enhancedElements } from '../support/enhancedCt.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

const shared = sharedDir();
const data = join(shared ?? '', 'data');
const wg04 = join(data, 'codecs/WG04');
const jpeg2000Slices = join(data, 'totalseg-sample/example_ct_dicom');

const dcmtk = ['dcmcjpeg', 'dcmdjpeg', 'dcmcjpls', 'dcmdjpls', 'dcmcrle', 'dcmconv', 'dcmdump'];
const missing = [...dcmtk, 'gdcmconv'].filter((tool) => spawnSync(tool, ['--version']).error);
const toolsMissing =
  shared === null ? sharedMissing : `${missing.join(', ')} not installed (dcmtk, libgdcm-tools)`;
const withTools = shared !== null && missing.length === 0;

let folder = '';
const times = new Map<string, number[]>();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'precedent-codecs-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  const lines = [...times].map(([name, ms]) => {
    const sorted = ms.toSorted((a, b) => a - b);
    return `${name}: median ${sorted[sorted.length >> 1].toFixed(1)} ms, ${sorted.length} frames`;
  });
  process.stdout.write(`decode time of a 512 × 512 frame\n  ${lines.toSorted().join('\n  ')}\n`);
});

async function decode(bytes: Uint8Array): Promise<{ header: DicomHeader; values: Int32Array }> {
  const header = readHeader(bytes);
  const started = performance.now();
  const values = await decodePixels(header, pixelLayout(header));
  const { name } = transferSyntaxes[header.transferSyntax];
  times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
  return { header, values };
}

function maxDifference(a: Int32Array, b: Int32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, value, n) => Math.max(max, Math.abs(value - b[n])), 0);
}

function reference(slice: 'CT1' | 'CT2'): Uint8Array {
  return zstdDecompressSync(readFileSync(join(wg04, `REF/${slice}_UNC.zst`)));
}

/** Runs a tool on a file; the file that it wrote. */
function convert(tool: string, args: readonly string[], input: Uint8Array): Uint8Array {
  const [from, to] = [join(folder, 'in.dcm'), join(folder, 'out.dcm')];
  writeFileSync(from, input);
  rmSync(to, { force: true });
  const { status, stderr } = spawnSync(tool, [...args, from, to], { encoding: 'utf8' });
  expect(status, `${tool} ${args.join(' ')}: ${stderr}`).toBe(0);
  return readFileSync(to);
}

/** The pixel data in a file of its own: GDCM refuses to write files that, like these, lost their SOP Class UID. */
function withSopClass(header: DicomHeader): Uint8Array {
  const { rows, columns, bitsStored, highBit, signed } = pixelLayout(header);
  const fragments = encapsulatedFrames(header.bytes, header.pixelData?.offset ?? 0, 1);
  return ctSlice({
    rows,
    columns,
    transferSyntax: header.transferSyntax,
    elements: {
      '00280101': ['US', bitsStored],
      '00280102': ['US', highBit],
      '00280103': ['US', signed ? 1 : 0],
      '7fe00010': ['OB', { fragments }],
    },
  });
}

describe.skipIf(shared === null)(`NEMA WG04 files${shared ? '' : `: ${sharedMissing}`}`, () => {
  it.each(['CT1', 'CT2'] as const)(
    '%s: every lossless file is its reference, pixel by pixel',
    async (slice) => {
      const expected = (await decode(reference(slice))).values;
      for (const kind of ['J2KR', 'JLSL', 'JPLL', 'RLE']) {
        const { header, values } = await decode(readFileSync(join(wg04, kind, `${slice}_${kind}`)));
        expect(maxDifference(values, expected), kind).toBe(0);
        expect(header.lossy, kind).toBe(false);
      }
    },
  );

  it.each(['CT1', 'CT2'] as const)('%s: near-lossless JPEG-LS within the NEAR of its scan', async (slice) => {
    const { header, values } = await decode(readFileSync(join(wg04, 'JLSN', `${slice}_JLSN`)));
    const [frame] = encapsulatedFrames(header.bytes, header.pixelData?.offset ?? 0, 1);
    const near = readJpegHeader(frame, 'JPEG-LS').segments.at(-1)?.body[3] ?? 0;
    expect(near).toBeGreaterThan(0);
    expect(maxDifference(values, (await decode(reference(slice))).values)).toBeLessThanOrEqual(near);
    expect(header.lossy).toBe(true);
  });

  it.each(['CT1', 'CT2'] as const)('%s: lossy JPEG 2000 near its reference', async (slice) => {
    const { header, values } = await decode(readFileSync(join(wg04, 'J2KI', `${slice}_J2KI`)));
    const expected = (await decode(reference(slice))).values;
    const squares = values.reduce((sum, value, n) => sum + (value - expected[n]) ** 2, 0);
    // No bound follows from the codestream; its values are compared one by one with GDCM's below.
    expect(Math.sqrt(squares / values.length)).toBeLessThan(40);
    expect(header.lossy).toBe(true);
  });
});

/** What is written with which arguments, and what its values must equal: the original, or what this tool decodes. */
const writers: readonly {
  readonly tool: string;
  readonly args: readonly string[];
  readonly syntax: string;
  readonly within?: number;
  readonly decodedBy?: readonly [tool: string, ...args: string[]];
  /** The inputs that the tool can write so. */
  readonly only?: RegExp;
}[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((predictor) => ({
    tool: 'dcmcjpeg',
    args: ['+el', '+sv', String(predictor)],
    syntax: '1.2.840.10008.1.2.4.57',
  })),
  { tool: 'dcmcjpeg', args: ['+e1'], syntax: '1.2.840.10008.1.2.4.70' },
  { tool: 'dcmcjpeg', args: ['+e1', '+fs', '16', '-ot'], syntax: '1.2.840.10008.1.2.4.70' },
  {
    tool: 'dcmcjpeg',
    args: ['+el', '+sv', '4', '+pt', '3'],
    syntax: '1.2.840.10008.1.2.4.57',
    decodedBy: ['dcmdjpeg'],
  },
  { tool: 'dcmcjpeg', args: ['+eb'], syntax: '1.2.840.10008.1.2.4.50', decodedBy: ['dcmdjpeg'] },
  { tool: 'dcmcjpeg', args: ['+eb', '+q', '40'], syntax: '1.2.840.10008.1.2.4.50', decodedBy: ['dcmdjpeg'] },
  { tool: 'dcmcjpeg', args: ['+ee', '+be'], syntax: '1.2.840.10008.1.2.4.51', decodedBy: ['dcmdjpeg'] },
  { tool: 'dcmcjpeg', args: ['+ee', '+bt'], syntax: '1.2.840.10008.1.2.4.51', decodedBy: ['dcmdjpeg'] },
  {
    tool: 'dcmcjpeg',
    args: ['+ee', '+bt', '+q', '30'],
    syntax: '1.2.840.10008.1.2.4.51',
    decodedBy: ['dcmdjpeg'],
  },
  ...[
    ['+es', '+be'],
    ['+es', '+bt'],
  ].map((args) => ({
    tool: 'dcmcjpeg',
    args,
    syntax: '1.2.840.10008.1.2.4.53',
    decodedBy: ['dcmdjpeg'] as const,
  })),
  ...[
    ['+ep', '+be'],
    ['+ep', '+bt'],
    ['+ep', '+bt', '+q', '30'],
    ['+ep', '+bt', '+fs', '16', '-ot'],
  ].map((args) => ({
    tool: 'dcmcjpeg',
    args,
    syntax: '1.2.840.10008.1.2.4.55',
    decodedBy: ['dcmdjpeg'] as const,
  })),
  { tool: 'dcmcjpls', args: ['+el'], syntax: '1.2.840.10008.1.2.4.80' },
  { tool: 'dcmcjpls', args: ['+el', '+fs', '16'], syntax: '1.2.840.10008.1.2.4.80' },
  {
    tool: 'dcmcjpls',
    args: ['+en', '+md', '3'],
    syntax: '1.2.840.10008.1.2.4.81',
    within: 3,
    only: /unsigned/,
  },
  {
    tool: 'dcmcjpls',
    args: ['+en', '+md', '3'],
    syntax: '1.2.840.10008.1.2.4.81',
    decodedBy: ['dcmdjpls'],
    only: /unsigned/,
  },
  { tool: 'dcmcrle', args: [], syntax: '1.2.840.10008.1.2.5' },
  { tool: 'dcmconv', args: ['+ti'], syntax: '1.2.840.10008.1.2' },
  { tool: 'dcmconv', args: ['+te', '-e', '+g'], syntax: '1.2.840.10008.1.2.1' },
  { tool: 'dcmconv', args: ['+te', '-F'], syntax: '1.2.840.10008.1.2.1' },
  { tool: 'dcmconv', args: ['+tb'], syntax: '1.2.840.10008.1.2.2' },
  { tool: 'dcmconv', args: ['+tg'], syntax: '1.2.840.113619.5.2' },
  { tool: 'dcmconv', args: ['+td', '+cl', '9'], syntax: '1.2.840.10008.1.2.1.99' },
  { tool: 'gdcmconv', args: ['--raw', '--implicit'], syntax: '1.2.840.10008.1.2' },
  { tool: 'gdcmconv', args: ['--raw', '--explicit'], syntax: '1.2.840.10008.1.2.1' },
  { tool: 'gdcmconv', args: ['--deflated'], syntax: '1.2.840.10008.1.2.1.99' },
  {
    tool: 'gdcmconv',
    args: ['--jpeg', '--lossy', '-q', '80'],
    syntax: '1.2.840.10008.1.2.4.50',
    decodedBy: ['gdcmconv', '--raw'],
    only: /8 bits/,
  },
  { tool: 'gdcmconv', args: ['--jpeg'], syntax: '1.2.840.10008.1.2.4.70' },
  { tool: 'gdcmconv', args: ['--rle'], syntax: '1.2.840.10008.1.2.5' },
  { tool: 'gdcmconv', args: ['--jpegls'], syntax: '1.2.840.10008.1.2.4.80' },
  {
    tool: 'gdcmconv',
    args: ['--jpegls', '--lossy', '-e', '2'],
    syntax: '1.2.840.10008.1.2.4.81',
    within: 2,
  },
  { tool: 'gdcmconv', args: ['--j2k'], syntax: '1.2.840.10008.1.2.4.90' },
  { tool: 'gdcmconv', args: ['--j2k', '-t', '128,128'], syntax: '1.2.840.10008.1.2.4.90' },
  {
    tool: 'gdcmconv',
    args: ['--j2k', '--lossy', '-q', '55'],
    syntax: '1.2.840.10008.1.2.4.91',
    decodedBy: ['gdcmconv', '--raw'],
  },
  {
    tool: 'gdcmconv',
    args: ['--j2k', '--lossy', '--irreversible', '-r', '10'],
    syntax: '1.2.840.10008.1.2.4.91',
    decodedBy: ['gdcmconv', '--raw'],
  },
];

describe.skipIf(!withTools)(
  `DCMTK and GDCM${withTools ? '' : `: ${toolsMissing}`}`,
  { timeout: 120_000 },
  () => {
    /** The two slices as they are (16 bits, signed), and one as 12 bits, signed and unsigned, and as 8 bits. */
    const inputs = async (): Promise<readonly (readonly [name: string, file: Uint8Array])[]> => {
      const { values } = await decode(reference('CT1'));
      const eight = Uint8Array.from(values, (value) => Math.max(0, Math.min(255, value >> 3)));
      const twelve = (signed: boolean): Uint8Array =>
        ctSlice({
          rows: 512,
          columns: 512,
          stored: Array.from(values, (value) => Math.max(0, Math.min(4095, value)) - (signed ? 2048 : 0)),
          elements: {
            '00280101': ['US', 12],
            '00280102': ['US', 11],
            '00280103': ['US', signed ? 1 : 0],
          },
        });
      return [
        ['CT1', reference('CT1')],
        ['CT2', reference('CT2')],
        ['CT1 as 12 bits unsigned', twelve(false)],
        ['CT1 as 12 bits signed', twelve(true)],
        [
          'CT1 as 8 bits unsigned',
          ctSlice({
            rows: 512,
            columns: 512,
            elements: {
              '00280100': ['US', 8],
              '00280101': ['US', 8],
              '00280102': ['US', 7],
              '7fe00010': ['OW', eight],
            },
          }),
        ],
      ];
    };

    it.each(writers.map((writer) => [`${writer.tool} ${writer.args.join(' ')}`, writer] as const))(
      '%s',
      async (_, { tool, args, syntax, within = 0, decodedBy, only }) => {
        for (const [name, file] of await inputs()) {
          if (only && !only.test(name)) continue;
          const compressed = convert(tool, args, file);
          const { header, values } = await decode(compressed);
          expect(header.transferSyntax, name).toBe(syntax);
          const [by, ...byArgs] = decodedBy ?? [];
          const expected = by ? convert(by, byArgs, compressed) : file;
          expect(maxDifference(values, (await decode(expected)).values), name).toBeLessThanOrEqual(within);
        }
      },
    );

    it.each([
      ['dcmconv', ['+ti']],
      ['dcmconv', ['+tb', '-e']],
      ['dcmconv', ['+td']],
      ['dcmcjpeg', ['+e1']],
      ['dcmcjpeg', ['+e1', '+fs', '4']],
      ['dcmcjpeg', ['+e1', '+fs', '4', '-ot']],
      ['dcmcjpls', ['+fs', '4', '-ot']],
      ['dcmcrle', []],
      ['gdcmconv', ['--jpegls']],
      ['gdcmconv', ['--j2k']],
    ] as const)('every frame of an enhanced CT by %s %j', async (tool, args) => {
      const [{ values: first }, { values: second }] = [
        await decode(reference('CT1')),
        await decode(reference('CT2')),
      ];
      const frames = [first, second, first.toReversed()];
      const file = writeDicom(
        enhancedElements(3, {
          rows: 512,
          columns: 512,
          elements: {
            '00280103': ['US', 1],
            '7fe00010': [
              'OW',
              Buffer.concat(frames.map((frame) => Buffer.from(Int16Array.from(frame).buffer))),
            ],
          },
        }),
      );
      const header = readHeader(convert(tool, args, file));
      const slices = sliceFrames('file', header);
      expect(slices.map((slice) => slice.header.imagePositionPatient?.[2])).toEqual([0, 2.5, 5]);
      for (const { frame } of slices) {
        const values = await decodePixels(header, pixelLayout(header), frame);
        expect(maxDifference(values, frames[frame]), `frame ${frame}`).toBe(0);
      }
    });

    it('the lossy JPEG 2000 of WG04: the values of GDCM', async () => {
      for (const slice of ['CT1', 'CT2']) {
        const file = readFileSync(join(wg04, 'J2KI', `${slice}_J2KI`));
        const { values } = await decode(convert('gdcmconv', ['--raw'], file));
        expect(maxDifference((await decode(file)).values, values)).toBe(0);
      }
    });

    it('a whole JPEG 2000 series: the values of GDCM', async () => {
      const files = readdirSync(jpeg2000Slices);
      expect(files.length).toBeGreaterThan(1);
      for (const name of files) {
        const { header, values } = await decode(readFileSync(join(jpeg2000Slices, name)));
        expect(transferSyntaxes[header.transferSyntax].name).toBe('JPEG 2000 Lossless');
        const { values: expected } = await decode(convert('gdcmconv', ['--raw'], withSopClass(header)));
        expect(maxDifference(values, expected)).toBe(0);
      }
    });
  },
);
