/** Scaling of 125 to 200 percent, in the real application on phantoms: nothing that is worked with leaves the window. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, launchApp, noAppReason } from './support/app.ts';
import { patience, sliceOf } from './support/viewport.ts';

interface PageSize {
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly devicePixelRatio: number;
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number; readonly scrollHeight: number };
  };
}
const worked = [
  'find-similar',
  'evaluate',
  'status-bar',
  'hit-strip',
  'viewport-axial',
  'distribution-panel',
];

describe.skipIf(noAppReason() !== null)(groupName('scaling'), () => {
  let folder: string;
  const library = () => join(folder, 'library');

  beforeAll(async () => {
    folder = await temporaryFolder();
    await demoLibrary(library(), 4);
  });
  afterAll(() => removeFolder(folder));

  test.each([1.25, 1.5, 2])('of %s leaves everything in the window, and pictures sharp', async (scale) => {
    const launched = await launchApp({
      library: library(),
      args: [`--force-device-scale-factor=${scale}`],
    });
    const { page } = launched;
    try {
      await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.maximize());
      await page.getByTestId('lesion-row').first().click(patience);
      await sliceOf(page.getByTestId('viewport-axial'));
      await page.keyboard.press('f');
      await page.getByTestId('hit-card').first().waitFor(patience);
      await launched.screenshot(`scaling-${scale}`);
      const size = await page.evaluate(() => {
        const { innerWidth, innerHeight, devicePixelRatio, document } = globalThis as unknown as PageSize;
        const { scrollWidth, scrollHeight } = document.documentElement;
        return { innerWidth, innerHeight, devicePixelRatio, scrollWidth, scrollHeight };
      });
      expect(size.devicePixelRatio).toBe(scale);
      expect(size.scrollWidth).toBeLessThanOrEqual(size.innerWidth);
      expect(size.scrollHeight).toBeLessThanOrEqual(size.innerHeight);
      for (const id of worked) {
        const box = await page.getByTestId(id).boundingBox();
        if (!box) throw new Error(`${id} is not shown`);
        expect(box.x, id).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width, id).toBeLessThanOrEqual(size.innerWidth + 1);
        expect(box.y + box.height, id).toBeLessThanOrEqual(size.innerHeight + 1);
        expect(Math.min(box.width, box.height), id).toBeGreaterThan(15);
      }
    } finally {
      await launched.close();
    }
  });
});
