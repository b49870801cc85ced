/** Imports the purpose-made bad files among good ones and says everything that is wrong with what came of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BadFile } from '../support/bad/types.ts';
import { badFiles, notHere, unlock, writeBadFile } from '../support/badFiles.ts';
import { writeRampSeries } from '../support/seriesWriter.ts';
import { canary, niftiImage, niftiMask } from '../support/validFiles.ts';
import { run, runJson } from './command.ts';

export interface Failure {
  readonly name: string;
  readonly expected: string;
  readonly saw: string;
}
interface Report {
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly warnings: readonly string[];
}
interface VolumeRow {
  readonly path: string;
  readonly dims: readonly number[];
}

export const memoryLimit = 2 ** 30;
const goodDims = { 'good-series': [48, 40, 12], 'good-nifti': [12, 11, 10] };

/** Writes the good files: a series, and an image with its mask. */
async function writeGoodFiles(root: string): Promise<void> {
  await writeRampSeries(join(root, 'good-series'), { patient: 'GOOD' });
  mkdirSync(join(root, 'good-nifti'));
  writeFileSync(join(root, 'good-nifti/good.nii.gz'), niftiImage());
  writeFileSync(join(root, 'good-nifti/good_mask.nii.gz'), niftiMask());
}

/** Imports all of them at once. `peak` is the memory of each process, `ms` how long it took. */
export async function importBadFiles(folder: string) {
  const root = join(folder, 'files');
  mkdirSync(root);
  const made = badFiles.filter((bad) => notHere(bad) === undefined);
  for (const bad of made) await writeBadFile(root, bad);
  await writeGoodFiles(root);
  const library = join(folder, 'library');
  const ran = await run(['import', root, '--library', library, '--json'], { watch: true });
  for (const bad of made) unlock(root, bad);
  const failures: Failure[] = [];
  const fail = (name: string, expected: string, saw: string) => failures.push({ name, expected, saw });
  if (ran.code !== 0) {
    fail('the import', 'exit code 0', `${ran.code}: ${ran.stderr.slice(-500)}`);
    return { failures, ...ran, made: made.length };
  }
  for (const [process, bytes] of Object.entries(ran.peak)) {
    if (bytes > memoryLimit)
      fail(process, 'less than 1 GiB of memory', `${(bytes / 2 ** 30).toFixed(2)} GiB`);
  }
  const report = JSON.parse(ran.stdout) as Report;
  const volumes = (await runJson(['list', 'volumes', '--library', library])) as VolumeRow[];
  for (const bad of made) failures.push(...check(bad, join(root, bad.name), report, volumes));
  for (const [name, dims] of Object.entries(goodDims)) {
    const found = volumes.filter(({ path }) => path.startsWith(join(root, name)));
    const saw = found.map((volume) => volume.dims.join(' × ')).join(', ') || 'no volume';
    if (saw !== dims.join(' × ')) fail(name, dims.join(' × '), saw);
    for (const { path, reason } of report.skipped)
      if (path.startsWith(join(root, name))) fail(name, 'nothing skipped', reason);
  }
  for (const text of [ran.stdout, ran.stderr]) {
    const at = text.indexOf(canary);
    if (at >= 0) fail('the output', 'nothing that identifies', text.slice(Math.max(0, at - 200), at + 40));
  }
  if (/^\s+at .*:\d+:\d+/m.test(ran.stderr)) fail('the output', 'no stack trace', ran.stderr.slice(0, 300));
  const verified = (await run(['verify', '--library', library, '--json'])).code;
  if (verified !== 0) fail('the library', 'verify finds nothing', `exit code ${verified}`);
  return { failures, ...ran, made: made.length };
}

function* check(
  bad: BadFile,
  folder: string,
  report: Report,
  volumes: readonly VolumeRow[],
): Generator<Failure> {
  const under = ({ path }: { path: string }) => path === folder || path.startsWith(`${folder}/`);
  const reasons = report.skipped.filter(under).map(({ reason }) => reason);
  const notes = report.warnings
    .filter((text) => text.startsWith(`${folder}`))
    .map((text) => text.slice(folder.length));
  const made = volumes.filter(under).length;
  const said = [...reasons, ...notes];
  const { name, reason, tolerated, volumes: expected = 0 } = bad;
  const saw = said.map((text) => JSON.stringify(text)).join(' ') || '(nothing)';
  for (const text of said) {
    if (/[\n\r]/.test(text) || text.length > 300) yield { name, expected: 'one line', saw };
  }
  if (reason === undefined) {
    if (said.length > 0) yield { name, expected: 'nothing to say', saw };
  } else if (!said.some((text) => reason.test(text)) && !(tolerated && said.length === 0)) {
    yield { name, expected: String(reason), saw };
  }
  if (tolerated ? made < Math.min(expected, 1) : made !== expected) {
    yield { name, expected: `${expected} volumes`, saw: `${made} volumes; ${saw}` };
  }
  if (tolerated && said.length === 0 && made === 0) yield { name, expected: 'a reason or a volume', saw };
}
