/** Opens the settings as a user does: the dialog, then the tab. */
import type { Page } from 'playwright-core';

export type SettingsTab =
  | 'Library'
  | 'Safety'
  | 'People'
  | 'Import'
  | 'Encoders'
  | 'Display'
  | 'Keys'
  | 'About';

export async function openSettings(page: Page, tab: SettingsTab): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByTestId('settings').getByRole('tab', { name: tab }).click();
}
