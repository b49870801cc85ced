/** Each built process, with every door of Node to the network tried from inside of it. */
import { execFile, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startCanary, type Watched } from '../support/canary.ts';
import { figure } from '../support/figures.ts';
import { projectRoot } from '../support/precedent.ts';

const probe = join(import.meta.dirname, '../support/networkProbe.ts');
const built = (path: string) => join(projectRoot, 'dist', path);

let canary: Watched;
let folder: string;
beforeAll(async () => {
  canary = await startCanary();
});
afterAll(() => canary.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precedent-offline-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({
  ...process.env,
  PRECEDENT_PROBE: folder,
  PRECEDENT_CANARY: JSON.stringify({ tcp: canary.tcp, udp: canary.udp }),
});

/** What each thread of the process told, once as many as there are have. */
async function outcomes(threads: number): Promise<Record<string, string>[]> {
  const told = () => readdirSync(folder).filter((name) => name.endsWith('.json'));
  await vi.waitFor(() => expect(told()).toHaveLength(threads), { timeout: 60_000, interval: 50 });
  return told().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

function expectRefused(doors: Record<string, string>): void {
  const { 'a socket of the file system': local, ...others } = doors;
  expect(Object.entries(others).filter(([, outcome]) => outcome !== 'refused')).toEqual([]);
  expect(Object.keys(others).length).toBeGreaterThan(20);
  expect(local).toBe('ENOENT');
}

/** Forks a process of the application, and lets it try once it has answered, which its own module does. */
async function tryIn(module: string, question: object, threads: number): Promise<Record<string, string>[]> {
  const child = fork(built(module), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--import', probe],
    env: environment(),
  });
  try {
    child.send(question);
    await new Promise((done) => child.once('message', done));
    writeFileSync(join(folder, 'go'), '');
    return await outcomes(threads);
  } finally {
    child.kill('SIGKILL');
  }
}

const unknown = { type: 'request', id: 1, method: 'nothing', params: {} };
const nowhere = { control: 'open', library: '/dev/null/none', mayCreate: true, resources: '/dev/null/none' };

test.each([
  { name: 'engine', module: 'native/engine.js', question: nowhere, threads: 1 },
  { name: 'inference', module: 'native/inference.js', question: unknown, threads: 1 },
  // It works in a thread, which has modules of its own.
  { name: 'reader', module: 'native/reader.js', question: unknown, threads: 2 },
])('the $name process reaches nothing by any door of Node', async ({ name, module, question, threads }) => {
  const all = await tryIn(module, question, threads);
  for (const doors of all) expectRefused(doors);
  expect(canary.reached()).toEqual({ connections: 0, packets: 0 });
  figure(`doors of Node to the network refused in the ${name} process`, Object.keys(all[0]).length - 1);
});

test('ONNX Runtime keeps no telemetry of its own', async () => {
  const home = { HOME: folder, XDG_CACHE_HOME: folder, TMPDIR: folder, LOCALAPPDATA: folder };
  const child = fork(built('native/inference.js'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...home, ORT_DISABLE_TELEMETRY: '' },
  });
  const encoder = join(projectRoot, 'resources/encoders/builtin');
  child.send({ type: 'request', id: 1, method: 'open', params: { encoder } });
  const reply = await new Promise((done) => child.once('message', done));
  expect(reply).toMatchObject({ type: 'result' });
  // Its database and the id of the machine lay in the user's cache, what it did in a log among the temporary files.
  expect(readdirSync(folder, { recursive: true })).toEqual([]);
  child.kill('SIGKILL');
});

test('the command line reaches nothing by any door of Node', async () => {
  const command = ['--import', probe, built('cli/main.js'), '--help'];
  await new Promise((done) => execFile(process.execPath, command, { env: environment() }, done));
  const [doors] = await outcomes(1);
  expectRefused(doors);
  expect(canary.reached()).toEqual({ connections: 0, packets: 0 });
});

test('a process that is not kept off the network gets through these doors: the check can fail', async () => {
  const child = execFile(process.execPath, ['--import', probe, '--eval', '0'], {
    env: { ...environment(), PRECEDENT_PROBE_NAMES: 'no' },
  });
  // What listens in it would keep it for ever.
  const [doors] = await outcomes(1).finally(() => child.kill('SIGKILL'));
  expect(Object.values(doors)).not.toContain('refused');
  expect(doors).toMatchObject({ 'net.connect': 'reached', fetch: 'reached', 'net.Server': 'reached' });
  expect(canary.reached().connections).toBeGreaterThan(0);
  await vi.waitFor(() => expect(canary.reached().packets).toBeGreaterThan(0), { timeout: 60_000 });
});
