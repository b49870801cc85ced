/**
 * How fast a large study is on the screen and scrolls, beside a bare Cornerstone3D page that shows the same bytes from the
 * same protocol in panes of the same sizes; both in one run, one after the other, each time in a process of its own.
 * `npm run bench:viewer [-- repetitions [slices]]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { startHost } from '../../native/cli/host.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { resolveRuntime } from '../../tools/runtime/resolve.mjs';
import { startDisplay } from '../../tools/test/display.mjs';
import { asRoot, launchApp } from '../e2e/support/app.ts';
import { writeLargeStudy } from '../support/largeStudies.ts';
import { buildBare } from './bare/build.ts';

const repetitions = Number(process.argv[2] ?? 7);
const slices = Number(process.argv[3] ?? 300);
const scrolled = Math.min(100, Math.floor(slices / 3));
const dist = resolve(import.meta.dirname, '../../dist');
const planes = ['axial', 'coronal', 'sagittal'] as const;

interface Times {
  /** From the order to open until the middle slice is on the screen, and until the last picture of the whole, in ms. */
  readonly first: number;
  readonly whole: number;
  readonly framesPerSecond: number;
}
type Places = Record<string, { x: number; y: number; width: number; height: number }>;

/**
 * Runs in either page: `open` is told, then every picture that Cornerstone drew is looked at. The first counts from when the
 * middle slice `has` arrived; the last is the one of the coronal plane after which all are there and none comes for a second.
 */
const timeOpening = (open: string, hasMiddle: string, hasAll: string) => `new Promise((done) => {
  const start = performance.now();
  let first = 0, last = 0, quiet = 0;
  const finish = () => { document.removeEventListener('CORNERSTONE_IMAGE_RENDERED', look, true); done({ first, whole: last }); };
  const look = ({ target }) => {
    const now = performance.now() - start;
    const plane = target.closest('[data-testid^=viewport-]').dataset.testid;
    // Looked at when those who listen on the pane itself have noted the picture.
    if (plane === 'viewport-axial') queueMicrotask(() => { if (first === 0 && ${hasMiddle}) first = now; });
    if (plane === 'viewport-coronal') last = now;
    clearTimeout(quiet);
    quiet = setTimeout(check, 1000);
  };
  const check = () => { if (first > 0 && ${hasAll}) finish(); else quiet = setTimeout(check, 1000); };
  document.addEventListener('CORNERSTONE_IMAGE_RENDERED', look, true);
  ${open};
})`;

/**
 * Runs in either page: turns the wheel over the axial plane by one notch after each picture, in a task of its own as the
 * user's hand does: within a frame it would matter in which order the page asks for the next one.
 */
const timeScrolling = `new Promise((done) => {
  const pane = document.querySelector('[data-testid=viewport-axial]');
  const { port1, port2 } = new MessageChannel();
  let count = 0;
  const start = performance.now();
  const onDrawn = ({ target }) => {
    if (!pane.contains(target)) return;
    if (++count < ${scrolled}) {
      port2.postMessage(null);
      return;
    }
    document.removeEventListener('CORNERSTONE_IMAGE_RENDERED', onDrawn, true);
    done((1000 * count) / (performance.now() - start));
  };
  document.addEventListener('CORNERSTONE_IMAGE_RENDERED', onDrawn, true);
  port1.onmessage = () =>
    pane.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, bubbles: true, cancelable: true }));
  port2.postMessage(null);
})`;

async function measure(page: Page, opening: string): Promise<Times> {
  const { first, whole } = (await page.evaluate(opening)) as { first: number; whole: number };
  const framesPerSecond = Number(await page.evaluate(timeScrolling));
  return { first, whole, framesPerSecond };
}

