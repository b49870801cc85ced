/** Makes the pictures of the documentation from a generated phantom library: `npm run docs:screenshots`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launchApp } from '../test/e2e/support/app.ts';
import { resolveRuntime } from './runtime/resolve.mjs';
import { startDisplay } from './test/display.mjs';

const root = resolve(import.meta.dirname, '..');
const images = join(root, 'docs/images');
const folder = mkdtempSync(join(tmpdir(), 'precedent-docs-'));
const library = join(folder, 'demonstration');
mkdirSync(images, { recursive: true });

const display = await startDisplay();
if (display) process.env.DISPLAY = display.display;
process.env.PRECEDENT_ELECTRON = (await resolveRuntime()).path;
try {
  execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), 'demo', '--library', library], {
    stdio: 'ignore',
  });
  const launched = await launchApp({ library });
  const { page } = launched;
  await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1500, 940));
  const keep = async (name: string) =>
    copyFileSync(await launched.screenshot(name), join(images, `${name}.png`));
  // A large lesion of the liver or a kidney shows well at this size.
  await page
    .getByTestId('lesion-row')
    .filter({ hasText: /simple cyst|peripheral/ })
    .first()
    .click();
  await page.waitForSelector('[data-testid=viewport-axial][data-ready=true]');
  await page.waitForTimeout(3000);
  await page.keyboard.press('f');
  await page.waitForSelector('[data-testid=hit-card] img');
  await page.waitForTimeout(2500);
  await keep('hits');
  await page.getByTestId('hit-card').first().click();
  await page.waitForSelector('[data-testid=compare-hit][data-ready=true]');
  await page.waitForTimeout(2500);
  await keep('compare');
  await page.getByTestId('evaluate').click();
  await page.getByTestId('evaluation-run').click();
  await page.getByTestId('evaluation-result').waitFor();
  await page.waitForTimeout(1000);
  await keep('evaluation');
  await launched.close();
} finally {
  display?.stop();
  rmSync(folder, { recursive: true, force: true });
}
