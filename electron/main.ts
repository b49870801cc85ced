/** The entry of the desktop application: its life cycle, and nothing that another module can own. */
import { join } from 'node:path';
import { app, BrowserWindow, ipcMain, Menu, session, shell } from 'electron';
import { PrecedentError } from '../native/contract/errors.ts';
import { safely } from '../native/contract/safely.ts';
import type { WindowKind } from '../native/contract/windows.ts';
import { calibrationsFolder } from '../native/encoder/calibrationsFolder.ts';
import { checkEncryption } from '../native/policy/libraryRules.ts';
import { isRelease, readPolicy } from '../native/policy/policyFile.ts';
import { ownArguments, parseArguments } from './arguments.ts';
import { engineChannels, type MenuCommand } from './channels.ts';
import {
  chooseExportPath,
  chooseImportPaths,
  chooseLabelsPath,
  chooseLibraryFolder,
  showAbout,
  showError,
} from './dialogs.ts';
import { Encryption, recoveryKeyText } from './encryption.ts';
import { EngineHost } from './engineHost.ts';
import { grant } from './grants.ts';
import { HitsWindow } from './hitsWindow.ts';
import { here, modules, resourcesFolder } from './installed.ts';
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
import { guardedBridge, IdleLock } from './lock.ts';
import { log, logFiles, loggable, startLog } from './log.ts';
import { buildMenu, showHitsWindowOpen } from './menu.ts';
import { markLibrary, type Opened, openedPaths, sortOpened } from './opened.ts';
import { printPage } from './printing.ts';
import { registerScheme, serveScheme } from './protocol.ts';
import { isDevelopmentBuild, isOfficialRuntime, needsSoftwareGl, usableMemory } from './runtime.ts';
import { saveChosen } from './saving.ts';
import { hardenApp, hardenSession } from './security.ts';
import { applySwitches } from './switches.ts';
import { firstWindow, openWindow, openWindows } from './windows.ts';

const options = parseArguments(ownArguments(process.argv, app.isPackaged), process.cwd());
const official = isOfficialRuntime(process.execPath, process.env, app.getAppPath());
const developer = !app.isPackaged;
const title = isDevelopmentBuild(app.getAppPath())
  ? 'Precedent – development build, not for patients'
  : 'Precedent';

app.setName('Precedent');
const givenUserData = app.commandLine.getSwitchValue('user-data-dir');
app.setPath('userData', givenUserData || join(app.getPath('appData'), 'Precedent'));
const logFolder = join(app.getPath('userData'), 'logs');
applySwitches(app.commandLine, { softwareGl: needsSoftwareGl(process.platform, process.env) });
registerScheme();
hardenApp(app);

const settingsFile = join(app.getPath('userData'), 'settings.json');
const policy: LibraryPolicy = {
  official,
  allowTestData: options.allowTestData,
  demonstrationFolder: demonstrationFolder(app.getAppPath(), app.getPath('userData'), app.isPackaged),
};

const policyFile = isRelease ? null : options.policyFile;
const idle = new IdleLock(() => host.lock());
const host = new EngineHost({
  modules,
  resources: resourcesFolder,
  calibrations: givenUserData ? join(givenUserData, 'calibrations') : calibrationsFolder(),
  onConverting: (progress) => encryption.converting(progress),
  policyFile,
  onOtherUser: () => {
    for (const { webContents } of openWindows()) webContents.reload();
  },
  onSession: ({ locked, idleLockMinutes }) => idle.set(locked ? null : idleLockMinutes),
  onGivenUp: (error) => void offerOtherLibrary('The engine cannot be started again', error),
});

const machinePolicy = () => readPolicy(policyFile ?? undefined);
const encryption = new Encryption(host, machinePolicy);

/** Ends with one line on stderr: for what the command line asked and could not have. */
function fail(thrown: unknown): void {
  process.stderr.write(`${PrecedentError.from(thrown).message}\n`);
  app.exit(1);
}

function focused(): BrowserWindow | null {
  return BrowserWindow.getFocusedWindow() ?? openWindows()[0] ?? null;
}

async function offerOtherLibrary(title: string, error: PrecedentError): Promise<void> {
  log.error(loggable(error));
  const pressed = await showError(focused(), title, error, ['Open another library…', 'Quit']);
  if (pressed === 1 || !(await openChosenLibrary(focused()))) app.quit();
}

/** Lets the user choose a library and opens it; false when nothing was opened. What was open before comes back then. */
async function openChosenLibrary(window: BrowserWindow | null): Promise<boolean> {
  if (host.locked) return false;
  const folder = await chooseLibraryFolder(window);
  return folder === null ? false : openLibraryFolder(folder, window);
}

async function openLibraryFolder(folder: string, window: BrowserWindow | null): Promise<boolean> {
  if (host.locked) return false;
  const before = host.choice;
  try {
    const choice = allowLibrary(folder, policy);
    await encryption.open(choice);
    await rememberLibrary(settingsFile, choice.folder);
    // A library that may only be read is opened by its folder.
    if (!choice.demonstration) await markLibrary(choice.folder).catch(() => undefined);
    // A page that knew another library starts afresh.
    for (const open of openWindows()) open.webContents.reload();
    return true;
  } catch (thrown) {
    await showError(window, 'The library was not opened', PrecedentError.from(thrown));
    if (before && host.choice === null) await encryption.open(before).catch(fail);
    return false;
  }
}

