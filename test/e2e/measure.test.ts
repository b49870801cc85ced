/** Measuring with the real mouse on phantoms: what is drawn, what it says of the voxels, and that it is kept. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Annotation } from '../../native/contract/annotations.ts';
import type { VolumeRow } from '../../native/contract/model.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { askEngine, requestPort, watchPorts } from './support/engine.ts';
import { runInPage } from './support/inPage.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

describe.skipIf(noAppReason() !== null)(groupName('measuring'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  let row: VolumeRow;
  const at = (id: string) => page.getByTestId(id);
  const axial = () => at('viewport-axial');
  const values = () => at('annotation-row').locator('.row-size').allTextContents();

  async function open(): Promise<void> {
    await at('lesion-row').filter({ hasText: 'kidney mass' }).first().click();
    await sliceOf(axial());
    await expect.poll(() => axial().getAttribute('data-complete'), patience).toBe('true');
  }
  async function choose(kind: string): Promise<void> {
    await at('measure-menu').click();
    await at(`tool-measure-${kind}`).click();
  }
  async function click(x: number, y: number): Promise<void> {
    const box = await axial().boundingBox();
    if (!box) throw new Error('the viewport is not shown');
    await page.mouse.click(box.x + box.width / 2 + x, box.y + box.height / 2 + y);
  }
  async function kept(): Promise<Annotation[]> {
    await watchPorts(page);
    await requestPort(page);
    const { result } = await askEngine(page, 'annotations.list', { volume: row.id });
    return result as Annotation[];
  }
  const lengthMm = (a: readonly number[], b: readonly number[]) =>
    Math.hypot(...a.map((x, axis) => (x - b[axis]) * row.spacingMm[axis]));

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').nth(3).waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('L and a drag measure a length in mm, a handle changes it, undo and redo follow', async () => {
    await open();
    await watchPorts(page);
    await requestPort(page);
    const volume = await axial().getAttribute('data-volume');
    const { result } = await askEngine(page, 'volume.get', { volume });
    row = (result as { volume: VolumeRow }).volume;
    await page.keyboard.press('l');
    await dragFromMiddle(page, axial(), [-90, -60], [60, -60]);
    await expect.poll(values, patience).toHaveLength(1);
    const [first] = await values();
    const drawn = await kept();
    const [{ points, kind, plane }] = drawn;
    expect({ kind, plane }).toEqual({ kind: 'length', plane: 'axial' });
    expect(first).toContain(`${lengthMm(points[0], points[1]).toFixed(1)} mm`);
    // Of 150 pixels the handle takes away 50.
    await dragFromMiddle(page, axial(), [60, -60], [10, -60]);
    await expect.poll(values, patience).not.toEqual([first]);
    const [shorter] = await values();
    expect(Number.parseFloat(shorter) / Number.parseFloat(first)).toBeCloseTo(100 / 150, 1);
    await page.keyboard.press('Control+z');
    await expect.poll(values, patience).toEqual([first]);
    await page.keyboard.press('Control+y');
    await expect.poll(values, patience).toEqual([shorter]);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await expect.poll(values, patience).toEqual([]);
    await page.keyboard.press('Control+y');
    await expect.poll(values, patience).toEqual([first]);
    await expect.poll(async () => (await kept()).map((each) => each.points), patience).toEqual([points]);
  });

  test('the ellipse says mean and deviation of the stored voxels', async () => {
    await choose('ellipse');
    await dragFromMiddle(page, axial(), [-50, -20], [50, 50]);
    await expect.poll(values, patience).toHaveLength(2);
    await expect.poll(async () => (await values())[1], patience).toContain('HU');
    await expect.poll(async () => (await kept()).length, patience).toBe(2);
    const { points } = (await kept())[1];
    const k = points[0][2];
    const slice = (await runInPage(
      page,
      `const response = await fetch('precedent://voxels/${row.id}?slices=${k}-${k}');
       const bytes = await response.arrayBuffer();
       return [...new ${row.dtype === 'int16' ? 'Int16Array' : 'Float32Array'}(bytes)];`,
    )) as number[];
    const [ci, cj] = [0, 1].map((axis) => (points[0][axis] + points[1][axis]) / 2);
    const ri = Math.abs(points[0][0] - points[1][0]) / 2;
    const rj = Math.abs(points[2][1] - points[3][1]) / 2;
    const inside = slice.filter((_, n) => {
      const [i, j] = [n % row.dims[0], Math.floor(n / row.dims[0])];
      return ((i - ci) / ri) ** 2 + ((j - cj) / rj) ** 2 <= 1;
    });
    expect(inside.length).toBeGreaterThan(50);
    const mean = inside.reduce((a, b) => a + b, 0) / inside.length;
    const sd = Math.sqrt(inside.reduce((sum, x) => sum + (x - mean) ** 2, 0) / inside.length);
    const sign = Math.round(mean) < 0 ? '−' : '';
    expect((await values())[1]).toContain(`${sign}${Math.abs(Math.round(mean))} ± ${Math.round(sd)} HU`);
  });

  test('an angle takes a drag and a click, two diameters a drag, a probe a click', async () => {
    await choose('angle');
    // A right angle on the screen is one in the patient.
    await dragFromMiddle(page, axial(), [-150, -110], [-150, 40]);
    await click(-90, 40);
    await expect.poll(async () => (await values())[2], patience).toMatch(/^(89\.\d|90\.\d)°/);
    await choose('bidimensional');
    await dragFromMiddle(page, axial(), [90, -130], [170, -70]);
    await expect.poll(async () => (await values())[3], patience).toMatch(/^\d+\.\d × \d+\.\d mm/);
    await choose('probe');
    await click(120, 90);
    await expect.poll(async () => (await values())[4], patience).toMatch(/^−?\d+ HU/);
    await launched.screenshot('measure-1-drawn');
  });

  test('the table has what the window shows', async () => {
    const path = join(folder, 'measurements.csv');
    await launched.app.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath: chosen });
    }, path);
    await at('save-measurements').click();
    await at('export-measurements').click();
    await expect.poll(() => existsSync(path), patience).toBe(true);
    const lines = (await readFile(path, 'utf8')).split('\r\n');
    expect(lines).toHaveLength(1 + 5 + 1);
    expect(lines.slice(1, 6).map((line) => line.split(',')[0])).toEqual([
      'length',
      'ellipse',
      'angle',
      'bidimensional',
      'probe',
    ]);
    const shown = Number.parseFloat((await values())[0]);
    expect(Number(lines[1].split(',')[5])).toBeCloseTo(shown, 1);
    expect(lines.join()).not.toContain(row.patient);
  });

  test('a click with the crosshair chooses one, Delete removes it, and undo brings it back', async () => {
    await page.keyboard.press('x');
    const before = await kept();
    // A trembling hand moves nothing.
    await dragFromMiddle(page, axial(), [121, 90], [119, 91]);
    const chosen = () => at('annotation-row').and(page.locator('[aria-pressed="true"]')).allTextContents();
    await expect.poll(chosen, patience).toEqual([expect.stringMatching(/^Probe/)]);
    expect(await kept()).toEqual(before);
    await page.keyboard.press('Delete');
    await expect.poll(values, patience).toHaveLength(4);
    await page.keyboard.press('Control+z');
    await expect.poll(values, patience).toHaveLength(5);
  });

  test('all of it is there after a reload, under its name, and the list leads to it', async () => {
    await at('annotation-row').first().click();
    await page.getByLabel('Name of the measurement').fill('upper pole');
    await page.getByLabel('Name of the measurement').press('Enter');
    await expect.poll(() => at('annotation-row').first().textContent(), patience).toContain('upper pole');
    const before = await values();
    await expect.poll(async () => (await kept())[0]?.label, patience).toBe('upper pole');
    await page.reload();
    await open();
    await expect.poll(values, patience).toEqual(before);
    const slice = await sliceOf(axial());
    await axial().hover();
    await page.mouse.wheel(0, 100);
    await expect.poll(() => sliceOf(axial()), patience).not.toBe(slice);
    await at('annotation-row').first().click();
    await expect.poll(() => sliceOf(axial()), patience).toBe(slice);
    await launched.screenshot('measure-2-reopened');
    expect(launched.pageErrors).toEqual([]);
  });
});
