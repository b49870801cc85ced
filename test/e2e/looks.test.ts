/**
 * How the main states look and whether everyone can use them: each is compared with its picture in docs/images, and
 * searched for serious faults of accessibility. `npm run docs:screenshots` takes the pictures anew.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { decode, encode } from 'fast-png';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { projectRoot, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { settingsTabs } from './support/settings.ts';
import { states } from './support/states.ts';

const pictures = join(projectRoot, 'docs/images');
const results = join(projectRoot, 'test-results');
const update = process.env.PRECEDENT_UPDATE_PICTURES === '1';
/** Of the pixels; anti-aliased ones do not count. What another machine's rounding changes stays below. */
const tolerance = 0.005;

describe.skipIf(noAppReason() !== null)(groupName('how the main states look'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'demonstration');
    await demoLibrary(library, 16);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1500, 940));
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  for (const { name, title, enter } of states)
    test(title, async () => {
      await enter(page);
      const picture = await restingPicture(page);
      const kept = join(pictures, `${name}.png`);
      if (update) {
        await mkdir(pictures, { recursive: true });
        await writeFile(kept, picture);
      }
      expect(existsSync(kept), `docs/images/${name}.png is missing: npm run docs:screenshots`).toBe(true);
      expect(await difference(name, picture, await readFile(kept))).toBeLessThan(tolerance);
      expect(await seriousFaults(page)).toEqual([]);
    });

  test('every tab of the settings is reached by the arrow keys', async () => {
    const settings = page.getByTestId('settings');
    await settings.getByRole('tab').first().focus();
    for (const name of settingsTabs) {
      const panel = settings.getByRole('tabpanel', { name });
      await expect.poll(() => panel.locator('section').count()).toBeGreaterThan(0);
      expect(await seriousFaults(page), name).toEqual([]);
      await launched.screenshot(`settings-${name}`);
      await page.keyboard.press('ArrowDown');
    }
    expect(await settings.getByRole('tab', { selected: true }).textContent()).toBe(settingsTabs[0]);
  });
});

/** The page once it no longer changes: two pictures in a row are the same. */
async function restingPicture(page: Page): Promise<Buffer> {
  await page.mouse.move(0, 0);
  let last: Buffer = Buffer.alloc(0);
  await expect
    .poll(
      async () => {
        const next = await page.screenshot({
          animations: 'disabled',
          caret: 'hide',
          // Times, and where and on what the application runs, are said differently every time.
          style: '[data-volatile] { visibility: hidden }',
        });
        const same = next.equals(last);
        last = next;
        return same;
      },
      { timeout: 60_000, interval: 400 },
    )
    .toBe(true);
  return last;
}

/** The share of pixels that differ; writes the picture, and what differs, into test-results. */
async function difference(name: string, taken: Buffer, kept: Buffer): Promise<number> {
  const [now, before] = [rgba(taken), rgba(kept)];
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `look-${name}.png`), taken);
  expect([now.width, now.height], 'the size of the picture').toEqual([before.width, before.height]);
  const shown = new Uint8Array(now.data.length);
  const { width, height } = now;
  const count = pixelmatch(now.data, before.data, shown, width, height, { threshold: 0.1 });
  await writeFile(
    join(results, `look-${name}-changed.png`),
    encode({ data: shown, width, height, channels: 4, depth: 8 }),
  );
  return count / (width * height);
}

function rgba(png: Buffer): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const { width, height, channels, data } = decode(png);
  const out = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) out[4 * i + c] = Number(data[channels * i + c]);
  return { width, height, data: out };
}

/** Each serious or critical fault as one line: the rule, and where. */
async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: readonly axe.Result[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.html.slice(0, 200)}`),
    );
}
