/** How the window's page is built; tools/build.mjs builds the processes. */
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const renderer = resolve(import.meta.dirname, 'renderer');

export default defineConfig({
  root: renderer,
  base: './',
  publicDir: false,
  plugins: [react()],
  resolve: {
    // vtk.js pulls it in, and it needs Node's `events`.
    alias: { xmlbuilder2: resolve(renderer, 'stubs/xmlbuilder2.ts') },
  },
  worker: { format: 'es' },
  build: {
    outDir: resolve(import.meta.dirname, 'dist/renderer'),
    emptyOutDir: true,
    target: 'chrome150',
    sourcemap: false,
    // Loaded from the disk, not over a network.
    chunkSizeWarningLimit: 8000,
    modulePreload: { polyfill: false },
  },
});
