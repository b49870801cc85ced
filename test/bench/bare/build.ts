/** Builds the bare page and its window into dist/bench/bare. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../../..');
const target = join(root, 'dist/bench/bare');

/** Returns the folder for Electron. */
export async function buildBare(): Promise<string> {
  process.env.NODE_ENV = 'production';
  await build({
    configFile: join(root, 'vite.config.ts'),
    root: join(import.meta.dirname, 'page'),
    logLevel: 'warn',
    build: { outDir: join(target, 'page'), emptyOutDir: true },
  });
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: join(import.meta.dirname, 'main.ts'),
      outDir: target,
      emptyOutDir: false,
      target: 'node24',
      rolldownOptions: { output: { entryFileNames: 'main.mjs', codeSplitting: false } },
    },
  });
  await writeFile(
    join(target, 'package.json'),
    JSON.stringify({ name: 'bare', version: '0.0.0', main: 'main.mjs', type: 'module' }),
  );
  return target;
}
