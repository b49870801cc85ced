/**
 * Starts the real application for a test: with a library, a profile and a temporary folder of its own, under whatever
 * display DISPLAY names.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

/** The folder that is given to Electron: the checkout, or another build that PRECEDENT_APP names. */
const appFolder = resolve(process.env.PRECEDENT_APP ?? resolve(import.meta.dirname, '../../..'));
const screenshotFolder = resolve(import.meta.dirname, '../../../test-results');

/** Chromium refuses its sandbox to root. */
export const asRoot = process.getuid?.() === 0;

/** Why the application cannot be started here, or null when it can. */
export function noAppReason(): string | null {
  if (!process.env.PRECEDENT_ELECTRON) return 'no Electron runtime (PRECEDENT_ELECTRON is not set)';
  if (process.platform === 'linux' && !process.env.DISPLAY) return 'no display (DISPLAY is not set)';
  return null;
}

/** The name of a test group, with the reason when it is skipped. */
export function groupName(name: string): string {
  const reason = noAppReason();
  return reason ? `${name} (skipped: ${reason})` : name;
}

export interface LaunchOptions {
  /** The library folder; without one, a new empty folder. */
  readonly library?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user's profile; without one, a new empty folder. */
  readonly profile?: string;
  /** The executable of a packaged application with its sandbox, instead of the checkout. */
  readonly packaged?: string;
}

export interface LaunchedApp {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly library: string;
  /** What the page wrote to its console as an error, and its uncaught errors. */
  readonly pageErrors: readonly string[];
  /** What the application wrote to stderr so far, without the desktop's own complaints. */
  readonly stderr: () => string;
  /** Writes test-results/NAME.png and returns its path. */
  readonly screenshot: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(inherited), ...extra };
}

/** What every start needs: the application, the sandbox but for root, a profile of its own. */
function commandLine(profile: string, args: readonly string[]): string[] {
  return [appFolder, ...(asRoot ? ['--no-sandbox'] : []), `--user-data-dir=${profile}`, ...args];
}

function executable(): string {
  const path = process.env.PRECEDENT_ELECTRON;
  if (!path) throw new Error('PRECEDENT_ELECTRON is not set');
  return path;
}

export async function launchApp(options: LaunchOptions = {}): Promise<LaunchedApp> {
  const folder = await mkdtemp(join(tmpdir(), 'precedent-e2e-'));
  const library = options.library ?? join(folder, 'library');
  await mkdir(library, { recursive: true });
  const args = ['--allow-test-data', '--library', library, ...(options.args ?? [])];
  const profile = options.profile ?? join(folder, 'profile');
  const app = await _electron.launch({
    executablePath: options.packaged ?? executable(),
    args: options.packaged ? [`--user-data-dir=${profile}`, ...args] : commandLine(profile, args),
    env: environment(options.env),
    // Playwright switches the sandbox off on Linux unless it is told not to.
    chromiumSandbox: options.packaged !== undefined || !asRoot,
  });
  let stderr = '';
  app.process().stderr?.on('data', (data) => {
    stderr += String(data);
  });
  const page = await app.firstWindow();
  const pageErrors: string[] = [];
  page.on('console', (message) => {
    // Of a resource that was not there the text alone does not say which.
    if (message.type() === 'error') pageErrors.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => pageErrors.push(error.message));
  return {
    app,
    page,
    library,
    pageErrors,
    stderr: () => withoutDesktopNoise(stderr),
    screenshot: async (name) => {
      await mkdir(screenshotFolder, { recursive: true });
      const path = join(screenshotFolder, `${name}.png`);
      await page.screenshot({ path });
      return path;
    },
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts the application without Playwright, and so without a debugger. */
export function startApp(
  profile: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(executable(), commandLine(profile, args), {
    env: environment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Runs the application without Playwright until it ends by itself; for starts that are refused. */
export async function runApp(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const profile = await mkdtemp(join(tmpdir(), 'precedent-e2e-'));
  const child = startApp(profile, args, env);
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += String(data);
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  return { code, stderr: withoutDesktopNoise(stderr) };
}

/** Chromium's own lines (`[pid:time:ERROR:file]`) tell of missing desktop services, not of the application. */
function withoutDesktopNoise(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^\[\d+:/.test(line) && !/^(Debugger |For help, see: )/.test(line))
    .join('\n');
}
