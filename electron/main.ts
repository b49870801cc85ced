/** The entry of the desktop application: its life cycle, and nothing that another module can own. */
import '../native/process/offline.ts';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, ipcMain, Menu, session } from 'electron';
import { PrecedentError } from '../native/contract/errors.ts';
import type { WindowKind } from '../native/contract/windows.ts';
import { calibrationsFolder } from '../native/encoder/calibrationsFolder.ts';
import { writeFileAtomic } from '../native/files/files.ts';
import { parseArguments } from './arguments.ts';
import { engineChannels, type MenuCommand } from './channels.ts';
import {
  chooseExportPath,
  chooseImportPaths,
  chooseLabelsPath,
  chooseLibraryFolder,
  showAbout,
  showError,
} from './dialogs.ts';
import { EngineHost } from './engineHost.ts';
import { grant } from './grants.ts';
import { HitsWindow } from './hitsWindow.ts';
import { type BridgeHandlers, registerIpc } from './ipc.ts';
import {
  allowLibrary,
  allowsPatientData,
  chooseLibrary,
  demonstrationFolder,
  type LibraryChoice,
  type LibraryPolicy,
  rememberLibrary,
} from './library.ts';
import { buildMenu, showHitsWindowOpen } from './menu.ts';
import { printPage } from './printing.ts';
import { registerScheme, serveScheme } from './protocol.ts';
import { isOfficialRuntime, needsSoftwareGl, usableMemory } from './runtime.ts';
import { hardenApp, hardenSession } from './security.ts';
import { applySwitches } from './switches.ts';
import { firstWindow, openWindow, openWindows } from './windows.ts';

const here = dirname(fileURLToPath(import.meta.url));
const options = parseArguments(process.argv.slice(1), process.cwd());
const official = isOfficialRuntime(process.execPath, process.env);
const developer = !app.isPackaged;

app.setName('Precedent');
const givenUserData = app.commandLine.getSwitchValue('user-data-dir');
app.setPath('userData', givenUserData || join(app.getPath('appData'), 'Precedent'));
applySwitches(app.commandLine, { softwareGl: needsSoftwareGl(process.platform, process.env) });
registerScheme();
hardenApp(app);

const settingsFile = join(app.getPath('userData'), 'settings.json');
const policy: LibraryPolicy = {
  official,
  allowTestData: options.allowTestData,
  demonstrationFolder: demonstrationFolder(app.getAppPath(), app.getPath('userData'), app.isPackaged),
};

const host = new EngineHost({
  modules: {
    engine: join(here, '../native/engine.js'),
    inference: join(here, '../native/inference.js'),
    reader: join(here, '../native/reader.js'),
  },
  resources: join(app.isPackaged ? process.resourcesPath : app.getAppPath(), 'resources'),
  calibrations: givenUserData ? join(givenUserData, 'calibrations') : calibrationsFolder(),
  onGivenUp: (error) => void offerOtherLibrary('The engine cannot be started again', error),
});

/** Ends with one line on stderr: for what the command line asked and could not have. */
function fail(thrown: unknown): void {
  process.stderr.write(`${PrecedentError.from(thrown).message}\n`);
  app.exit(1);
}

function focused(): BrowserWindow | null {
  return BrowserWindow.getFocusedWindow() ?? openWindows()[0] ?? null;
}

async function offerOtherLibrary(title: string, error: PrecedentError): Promise<void> {
  console.error(error.message);
  const pressed = await showError(focused(), title, error, ['Open another library…', 'Quit']);
  if (pressed === 1 || !(await openChosenLibrary(focused()))) app.quit();
}

/** Lets the user choose a library and opens it; false when nothing was opened. What was open before comes back then. */
async function openChosenLibrary(window: BrowserWindow | null): Promise<boolean> {
  const folder = await chooseLibraryFolder(window);
  if (folder === null) return false;
  const before = host.choice;
  try {
    const choice = allowLibrary(folder, policy);
    await host.open(choice);
    await rememberLibrary(settingsFile, choice.folder);
    // A page that knew another library starts afresh.
    for (const open of openWindows()) open.webContents.reload();
    return true;
  } catch (thrown) {
    await showError(window, 'The library was not opened', PrecedentError.from(thrown));
    if (before && host.choice === null) await host.open(before).catch(fail);
    return false;
  }
}

function makeWindow(kind: WindowKind): BrowserWindow {
  return openWindow(kind, join(here, 'preload.cjs'), developer);
}

