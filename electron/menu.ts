/** The application's menu. */
import { Menu, type MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  readonly openLibrary: () => void;
  readonly importFiles: () => void;
  readonly lock: () => void;
  readonly about: () => void;
  readonly hitsWindow: () => void;
  readonly showLogs: () => void;
}

const hitsWindowItem = 'hits-window';

/** Ticks the item of the second window. */
export function showHitsWindowOpen(open: boolean): void {
  const item = Menu.getApplicationMenu()?.getMenuItemById(hitsWindowItem);
  if (item) item.checked = open;
}

/** `developer` adds what a release does not have: reload and the developer tools. */
export function buildMenu(actions: MenuActions, developer: boolean): Menu {
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const development: MenuItemConstructorOptions[] = [
    { role: 'reload' },
    { role: 'toggleDevTools' },
    separator,
  ];
  return Menu.buildFromTemplate([
    {
      label: '&File',
      submenu: [
        { label: 'Open library…', accelerator: 'CmdOrCtrl+O', click: actions.openLibrary },
        { label: 'Import…', accelerator: 'CmdOrCtrl+I', click: actions.importFiles },
        separator,
        { label: 'Lock', click: actions.lock },
        { role: 'quit' },
      ],
    },
    // Without these roles macOS gives text fields no clipboard keys.
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        ...(developer ? development : []),
        {
          id: hitsWindowItem,
          label: 'Hits in a second window',
          type: 'checkbox',
          click: actions.hitsWindow,
        },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    {
      label: '&Help',
      submenu: [
        { label: 'Show log files', click: actions.showLogs },
        { label: 'About Precedent', click: actions.about },
      ],
    },
  ]);
}
