/**
 * What the window's processes hold: with two whole studies of 500 slices and the boxes of four hits looked at, and while
 * one goes back and forth between studies. Linux only. `npm run bench:memory [-- switches [slices]]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { startHost } from '../../native/cli/host.ts';
import { resolveRuntime } from '../../tools/runtime/resolve.mjs';
import { startDisplay } from '../../tools/test/display.mjs';
import { type LaunchedApp, launchApp } from '../e2e/support/app.ts';
import { countTextures, type PageMemory, pageMemory } from '../e2e/support/pageMemory.ts';
import { writeLargeStudy } from '../support/largeStudies.ts';
import { memoryOfTree } from '../support/processMemory.ts';

const switches = Number(process.argv[2] ?? 200);
const slices = Number(process.argv[3] ?? 500);
const [large, small] = [2, 4];
const smallSlices = 120;
/** Measured so often while going back and forth; the first readings, until everything was used once, do not count. */
const readings = 10;
const ignored = 2;
const GiB = 1024 ** 3;
const dist = resolve(import.meta.dirname, '../../dist');

/** Resolves in the page when the axial plane shows a volume, and with `complete` all of it is there. */
const shows = (volume: string, complete: boolean) => `new Promise((done) => {
  const look = () => {
    const pane = document.querySelector('[data-testid=viewport-axial]')?.dataset;
    const there = pane && pane.volume === ${JSON.stringify(volume)} && pane.ready === 'true';
    if (there && (pane.complete === 'true' || !${complete})) done();
    else requestAnimationFrame(look);
  };
  look();
})`;

async function openLesion(page: Page, patient: string, complete: boolean): Promise<void> {
  const row = page.getByTestId('lesion-row').filter({ hasText: patient });
  await row.click();
  await page.evaluate(shows((await row.getAttribute('data-volume')) ?? '', complete));
}

/** Waits until all of the compared hit that is shown has arrived. */
function hitIsThere(page: Page): Promise<void> {
  return page.locator('[data-testid=compare-hit][data-complete=true]').first().waitFor();
}

/** Watches the processes until it is stopped, and returns the most that they held. */
function watch(launched: LaunchedApp): () => number {
  const pid = launched.app.process().pid ?? 0;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memoryOfTree(pid));
  }, 250);
  return () => {
    clearInterval(timer);
    return most;
  };
}

async function start(library: string): Promise<LaunchedApp> {
  const launched = await launchApp({ library });
  await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  await launched.page
    .getByTestId('lesion-row')
    .nth(large + small - 1)
    .waitFor();
  return launched;
}

async function twoStudiesAndHits(library: string): Promise<void> {
  const launched = await start(library);
  const { page, app } = launched;
  const held = () => memoryOfTree(app.process().pid ?? 0) / GiB;
  const say = (what: string) => console.log(`${what.padEnd(52)}${held().toFixed(2)} GiB`);
  say('the window, nothing open');
  const stop = watch(launched);
  await openLesion(page, 'large-0', true);
  say(`a study of ${slices} slices`);
  await page.keyboard.press('f');
  await page
    .getByTestId('hit-card')
    .nth(large + small - 2)
    .waitFor();
  for (let n = 0; n < large + small - 1; n++) {
    await page.getByTestId('hit-card').nth(n).click();
    await hitIsThere(page);
  }
  say('and the boxes of its hits, one after the other');
  await openLesion(page, 'large-1', true);
  await page.keyboard.press('f');
  await page.getByTestId('hit-card').filter({ hasText: 'large-0' }).click();
  await hitIsThere(page);
  say(`and a second study of ${slices} slices`);
  console.log(`${'the most at any time'.padEnd(52)}${(stop() / GiB).toFixed(2)} GiB`);
  await launched.close();
}

async function backAndForth(library: string): Promise<void> {
  const launched = await start(library);
  const { page, app } = launched;
  // So little that every study is let go when the next is opened.
  await page.evaluate(`localStorage.setItem('precedent.voxel-budget', '1')`);
  await page.reload();
  await page.getByTestId('lesion-row').first().waitFor();
  await countTextures(page);
  const session = await page.context().newCDPSession(page);
  const measured: (PageMemory & { processes: number })[] = [];
  for (let n = 0; n < switches; n++) {
    // Every other study is left before all of it has arrived.
    await openLesion(page, `small-${n % small}`, n % 2 === 0);
    if ((n + 1) % Math.ceil(switches / readings) === 0) {
      const reading = {
        ...(await pageMemory(page, session)),
        processes: memoryOfTree(app.process().pid ?? 0),
      };
      measured.push(reading);
      console.error(`${n + 1} switches: ${JSON.stringify(reading)}`);
    }
  }
  await launched.close();
  const counted = measured.slice(ignored);
  const each = switches / measured.length;
  console.log(
    `\n${switches} times another study of ${smallSlices} slices of 512²; growth for each, fitted after ${Math.round(ignored * each)}`,
  );
  const rows: readonly (readonly [string, keyof (typeof measured)[number], number, string])[] = [
    ['JavaScript objects', 'heap', 1024, 'KiB'],
    ['buffers', 'buffers', 1024, 'KiB'],
    ['nodes of the page', 'nodes', 1, ''],
    ['listeners', 'listeners', 1, ''],
    ['WebGL textures', 'textures', 1, ''],
    ['bytes of volume textures', 'textureBytes', 1024, 'KiB'],
    ['memory of all processes', 'processes', 1024, 'KiB'],
  ];
  for (const [name, key, unit, suffix] of rows) {
    const values = counted.map((reading) => reading[key] / unit);
    const growth = slope(values) / each;
    console.log(
      `${name.padEnd(28)}${growth.toFixed(2).padStart(10)} ${suffix.padEnd(4)} from ${Math.round(values[0])} to ${Math.round(values[values.length - 1])}`,
    );
  }
}

/** Of the least squares line through equally distant values. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [above, below] = values.reduce(
    ([a, b], value, n) => [a + (n - middle) * (value - mean), b + (n - middle) ** 2],
    [0, 0],
  );
  return above / below;
}

const folder = await mkdtemp(join(tmpdir(), 'precedent-bench-'));
const display = await startDisplay();
if (display) process.env.DISPLAY = display.display;
process.env.PRECEDENT_ELECTRON = (await resolveRuntime()).path;
try {
  const library = join(folder, 'library');
  const studies = join(folder, 'studies');
  const of = (name: string, count: number) => ({ name, columns: 512, rows: 512, slices: count });
  for (let n = 0; n < large; n++) await writeLargeStudy(studies, n + 1, of(`large-${n}`, slices));
  for (let n = 0; n < small; n++) await writeLargeStudy(studies, n + 3, of(`small-${n}`, smallSlices));
  const host = await startHost(library, { mayCreate: true, dist });
  await host.engine.call('import.run', { sources: [host.grant(studies, 'read')] });
  await host.close();
  await rm(studies, { recursive: true });
  await twoStudiesAndHits(library);
  await backAndForth(library);
} finally {
  display?.stop();
  await rm(folder, { recursive: true, force: true });
}
