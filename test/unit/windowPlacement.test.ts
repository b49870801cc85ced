/** The window for hits goes where its user had it, else to the other monitor, and is always within reach. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeHits, readRemembered, writeRemembered } from '../../electron/placement.ts';

const left = { workArea: { x: 0, y: 0, width: 1920, height: 1040 } };
const right = { workArea: { x: 1920, y: 0, width: 2560, height: 1400 } };
const first = { x: 100, y: 20, width: 1600, height: 1000 };
const nowhere = { bounds: null, maximized: false };

test('the first time it fills the other monitor', () => {
  expect(placeHits(nowhere, [left, right], first)).toEqual({ bounds: right.workArea, maximized: true });
  const onTheRight = { x: 2000, y: 0, width: 1600, height: 1000 };
  expect(placeHits(nowhere, [left, right], onTheRight)).toEqual({ bounds: left.workArea, maximized: true });
});

test('on one monitor it leaves a part of the first window in sight', () => {
  const { bounds, maximized } = placeHits(nowhere, [left], first);
  expect(maximized).toBe(false);
  expect(bounds).toEqual({ x: 576, y: 312, width: 1344, height: 728 });
});

test('it goes back to its place while a monitor shows it', () => {
  const place = { x: 2200, y: 100, width: 1200, height: 900 };
  expect(placeHits({ bounds: place, maximized: true }, [left, right], first)).toEqual({
    bounds: place,
    maximized: true,
  });
  // The second monitor is gone, and with it the place.
  expect(placeHits({ bounds: place, maximized: true }, [left], first).bounds.x).toBe(576);
  // A strip of 60 pixels is no window to work in.
  const edge = { ...place, x: 1860 };
  expect(placeHits({ bounds: edge, maximized: false }, [left], first).bounds.x).toBe(576);
});

test('what was kept is read back, and what does not fit is as if nothing was kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'precedent-windows-'));
  const file = join(folder, 'windows.json');
  expect(readRemembered(file).open).toBe(false);
  const kept = { open: true, bounds: { x: -10, y: 5, width: 800, height: 600 }, maximized: false };
  await writeRemembered(file, kept);
  expect(readRemembered(file)).toEqual(kept);
  await writeFile(
    file,
    '{"hits":{"open":true,"bounds":{"x":0,"y":0,"width":0,"height":1e9},"maximized":false}}',
  );
  expect(readRemembered(file)).toEqual({ open: false, bounds: null, maximized: false });
  await rm(folder, { recursive: true });
});
