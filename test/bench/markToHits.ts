/**
 * How long a radiologist waits: from the end of the mark to painted hits, in the real window on the LIDC library, with its
 * parts, beside what the engine alone needs for the same two requests. `npm run bench:mark [-- rounds]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startHost } from '../../native/cli/host.ts';
import { resolveRuntime } from '../../tools/runtime/resolve.mjs';
import { startDisplay } from '../../tools/test/display.mjs';
import { launchApp } from '../e2e/support/app.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';
import { axialReady, eventTime, keepTimeOf, markMiddle, paintedAt, proposalShown } from './painted.ts';

const rounds = Number(process.argv[2] ?? 12);
const dist = resolve(import.meta.dirname, '../../dist');
const shared = sharedDir();
if (!shared) {
  console.log(`skipped: ${sharedMissing}`);
  process.exit(0);
}

const folder = await mkdtemp(join(tmpdir(), 'precedent-bench-'));
const library = join(folder, 'library');
const data = join(shared, 'data/lidc-nodules');

interface EngineTimes {
  readonly propose: number[];
  readonly search: number[];
}

/** Imports the library and times the engine's part: an ellipse of the lesion's box on its middle slice, then the search. */
async function engineAlone(): Promise<EngineTimes> {
  const host = await startHost(library, { mayCreate: true, dist });
  const times: EngineTimes = { propose: [], search: [] };
  const labels = host.grant(join(data, 'labels.csv'), 'read');
  await host.engine.call('import.run', { sources: [host.grant(data, 'read')], labels });
  const { rows } = await host.engine.call('lesions.list', { limit: rounds + 1 });
  for (const { volume, boxIjk: b } of rows) {
    const corners: [[number, number], [number, number]] = [[b[0] - 1, b[1] - 1], [b[3] + 1, b[4] + 1]]; // biome-ignore format: pairs
    const slice = Math.round((b[2] + b[5]) / 2);
    const marked = performance.now();
    const mark = { plane: 'axial' as const, slice, shape: { kind: 'ellipse' as const, corners } };
    const { mask } = await host.engine.call('lesion.propose', { volume, mark });
    const proposed = performance.now();
    await host.engine.call('search.run', { query: { volume, mask } });
    times.propose.push(proposed - marked);
    times.search.push(performance.now() - proposed);
  }
  await host.close();
  return times;
}

const hitsShown = `(() => { const images = [...document.querySelectorAll('[data-testid=hit-card] img')].slice(0, 3); return images.length === 3 && images.every((i) => i.complete && i.naturalWidth > 0); })()`;

async function inWindow(): Promise<{ mark: number[]; find: number[] }> {
  const { page, close, app } = await launchApp({ library });
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
  const times = { mark: [] as number[], find: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    await page
      .getByTestId('lesion-row')
      .nth(round % 10)
      .click();
    await paintedAt(page, axialReady);
    await page.waitForTimeout(1500);
    await page.getByTestId('tool-ellipse').click();
    await markMiddle(page, 50);
    const shown = await paintedAt(page, proposalShown);
    const marked = await eventTime(page);
    await keepTimeOf(page, 'keydown');
    await page.keyboard.press('f');
    const found = await paintedAt(page, hitsShown);
    const pressed = await eventTime(page);
    times.mark.push(shown - marked);
    times.find.push(found - pressed);
    await page.reload();
    await page.waitForSelector('[data-testid=lesion-row]');
  }
  await close();
  return times;
}

/** The median without the first round, which warms up. */
function median(values: readonly number[]): number {
  const sorted = values.slice(1).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

const display = await startDisplay();
if (display) process.env.DISPLAY = display.display;
process.env.PRECEDENT_ELECTRON = (await resolveRuntime()).path;
try {
  const engine = await engineAlone();
  const window = await inWindow();
  const whole = window.mark.map((ms, n) => ms + window.find[n]);
  const alone = engine.propose.map((ms, n) => ms + engine.search[n]);
  const row = (name: string, values: readonly number[]) =>
    console.log(`${name.padEnd(44)}${median(values).toFixed(0).padStart(6)} ms`);
  console.log(`median of ${rounds} rounds after one to warm up, LIDC library of 96 nodules`);
  row('window: mouse released → lesion shown', window.mark);
  row('window: F pressed → hits with pictures painted', window.find);
  row('window: both', whole);
  row('engine alone: grow the mark', engine.propose);
  row('engine alone: embed and search', engine.search);
  console.log(`window / engine alone: ${(median(whole) / median(alone)).toFixed(2)}`);
} finally {
  display?.stop();
  await rm(folder, { recursive: true, force: true });
}
