/** Surfaces of query and hit: made of their masks, turned and zoomed together at one scale, by mouse and by keys. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('surfaces'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const both = ['surface-query', 'surface-hit'] as const;
  const of = async (name: string) => Promise.all(both.map((id) => at(id).getAttribute(name)));
  const ready = () => expect.poll(() => of('data-ready'), patience).toEqual(['true', 'true']);
  /** How many of a pane's pixels are coloured like a lesion, an organ, or nothing: by what they show, not by what is said of them. */
  const colours = async (id: string) => {
    const picture = (await at(id).locator('canvas').screenshot()).toString('base64');
    return page.evaluate(async (base64) => {
      const surroundings = globalThis as unknown as {
        fetch(url: string): Promise<{ blob(): Promise<unknown> }>;
        createImageBitmap(blob: unknown): Promise<{ width: number; height: number }>;
        OffscreenCanvas: new (
          width: number,
          height: number,
        ) => {
          getContext(kind: '2d'): {
            drawImage(image: unknown, x: number, y: number): void;
            getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
          };
        };
        atob(text: string): string;
        Blob: new (parts: readonly unknown[], options: { type: string }) => unknown;
      };
      const bytes = Uint8Array.from(surroundings.atob(base64), (c) => c.charCodeAt(0));
      const image = await surroundings.createImageBitmap(
        new surroundings.Blob([bytes], { type: 'image/png' }),
      );
      const context = new surroundings.OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const count = { strong: 0, pale: 0, empty: 0 };
      for (let n = 0; n < data.length; n += 4) {
        const [low, high] = [
          Math.min(data[n], data[n + 1], data[n + 2]),
          Math.max(data[n], data[n + 1], data[n + 2]),
        ];
        if (high < 12) count.empty++;
        else if (high - low > 0.45 * high) count.strong++;
        else count.pale++;
      }
      return count;
    }, picture);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await launchApp({ library });
    page = launched.page;
    await at('lesion-row').first().waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('a key shows lesion and organ of query and hit', async () => {
    await at('lesion-row').filter({ hasText: 'kidney mass' }).first().click();
    await sliceOf(at('viewport-axial'));
    await page.keyboard.press('f');
    await at('hit-card').first().click(patience);
    await sliceOf(at('compare-hit'));
    await page.keyboard.press('Control+3');
    await ready();
    for (const triangles of await of('data-triangles')) expect(Number(triangles)).toBeGreaterThan(1000);
    expect(await at('surface-query').textContent()).toContain('in Kidney_R');
    expect(await of('data-facing')).toEqual(['Anterior', 'Anterior']);
    await launched.screenshot('surface-1-anterior');
    for (const id of both) {
      const { strong, pale, empty } = await colours(id);
      expect(strong).toBeGreaterThan(50);
      expect(pale).toBeGreaterThan(500);
      expect(empty).toBeGreaterThan(500);
    }
  });

  test('without the organ the lesion is left, larger on the same field', async () => {
    const before = await colours('surface-query');
    await at('surface-organ').click({ force: true });
    await expect
      .poll(async () => (await colours('surface-query')).pale, patience)
      .toBeLessThan(before.pale / 2);
    expect((await colours('surface-query')).strong).toBeGreaterThan(before.strong);
    await at('surface-organ').click({ force: true });
    await ready();
  });

  test('keys and buttons turn both to a standard view, a drag turns both freely', async () => {
    await at('surface-query').focus();
    for (const [key, name, letters] of [
      ['l', 'Left', 'SIAP'],
      ['s', 'Superior', 'APLR'],
      ['a', 'Anterior', 'SIRL'],
    ]) {
      await page.keyboard.press(key);
      await expect.poll(() => of('data-facing'), patience).toEqual([name, name]);
      expect(await at('surface-hit').locator('.pane-letters').textContent()).toBe(letters);
    }
    await at('surface-i').click();
    await expect.poll(() => of('data-facing'), patience).toEqual(['Inferior', 'Inferior']);
    expect(await at('tool-sphere').getAttribute('aria-pressed')).not.toBe('true');
    await dragFromMiddle(page, at('surface-hit'), [0, 0], [70, 30]);
    await expect.poll(() => of('data-facing'), patience).toEqual(['', '']);
    const turned = await at('surface-query').locator('.pane-letters').textContent();
    expect(turned).toBe(await at('surface-hit').locator('.pane-letters').textContent());
    await launched.screenshot('surface-2-turned');
  });

  test('the wheel zooms both, at one scale, and Home fits them again', async () => {
    const scales = async () => (await of('data-mm-per-pixel')).map(Number);
    const [fitted] = await scales();
    await at('surface-query').hover();
    await page.mouse.wheel(0, -240);
    await expect.poll(async () => (await scales())[0], patience).toBeLessThan(fitted * 0.9);
    const [query, hit] = await scales();
    expect(query).toBe(hit);
    await at('surface-query').focus();
    await page.keyboard.press('Home');
    await expect.poll(scales, patience).toEqual([fitted, fitted]);
  });

  test('the next hit comes into the same view, and the key leads back to the slices', async () => {
    await at('surface-query').focus();
    await page.keyboard.press('p');
    const before = await at('surface-hit').textContent();
    await page.keyboard.press('n');
    await expect.poll(() => at('surface-hit').textContent(), patience).not.toBe(before);
    await ready();
    expect(await of('data-facing')).toEqual(['Posterior', 'Posterior']);
    await page.keyboard.press('Control+3');
    await sliceOf(at('compare-hit'));
    expect(await at('surface-view').count()).toBe(0);
    expect(launched.pageErrors).toEqual([]);
  });

  test('opened again and again they take no graphics context from the slices', async () => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/too many active webgl contexts/i.test(message.text())) complaints.push(message.text());
    });
    // A browser has 16 contexts at a time.
    for (let n = 0; n < 9; n++) {
      await page.keyboard.press('Control+3');
      await expect.poll(() => of('data-mm-per-pixel'), patience).not.toContain(null);
      await page.keyboard.press('Control+3');
      await at('compare-hit').waitFor(patience);
    }
    await sliceOf(at('compare-hit'));
    expect(complaints).toEqual([]);
  });

  test('without WebGL 2 the window says so, and searches all the same', async () => {
    await page.addInitScript(() => {
      interface Canvas {
        readonly prototype: { getContext(kind: string, ...rest: readonly unknown[]): unknown };
      }
      const { HTMLCanvasElement, OffscreenCanvas } = globalThis as unknown as Record<string, Canvas>;
      for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
        const { getContext } = prototype;
        prototype.getContext = function (kind, ...rest) {
          return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...rest);
        };
      }
    });
    await page.reload();
    // What was open comes back first.
    await at('compare-view').waitFor(patience);
    await page.keyboard.press('Escape');
    await at('lesion-row').first().click();
    await page.keyboard.press('f');
    // Until it says so, the hits of the search before are shown.
    await expect.poll(() => page.locator('.hits-status').textContent(), patience).toMatch(/hits for/);
    expect(await at('hit-card').count()).toBeGreaterThan(2);
    await page.keyboard.press('Control+3');
    await expect.poll(() => at('surface-no-webgl').textContent(), patience).toContain('offers no WebGL 2');
    await launched.screenshot('surface-3-no-webgl');
  });
});