/** The times, and where the panes stand, so that the bare page's are as large. */
async function inApplication(library: string): Promise<{ times: Times; places: Places; graphics: string }> {
  const { page, app, close } = await launchApp({ library });
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  await page.getByTestId('lesion-row').first().waitFor();
  await page
    .getByTestId('library-panel')
    .getByText(/^Patients/)
    .click();
  await page.getByTestId('patient-row').first().click();
  await page.getByTestId('volume-row').first().waitFor();
  const pane = `document.querySelector('[data-testid=viewport-axial]')?.dataset`;
  const times = await measure(
    page,
    timeOpening(
      `document.querySelector('[data-testid=volume-row]').click()`,
      `${pane}.paintedSlice !== undefined`,
      `${pane}.complete === 'true'`,
    ),
  );
  const places: Places = {};
  for (const plane of planes) {
    const box = await page.getByTestId(`viewport-${plane}`).boundingBox();
    if (!box) throw new Error('a plane is not shown');
    places[plane] = box;
  }
  const graphics = String(
    await page.evaluate(`(() => {
      const gl = document.createElement('canvas').getContext('webgl2');
      return gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info').UNMASKED_RENDERER_WEBGL);
    })()`),
  );
  await close();
  return { times, places, graphics };
}

async function inBarePage(bare: string, library: string, row: VolumeRow, places: Places): Promise<Times> {
  const profile = await mkdtemp(join(tmpdir(), 'precedent-bench-bare-'));
  const app = await _electron.launch({
    executablePath: process.env.PRECEDENT_ELECTRON,
    args: [bare, ...(asRoot ? ['--no-sandbox'] : []), `--user-data-dir=${profile}`, `--library=${library}`],
    chromiumSandbox: !asRoot,
  });
  const page = await app.firstWindow();
  await page.waitForFunction(() => 'openVolume' in globalThis);
  const arrived = `document.body.dataset.arrived?.split(' ').slice(1)`;
  const times = await measure(
    page,
    timeOpening(
      `void window.openVolume(${JSON.stringify(row)}, ${JSON.stringify(places)})`,
      `${arrived}?.includes('${Math.floor(slices / 2)}')`,
      `${arrived}?.length === ${slices}`,
    ),
  );
  await app.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  return times;
}

function spread(values: readonly number[]): { median: number; least: number; most: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted[sorted.length - 1] };
}

const folder = await mkdtemp(join(tmpdir(), 'precedent-bench-'));
const display = await startDisplay();
if (display) process.env.DISPLAY = display.display;
process.env.PRECEDENT_ELECTRON = (await resolveRuntime()).path;
try {
  const library = join(folder, 'library');
  const study = { name: 'study', columns: 512, rows: 512, slices };
  await writeLargeStudy(join(folder, 'study'), 1, study);
  const host = await startHost(library, { mayCreate: true, dist });
  await host.engine.call('import.run', { sources: [host.grant(join(folder, 'study'), 'read')] });
  const { rows } = await host.engine.call('volumes.list', {});
  await host.close();
  const bareFolder = await buildBare();

  const ours: Times[] = [];
  const bare: Times[] = [];
  let graphics = '';
  for (let n = 0; n < repetitions; n++) {
    const { times, places, graphics: name } = await inApplication(library);
    graphics = name;
    ours.push(times);
    bare.push(await inBarePage(bareFolder, library, rows[0], places));
    console.error(`repetition ${n + 1} of ${repetitions}`);
  }

  console.log(
    `${slices} slices of 512², three planes; ${repetitions} repetitions, median (least–most)\ndrawn by ${graphics}`,
  );
  const software = /swiftshader|llvmpipe|software/i.test(graphics);
  if (software)
    console.log('SOFTWARE RENDERING: the cores draw the pictures; nothing here tells of a graphics card');
  const line = (name: string, of: (times: Times) => number, unit: string, digits: number) => {
    const [a, b] = [spread(ours.map(of)), spread(bare.map(of))];
    const text = ({ median, least, most }: typeof a) =>
      `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)}) ${unit}`;
    console.log(
      `${name.padEnd(28)}Precedent ${text(a).padEnd(26)}bare Cornerstone3D ${text(b).padEnd(26)}ratio ${(a.median / b.median).toFixed(2)}`,
    );
  };
  line('scrolling the axial plane', (t) => t.framesPerSecond, 'frames/s', 1);
  line('first slice', (t) => t.first, 'ms', 0);
  line('whole volume', (t) => t.whole, 'ms', 0);
} finally {
  display?.stop();
  await rm(folder, { recursive: true, force: true });
}
