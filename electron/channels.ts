/**
 * The names of every message that passes between the preload and main. The preload must stay small and free of zod, so
 * the messages of the contract are repeated here; their types make the compiler hold them equal.
 */
import type {
  bridgeContract,
  hitsWindowMessages,
  portLostMessage,
  portMessage,
} from '../native/contract/bridge.ts';

type BridgeName = keyof typeof bridgeContract;

/** Page → main, one request and one reply each. */
export const requestChannels = {
  appInfo: 'precedent:appInfo',
  chooseImport: 'precedent:chooseImport',
  chooseLabels: 'precedent:chooseLabels',
  chooseExport: 'precedent:chooseExport',
  savePage: 'precedent:savePage',
  saveText: 'precedent:saveText',
  openLibrary: 'precedent:openLibrary',
  requestPort: 'precedent:requestPort',
  hitsWindow: 'precedent:hitsWindow',
  takeOpened: 'precedent:takeOpened',
  encryption: 'precedent:encryption',
  unlockLibrary: 'precedent:unlockLibrary',
  encryptLibrary: 'precedent:encryptLibrary',
  decryptLibrary: 'precedent:decryptLibrary',
  changePassphrase: 'precedent:changePassphrase',
  newRecoveryKey: 'precedent:newRecoveryKey',
  saveRecoveryKey: 'precedent:saveRecoveryKey',
  setKeychain: 'precedent:setKeychain',
} as const satisfies Record<BridgeName, string>;

/** Preload → main with the paths of dropped files, which the page itself never sees. */
export const grantDroppedChannel = 'precedent:grantDropped';

/** Main → preload. */
export const engineChannels = {
  port: 'precedent:port',
  lost: 'precedent:lost',
  command: 'precedent:command',
  hitsWindow: 'precedent:hitsWindowChanged',
} as const;

/** Preload → page, by `window.postMessage`. */
export const pageMessages: {
  readonly port: typeof portMessage;
  readonly lost: typeof portLostMessage;
  readonly hits: typeof hitsWindowMessages;
} = {
  port: 'precedent:engine-port',
  lost: 'precedent:engine-lost',
  hits: { opened: 'precedent:hits-window-opened', closed: 'precedent:hits-window-closed' },
};

/** What main may ask of the page: each becomes the window message `precedent:menu-<command>`. */
export const menuCommands = ['import', 'lock', 'opened'] as const;
export type MenuCommand = (typeof menuCommands)[number];

/** A reply of main: `ipcMain.handle` would turn a thrown error into text with the channel's name in front. */
export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

export const appOrigin = 'precedent://app';
