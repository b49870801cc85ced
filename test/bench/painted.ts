/** Waiting for a painted frame of the window, by the page's own clock, and the medians of such times. */
import type { Page } from 'playwright-core';

/** Resolves with the page's time, in ms, at which `ready`, an expression of the page, was true in a painted frame. */
export async function paintedAt(page: Page, ready: string): Promise<number> {
  const script = `new Promise((done) => { const look = () => (${ready}) ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look); look(); })`;
  return Number(await page.evaluate(script));
}

/** Has the page keep the time of its next event of this name; `eventTime` reads it. */
export async function keepTimeOf(page: Page, event: 'pointerup' | 'keydown'): Promise<void> {
  await page.evaluate(
    `window.addEventListener('${event}', () => { window.benchStart = performance.now(); }, { once: true, capture: true })`,
  );
}

export async function eventTime(page: Page): Promise<number> {
  return Number(await page.evaluate('window.benchStart'));
}

export const proposalShown = `document.querySelector('[data-testid=measure-volume]') && document.querySelector('[data-testid=proposal-panel]')`;
export const axialReady = `document.querySelector('[data-testid=viewport-axial]')?.dataset.ready === 'true'`;

/** Draws an ellipse with the tool in the hand around the middle of the axial picture; the time is kept as the mouse is released. */
export async function markMiddle(page: Page, halfPx: number): Promise<void> {
  const box = await page.getByTestId('viewport-axial').boundingBox();
  if (!box) throw new Error('the viewport is not shown');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - halfPx, y - halfPx);
  await page.mouse.down();
  await page.mouse.move(x + halfPx, y + halfPx, { steps: 5 });
  await keepTimeOf(page, 'pointerup');
  await page.mouse.up();
}
