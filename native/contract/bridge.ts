/** The typed bridge `window.precedent` between a window and the shell: dialogs and drops become one-time tokens. */
import { z } from 'zod';
import { encryptionBridge } from './encryption.ts';

export const granted = z.object({ token: z.string(), label: z.string() });
export type Granted = z.infer<typeof granted>;

export const appInfo = z.object({
  version: z.string(),
  official: z.boolean(),
  testData: z.boolean(),
  electron: z.string(),
  platform: z.string(),
  /** Of the machine, or as much of it as this program may use. */
  memoryBytes: z.number(),
});
export type AppInfo = z.infer<typeof appInfo>;

/** Channel → parameters and result. The preload exposes one function each; main validates both sender and parameters. */
export const bridgeContract = {
  appInfo: { params: z.tuple([]), result: appInfo },
  chooseImport: { params: z.tuple([z.enum(['folder', 'files'])]), result: z.array(granted) },
  chooseLabels: { params: z.tuple([]), result: granted.nullable() },
  chooseExport: { params: z.tuple([z.string().max(200)]), result: granted.nullable() },
  /** Prints a page that the engine made (PDF, or PNG by the name's ending) where the user says; null if they do not. */
  savePage: {
    params: z.tuple([z.string().max(64 * 2 ** 20), z.string().regex(/^[\w.-]{1,190}\.(pdf|png)$/)]),
    result: z.object({ label: z.string() }).nullable(),
  },
  /** Asks where, and writes the text there; the name it was saved as, or null. */
  saveText: {
    params: z.tuple([z.string().max(200), z.string().max(1_000_000)]),
    result: z.string().nullable(),
  },
  openLibrary: { params: z.tuple([]), result: z.object({ opened: z.boolean() }) },
  requestPort: { params: z.tuple([]), result: z.object({}) },
  /** Opens the second window or brings it to the front, closes it, or only asks; whether it is open then. */
  hitsWindow: {
    params: z.tuple([z.enum(['open', 'close', 'ask'])]),
    result: z.object({ open: z.boolean() }),
  },
  ...encryptionBridge,
  /** The files and folders that the application was opened with since this was last asked, to be imported. */
  takeOpened: { params: z.tuple([]), result: z.array(granted) },
} as const;

type Bridge = {
  readonly [K in keyof typeof bridgeContract]: (
    ...params: z.output<(typeof bridgeContract)[K]['params']>
  ) => Promise<z.output<(typeof bridgeContract)[K]['result']>>;
};

/** `grantDropped` takes the DOM's File objects of a drop; the preload turns them into paths that only main sees. */
export interface PrecedentBridge extends Bridge {
  grantDropped(files: readonly unknown[]): Promise<Granted[]>;
}

/** The message with which the preload hands the engine's port to the page: `window.postMessage(portMessage, origin, [port])`. */
export const portMessage = 'precedent:engine-port';
/** Sent by the preload when the engine is gone; a new port follows. */
export const portLostMessage = 'precedent:engine-lost';
/** Sent to every window when the second one was opened or closed. */
export const hitsWindowMessages = {
  opened: 'precedent:hits-window-opened',
  closed: 'precedent:hits-window-closed',
} as const;
/** Sent when the menu's Import… was chosen. */
export const menuImportMessage = 'precedent:menu-import';
/** Sent when the running application was opened with files: `takeOpened` gives them. */
export const menuOpenedMessage = 'precedent:menu-opened';
/** Sent when the menu's Lock was chosen. */
export const menuLockMessage = 'precedent:menu-lock';
