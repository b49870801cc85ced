/**
 * `node test/hostile/badFiles.ts [--folder-only]`: imports more than two hundred purpose-made bad files among good ones
 * and prints every one that was not answered as it must be; then each alone, for the time that it costs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badFiles, notHere, unlock, writeBadFile } from '../support/badFiles.ts';
import { type Failure, importBadFiles, memoryLimit } from './badFolder.ts';
import { ensureBuilt, run } from './command.ts';

/** What one bad file may add to the processor time of an empty import, and to its time on a machine that may be busy. */
const cpuMsAFile = 2000;
const msAFile = 10_000;

/** Each bad file alone: how long it takes beyond an empty import, and the memory of its processes. */
async function importEachAlone(folder: string): Promise<Failure[]> {
  const failures: Failure[] = [];
  const alone = async (name: string) => {
    const library = join(folder, 'alone', `library ${name}`);
    const ran = await run(['import', join(folder, 'alone', name), '--library', library, '--json'], {
      watch: true,
    });
    rmSync(library, { recursive: true, force: true });
    return ran;
  };
  const nothing: Bad = {
    name: 'nothing',
    make: () => ({ 'note.txt': Buffer.alloc(0) }),
    reason: undefined,
    why: '',
  };
  await writeBadFile(join(folder, 'alone'), nothing);
  const baseline = [await alone('nothing'), await alone('nothing'), await alone('nothing')];
  const [, empty] = baseline.sort((a, b) => a.cpuMs - b.cpuMs);
  const slowest: { name: string; ms: number }[] = [];
  for (const bad of badFiles.filter((one) => notHere(one) === undefined)) {
    await writeBadFile(join(folder, 'alone'), bad);
    const { code, ms, cpuMs, peak, stderr } = await alone(bad.name);
    const [more, moreCpu] = [ms - empty.ms, cpuMs - empty.cpuMs];
    const mostMemory = Math.max(0, ...Object.values(peak));
    slowest.push({ name: bad.name, ms: Math.max(0, moreCpu) });
    if (code !== 0)
      failures.push({ name: bad.name, expected: 'exit code 0 alone', saw: `${code}: ${stderr.trim()}` });
    if (moreCpu > cpuMsAFile || more > msAFile)
      failures.push({
        name: bad.name,
        expected: `at most ${cpuMsAFile} ms`,
        saw: `${Math.round(moreCpu)} ms of processor time, ${Math.round(more)} ms`,
      });
    if (mostMemory > memoryLimit)
      failures.push({
        name: bad.name,
        expected: 'less than 1 GiB',
        saw: `${Math.round(mostMemory / 2 ** 20)} MiB`,
      });
    unlock(join(folder, 'alone'), bad);
    rmSync(join(folder, 'alone', bad.name), { recursive: true, force: true });
  }
  slowest.sort((a, b) => b.ms - a.ms);
  const top = slowest.slice(0, 5).map(({ name, ms }) => `${name} ${Math.round(ms)} ms`);
  console.log(
    `alone: an empty import takes ${Math.round(empty.ms)} ms, ${empty.cpuMs} ms of processor time; most beyond that: ${top.join(', ')}`,
  );
  return failures;
}
type Bad = (typeof badFiles)[number];

const folder = mkdtempSync(join(tmpdir(), 'precedent-hostile-'));
try {
  ensureBuilt();
  for (const bad of badFiles) {
    const why = notHere(bad);
    if (why) console.log(`left out: ${bad.name} (${why})`);
  }
  const { failures, made, ms, peak } = await importBadFiles(folder);
  const memory = Object.entries(peak).map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)} MiB`);
  console.log(`${made} bad files at once: ${(ms / 1000).toFixed(1)} s; memory at most: ${memory.join(', ')}`);
  if (!process.argv.includes('--folder-only')) failures.push(...(await importEachAlone(folder)));
  for (const { name, expected, saw } of failures)
    console.log(`✗ ${name}\n    expected ${expected}\n    saw      ${saw}`);
  console.log(`${failures.length} failures`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
