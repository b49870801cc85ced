/** The encoders in the settings of the real application: added from a folder, chosen, refused, removed. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeCase } from '../support/balls.ts';
import { tiny, writeEncoder } from '../support/encoderFolder.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { openSettings } from './support/settings.ts';
import { patience } from './support/viewport.ts';

const long = { timeout: 120_000 };

describe.skipIf(noAppReason() !== null)(groupName('encoders in the settings'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const encoders = () => page.getByTestId('encoder');

  async function add(path: string): Promise<void> {
    await launched.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, path);
    await page.getByTestId('encoders').getByRole('button', { name: 'Add…' }).click();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    for (const seed of [1, 2, 3]) await writeCase(join(folder, 'balls'), `case${seed}`, seed, [20]);
    const library = join(folder, 'library');
    await precedentJson('import', join(folder, 'balls'), '--library', library);
    launched = await launchApp({ library });
    page = launched.page;
    await openSettings(page, 'Encoders');
    await encoders().first().waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  test('an encoder is added, tried and made the default, and the library is embedded by it', async () => {
    await add(await writeEncoder(join(folder, 'slice'), tiny.slice));
    // Behind the three that are built in: for lesions, for shapes, and for slices.
    await expect.poll(() => encoders().count(), long).toBe(4);
    expect(await page.getByRole('radio', { name: 'Search with precedent-shape' }).isDisabled()).toBe(true);
    const row = encoders().nth(3);
    expect(await row.textContent()).toMatch(/tiny-slice 1\.0\.0 · slice · 6 values · CC0-1\.0/);
    await expect
      .poll(() => page.getByTestId('encoders').textContent(), long)
      .toContain('the same answer twice');
    await page.getByRole('radio', { name: 'Search with tiny-slice' }).click();
    await expect.poll(() => row.textContent(), long).toContain('complete');
    await expect.poll(() => page.getByTestId('status-bar').textContent(), long).toContain('tiny-slice 1.0.0');
    await launched.screenshot('encoders-1-default');
  });

  test('what is no encoder is refused with its reason, and the list stays', async () => {
    await add(await writeEncoder(join(folder, 'deaf'), { ...tiny.slice, id: 'deaf' }, { fault: 'deaf' }));
    await expect
      .poll(() => page.getByTestId('encoders').textContent(), long)
      .toContain('the same vector for different lesions');
    await launched.screenshot('encoders-2-refused');
    expect(await encoders().count()).toBe(4);
  });

  test('an encoder that is not the default can be removed', async () => {
    await page.getByRole('radio', { name: 'Search with precedent-lesion' }).click();
    const row = encoders().nth(3);
    await row.getByRole('button', { name: 'Remove' }).click(long);
    await expect.poll(() => encoders().count(), long).toBe(3);
    expect(launched.pageErrors).toEqual([]);
  });
});
