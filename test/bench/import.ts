/**
 * How fast an import is beside other readers of the same files: 2,000 generated slices of 512 × 512, header scan and whole import
 * against pydicom and DCMTK's dcmdump, all in one run on a warm file cache. Run it with `npm run bench:import [-- slices]`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../../native/cli/host.ts';
import { describeFiles } from '../../native/ingest/sources/describe.ts';
import { groupFound } from '../../native/ingest/sources/group.ts';
import { walkPaths } from '../../native/ingest/sources/walk.ts';
import { writeRampSeries } from '../support/seriesWriter.ts';

const slices = Number(process.argv[2] ?? 2000);
const slicesASeries = 200;
const dist = process.env.PRECEDENT_DIST ?? join(import.meta.dirname, '../../dist');
const folder = mkdtempSync(join(tmpdir(), 'precedent-bench-'));

/** Both readings of pydicom, each timed by itself so that starting Python counts for nothing. */
const pydicomScript = `
import json, sys, time, pydicom
paths = json.load(sys.stdin)
times = {}
start = time.perf_counter()
for path in paths:
    data = pydicom.dcmread(path, stop_before_pixels=True)
    data.SOPInstanceUID, data.SeriesInstanceUID, data.ImagePositionPatient
times["header"] = time.perf_counter() - start
start = time.perf_counter()
for path in paths:
    pydicom.dcmread(path).pixel_array
times["pixels"] = time.perf_counter() - start
print(json.dumps(times))
`;

interface Measured {
  readonly what: string;
  readonly seconds: number;
}

/** Seconds of the middle one of three runs. */
async function middle(run: () => Promise<void> | void): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 3; n++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  return times.sort((a, b) => a - b)[1];
}

async function ourScan(): Promise<void> {
  const { files } = await walkPaths([folder]);
  const { series, skipped } = groupFound(await describeFiles(files), files);
  const found = series.reduce((sum, one) => sum + one.files.length, 0);
  if (found !== slices || skipped.length > 0) throw new Error(`${found} of ${slices} slices were found`);
}

/** The import through the engine: until its scan was over, and until its end. */
async function ourImport(): Promise<{ scan: number; whole: number }> {
  const library = join(folder, 'library');
  const host = await startHost(library, { mayCreate: true, dist });
  try {
    const sources = Array.from({ length: Math.ceil(slices / slicesASeries) }, (_, n) =>
      host.grant(join(folder, `series-${n}`), 'read'),
    );
    const start = performance.now();
    let scan = 0;
    const { imported } = await host.engine.call(
      'import.run',
      { sources },
      {
        onProgress: ({ phase }) => {
          if (phase !== 'scan' && scan === 0) scan = (performance.now() - start) / 1000;
        },
      },
    );
    const whole = (performance.now() - start) / 1000;
    if (imported.volumes !== sources.length) throw new Error(`${imported.volumes} volumes were imported`);
    return { scan, whole };
  } finally {
    await host.close();
    rmSync(library, { recursive: true, force: true });
  }
}

function pydicom(paths: readonly string[]): { header: number; pixels: number } | null {
  const python = ['/usr/bin/python3', 'python3'].find(
    (name) => spawnSync(name, ['-c', 'import pydicom, numpy']).status === 0,
  );
  if (!python) return null;
  const options = { input: JSON.stringify(paths), encoding: 'utf8' as const };
  return JSON.parse(execFileSync(python, ['-c', pydicomScript], options));
}

/** Many files a call and pixel data not loaded: the way that costs dcmdump least. */
function dcmdump(paths: readonly string[]): number | null {
  if (spawnSync('dcmdump', ['--version']).status !== 0) return null;
  const tags = ['0008,0018', '0020,000e', '0020,0032'].flatMap((tag) => ['--search', tag]);
  const start = performance.now();
  const { status } = spawnSync('dcmdump', ['--quiet', '--load-short', ...tags, ...paths], {
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`dcmdump ended with ${status}`);
  return (performance.now() - start) / 1000;
}

function print(rows: readonly Measured[], bytes: number): void {
  const [{ seconds: ours }] = rows;
  for (const { what, seconds } of rows) {
    const files = Math.round(slices / seconds).toLocaleString('en');
    const rate = Math.round(bytes / 2 ** 20 / seconds).toLocaleString('en');
    const ratio = seconds === ours ? '' : `  ours is ${(seconds / ours).toFixed(1)} times as fast`;
    console.log(
      `  ${what.padEnd(44)} ${seconds.toFixed(2).padStart(7)} s ${files.padStart(8)} files/s ${rate.padStart(8)} MB/s${ratio}`,
    );
  }
}

try {
  let bytes = 0;
  for (let n = 0; n * slicesASeries < slices; n++) {
    bytes += await writeRampSeries(join(folder, `series-${n}`), {
      patient: `BENCH${n}`,
      rows: 512,
      columns: 512,
      slices: Math.min(slicesASeries, slices - n * slicesASeries),
      step: 1.25,
      noise: 15,
      ramp: { base: 0, perMm: [0.5, -0.4, 0.3] },
    });
  }
  const { files } = await walkPaths([folder]);
  const paths = files.map(({ path }) => path);
  for (const path of paths) readFileSync(path);
  console.log(`${slices} slices of 512 × 512, ${Math.round(bytes / 2 ** 20)} MB`);

  const scan = await middle(ourScan);
  const through = await ourImport();
  const python = pydicom(paths);
  const dcmtk = dcmdump(paths);
  if (!python) console.log('pydicom is left out: no Python with pydicom and numpy was found');
  if (dcmtk === null) console.log('dcmdump is left out: it is not installed');

  console.log('headers');
  print(
    [
      { what: 'Precedent, walk, describe and group', seconds: scan },
      { what: 'Precedent, the scan of an import', seconds: through.scan },
      ...(python ? [{ what: 'pydicom, dcmread(stop_before_pixels=True)', seconds: python.header }] : []),
      ...(dcmtk === null ? [] : [{ what: 'dcmdump, without pixel data', seconds: dcmtk }]),
    ],
    bytes,
  );
  console.log('whole files');
  print(
    [
      { what: 'Precedent, import: decoded, hashed, packed', seconds: through.whole },
      ...(python ? [{ what: 'pydicom, dcmread and pixel_array', seconds: python.pixels }] : []),
    ],
    bytes,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
