/** Opens the settings as a user does: the dialog, then the tab. */
import type { Page } from 'playwright-core';

export const settingsTabs = [
  'Library',
  'Safety',
  'People',
  'Import',
  'Encoders',
  'Display',
  'Keys',
  'About',
] as const;

export async function openSettings(page: Page, tab: (typeof settingsTabs)[number]): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByTestId('settings').getByRole('tab', { name: tab }).click();
}
