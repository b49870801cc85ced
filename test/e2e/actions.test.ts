/**
 * How many actions the daily tasks take, counted while a hand does them in the real application: a key, a click, a drag,
 * or one entry of text is one action. docs/actions.md shows the same table; `npm run docs:screenshots` writes it anew.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoLibrary } from '../support/demoLibrary.ts';
import { nodulesLibrary } from '../support/nodulesLibrary.ts';
import { projectRoot, removeFolder, temporaryFolder } from '../support/precedent.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';
import { groupName, type LaunchedApp, launchApp, noAppReason } from './support/app.ts';
import { dragFromMiddle, patience, sliceOf } from './support/viewport.ts';

const shared = sharedDir();
if (!shared) console.log(`the daily tasks are done on phantoms instead of real CT: ${sharedMissing}`);
const update = process.env.PRECEDENT_UPDATE_PICTURES === '1';

/** Counts what it does. */
class Hand {
  readonly done: string[] = [];
  readonly #page: Page;
  constructor(page: Page) {
    this.#page = page;
  }
  async press(key: string): Promise<void> {
    this.done.push(`\`${key.replace('Control', 'Ctrl')}\``);
    await this.#page.keyboard.press(key);
  }
  async click(what: string, target: Locator, modifiers: ('Shift' | 'Control')[] = []): Promise<void> {
    this.done.push(`${modifiers.map((name) => `${name.replace('Control', 'Ctrl')}+`).join('')}click ${what}`);
    await target.click({ modifiers });
  }
  async drag(
    viewport: Locator,
    from: readonly [number, number],
    to: readonly [number, number],
  ): Promise<void> {
    this.done.push('drag');
    await dragFromMiddle(this.#page, viewport, from, to);
  }
  async type(text: string): Promise<void> {
    this.done.push(`type “${text}”`);
    await this.#page.keyboard.type(text);
  }
}

interface Task {
  readonly name: string;
  readonly most: number;
  readonly act: (hand: Hand) => Promise<void>;
  /** Waits until it is done; fails when it is not. */
  readonly seen: () => Promise<unknown>;
}

describe.skipIf(noAppReason() !== null)(groupName('the daily tasks, in actions'), () => {
  let folder: string;
  let launched: LaunchedApp;
  let page: Page;
  const counted: { readonly task: Task; readonly done: readonly string[] }[] = [];
  const at = (id: string) => page.getByTestId(id);
  const cards = () => at('hit-card');
  const lesions = () =>
    cards().evaluateAll((all) => all.map((card) => String(card.getAttribute('data-lesion'))));
  let before: string[] = [];
  /** Of the label that both libraries have. */
  const cell = async (row: number) => {
    const titles = await page.getByRole('columnheader').allTextContents();
    return page.locator(
      `[aria-rowindex="${row + 2}"] [role=gridcell]:nth-child(${titles.indexOf('malignancy') + 1})`,
    );
  };

  const tasks: readonly Task[] = [
    {
      name: 'Open a study at its lesion',
      most: 2,
      act: (hand) => hand.click('a lesion in the list', at('lesion-row').nth(2)),
      seen: () => sliceOf(at('viewport-axial')),
    },
    {
      name: 'Lung window',
      most: 1,
      act: (hand) => hand.press('3'),
      seen: () =>
        expect
          .poll(() => at('viewport-axial').locator('.bottom-right').textContent(), patience)
          .toContain('W 1500'),
    },
    {
      name: 'Measure a length',
      most: 2,
      act: async (hand) => {
        await hand.press('l');
        await hand.drag(at('viewport-axial'), [-120, -120], [-60, -120]);
      },
      seen: () => expect.poll(() => at('annotation-row').count(), patience).toBe(1),
    },
    {
      name: 'Mark a lesion and find similar ones',
      most: 3,
      act: async (hand) => {
        await hand.press('e');
        await hand.drag(at('viewport-axial'), [-60, -60], [60, 60]);
        await expect.poll(() => at('measure-volume').first().textContent(), patience).toMatch(/\d/);
        await hand.press('f');
      },
      seen: () => expect.poll(() => cards().count(), patience).toBeGreaterThan(3),
    },
    {
      name: 'Open the first hit beside the query',
      most: 1,
      act: (hand) => hand.press('n'),
      seen: async () => {
        await sliceOf(at('compare-query'));
        await sliceOf(at('compare-hit'));
      },
    },
    {
      name: 'Say that a hit is like it, and rank again',
      most: 2,
      act: async (hand) => {
        before = await lesions();
        await hand.press('+');
      },
      seen: async () => {
        await expect.poll(() => at('marks-told').count(), patience).toBe(1);
        await expect.poll(() => cards().count(), patience).toBe(before.length);
      },
    },
    {
      name: 'Filter to malignant, 5–15 mm',
      most: 4,
      act: async (hand) => {
        await hand.press('/');
        await hand.type('malignancy:4..5 size:5..15');
        await hand.press('Enter');
      },
      seen: () =>
        expect
          .poll(async () => {
            const sizes = (await cards().allTextContents()).map((text) =>
              Number(/([\d.]+) mm · /.exec(text)?.[1]),
            );
            return sizes.length > 0 && sizes.every((size) => size >= 5 && size <= 15);
          }, patience)
          .toBe(true),
    },
    {
      name: 'Save the comparison as PDF',
      most: 2,
      act: async (hand) => {
        const target = join(folder, 'comparison.pdf');
        await launched.app.evaluate(({ dialog }, filePath) => {
          dialog.showSaveDialog = async () => ({ canceled: false, filePath });
        }, target);
        await hand.press('Control+p');
        hand.done.push('`Enter` in the dialog of the desktop');
      },
      seen: async () => {
        await page.getByText('comparison.pdf', { exact: true }).waitFor({ timeout: 60_000 });
        expect((await readFile(join(folder, 'comparison.pdf'))).subarray(0, 5).toString()).toBe('%PDF-');
      },
    },
    {
      name: 'Open the whole study of the hit, and come back to the comparison',
      most: 2,
      act: async (hand) => {
        await hand.click('Whole study', page.getByRole('button', { name: 'Whole study' }));
        await at('return-bar').waitFor(patience);
        await hand.press('Escape');
      },
      seen: () => expect.poll(() => at('compare-view').count(), patience).toBe(1),
    },
    {
      name: 'Set three hits beside the query',
      most: 2,
      act: async (hand) => {
        await hand.press('g');
        await hand.press('g');
      },
      seen: () => expect.poll(() => at('compare-hit').count(), patience).toBe(3),
    },
    {
      name: 'Hits of all methods side by side',
      most: 2,
      act: async (hand) => {
        await hand.press('Escape');
        await hand.press('Control+j');
      },
      seen: () => expect.poll(() => at('method-columns').count(), patience).toBe(1),
    },
    {
      name: 'Keep the slice as a key image',
      most: 2,
      act: async (hand) => {
        await hand.press('Escape');
        await hand.press('*');
      },
      seen: () => expect.poll(() => at('key-mark').count(), patience).toBe(1),
    },
    {
      name: 'Relabel twenty lesions',
      most: 6,
      act: async (hand) => {
        await hand.press('Control+l');
        await at('table-row').nth(19).waitFor(patience);
        await hand.click('the cell of the first', await cell(0));
        await hand.click('the cell of the twentieth', await cell(19), ['Shift']);
        await hand.press('F2');
        await at('cell-editor').waitFor(patience);
        await hand.type('5');
        await hand.press('Enter');
      },
      seen: () =>
        expect
          .poll(() => Promise.all([0, 19].map(async (row) => (await cell(row)).textContent())), patience)
          .toEqual(['5', '5']),
    },
  ];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const library = join(folder, 'library');
    if (shared) await nodulesLibrary(library, shared);
    else await demoLibrary(library, 16);
    launched = await launchApp({ library });
    page = launched.page;
    await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 1000));
    await at('lesion-row').nth(2).waitFor(patience);
  });
  afterAll(async () => {
    await launched?.close();
    await removeFolder(folder);
  });

  for (const task of tasks)
    test(`${task.name}: ${task.most} at most`, async () => {
      const hand = new Hand(page);
      await task.act(hand);
      await task.seen();
      counted.push({ task, done: hand.done });
      expect(hand.done.length).toBeLessThanOrEqual(task.most);
    });

  test('docs/actions.md says the same', async () => {
    const rows = counted.map(
      ({ task: { name, most }, done }) => `| ${name} | ${most} | ${done.length} | ${done.join(', ')} |`,
    );
    const table = ['| task | at most | takes | how |', '|---|---|---|---|', ...rows].join('\n');
    console.log(table);
    const path = join(projectRoot, 'docs/actions.md');
    const text = await readFile(path, 'utf8');
    const written = text.replace(/\| task [\s\S]*\|$/m, table);
    if (update) await writeFile(path, written);
    else expect(text).toContain(table);
  });
});
