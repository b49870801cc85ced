/**
 * Runs in the sandbox before the page and exposes `window.precedent`: one function per row of the bridge's contract.
 * It hands the engine's port on to the page, because ports do not cross the context bridge.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { PrecedentBridge } from '../native/contract/bridge.ts';
import {
  appOrigin,
  engineChannels,
  grantDroppedChannel,
  menuCommands,
  pageMessages,
  type Reply,
  requestChannels,
} from './channels.ts';

declare const window: {
  postMessage(message: string, targetOrigin: string, transfer?: readonly unknown[]): void;
};

async function ask(channel: string, ...params: readonly unknown[]): Promise<never> {
  const reply = (await ipcRenderer.invoke(channel, ...params)) as Reply;
  if (!reply.ok) throw new Error(reply.message);
  return reply.value as never;
}

const bridge: PrecedentBridge = {
  appInfo: () => ask(requestChannels.appInfo),
  chooseImport: (what) => ask(requestChannels.chooseImport, what),
  chooseLabels: () => ask(requestChannels.chooseLabels),
  chooseExport: (suggestedName) => ask(requestChannels.chooseExport, suggestedName),
  savePage: (html, suggestedName) => ask(requestChannels.savePage, html, suggestedName),
  saveText: (suggestedName, text) => ask(requestChannels.saveText, suggestedName, text),
  openLibrary: () => ask(requestChannels.openLibrary),
  requestPort: () => ask(requestChannels.requestPort),
  hitsWindow: (what) => ask(requestChannels.hitsWindow, what),
  takeOpened: () => ask(requestChannels.takeOpened),
  encryption: () => ask(requestChannels.encryption),
  unlockLibrary: (secret) => ask(requestChannels.unlockLibrary, secret),
  encryptLibrary: (passphrase) => ask(requestChannels.encryptLibrary, passphrase),
  decryptLibrary: (secret) => ask(requestChannels.decryptLibrary, secret),
  changePassphrase: (secret, next) => ask(requestChannels.changePassphrase, secret, next),
  newRecoveryKey: (secret) => ask(requestChannels.newRecoveryKey, secret),
  saveRecoveryKey: (recoveryKey) => ask(requestChannels.saveRecoveryKey, recoveryKey),
  setKeychain: (on) => ask(requestChannels.setKeychain, on),
  grantDropped: (files) =>
    ask(
      grantDroppedChannel,
      // A File that a script made has no path; main is told of real ones only.
      files.map((file) => webUtils.getPathForFile(file as File)).filter((path) => path !== ''),
    ),
};

contextBridge.exposeInMainWorld('precedent', bridge);

ipcRenderer.on(engineChannels.port, (event) => {
  window.postMessage(pageMessages.port, appOrigin, event.ports);
});
ipcRenderer.on(engineChannels.lost, () => {
  window.postMessage(pageMessages.lost, appOrigin);
});
ipcRenderer.on(engineChannels.hitsWindow, (_event, open: unknown) => {
  window.postMessage(open === true ? pageMessages.hits.opened : pageMessages.hits.closed, appOrigin);
});
ipcRenderer.on(engineChannels.command, (_event, command: unknown) => {
  const known = menuCommands.find((name) => name === command);
  if (known) window.postMessage(`precedent:menu-${known}`, appOrigin);
});
