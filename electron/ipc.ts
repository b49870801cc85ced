/** Registers the bridge's channels: every message is checked for who sent it and what it carries before anything is done. */
import { isAbsolute } from 'node:path';
import type { BrowserWindow, IpcMain, IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import { bridgeContract, type Granted } from '../native/contract/bridge.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import { safely } from '../native/contract/safely.ts';
import { appOrigin, grantDroppedChannel, type Reply, requestChannels } from './channels.ts';
import { isTrustedFrame } from './security.ts';
import { isOurWindow } from './windows.ts';

type BridgeTable = typeof bridgeContract;

/** What main does for each row of the contract, on behalf of the window that asked. */
export type BridgeHandlers = {
  readonly [K in keyof BridgeTable]: (
    window: BrowserWindow,
    ...params: z.output<BridgeTable[K]['params']>
  ) => Promise<z.output<BridgeTable[K]['result']>>;
} & { readonly grantDropped: (window: BrowserWindow, paths: readonly string[]) => Promise<Granted[]> };

const droppedPaths = z.tuple([z.array(z.string().max(4096).refine(isAbsolute)).max(10_000)]);

async function answer(
  event: IpcMainInvokeEvent,
  schema: z.ZodType,
  params: readonly unknown[],
  act: (window: BrowserWindow, ...params: never[]) => Promise<unknown>,
): Promise<Reply> {
  try {
    const window = isTrustedFrame(event.senderFrame, event.sender, isOurWindow, appOrigin);
    if (!window) throw new PrecedentError('refused', 'the sender is not a window of the application');
    const parsed = safely(schema, params);
    if (!parsed.success) throw new PrecedentError('usage', 'the parameters do not fit the contract');
    return { ok: true, value: await act(window, ...(parsed.data as never[])) };
  } catch (thrown) {
    return { ok: false, message: PrecedentError.from(thrown).message };
  }
}

export function registerIpc(ipcMain: IpcMain, handlers: BridgeHandlers): void {
  for (const name of Object.keys(bridgeContract) as (keyof BridgeTable)[]) {
    const act = handlers[name] as (window: BrowserWindow, ...params: never[]) => Promise<unknown>;
    ipcMain.handle(requestChannels[name], (event, ...params: unknown[]) =>
      answer(event, bridgeContract[name].params, params, act),
    );
  }
  ipcMain.handle(grantDroppedChannel, (event, ...params: unknown[]) =>
    answer(event, droppedPaths, params, handlers.grantDropped),
  );
}
