/**
 * Builds into dist/ what has changed since it was last built: `node tools/build.mjs [renderer|shell|engine|licences]… [--force]`.
 * A part's stamp lists every source file that went into it with its hash.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { thirdPartyLicences } from './dependencies/licences.mjs';
import { main, root, SetupError, say } from './setup/project.mjs';

const dist = join(root, 'dist');

/** Loaded from node_modules or given by the host, never bundled. */
const external = ['electron', 'better-sqlite3', 'onnxruntime-node', 'usearch'];

/** Each part: the group it is built with, its entry, its output below dist/. */
const parts = [
  { group: 'engine', entry: 'native/cli/node.ts', output: 'cli/main.js' },
  { group: 'engine', entry: 'native/engine/main.ts', output: 'native/engine.js' },
  { group: 'engine', entry: 'native/engine/backupThread.ts', output: 'native/backupThread.js' },
  { group: 'engine', entry: 'native/encoder/process.ts', output: 'native/inference.js' },
  { group: 'engine', entry: 'native/ingest/reader.ts', output: 'native/reader.js' },
  { group: 'shell', entry: 'electron/entry.ts', output: 'electron/entry.js' },
  { group: 'shell', entry: 'electron/main.ts', output: 'electron/main.js' },
  { group: 'shell', entry: 'electron/command.ts', output: 'electron/command.js' },
  // Sandboxed preloads are CommonJS.
  { group: 'shell', entry: 'electron/preload.ts', output: 'electron/preload.cjs', format: 'cjs' },
  { group: 'renderer', entry: 'renderer/index.html', output: 'renderer/index.html', make: buildPage },
  {
    group: 'licences',
    entry: 'tools/dependencies/licences.mjs',
    output: 'THIRD-PARTY-LICENCES.txt',
    make: writeLicences,
  },
];
const groups = [...new Set(parts.map(({ group }) => group))];

/** What every part depends on beside its sources. */
const common = ['package-lock.json', 'tools/build.mjs', 'tsconfig.json'];

await main(async () => {
  const args = process.argv.slice(2);
  const force = args.includes('--force');
  const wanted = args.filter((argument) => argument !== '--force');
  const unknown = wanted.find((name) => !groups.includes(name));
  if (unknown) throw new SetupError(`There is no part ${unknown}; the parts are ${groups.join(', ')}.`);
  const chosen = parts.filter(({ group }) => wanted.length === 0 || wanted.includes(group));
  const stale = chosen.filter((part) => force || isStale(part));
  for (const part of stale) await build(part);
});

async function build(part) {
  if (!existsSync(join(root, part.entry)))
    throw new SetupError(`${part.entry} is missing; it cannot be built.`);
  const started = Date.now();
  process.env.NODE_ENV = 'production';
  // Loaded late: a build with nothing to do must not wait for it.
  const vite = await import('vite');
  rmSync(stampPath(part), { force: true });
  const sources = await (part.make ?? buildModule)(vite, part);
  writeStamp(part, sources, started);
  say(`Built dist/${part.output} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** One self-contained module for Node or Electron's main; returns the source files that went into it. */
async function buildModule(vite, part) {
  const result = await vite.build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, external },
    build: {
      ssr: resolve(root, part.entry),
      write: false,
      target: 'node24',
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        external: (id) => id.startsWith('node:') || external.includes(id),
        output: { format: part.format ?? 'es', codeSplitting: false },
      },
    },
  });
  const chunks = [result].flat().flatMap(({ output }) => output);
  if (chunks.length !== 1) {
    throw new SetupError(
      `${part.entry} was to become one file, not ${chunks.map((c) => c.fileName).join(', ')}.`,
    );
  }
  const path = join(dist, part.output);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, chunks[0].code);
  renameSync(temporary, path);
  return chunks[0].moduleIds;
}

/** The licences of everything that ships, for the packaged application to carry. */
async function writeLicences(_vite, part) {
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, part.output), thirdPartyLicences(root));
  const folder = dirname(join(root, part.entry));
  return ['licences.mjs', 'lockfile.mjs', 'licences.json'].map((name) => join(folder, name));
}

/** The window's page as vite.config.ts says. */
async function buildPage(vite) {
  const result = await vite.build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  const chunks = [result].flat().flatMap(({ output }) => output);
  const seen = chunks.flatMap((chunk) => chunk.moduleIds ?? []);
  return [...seen, join(root, 'renderer/index.html'), join(root, 'vite.config.ts')];
}

function stampPath(part) {
  return join(dist, 'stamps', `${part.output.replaceAll('/', '-')}.json`);
}

/** Files of the project only: what comes from node_modules is covered by the lockfile. */
function writeStamp(part, sources, started) {
  const files = sources
    .filter((id) => !id.startsWith('\0'))
    .map((id) => relative(root, id.split('?')[0]))
    .filter((path) => path && !path.startsWith('..') && !path.split(sep).includes('node_modules'));
  const unique = [...new Set([...files, ...common])].filter((path) => existsSync(join(root, path))).sort();
  const path = stampPath(part);
  mkdirSync(dirname(path), { recursive: true });
  // A file that was saved during the build counts as changed since.
  const known = (file) => (statSync(join(root, file)).mtimeMs > started ? 'changed' : hash(file));
  writeFileSync(path, JSON.stringify(Object.fromEntries(unique.map((file) => [file, known(file)])), null, 1));
}

function isStale(part) {
  if (!existsSync(join(dist, part.output)) || !existsSync(stampPath(part))) return true;
  const stamp = JSON.parse(readFileSync(stampPath(part), 'utf8'));
  return Object.entries(stamp).some(([file, known]) => !existsSync(join(root, file)) || hash(file) !== known);
}

function hash(file) {
  return createHash('sha256')
    .update(readFileSync(join(root, file)))
    .digest('hex');
}
