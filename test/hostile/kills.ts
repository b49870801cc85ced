/**
 * `node test/hostile/kills.ts [--kills N] [--seed S] [--from K]`: imports a generated folder and kills the whole process tree at
 * random moments, starting the same import again until it ends by itself, library after library. After each kill nothing
 * committed may be lost, damaged or half there; at the end the catalog must be that of an undisturbed import.
 * The moments are drawn by seed and number: `--from` goes on where a run was stopped.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { generatePhantomLibrary } from '../../native/phantom/generate.ts';
import { createRandom } from '../../native/random.ts';
import { rampSeries, writeRampSeries } from '../support/seriesWriter.ts';
import { niftiImage, niftiMask } from '../support/validFiles.ts';
import { writeZip } from '../support/zipWriter.ts';
import { ensureBuilt, run, runJson, start } from './command.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [kills, seed, from] = [values.kills, values.seed, values.from].map(Number);

interface VolumeRow {
  readonly id: string;
  readonly path: string;
  readonly dims: readonly number[];
}
interface LesionRow {
  readonly volume: string;
  readonly name: string;
  readonly diagnosis?: unknown;
}
interface Verified {
  readonly problems: readonly { readonly what: string; readonly where: string }[];
  readonly contentHash: string;
}
/** What an import that was cut off may leave to be done: nothing of it is damage, and all of it is gone in the end. */
const unfinished = /belongs to nothing|no embedding|thumbnail is missing|no vector|embeddings$/;

const folder = mkdtempSync(join(tmpdir(), 'precedent-kills-'));
const source = join(folder, 'source');
const failures: string[] = [];
const leftovers = new Map<string, number>();

function fail(text: string): void {
  failures.push(text);
  console.log(`✗ ${text}`);
}

/** Phantoms with structure sets and labels, NIfTI pairs, a series in an archive, a report. */
async function generate(): Promise<void> {
  await generatePhantomLibrary(join(source, 'phantoms'), { patients: 3, seed: 7 });
  mkdirSync(join(source, 'nifti'));
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(join(source, 'nifti', `${name}.nii.gz`), niftiImage(name));
    writeFileSync(join(source, 'nifti', `${name}_mask.nii.gz`), niftiMask());
  }
  await writeRampSeries(join(source, 'ramp'), { patient: 'RAMP', rows: 256, columns: 256, slices: 40 });
  writeFileSync(join(source, 'ramp/report.txt'), 'Findings: a nodule of 12 mm in the right upper lobe.');
  const packed = [...rampSeries({ patient: 'PACKED' })].map(({ name, bytes }) => ({
    name,
    data: bytes,
    deflate: true,
  }));
  writeFileSync(join(source, 'packed.zip'), writeZip(packed));
}

const importInto = (library: string) => [
  'import', source, '--labels', join(source, 'phantoms/labels.csv'), '--library', library, '--json',
]; // biome-ignore format: one command

/** Volumes by where they come from, with their size, lesions and diagnoses: what half a volume would have wrong. */
async function contents(library: string): Promise<Map<string, string>> {
  const volumes = (await runJson(['list', 'volumes', '--library', library])) as VolumeRow[];
  const lesions = (await runJson(['list', 'lesions', '--library', library])) as LesionRow[];
  return new Map(
    volumes.map(({ id, path, dims }) => {
      const names = lesions.flatMap(({ volume, name }) => (volume === id ? [name] : [])).sort();
      return [shown(path), `${dims.join(' × ')}, lesions: ${names.join(', ')}`];
    }),
  );
}

/** An archive's files lie in a folder of the library while they are read. */
function shown(path: string): string {
  return path.startsWith(source) ? path.slice(source.length) : 'in an archive';
}

async function verify(library: string): Promise<Verified | undefined> {
  const { code, stdout, stderr } = await run(['verify', '--library', library, '--json']);
  if (stdout.trim() === '') {
    fail(`verify ended with ${code}: ${stderr.trim()}`);
    return undefined;
  }
  return JSON.parse(stdout);
}

/** After a kill: nothing lost, nothing damaged, nothing half there. Returns what is committed. */
async function checkAfterKill(
  number: number,
  library: string,
  before: ReadonlySet<string>,
  truth: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  if (!existsSync(join(library, 'catalog.sqlite'))) {
    if (before.size > 0) fail(`kill ${number}: the catalog is gone`);
    return new Set(before);
  }
  const verified = await verify(library);
  for (const { what, where } of verified?.problems ?? []) {
    if (!unfinished.test(what)) fail(`kill ${number}: ${what} (${where})`);
    const kind = what.replace(/\d+/g, 'n');
    leftovers.set(kind, (leftovers.get(kind) ?? 0) + 1);
  }
  const now = await contents(library);
  for (const [path, text] of now)
    if (truth.get(path) !== text)
      fail(`kill ${number}: ${path} is "${text}" where "${truth.get(path)}" belongs`);
  for (const path of before) if (!now.has(path)) fail(`kill ${number}: ${path} was committed and is lost`);
  return new Set(now.keys());
}

async function undisturbed(library: string) {
  const { code, ms, stderr } = await run(importInto(library));
  if (code !== 0) throw new Error(`the undisturbed import ended with ${code}: ${stderr}`);
  const verified = await verify(library);
  for (const { what, where } of verified?.problems ?? []) fail(`undisturbed: ${what} (${where})`);
  if (!verified?.contentHash) throw new Error('verify gives no hash of the content to compare by');
  return { ms, hash: verified.contentHash, truth: await contents(library) };
}

try {
  ensureBuilt();
  await generate();
  const first = await undisturbed(join(folder, 'undisturbed'));
  const second = await undisturbed(join(folder, 'undisturbed again'));
  if (first.hash !== second.hash) fail('two undisturbed imports differ');
  const { truth, hash } = first;
  const most = Math.max(first.ms, second.ms);
  console.log(`${truth.size} volumes; an undisturbed import takes ${Math.round(most)} ms`);

  let done = from;
  for (let round = 0; done < kills; round++) {
    const library = join(folder, `library ${round}`);
    let committed = new Set<string>();
    let restarts = 0;
    for (;;) {
      const random = createRandom(seed, `kill ${done}`);
      const running = start(importInto(library));
      const moment = random.range(0, most);
      const ran = await Promise.race([running.ended, done < kills ? sleep(moment) : running.ended]);
      if (ran) {
        if (ran.code !== 0)
          fail(`the import after kill ${done} ended with ${ran.code}: ${ran.stderr.trim()}`);
        break;
      }
      running.kill();
      await running.ended;
      done++;
      restarts++;
      committed = await checkAfterKill(done, library, committed, truth);
      if (done % 20 === 0) console.log(`${done} of ${kills} kills, ${failures.length} failures`);
    }
    const verified = await verify(library);
    for (const { what, where } of verified?.problems ?? [])
      fail(`after ${restarts} kills and the end: ${what} (${where})`);
    if (verified && verified.contentHash !== hash)
      fail(`after ${restarts} kills (up to ${done}) the catalog differs from the undisturbed one`);
    rmSync(library, { recursive: true, force: true });
  }
  for (const [what, times] of leftovers) console.log(`left to be done after a kill, ${times} times: ${what}`);
  console.log(`${done} kills, ${failures.length} failures`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
