/** `npm run test:encryption`: what takes too long for every run of the tests. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/encryption/**/*.test.ts'],
    setupFiles: ['tools/test/ownDisplay.mjs'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
