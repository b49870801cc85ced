/** A screen for each end-to-end test file, on Linux: several files run at a time, and no window may take another's keyboard. */
import { afterAll } from 'vitest';
import { startDisplay } from './display.mjs';

const started = process.platform === 'linux' ? await startDisplay() : null;
if (started) {
  process.env.DISPLAY = started.display;
  delete process.env.WAYLAND_DISPLAY;
  afterAll(started.stop);
}
