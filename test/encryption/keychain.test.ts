/** The computer's keychain opens an encrypted library, and is given nothing where it is none (GNOME Keyring in a session of its own). */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LaunchedApp, launchApp, noAppReason } from '../e2e/support/app.ts';
import { openSettings } from '../e2e/support/settings.ts';
import { patience } from '../e2e/support/viewport.ts';
import { precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

const passphrase = 'four words are enough';

/** Why it cannot be tried here, or null when it can. */
function noKeyringReason(): string | null {
  const app = noAppReason();
  if (app !== null) return app;
  if (process.platform !== 'linux') return 'GNOME Keyring is of Linux';
  try {
    execFileSync('which', ['dbus-run-session', 'gnome-keyring-daemon'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no gnome-keyring-daemon or dbus-run-session';
  }
}
const reason = noKeyringReason();

describe.skipIf(reason !== null)(`the keychain${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let folder: string;
  let launched: LaunchedApp | undefined;
  const electron = process.env.PRECEDENT_ELECTRON;
  const library = () => join(folder, 'library');
  const start = async (profile: string, withKeyring: boolean) => {
    process.env.PRECEDENT_ELECTRON = withKeyring ? join(folder, 'electron') : electron;
    const home = join(folder, 'home');
    await mkdir(home, { recursive: true });
    const env: Record<string, string> = withKeyring ? { HOME: home, XDG_DATA_HOME: join(home, 'data') } : {};
    launched = await launchApp({ library: library(), profile: join(folder, profile), env });
    return launched.page;
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder, 'passphrase'), passphrase);
    await precedentJson('demo', '--library', library(), '--patients', '1');
    await precedentJson('encrypt', '--library', library(), '--passphrase-file', join(folder, 'passphrase'));
    const inSession = [
      'printf keyring | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1',
      `exec "${electron}" "$@" --password-store=gnome-libsecret`,
    ];
    const script = `#!/bin/sh\nexec dbus-run-session -- sh -c '${inSession.join('\n')}' electron "$@"\n`;
    await writeFile(join(folder, 'electron'), script);
    await chmod(join(folder, 'electron'), 0o755);
  });
  afterAll(async () => {
    process.env.PRECEDENT_ELECTRON = electron;
    await launched?.close();
    await removeFolder(folder);
  });

  test('opens the library without the passphrase once that is switched on, and not elsewhere', async () => {
    const page = await start('profile', true);
    const field = (of: typeof page) => of.getByLabel('Passphrase or recovery key', { exact: true });
    await field(page).fill(passphrase, patience);
    await page.keyboard.press('Enter');
    await page.getByTestId('lesion-row').first().waitFor(patience);
    await openSettings(page, 'Safety');
    const by = page.getByTestId('encryption').getByRole('switch');
    await by.click(patience);
    await expect.poll(() => by.isChecked(), patience).toBe(true);
    await launched?.screenshot('encryption-keychain');
    await launched?.close();
    expect(JSON.parse(await readFile(join(library(), 'key.json'), 'utf8')).slots).toHaveLength(3);

    const again = await start('profile', true);
    await again.getByTestId('lesion-row').first().waitFor(patience);
    await launched?.close();

    const elsewhere = await start('other profile', false);
    await field(elsewhere).waitFor(patience);
    await launched?.close();
    launched = undefined;
  });
});
