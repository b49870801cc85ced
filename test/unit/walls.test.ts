import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function imports(text: string): string[] {
  const pattern =
    /(?:^|\s)(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\s*\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]|require\(\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4]);
}

/** Where an import leads, as a path below the root for relative ones. */
function targets(file: string, text: string): string[] {
  return imports(text).map((name) =>
    name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name,
  );
}

interface Wall {
  readonly folder: string;
  readonly forbids: (target: string) => boolean;
}
/** Of Cornerstone only the codecs, which are WebAssembly without a page, may be used outside of the renderer. */
const renderersOnly = /^(react|react-dom|@mantine|@cornerstonejs\/(?!codec-)[^/]+|zustand|@tanstack)(\/|$)/;
const walls: readonly Wall[] = [
  {
    folder: 'native',
    forbids: (t) =>
      t === 'electron' || t.startsWith('electron/') || t.startsWith('renderer/') || renderersOnly.test(t),
  },
  {
    folder: 'renderer',
    forbids: (t) =>
      (t.startsWith('native/') && !t.startsWith('native/contract/')) ||
      t === 'electron' ||
      t.startsWith('electron/') ||
      t.startsWith('node:'),
  },
  { folder: 'electron', forbids: (t) => t.startsWith('renderer/') || renderersOnly.test(t) },
  {
    folder: 'native/contract',
    forbids: (t) => t !== 'zod' && !t.startsWith('native/contract/'),
  },
];

test.each(walls)('$folder imports nothing beyond its wall', ({ folder, forbids }) => {
  const files = sources(folder);
  expect(files.length).toBeGreaterThan(3);
  const crossings = files.flatMap((file) =>
    targets(file, readFileSync(join(root, file), 'utf8'))
      .filter(forbids)
      .map((target) => `${file} → ${target}`),
  );
  expect(crossings).toEqual([]);
});

test('SQLite is opened by one file and its types stay in the catalog, USearch in vectors', () => {
  const users = (name: string) =>
    sources('native').filter((file) => imports(readFileSync(join(root, file), 'utf8')).includes(name));
  expect(users('better-sqlite3').every((file) => /^native\/(catalog|cli\/doctor)/.test(file))).toBe(true);
  expect(users('usearch').every((file) => file.startsWith('native/vectors/'))).toBe(true);
  expect(users('better-sqlite3').length).toBeGreaterThan(0);
});

test('native code names no global of the DOM', () => {
  const dom = /(?<![\w.'"`$-])(document|localStorage|sessionStorage|navigator|globalThis\.window)\s*[.[]/;
  const found = sources('native').filter((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .some((line) => !/^\s*(\/?\*|\/\/)/.test(line) && dom.test(line.replace(/(['"`]).*?\1/g, ''))),
  );
  expect(found).toEqual([]);
});

test('what is built into the application comes from packages that ship, and from Electron', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = ['native', 'electron', 'renderer']
    .flatMap(sources)
    .flatMap((file) => imports(readFileSync(join(root, file), 'utf8')))
    .flatMap((name) => (/^(\.|node:)/.test(name) ? [] : (/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? [])));
  expect(packages.length).toBeGreaterThan(100);
  expect([...new Set(packages)].filter((name) => !(name in dependencies))).toEqual(['electron']);
});

test('every process that runs Node is kept off the network before it loads anything else', () => {
  const build = readFileSync(join(root, 'tools/build.mjs'), 'utf8');
  const entries = [...build.matchAll(/entry: '([\w/.]+\.ts)'/g)]
    .map(([, entry]) => entry)
    // A sandboxed preload has no Node, and the other two are loaded by Electron's entry into its process.
    .filter((entry) => !/^electron\/(preload|main|command)\.ts$/.test(entry));
  expect(entries).toContain('electron/entry.ts');
  expect(entries.length).toBeGreaterThanOrEqual(5);
  const first = entries.map((entry) => targets(entry, readFileSync(join(root, entry), 'utf8'))[0]);
  expect(new Set(first)).toEqual(new Set(['native/process/offline.ts']));
});
