/** Where windows are made, and the settings of every page, so that none can exist with weaker ones (`printing.ts` shows none). */
import { BrowserWindow, type WebContents } from 'electron';
import { appOrigin } from './channels.ts';

const pageUrl = `${appOrigin}/index.html`;
const MAX_RELOADS = 3;
const RELOAD_WINDOW_MS = 60_000;

const windows = new Set<BrowserWindow>();

/** Whether the factory made this window. */
export function isOurWindow(window: BrowserWindow): boolean {
  return windows.has(window);
}

export function openWindows(): readonly BrowserWindow[] {
  return [...windows];
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

/** Opens a window on the application's page. Its title never changes: a title is visible outside the window. */
export function openWindow(preload: string, developer: boolean): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Precedent',
    width: 1600,
    height: 1000,
    minWidth: 1024,
    minHeight: 640,
    show: false,
    backgroundColor: '#101113',
    webPreferences: {
      ...lockedDown,
      preload,
      devTools: developer,
    },
  });
  windows.add(window);
  window.once('ready-to-show', () => window.show());
  window.once('closed', () => windows.delete(window));
  window.on('page-title-updated', (event) => event.preventDefault());
  recoverPage(window.webContents);
  returnToPage(window.webContents);
  void loadPage(window.webContents);
  return window;
}

function loadPage(contents: WebContents): Promise<void> {
  return contents.loadURL(pageUrl).catch((error: unknown) => {
    // Superseded by another load, or the window was closed.
    if (contents.isDestroyed() || String(error).includes('ERR_ABORTED')) return;
    console.error(`the window's page did not load: ${String(error)}`);
  });
}

/** A page that crashed is loaded again, but not for ever. */
function recoverPage(contents: WebContents): void {
  let crashes: number[] = [];
  contents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    const now = Date.now();
    crashes = [...crashes.filter((time) => now - time < RELOAD_WINDOW_MS), now];
    console.error(`the window's page stopped: ${details.reason}`);
    if (crashes.length <= MAX_RELOADS) void loadPage(contents);
  });
}

/** Chromium asks nobody before it shows about:blank, so a page that got there is brought back. */
function returnToPage(contents: WebContents): void {
  contents.on('did-navigate', (_event, url) => {
    if (url.replace(/#.*/, '') !== pageUrl) void loadPage(contents);
  });
}
