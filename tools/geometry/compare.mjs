/**
 * `node tools/geometry/compare.mjs [folder]…`: imports folders of CT into a library of its own and compares origin, spacing, direction
 * and a thousand random voxels of each series with the reading of pydicom and nibabel (compare.py), or with the formula
 * of generated tilted and uneven phantoms. Without a folder, those phantoms and the shared data.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultRamp, writeRampSeries } from '../../test/support/seriesWriter.ts';

const root = resolve(import.meta.dirname, '../..');
const dist = process.env.PRECEDENT_DIST ?? join(root, 'dist');
const shared = resolve(process.env.PRECEDENT_SHARED ?? join(root, '../shared'), 'data');
const sharedFolders = [
  'sarcoma-dicom',
  'lung1-dicom',
  'chaos-liver-dicom',
  'seg/ct-3slice',
  'totalseg-sample',
  'lidc-nodules',
];

/** Name → how its slices lie. */
const phantoms = {
  straight: {},
  descending: { step: -2.5 },
  'tilted by 12 degrees': { tilt: 12 },
  'tilted by -20 degrees': { tilt: -20, pixelSpacing: [0.6, 0.9] },
  'tilted by 30 degrees, thin': { tilt: 30, step: 1, slices: 30 },
  'uneven steps': { step: [2, 3, 2, 2.5, 4, 2, 2, 3, 1.5, 2, 2.5] },
  'steps that grow': { step: [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4] },
  'a missing slice': { step: [2, 2, 2, 4, 2, 2, 2, 2, 2, 2, 2] },
  'tilted and uneven': { tilt: 8, step: [2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2] },
};

const python = ['/usr/bin/python3', 'python3'].find(hasModules);
if (!python) {
  console.log('Skipped: no Python with numpy, pydicom and nibabel was found.');
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), 'precedent-geometry-'));
const totals = { series: 0, wrong: 0 };
try {
  if (!process.env.PRECEDENT_DIST)
    execFileSync(process.execPath, [join(root, 'tools/build.mjs'), 'engine'], { stdio: 'inherit' });
  const folders = process.argv.slice(2).map((folder) => resolve(folder));
  if (folders.length === 0)
    folders.push(await generate(), ...sharedFolders.map((name) => join(shared, name)));
  for (const [n, folder] of folders.entries()) {
    if (existsSync(folder)) compare(folder, join(work, String(n)));
    else console.log(`${folder}: skipped, it is not there`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${totals.series} series, ${totals.wrong} with a disagreement`);
process.exitCode = totals.wrong === 0 && totals.series > 0 ? 0 : 1;

function compare(folder, own) {
  mkdirSync(own);
  const library = join(own, 'library');
  const started = performance.now();
  precedent('import', folder, '--library', library);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const volumes = precedent('list', 'volumes', '--library', library).map((volume) => {
    const nifti = join(own, `${volume.id}.nii.gz`);
    precedent('export', '--volume', volume.id, '--to', nifti, '--library', library);
    return { ...volume, nifti };
  });
  console.log(`${folder} (${volumes.length} volumes, imported in ${seconds} s)`);
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'compare.py')], {
    input: JSON.stringify({ folder, volumes, seed: 1 }),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`compare.py failed: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  const counts = JSON.parse(lines.pop() ?? '{}');
  console.log(lines.map((line) => `  ${line}`).join('\n'));
  totals.series += counts.series;
  totals.wrong += counts.wrong;
  rmSync(own, { recursive: true, force: true });
}

async function generate() {
  const folder = join(work, 'phantoms');
  for (const [name, options] of Object.entries(phantoms)) {
    await writeRampSeries(join(folder, name), { patient: name, ...options });
    writeFileSync(join(folder, name, 'truth.json'), JSON.stringify(defaultRamp));
  }
  return folder;
}

function precedent(...args) {
  const command = [join(dist, 'cli/main.js'), ...args, '--json'];
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] };
  return JSON.parse(execFileSync(process.execPath, command, options));
}

function hasModules(name) {
  return spawnSync(name, ['-c', 'import numpy, pydicom, nibabel']).status === 0;
}
