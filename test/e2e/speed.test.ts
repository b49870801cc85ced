/** Large studies in the window: the first picture first, memory within a budget, nothing left behind, and a picture without WebGL. */
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeLargeStudy } from '../support/largeStudies.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { countTextures, type PageMemory, pageMemory } from './support/pageMemory.ts';
import { openSettings } from './support/settings.ts';
import { patience, sliceOf } from './support/viewport.ts';

const studies = 3;
const [side, slices] = [192, 120];
const studyBytes = side * side * slices * 2;
/** So large that not all of it is asked for at once. */
const large = { name: 'study-large', columns: 256, rows: 256, slices: 240 };

/** What the gate keeps in the page. */
interface Gated {
  /** The slices of each request that waits, in the order of asking. */
  readonly waiting: readonly (readonly [number, number])[];
}

/** From now on the page's requests for slices wait at a gate until `letPass` opens it for them. */
async function closeGate(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const pass = window.fetch;
    window.gate = { waiting: [], open: [], all: false };
    window.fetch = async (url, options) => {
      const [, first, last] = /slices=(\\d+)-(\\d+)$/.exec(String(url)) ?? [];
      if (first !== undefined && !window.gate.all)
        await new Promise((open) => { window.gate.waiting.push([Number(first), Number(last)]); window.gate.open.push(open); });
      return pass(url, options);
    };
  })()`);
}
async function waitingAt(page: Page): Promise<Gated['waiting']> {
  return (await page.evaluate('window.gate.waiting')) as Gated['waiting'];
}
/** Opens the gate for the requests that hold a slice, or for all that wait and will come. */
async function letPass(page: Page, slice: number | 'all'): Promise<void> {
  await page.evaluate(`(() => {
    const { gate } = window;
    const slice = ${JSON.stringify(slice)};
    gate.all = slice === 'all';
    gate.waiting.forEach(([first, last], n) => { if (gate.all || (first <= slice && slice <= last)) gate.open[n](); });
  })()`);
}

describe.skipIf(noAppReason() !== null)(groupName('large studies'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  let session: CDPSession;
  const library = () => join(folder, 'library');
  const at = (id: string) => page.getByTestId(id);
  const axial = (name: string) => at('viewport-axial').getAttribute(`data-${name}`);

  async function start(args: readonly string[] = []): Promise<void> {
    launched = await launchApp({ library: library(), args });
    page = launched.page;
    await at('lesion-row').nth(studies).waitFor(patience);
  }
  /** Opens a lesion's study, and waits for its picture and all of its voxels. */
  async function open(n: number): Promise<void> {
    const row = at('lesion-row').filter({ hasText: `study-${n}` });
    await row.click();
    const volume = await row.getAttribute('data-volume');
    await expect.poll(() => axial('volume'), patience).toBe(volume);
    await expect.poll(() => axial('ready'), patience).toBe('true');
    await expect.poll(() => axial('complete'), patience).toBe('true');
  }
  async function held(): Promise<{ shown: number; kept: number }> {
    await openSettings(page, 'Display');
    const line = at('memory-held');
    await line.scrollIntoViewIfNeeded();
    const [shown, kept] = [await line.getAttribute('data-shown'), await line.getAttribute('data-kept')];
    await launched.screenshot('speed-5-memory');
    await page.keyboard.press('Escape');
    await expect.poll(() => at('settings').count()).toBe(0);
    return { shown: Number(shown), kept: Number(kept) };
  }
  async function setBudget(bytes: number): Promise<void> {
    await page.evaluate(`localStorage.setItem('precedent.voxel-budget', '${bytes}')`);
    await page.reload();
    await at('lesion-row').first().waitFor(patience);
    await countTextures(page);
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    for (let n = 0; n < studies; n++)
      await writeLargeStudy(join(folder, 'studies'), n + 1, {
        name: `study-${n}`,
        columns: side,
        rows: side,
        slices,
      });
    await writeLargeStudy(join(folder, 'studies'), 9, large);
    await precedentJson('import', join(folder, 'studies'), '--library', library());
    await start();
    session = await page.context().newCDPSession(page);
    await countTextures(page);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('the lesion is on the screen, and so is the slice that is scrolled to, while the rest has yet to come', async () => {
    await closeGate(page);
    await at('lesion-row').filter({ hasText: large.name }).click();
    await expect.poll(async () => (await waitingAt(page)).length, patience).toBeGreaterThan(0);
    const middle = large.slices / 2;
    const [[first, last]] = await waitingAt(page);
    expect(first).toBeLessThanOrEqual(middle);
    expect(last).toBeGreaterThanOrEqual(middle);
    expect(last - first).toBeLessThan(5);
    await letPass(page, middle);
    await expect.poll(() => axial('painted-slice'), patience).toBe(String(middle));
    expect(await axial('complete')).toBe('false');
    await launched.screenshot('speed-1-first');

    // What was asked for before still waits: the slice is asked for beside it.
    const asked = await waitingAt(page);
    await at('viewport-axial').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => axial('slice-index')).not.toBe(String(middle));
    const wanted = Number(await axial('slice-index'));
    const holds = ([a, b]: readonly [number, number]) => a <= wanted && wanted <= b && b - a < 5;
    expect(asked.some(holds)).toBe(false);
    await expect.poll(async () => (await waitingAt(page)).some(holds), patience).toBe(true);
    await letPass(page, wanted);
    await expect.poll(() => axial('painted-slice'), patience).toBe(String(wanted));
    expect(await axial('complete')).toBe('false');
    await launched.screenshot('speed-2-scrolled');
    await letPass(page, 'all');
    await expect.poll(() => axial('complete'), patience).toBe('true');
  });

  test('studies that were left are kept as far as the budget reaches, and what is shown always', async () => {
    await setBudget(2 ** 29);
    await open(0);
    const { kept } = await held();
    for (const n of [1, 2]) await open(n);
    const roomy = await held();
    expect(roomy.kept - kept).toBe(2 * studyBytes);
    expect(roomy.shown).toBeGreaterThan(studyBytes);
    await setBudget(studyBytes);
    for (const n of [0, 1, 2]) await open(n);
    expect(await held()).toEqual({ shown: roomy.shown, kept: 0 });
  });

  test('going back and forth between studies leaves nothing behind', async () => {
    await setBudget(studyBytes);
    const rounds = 12;
    const measured: PageMemory[] = [];
    for (let round = 0; round < 2 * rounds; round++) {
      await open(round % studies);
      if (round === rounds - 1 || round === 2 * rounds - 1) measured.push(await pageMemory(page, session));
    }
    const [before, after] = measured;
    const perSwitch = (of: (memory: PageMemory) => number) => (of(after) - of(before)) / rounds;
    // Of a study left behind at every fourth switch its voxels would show here; of its pictures a few objects stay in Cornerstone.
    expect(perSwitch((memory) => memory.heap)).toBeLessThan(100_000);
    expect(perSwitch((memory) => memory.buffers)).toBeLessThan(studyBytes / 4);
    expect(perSwitch((memory) => memory.nodes)).toBeLessThan(20);
    expect(perSwitch((memory) => memory.listeners)).toBeLessThan(3);
    expect(perSwitch((memory) => memory.textures)).toBeLessThan(1);
    expect(after.textureBytes).toBe(before.textureBytes);
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(launched.pageErrors).toEqual([]);
  });

  test('without WebGL the window says so, and draws on the CPU and searches', async () => {
    await launched.close();
    await start(['--disable-gpu', '--disable-software-rasterizer']);
    await at('lesion-row').first().click();
    await page.getByText('No WebGL 2 on this machine').waitFor(patience);
    await launched.screenshot('speed-3-no-webgl');
    await page.getByRole('button', { name: 'Draw on the CPU' }).click();
    const before = await sliceOf(at('viewport-axial'));
    await at('viewport-axial').focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => axial('painted-slice'), patience).not.toBe(String(before));
    await page.keyboard.press('f');
    await expect.poll(() => at('hit-card').count(), patience).toBe(studies);
    await at('hit-card').first().click();
    await sliceOf(at('compare-hit'));
    await sliceOf(at('compare-query'));
    await launched.screenshot('speed-4-cpu');
    expect(launched.pageErrors).toEqual([]);
  });
});