const hitsWindow = new HitsWindow({
  file: join(app.getPath('userData'), 'windows.json'),
  first: firstWindow,
  make: () => makeWindow('hits'),
  onChange: (open) => {
    showHitsWindowOpen(open);
    for (const { webContents } of openWindows()) webContents.send(engineChannels.hitsWindow, open);
  },
});

function grantRead(paths: readonly string[]) {
  if (paths.length > 0 && !allowsPatientData(policy)) {
    throw new PrecedentError(
      'refused',
      'this runtime is not an official Electron and reads no files but the demonstration',
      undefined,
      'install the official runtime',
    );
  }
  return paths.map((path) => grant((message) => host.send(message), path, 'read'));
}

const handlers: BridgeHandlers = {
  appInfo: async () => ({
    version: app.getVersion(),
    official,
    testData: options.allowTestData,
    electron: process.versions.electron,
    platform: process.platform,
    memoryBytes: usableMemory(),
  }),
  chooseImport: async (window, what) => grantRead(await chooseImportPaths(window, what)),
  chooseLabels: async (window) => {
    const path = await chooseLabelsPath(window);
    return path === null ? null : (grantRead([path])[0] ?? null);
  },
  chooseExport: async (window, suggestedName) => {
    const path = await chooseExportPath(window, suggestedName);
    return path === null ? null : grant((message) => host.send(message), path, 'write');
  },
  savePage: async (window, html, suggestedName) => {
    const path = await chooseExportPath(window, suggestedName);
    if (path === null) return null;
    await writeFileAtomic(path, await printPage(html, path));
    return { label: basename(path) };
  },
  saveText: async (window, suggestedName, text) => {
    const path = await chooseExportPath(window, suggestedName);
    if (path === null) return null;
    await writeFileAtomic(path, Buffer.from(text));
    return basename(path);
  },
  openLibrary: async (window) => ({ opened: await openChosenLibrary(window) }),
  requestPort: async (window) => {
    host.connect(window.webContents);
    return {};
  },
  hitsWindow: async (_window, what) => {
    if (what === 'open') hitsWindow.open();
    else if (what === 'close') hitsWindow.close();
    return { open: hitsWindow.window !== null };
  },
  grantDropped: async (_window, paths) => grantRead(paths),
};

/** Whatever the menu asks of a page is the first window's to do. */
function command(name: MenuCommand): void {
  firstWindow()?.webContents.send(engineChannels.command, name);
}

async function start(choice: LibraryChoice): Promise<void> {
  hardenSession(session.defaultSession);
  await serveScheme(session.defaultSession.protocol, join(here, '../renderer'), () => host.library);
  registerIpc(ipcMain, handlers);
  Menu.setApplicationMenu(
    buildMenu(
      {
        openLibrary: () => void openChosenLibrary(focused()),
        importFiles: () => command('import'),
        about: () => {
          const window = focused();
          if (window) void showAbout(window, app.getVersion(), official);
        },
        hitsWindow: () => {
          hitsWindow.toggle();
          // A click ticks the item by itself, also where the window could not be opened.
          showHitsWindowOpen(hitsWindow.window !== null);
        },
      },
      developer,
    ),
  );
  const first = makeWindow('first');
  first.once('closed', () => void hitsWindow.end());
  hitsWindow.restore();
  try {
    await host.open(choice);
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    // The user closed the window or chose another library before this one was open.
    if (error.kind === 'cancelled') return;
    if (options.library !== null) fail(error);
    else await offerOtherLibrary('The library cannot be opened', error);
  }
}

function run(): void {
  let choice: LibraryChoice;
  try {
    choice = chooseLibrary(options.library, settingsFile, policy);
  } catch (thrown) {
    fail(thrown);
    return;
  }
  if (!app.requestSingleInstanceLock()) {
    process.stderr.write('Precedent is already running; its window was brought to the front\n');
    app.quit();
    return;
  }
  app.on('second-instance', () => {
    const window = firstWindow();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => app.quit());
  let closed = false;
  app.on('before-quit', () => void hitsWindow.end());
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    // The engine closes its catalog and gives the library's lock back before the application goes.
    void Promise.all([host.close(), hitsWindow.end()]).finally(() => {
      closed = true;
      app.quit();
    });
  });
  // An ESM main must not await this at its top level: it would never come.
  app
    .whenReady()
    .then(() => start(choice))
    .catch(fail);
}

run();
