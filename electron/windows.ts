/** Where windows are made, and the settings of every page, so that none can exist with weaker ones (`printing.ts` shows none). */
import { BrowserWindow, type WebContents } from 'electron';
import type { WindowKind } from '../native/contract/windows.ts';
import { appOrigin } from './channels.ts';
import { log } from './log.ts';

/** Both windows show the same page, which reads from its address which it is in. */
const pageUrls: Readonly<Record<WindowKind, string>> = {
  first: `${appOrigin}/index.html`,
  hits: `${appOrigin}/index.html?window=hits`,
};
const MAX_RELOADS = 3;
const RELOAD_WINDOW_MS = 60_000;

const windows = new Map<BrowserWindow, WindowKind>();

/** Whether the factory made this window. */
export function isOurWindow(window: BrowserWindow): boolean {
  return windows.has(window);
}

export function openWindows(): readonly BrowserWindow[] {
  return [...windows.keys()];
}

/** The window with the viewer; null once it is gone. */
export function firstWindow(): BrowserWindow | null {
  return openWindows().find((window) => windows.get(window) === 'first') ?? null;
}

/** What every page has, the printed one too: nothing of Node, nothing that Chromium could open. */
export const lockedDown = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const;

export interface WindowOptions {
  /** It never changes: a title is visible outside the window. */
  readonly title: string;
  /** The path of the preload script. */
  readonly preload: string;
  /** Whether there are developer tools. */
  readonly developer: boolean;
}

/** Opens a window on the application's page. */
export function openWindow(kind: WindowKind, { title, preload, developer }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    title,
    width: 1600,
    height: 1000,
    minWidth: kind === 'first' ? 1024 : 640,
    minHeight: kind === 'first' ? 640 : 480,
    show: false,
    backgroundColor: '#101113',
    webPreferences: {
      ...lockedDown,
      preload,
      devTools: developer,
    },
  });
  windows.set(window, kind);
  // The keys stay with the viewer when hits appear beside it.
  window.once('ready-to-show', () => (kind === 'first' ? window.show() : window.showInactive()));
  window.once('closed', () => windows.delete(window));
  window.on('page-title-updated', (event) => event.preventDefault());
  recoverPage(window, pageUrls[kind]);
  returnToPage(window.webContents, pageUrls[kind]);
  void loadPage(window.webContents, pageUrls[kind]);
  return window;
}

function loadPage(contents: WebContents, url: string): Promise<void> {
  return contents.loadURL(url).catch((error: unknown) => {
    // Superseded by another load, or the window was closed.
    if (contents.isDestroyed() || String(error).includes('ERR_ABORTED')) return;
    log.error(`the window's page did not load: ${String(error)}`);
  });
}

/** A page that crashed is loaded again, but not for ever: then the second window closes, and the first has the hits again. */
function recoverPage(window: BrowserWindow, url: string): void {
  const contents = window.webContents;
  let crashes: number[] = [];
  contents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    const now = Date.now();
    crashes = [...crashes.filter((time) => now - time < RELOAD_WINDOW_MS), now];
    log.error(`the window's page stopped: ${details.reason}`);
    if (crashes.length <= MAX_RELOADS) void loadPage(contents, url);
    else if (windows.get(window) === 'hits') window.close();
  });
}

/** Chromium asks nobody before it shows about:blank, so a page that got there is brought back. */
function returnToPage(contents: WebContents, page: string): void {
  contents.on('did-navigate', (_event, url) => {
    if (url.replace(/#.*/, '') !== page) void loadPage(contents, page);
  });
}
