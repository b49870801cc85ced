/** The three kinds of tests: unit, integration (real files, real processes), e2e (the real application on a screen of each file's own). */
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests measure the encoder on this machine once, and leave the user's cache alone.
process.env.PRECEDENT_CALIBRATIONS ??= join(tmpdir(), 'precedent-test-calibrations');

/** Vitest would leave a core to itself, which is half of a machine that has two; but its own process hardly works. */
const cores = availableParallelism();

/** What starts processes, up to whole applications: more of them at a time would want more memory than many a machine has. */
const heavy = {
  maxWorkers: Math.min(cores, 4),
  globalSetup: ['tools/test/libraries.mjs'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // A poll ends as soon as what it waits for is there; on a busy machine that may take long.
  expect: { poll: { timeout: 60_000 } },
  // One group, so that no core waits for the end of the other kind.
  sequence: { groupOrder: 1 },
};

/** Where no screen is made for each file, windows share one desktop and its keyboard. */
const application =
  process.platform === 'linux' ? heavy : { ...heavy, maxWorkers: 1, sequence: { groupOrder: 2 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], maxWorkers: cores, testTimeout: 30_000 },
      },
      { test: { ...heavy, name: 'integration', include: ['test/integration/**/*.test.ts'] } },
      {
        test: {
          ...application,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['tools/test/ownDisplay.mjs'],
        },
      },
    ],
  },
});