function makeWindow(kind: WindowKind): BrowserWindow {
  const window = openWindow(kind, { title, preload: join(here, 'preload.cjs'), developer });
  window.webContents.on('input-event', () => idle.touched());
  return window;
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

/** Paths that the application was opened with, until the window takes them. */
let waiting: readonly string[] = [];

const cannotBeUsed = 'What was opened cannot be used';

/** What the application was opened with at its start; nothing where that cannot be used, which the window says as soon as it is there. */
function openedFirst(): Opened {
  try {
    return sortOpened(options.opened);
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    process.stderr.write(`${error.message}\n`);
    app.once('browser-window-created', (_event, window) =>
      window.once('show', () => void showError(window, cannotBeUsed, error)),
    );
    return { library: null, sources: [] };
  }
}

/** Does with paths what a second start, or a file manager, asks while the application runs. */
async function open(paths: readonly string[]): Promise<void> {
  const window = firstWindow();
  if (window?.isMinimized()) window.restore();
  window?.focus();
  try {
    const { library, sources } = sortOpened(paths);
    waiting = [...waiting, ...sources];
    if (library !== null && library !== host.library) await openLibraryFolder(library, window);
    if (sources.length > 0) command('opened');
  } catch (thrown) {
    await showError(window, cannotBeUsed, PrecedentError.from(thrown));
  }
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
    const choose = () => chooseExportPath(window, suggestedName);
    const label = await saveChosen(
      choose,
      () => host.locked,
      (path) => printPage(html, path),
    );
    return label === null ? null : { label };
  },
  saveText: (window, suggestedName, text) =>
    saveChosen(
      () => chooseExportPath(window, suggestedName),
      () => host.locked,
      () => Buffer.from(text),
    ),
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
  encryption: async () => encryption.state(),
  unlockLibrary: (_window, secret) => encryption.unlock(secret),
  encryptLibrary: async (_window, passphrase) => encryption.encrypt(passphrase),
  decryptLibrary: async (_window, secret) => {
    checkEncryption(machinePolicy(), false);
    return encryption.decrypt(secret);
  },
  changePassphrase: (_window, secret, next) => encryption.changePassphrase(secret, next),
  newRecoveryKey: (_window, secret) => encryption.newRecoveryKey(secret),
  saveRecoveryKey: (window, recoveryKey) =>
    saveChosen(
      () => chooseExportPath(window, 'precedent-recovery-key.txt'),
      () => host.locked,
      () => Buffer.from(recoveryKeyText(recoveryKey)),
    ),
  setKeychain: (_window, on) => encryption.setKeychain(on),
  takeOpened: async () => {
    const paths = waiting;
    waiting = [];
    return grantRead(paths);
  },
  grantDropped: async (_window, paths) => grantRead(paths),
};

/** Whatever the menu asks of a page is the first window's to do. */
function command(name: MenuCommand): void {
  firstWindow()?.webContents.send(engineChannels.command, name);
}

function keepLog(): void {
  startLog(logFolder);
  const runtime = official ? 'official' : 'unofficial';
  log.info(
    `Precedent ${app.getVersion()} starts on Electron ${process.versions.electron} (${runtime}, ${process.platform})`,
  );
  process.on('uncaughtExceptionMonitor', (thrown) => log.error(loggable(thrown)));
  app.on('child-process-gone', (_event, { type, reason }) =>
    log.error(`a ${type} process is gone: ${reason}`),
  );
}

async function start(choice: LibraryChoice, exportDisabled: boolean): Promise<void> {
  hardenSession(session.defaultSession);
  await serveScheme(session.defaultSession.protocol, join(here, '../renderer'), () => host.readable);
  registerIpc(ipcMain, guardedBridge(handlers, { locked: () => host.locked, exportDisabled }));
  Menu.setApplicationMenu(
    buildMenu(
      {
        openLibrary: () => void openChosenLibrary(focused()),
        importFiles: () => command('import'),
        lock: () => command('lock'),
        about: () => {
          const window = focused();
          if (window) void showAbout(window, app.getVersion(), official);
        },
        showLogs: () => shell.showItemInFolder(logFiles(logFolder)[0]),
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
    await encryption.open(choice);
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    // The user closed the window or chose another library before this one was open.
    if (error.kind === 'cancelled') return;
    if (options.library !== null) fail(error);
    else await offerOtherLibrary('The library cannot be opened', error);
  }
}

function run(): void {
  // What was opened is judged by the application that opens it.
  if (!app.requestSingleInstanceLock({ opened: options.opened })) {
    process.stderr.write('Precedent is already running; its window was brought to the front\n');
    app.quit();
    return;
  }
  let choice: LibraryChoice;
  let exportDisabled: boolean;
  try {
    const machine = machinePolicy();
    exportDisabled = machine.exportDisabled;
    const { library, sources } = openedFirst();
    const folder = machine.libraryFolder;
    choice = chooseLibrary(options.library ?? library, settingsFile, { ...policy, folder });
    waiting = sources;
  } catch (thrown) {
    fail(thrown);
    return;
  }
  keepLog();
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    void open(safely(openedPaths, data).data?.opened ?? []);
  });
  // macOS says by an event, also at the first start, what other systems say by arguments.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    void app.whenReady().then(() => open([path]));
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
      log.info('Precedent ends');
      // Where no engine ran this is the same turn, in which Electron has not given up the first quitting yet.
      setImmediate(() => app.quit());
    });
  });
  // An ESM main must not await this at its top level: it would never come.
  app
    .whenReady()
    .then(() => start(choice, exportDisabled))
    .catch(fail);
}

run();
