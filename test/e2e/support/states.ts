/** The main states of the window on the demonstration library, in the order in which a user comes through them. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { dragFromMiddle, patience, sliceOf } from './viewport.ts';

export interface State {
  /** Also the name of its picture in docs/images. */
  readonly name: string;
  readonly title: string;
  /** From the state before. */
  readonly enter: (page: Page) => Promise<unknown>;
}

const at = (page: Page, id: string) => page.getByTestId(id);
const shown = (page: Page, id: string) =>
  expect.poll(() => at(page, id).count(), patience).toBeGreaterThan(0);
const gone = (page: Page, id: string) => expect.poll(() => at(page, id).count(), patience).toBe(0);

/** Escape until neither a dialog nor a comparison is there. */
async function leave(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const open = (await page.getByRole('dialog').count()) + (await at(page, 'compare-view').count());
      if (open > 0) await page.keyboard.press('Escape');
      return open;
    }, patience)
    .toBe(0);
}

export const states: readonly State[] = [
  {
    name: 'library',
    title: 'a library, nothing open yet',
    enter: (page) => shown(page, 'lesion-row'),
  },
  {
    name: 'study',
    title: 'a lesion in three planes',
    enter: async (page) => {
      // A large lesion of the liver or a kidney shows well at this size.
      await at(page, 'lesion-row')
        .filter({ hasText: /simple cyst|peripheral/ })
        .first()
        .click();
      for (const plane of ['axial', 'coronal', 'sagittal']) await sliceOf(at(page, `viewport-${plane}`));
    },
  },
  {
    name: 'marked',
    title: 'a mark grown into a lesion',
    enter: async (page) => {
      await page.keyboard.press('e');
      await dragFromMiddle(page, at(page, 'viewport-axial'), [-70, -70], [70, 70]);
      await expect.poll(() => at(page, 'measure-volume').first().textContent(), patience).toMatch(/\d/);
      await page.keyboard.press('Escape');
    },
  },
  {
    name: 'hits',
    title: 'the most similar lesions',
    enter: async (page) => {
      await page.keyboard.press('f');
      await expect.poll(() => at(page, 'hit-card').count(), patience).toBeGreaterThan(3);
    },
  },
  {
    name: 'compare',
    title: 'a hit beside the query',
    enter: async (page) => {
      await at(page, 'hit-card').first().click();
      for (const id of ['compare-query', 'compare-hit']) await sliceOf(at(page, id));
    },
  },
  {
    name: 'why',
    title: 'what speaks for a hit',
    enter: async (page) => {
      await at(page, 'compare-panel').getByText('Why').click();
      await shown(page, 'why-panel');
    },
  },
  {
    name: 'columns',
    title: 'the hits of all methods side by side',
    enter: async (page) => {
      await leave(page);
      await page.keyboard.press('Control+j');
      await shown(page, 'method-columns');
    },
  },
  {
    name: 'evaluation',
    title: 'how far hits can be trusted',
    enter: async (page) => {
      await page.keyboard.press('Control+j');
      await gone(page, 'method-columns');
      await at(page, 'evaluate').click();
      await at(page, 'evaluation-run').click();
      await shown(page, 'evaluation-result');
    },
  },
  {
    name: 'table',
    title: 'the library as a table',
    enter: async (page) => {
      await leave(page);
      await page.keyboard.press('Control+l');
      await shown(page, 'library-page');
    },
  },
  {
    name: 'settings',
    title: 'the settings',
    enter: async (page) => {
      await leave(page);
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
];
