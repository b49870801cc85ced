/** Reading with the real mouse on phantoms: the report of measurements, key images, the original file's elements, the magnifier, teaching. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unzip } from '../../native/ingest/sources/unzip.ts';
import { demoLibrary } from '../support/demoLibrary.ts';
import { editCatalog } from '../support/editCatalog.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { childrenOf, complaints, lineOf, numberOf, readReport } from '../support/structuredReport.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

/** Put into the library where people write. */
const canary = 'Kanarienvogel';

describe.skipIf(noAppReason() !== null)(groupName('reading'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const at = (id: string) => page.getByTestId(id);
  const axial = () => at('viewport-axial');
  const rows = (id: string) => at(id).count();

  async function open(): Promise<void> {
    await at('lesion-row').filter({ hasText: 'kidney mass' }).first().click();
    await sliceOf(axial());
    await expect.poll(() => axial().getAttribute('data-complete'), patience).toBe('true');
  }
  /** What is pressed while a dialog fades would be the dialog's. */
  async function closeDialog(): Promise<void> {
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.mantine-Modal-overlay').count(), patience).toBe(0);
  }
  /** Lets the next save dialog name a file, acts, and waits until the window says that it is written. */
  async function saved(name: string, act: () => Promise<void>): Promise<string> {
    const path = join(folder, name);
    await launched.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, path);
    await act();
    await page.getByText(name, { exact: true }).first().waitFor({ timeout: 60_000 });
    expect(existsSync(path)).toBe(true);
    return path;
  }
  const saveReport = (name: string, identified: boolean) =>
    saved(name, async () => {
      await at('save-measurements').click();
      if (identified) await page.getByRole('menuitemcheckbox', { name: /identity/ }).click();
      await at('export-report').click();
    });
  async function elementOf(name: string): Promise<string | null> {
    await page.getByLabel('Search the elements').fill(name);
    const row = at('tag-row').filter({ hasText: name }).first();
    await row.waitFor(patience);
    return row.locator('.tags-value').textContent();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    await demoLibrary(library, 4);
    editCatalog(library, (db) => {
      db.prepare('UPDATE study SET description = ?').run(`CT of ${canary}`);
      db.prepare('UPDATE series SET description = ?').run(`portal ${canary}`);
      db.prepare(
        `INSERT INTO report (uid, study, textHash, path, title, text) VALUES ('rep-1', 1, 'x', ?, ?, ?)`,
      ).run(`/reports/${canary}.txt`, `Report on ${canary}`, `A nodule was seen in ${canary}.`);
    });
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').nth(3).waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('Ctrl+E shows the elements of the slice’s own file, with a search', async () => {
    await open();
    await page.keyboard.press('Control+e');
    await at('tag-row').first().waitFor(patience);
    expect(await elementOf('ConvolutionKernel')).toMatch(/^B\d\d|^[A-Z]/);
    expect(await elementOf('InstanceNumber')).toBe(
      (await at('tags-of').textContent())?.match(/IM0*(\d+)\.dcm/)?.[1] ?? '',
    );
    await launched.screenshot('reading-1-elements');
    await closeDialog();
  });

  test('measurements and the lesion become a report that refers to the slice’s own image', async () => {
    await page.keyboard.press('l');
    await dragFromMiddle(page, axial(), [-90, -60], [60, -60]);
    await page.keyboard.press('x');
    await expect.poll(() => rows('annotation-row'), patience).toBe(1);
    await page.keyboard.press('Control+e');
    const uid = await elementOf('SOPInstanceUID');
    await closeDialog();
    const path = await saveReport('named.dcm', true);
    const data = readReport(path);
    const groups = childrenOf(childrenOf(data).at(-1) ?? data);
    expect(groups.map((group) => group.ContentTemplateSequence?.[0].TemplateIdentifier)).toEqual([
      '1501',
      '1411',
    ]);
    const length = childrenOf(groups[0])[2];
    const shown = await at('annotation-row').locator('.row-size').textContent();
    expect(numberOf(length)).toBeCloseTo(Number.parseFloat(shown ?? ''), 1);
    const image = childrenOf(childrenOf(length)[0])[0];
    expect(lineOf(image)).toBe('SELECTED FROM | IMAGE | -');
    expect(image.ReferencedSOPSequence?.[0].ReferencedSOPInstanceUID).toBe(uid);
    expect(complaints(path)).toEqual([]);
    // The identity was taken along once.
    const pseudonymous = await saveReport('pseudonym.dcm', false);
    expect(readReport(pseudonymous).PatientID).toMatch(/^P-/);
    expect((await readFile(pseudonymous)).toString('latin1')).not.toContain(String(uid));
    expect(complaints(pseudonymous)).toEqual([]);
  });

  test('an ellipse turns with the end of its axis', async () => {
    await at('measure-menu').click();
    await at('tool-measure-ellipse').click();
    await dragFromMiddle(page, axial(), [-60, 60], [40, 110]);
    await expect.poll(() => rows('annotation-row'), patience).toBe(2);
    const second = at('annotation-row').nth(1).locator('.row-size');
    await expect.poll(() => second.textContent(), patience).toContain('HU');
    const flat = await second.textContent();
    // From the right end of the long axis to below its middle.
    await dragFromMiddle(page, axial(), [40, 85], [-10, 135]);
    await expect.poll(() => second.textContent(), patience).not.toBe(flat);
    await launched.screenshot('reading-2-turned');
    await page.keyboard.press('Control+z');
    await expect.poll(() => second.textContent(), patience).toBe(flat);
    await page.keyboard.press('x');
  });

  test('* keeps the slice as it is shown, the list leads back to it, and * takes it back', async () => {
    await axial().hover();
    await page.keyboard.press('3');
    const slice = await sliceOf(axial());
    const window = () => at('window-presets').textContent();
    const kept = await window();
    await page.keyboard.press('*');
    await expect.poll(() => at('key-mark').count(), patience).toBe(1);
    await expect.poll(() => rows('key-image-row'), patience).toBe(1);
    await page.keyboard.press('4');
    await page.mouse.wheel(0, 100);
    await expect.poll(() => sliceOf(axial()), patience).not.toBe(slice);
    await page.reload();
    await open();
    await at('key-image-row').first().click();
    await expect.poll(() => sliceOf(axial()), patience).toBe(slice);
    expect(await window()).toBe(kept);
    await page.getByLabel('Note on the key image').fill('lower pole');
    await page.getByLabel('Note on the key image').press('Enter');
    await expect.poll(() => at('key-image-row').first().textContent(), patience).toContain('lower pole');
    const archive = await saved('keys.zip', async () => {
      await at('export-key-images').click();
      await page.getByRole('menuitem', { name: /pictures/ }).click();
    });
    const into = join(folder, 'keys');
    const { files } = await unzip(archive, into, {
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    const [png, table] = await Promise.all(files.map((file) => readFile(file.path)));
    expect(Math.max(decode(png).width, decode(png).height)).toBe(1024);
    expect(table.toString()).toContain('lower pole');
    const document = await saved('keys.dcm', async () => {
      await at('export-key-images').click();
      await page.getByRole('menuitem', { name: /Key Object/ }).click();
    });
    expect(readReport(document).SOPClassUID).toBe('1.2.840.10008.5.1.4.1.1.88.59');
    expect(complaints(document)).toEqual([]);
    await page.keyboard.press('Escape');
    await axial().hover();
    await page.keyboard.press('*');
    await expect.poll(() => rows('key-image-row'), patience).toBe(0);
  });

  test('the magnifier shows what lies under the pointer, larger, on the GPU and the CPU path', async () => {
    const lens = () => axial().getByTestId('lens');
    const greys = () =>
      lens()
        .locator('canvas')
        .first()
        .evaluate((canvas) => {
          const { width, height } = canvas as unknown as { width: number; height: number };
          const context = (
            canvas as unknown as {
              getContext(kind: '2d'): {
                getImageData(...box: number[]): { readonly data: Uint8ClampedArray };
              };
            }
          ).getContext('2d');
          const { data } = context.getImageData(0, 0, width, height);
          return [...data].filter((_, n) => n % 4 === 0 && n % 997 < 4);
        });
    await axial().hover();
    await page.keyboard.press('F4');
    await expect.poll(() => lens().isVisible(), patience).toBe(true);
    await expect.poll(async () => new Set(await greys()).size, patience).toBeGreaterThan(5);
    const onGpu = await greys();
    await page.keyboard.press('}');
    await expect.poll(() => lens().textContent(), patience).toBe('2.5×');
    await expect.poll(greys, patience).not.toEqual(onGpu);
    const slice = await sliceOf(axial());
    await page.keyboard.down('Alt');
    await page.mouse.wheel(0, 100);
    await page.keyboard.up('Alt');
    await expect.poll(() => lens().textContent(), patience).toBe('2×');
    expect(await sliceOf(axial())).toBe(slice);
    await launched.screenshot('reading-3-magnifier');
    await page.keyboard.press('F4');
    await expect.poll(() => lens().count(), patience).toBe(0);
    await openSettings(page, 'Display');
    const cpu = page.getByRole('switch', { name: /CPU/ });
    await cpu.focus();
    await page.keyboard.press('Space');
    await expect.poll(() => cpu.isChecked(), patience).toBe(true);
    await closeDialog();
    await sliceOf(axial());
    await axial().hover();
    await page.keyboard.press('F4');
    await expect.poll(() => lens().isVisible(), patience).toBe(true);
    await expect.poll(greys, patience).toEqual(onGpu);
    await page.keyboard.press('F4');
  });

  test('for teaching, H hides what people wrote, the elements that name the patient, and where files lie', async () => {
    const text = () =>
      page.evaluate(
        `document.body.innerText + [...document.querySelectorAll('[title]')].map((one) => one.title).join('\\n')`,
      );
    await page.getByText(/^Studies/).click();
    await expect.poll(text, patience).toContain(`CT of ${canary}`);
    await axial().hover();
    await page.keyboard.press('h');
    await expect.poll(text, patience).not.toContain(canary);
    expect(await text()).not.toContain(folder);
    await page.getByText(/^Reports/).click();
    await page
      .getByPlaceholder(/search/i)
      .first()
      .fill('nodule');
    await at('report-row').first().waitFor(patience);
    expect(await text()).not.toContain(canary);
    await axial().focus();
    await page.keyboard.press('Control+e');
    await at('tag-row').first().waitFor(patience);
    expect(await elementOf('PatientName')).toBe('hidden');
    expect(await elementOf('SOPInstanceUID')).toBe('hidden');
    expect(await elementOf('Modality')).toBe('CT');
    await launched.screenshot('reading-4-teaching');
    await closeDialog();
    await page.keyboard.press('h');
    expect(launched.pageErrors).toEqual([]);
  });
});
