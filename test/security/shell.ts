/** Electron's main under malformed messages: of pages over the bridge's channels, and of an engine that was taken over. */

import { bridgeContract } from '../../native/contract/bridge.ts';
import { toHost } from '../../native/contract/host.ts';
import { safely } from '../../native/contract/safely.ts';
import { electronDouble, forked } from './electronDouble.ts';
import type { Junk } from './junk.ts';

type Listener = (event: unknown, ...params: unknown[]) => Promise<{ readonly ok: boolean }>;

/** What the schema of the dropped paths takes; the bridge's contract has no row for it, since the page never sees paths. */
const droppedChannel = 'precedent:grantDropped';

export async function fuzzBridge(junk: Junk, count: number): Promise<{ channels: number; faults: string[] }> {
  const { registerIpc } = await import('../../electron/ipc.ts');
  const { openWindow } = await import('../../electron/windows.ts');
  const { requestChannels } = await import('../../electron/channels.ts');
  const listeners = new Map<string, Listener>();
  let acted = 0;
  const handlers = new Proxy({}, { get: () => async () => void acted++ });
  registerIpc(
    { handle: (channel: string, listener: Listener) => listeners.set(channel, listener) } as never,
    handlers as never,
  );
  const { webContents } = openWindow('first', {
    title: 'Precedent',
    preload: 'preload.cjs',
    developer: false,
  }) as unknown as InstanceType<typeof electronDouble.BrowserWindow>;
  const foreign = new electronDouble.BrowserWindow().webContents;
  const trusted = { sender: webContents, senderFrame: webContents.mainFrame };
  const strangers = [
    { sender: foreign, senderFrame: foreign.mainFrame },
    { sender: webContents, senderFrame: null },
    { sender: webContents, senderFrame: { parent: webContents.mainFrame, origin: 'precedent://app' } },
    { sender: webContents, senderFrame: { parent: null, origin: 'precedent://print' } },
    { sender: webContents, senderFrame: { parent: null, origin: 'null' } },
    { sender: null, senderFrame: webContents.mainFrame },
  ];
  const names = Object.keys(bridgeContract) as (keyof typeof bridgeContract)[];
  const faults: string[] = [];
  const expected = new Set([...Object.values(requestChannels), droppedChannel]);
  if ([...listeners.keys()].some((channel) => !expected.has(channel)) || listeners.size !== expected.size) {
    faults.push('the channels are not those of the contract');
  }
  for (let n = 0; n < count && faults.length < 20; n++) {
    const name = junk.one(names);
    const { params } = bridgeContract[name];
    const valid = junk.valid(params) as unknown[];
    const stranger = junk.chance(0.2);
    const dropped = junk.chance(0.1);
    const damaged = dropped ? junk.damaged([['relative/path', 7]]) : junk.damaged(valid);
    const sent = stranger ? valid : Array.isArray(damaged) ? damaged : [damaged];
    if (!stranger && (dropped ? takesPaths(sent) : safely(params, sent).success)) continue;
    const listener = listeners.get(dropped ? droppedChannel : requestChannels[name]);
    const before = acted;
    try {
      const reply = await listener?.(stranger ? junk.one(strangers) : trusted, ...sent);
      if (reply?.ok !== false) faults.push(`${name} was carried out`);
    } catch (error) {
      faults.push(`${name} threw: ${String(error)}`);
    }
    if (acted !== before) faults.push(`${name} was acted upon`);
  }
  // A well-formed message of the window itself is acted upon: otherwise all of this would prove nothing.
  await listeners.get(requestChannels.appInfo)?.(trusted);
  if (acted === 0) faults.push('nothing is ever acted upon');
  return { channels: listeners.size, faults };
}

/** Lists of absolute paths are what the dropped files become. */
function takesPaths(params: readonly unknown[]): boolean {
  const [paths] = params;
  return (
    params.length === 1 &&
    Array.isArray(paths) &&
    [...paths].every((path) => typeof path === 'string' && path.startsWith('/'))
  );
}

export async function fuzzHost(junk: Junk, count: number): Promise<string[]> {
  const { EngineHost } = await import('../../electron/engineHost.ts');
  const host = new EngineHost({
    modules: { engine: 'engine', inference: 'inference', reader: 'reader' },
    resources: '',
    calibrations: '',
    policyFile: null,
    onConverting: () => undefined,
    onSession: () => undefined,
    onOtherUser: () => undefined,
    onGivenUp: () => undefined,
  });
  const opening = host.open({ folder: '/library', demonstration: false, mayCreate: true });
  opening.catch(() => undefined);
  // It closes first what was open before.
  await new Promise((done) => setImmediate(done));
  const engine = forked.at(-1);
  const faults: string[] = [];
  const started = forked.length;
  for (let n = 0; n < count && faults.length < 20; n++) {
    const message = junk.chance(0.2) ? junk.anything() : junk.damaged(junk.valid(toHost));
    if (safely(toHost, message).success) continue;
    try {
      engine?.emit('message', message);
    } catch (error) {
      faults.push(`main threw: ${String(error)}`);
    }
  }
  if (forked.length !== started) faults.push('a malformed message started a process');
  if (engine === undefined) faults.push('the host started no engine');
  engine?.emit('message', { control: 'spawn', id: 1, role: 'reader' });
  if (forked.length !== started + 1) faults.push('the host heeds nothing any more');
  return faults;
}
