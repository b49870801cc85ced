/**
 * The native dialogs: which files to import or write, which library to open, and what is said when something fails. Files and
 * folders are named after patients too: Windows is asked not to remember them.
 */
import { basename } from 'node:path';
import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron';
import type { PrecedentError } from '../native/contract/errors.ts';
import { safeFileName } from '../native/files/fileName.ts';

export async function chooseImportPaths(
  window: BrowserWindow,
  what: 'folder' | 'files',
): Promise<readonly string[]> {
  const result = await dialog.showOpenDialog(window, {
    title: what === 'folder' ? 'Import folders' : 'Import files',
    buttonLabel: 'Import',
    properties: [what === 'folder' ? 'openDirectory' : 'openFile', 'multiSelections', 'dontAddToRecent'],
  });
  return result.canceled ? [] : result.filePaths;
}

export async function chooseLabelsPath(window: BrowserWindow): Promise<string | null> {
  const result = await dialog.showOpenDialog(window, {
    title: 'Labels: the first column names the case',
    filters: [{ name: 'Labels', extensions: ['csv', 'tsv', 'json'] }],
    properties: ['openFile', 'dontAddToRecent'],
  });
  return result.canceled ? null : (result.filePaths[0] ?? null);
}

export async function chooseExportPath(window: BrowserWindow, suggestedName: string): Promise<string | null> {
  const result = await dialog.showSaveDialog(window, {
    title: 'Export',
    // The page suggests a name, never a place.
    defaultPath: safeFileName(basename(suggestedName.replaceAll('\\', '/'))),
    properties: ['showOverwriteConfirmation', 'createDirectory', 'dontAddToRecent'],
  });
  return result.canceled || !result.filePath ? null : result.filePath;
}

export async function chooseLibraryFolder(window: BrowserWindow | null): Promise<string | null> {
  const options = {
    title: 'Open a library: a library folder, or an empty folder for a new one',
    buttonLabel: 'Open',
    properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'] as const,
  };
  const properties = [...options.properties];
  const result = window
    ? await dialog.showOpenDialog(window, { ...options, properties })
    : await dialog.showOpenDialog({ ...options, properties });
  return result.canceled ? null : (result.filePaths[0] ?? null);
}

/** Shows an error; resolves with the number of the button that was pressed. */
export async function showError(
  window: BrowserWindow | null,
  title: string,
  error: PrecedentError,
  buttons: readonly string[] = ['OK'],
): Promise<number> {
  const options: MessageBoxOptions = {
    type: 'error',
    title: 'Precedent',
    message: title,
    detail: error.message,
    buttons: [...buttons],
    defaultId: 0,
    cancelId: buttons.length - 1,
  };
  const result = window ? await dialog.showMessageBox(window, options) : await dialog.showMessageBox(options);
  return result.response;
}

export async function showAbout(window: BrowserWindow, version: string, official: boolean): Promise<void> {
  await dialog.showMessageBox(window, {
    type: 'info',
    title: 'About Precedent',
    message: `Precedent ${version}`,
    detail: [
      'Research use, not for primary diagnosis.',
      'Finds the proven cases like this one. Nothing leaves this machine.',
      ...(official ? [] : ['This runtime is not an official Electron: for evaluation and tests only.']),
    ].join('\n'),
    buttons: ['OK'],
  });
}
