/** The hand on a viewport: waits for its picture, draws, and strokes. Positions are CSS pixels from its middle. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** For what takes the engine: opening, growing, searching. */
export const patience = { timeout: 60_000 };

/** Waits until a viewport shows a picture, and returns its slice. */
export async function sliceOf(viewport: Locator): Promise<number> {
  await expect.poll(() => viewport.getAttribute('data-ready'), patience).toBe('true');
  return Number(await viewport.getAttribute('data-slice-index'));
}

/** Drags with the primary button from one point to another. */
export async function dragFromMiddle(
  page: Page,
  viewport: Locator,
  from: readonly [number, number],
  to: readonly [number, number],
): Promise<void> {
  const box = await viewport.boundingBox();
  if (!box) throw new Error('the viewport is not shown');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x + from[0], y + from[1]);
  await page.mouse.down();
  await page.mouse.move(x + (from[0] + to[0]) / 2, y + (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(x + to[0], y + to[1], { steps: 4 });
  await page.mouse.up();
}
