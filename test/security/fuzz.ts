/**
 * `node test/security/fuzz.ts [--count N] [--seed S]` (`npm run test:fuzz`): malformed messages against every process of the built
 * application and both sides of every channel. None may change what the catalog holds, be carried out, or end a process.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Sqlite from 'better-sqlite3';
import { engineContract } from '../../native/contract/engine.ts';
import { toEngine } from '../../native/contract/host.ts';
import { inferenceContract } from '../../native/contract/inference.ts';
import type { LesionRow } from '../../native/contract/model.ts';
import { readerContract } from '../../native/contract/reader.ts';
import { safely } from '../../native/contract/safely.ts';
import { run } from '../hostile/command.ts';
import { writeCase } from '../support/balls.ts';
import { fuzzAsking } from './asking.ts';
import { Junk } from './junk.ts';
import { forkBuilt, fuzzServed, type Outcome } from './served.ts';
import { fuzzBridge, fuzzHost } from './shell.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'precedent-fuzz-'));
const library = join(folder, 'library');

/** What part of all messages each target gets. */
const shares = { engine: 0.5, inference: 0.05, reader: 0.05, bridge: 0.2, host: 0.1, asking: 0.1 } as const;
const share = (name: keyof typeof shares) => Math.ceil(count * shares[name]);

let faults = 0;
function tell(what: string, messages: number, found: readonly string[]): void {
  console.log(`${what}: ${messages} malformed messages, ${found.length} faults`);
  for (const fault of found) console.log(`  ✗ ${fault}`);
  faults += found.length;
}
function told({ sent, refused, polluted }: Outcome): string {
  return `${sent} messages, ${refused} requests among them refused, ${polluted} with prototypes' names answered as without`;
}

/** SHA-256 over every row of every table but the audit. */
function contentOf(path: string): string {
  const db = new Sqlite(path, { readonly: true });
  const hash = createHash('sha256');
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'audit%' ORDER BY name")
    .pluck()
    .all() as string[];
  for (const table of tables) {
    const rows = db.prepare(`SELECT * FROM "${table}"`).raw().all() as unknown[][];
    hash.update(`${table} ${rows.length}\n`);
    for (const row of rows) hash.update(rowText(row));
  }
  db.close();
  return hash.digest('hex');
}

function rowText(row: readonly unknown[]): string {
  return JSON.stringify(row.map((value) => (Buffer.isBuffer(value) ? value.toString('base64') : value)));
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--library', library, '--json']);
  if (code !== 0) throw new Error(`precedent ${args[0]} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

const ended = (child: ReturnType<typeof forkBuilt>) =>
  new Promise<void>((done) => {
    child.once('exit', () => done());
    child.disconnect();
  });

/** A message of a host that its schema refuses; main and the command line alone could send it. */
function hostJunk(junk: Junk): object {
  for (;;) {
    const message = junk.damaged(junk.valid(toEngine));
    if (typeof message === 'object' && message !== null && !safely(toEngine, message).success) return message;
  }
}

/** The real engine on a library, over the channel that a window or a command has to it. */
async function fuzzEngine(): Promise<void> {
  const cases = join(folder, 'cases');
  for (const n of [1, 2, 3]) await writeCase(cases, `case${n}`, n, [20]);
  await json('import', cases);
  const lesions = await json<LesionRow[]>('list', 'lesions');
  const words = lesions.flatMap(({ id, volume, patient, study }) => [id, volume, patient, study]);
  const before = await json<{ contentHash: string }>('verify');
  const rows = contentOf(join(library, 'catalog.sqlite'));

  const child = forkBuilt(join(root, 'dist/native/engine.js'));
  child.send({
    control: 'open',
    library,
    mayCreate: false,
    resources: join(root, 'resources'),
    calibrations: folder,
  });
  await new Promise((done) => child.once('message', done));
  const junk = new Junk(seed, words);
  const served = {
    contract: engineContract,
    sign: { method: 'lesions.list', params: {} },
    harmless: ['lesions.list', 'patients.list', 'volumes.list', 'jobs.list', 'filterSets.list'],
    hostMessage: hostJunk,
  };
  const { pid } = child;
  const outcome = await fuzzServed(child, served, junk, share('engine'));
  if (child.pid !== pid || child.exitCode !== null) outcome.faults.push('the engine is another process now');
  await ended(child);
  const after = await json<{ ok: boolean; contentHash: string }>('verify');
  if (!after.ok) outcome.faults.push('the library has problems now');
  if (after.contentHash !== before.contentHash)
    outcome.faults.push('the content hash of the library changed');
  if (contentOf(join(library, 'catalog.sqlite')) !== rows) outcome.faults.push('rows of the catalog changed');
  tell('engine', outcome.sent, outcome.faults);
  console.log(`  ${told(outcome)}; content ${after.contentHash.slice(0, 16)} before and after`);
}

async function fuzzChild(name: 'inference' | 'reader'): Promise<void> {
  const child = forkBuilt(join(root, `dist/native/${name}.js`));
  const outcome = await fuzzServed(
    child,
    name === 'reader'
      ? { contract: readerContract, sign: { method: 'walk', params: { paths: [join(folder, 'cases')] } } }
      : {
          contract: inferenceContract,
          sign: { method: 'open', params: { encoder: join(root, 'resources/encoders/builtin') } },
        },
    new Junk(seed + 1, [join(folder, 'cases/case1.nii.gz'), folder]),
    share(name),
  );
  await ended(child);
  tell(name, outcome.sent, outcome.faults);
  console.log(`  ${told(outcome)}`);
}

const started = performance.now();
try {
  await fuzzEngine();
  await fuzzChild('inference');
  await fuzzChild('reader');
  const bridge = await fuzzBridge(new Junk(seed + 2, []), share('bridge'));
  tell(`main, ${bridge.channels} channels of the bridge`, share('bridge'), bridge.faults);
  tell('main, from the engine', share('host'), await fuzzHost(new Junk(seed + 3, []), share('host')));
  for (const [name, contract] of Object.entries({
    engine: engineContract,
    inference: inferenceContract,
    reader: readerContract,
  })) {
    const messages = Math.ceil(share('asking') / 3);
    tell(`answers of the ${name}`, messages, await fuzzAsking(contract, new Junk(seed + 4, []), messages));
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${count} malformed messages, seed ${seed}: ${faults} faults, ${seconds} s`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
