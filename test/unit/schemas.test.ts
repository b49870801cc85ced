/** Every request that crosses a process has a schema that refuses what is none of its own: a new one cannot come without. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grantDroppedChannel, requestChannels } from '../../electron/channels.ts';
import { bridgeContract } from '../../native/contract/bridge.ts';
import { engineContract } from '../../native/contract/engine.ts';
import { toEngine, toHost } from '../../native/contract/host.ts';
import { inferenceContract } from '../../native/contract/inference.ts';
import { readerContract } from '../../native/contract/reader.ts';
import { type Channel, RpcClient, type ServerMessage } from '../../native/contract/rpc.ts';
import { windowMessage } from '../../native/contract/windows.ts';
import { figure } from '../support/figures.ts';

const junk = [undefined, null, true, 7, Number.NaN, 'x', [], [{}], () => 0] as const;

const requests = Object.entries({
  engine: engineContract,
  inference: inferenceContract,
  reader: readerContract,
}).flatMap(([process, contract]) =>
  Object.entries(contract.requests).map(([name, spec]) => ({ name: `${process} ${name}`, spec })),
);

test.each(requests)('$name takes an object of its own and nothing else', ({ spec }) => {
  const taken = junk.filter((value) => spec.params.safeParse(value).success);
  expect(taken).toEqual([]);
  expect(spec.result).toBeDefined();
});

test('there is a schema for every request', () => {
  expect(requests.length).toBeGreaterThan(80);
  figure('requests of engine, inference and readers with a schema', requests.length);
});

test.each(Object.keys(bridgeContract) as (keyof typeof bridgeContract)[])(
  'the bridge’s %s takes parameters of its own and nothing else',
  (name) => {
    const { params } = bridgeContract[name];
    // Where a call has no parameters, no list but the empty one.
    const calls = [...junk.filter((value) => !Array.isArray(value)), ['x', 'y', 'z'], [{}], [null]];
    expect(calls.filter((call) => params.safeParse(call).success)).toEqual([]);
    expect(requestChannels[name]).toBe(`precedent:${name}`);
  },
);

test('main listens to the bridge’s channels alone, and in one file', () => {
  const folder = join(import.meta.dirname, '../../electron');
  const listening = readdirSync(folder).filter((file) =>
    /ipcMain\.(on|once|handle|handleOnce|addListener)\(/.test(readFileSync(join(folder, file), 'utf8')),
  );
  expect(listening).toEqual(['ipc.ts']);
  expect(Object.keys(requestChannels).sort()).toEqual(Object.keys(bridgeContract).sort());
  figure(
    'channels that main answers, each with a schema',
    new Set([...Object.values(requestChannels), grantDroppedChannel]).size,
  );
});

test.each([
  ['to the engine', toEngine],
  ['to the host', toHost],
  ['between windows', windowMessage],
])('what is said %s has a schema', (_, schema) => {
  expect(junk.filter((value) => schema.safeParse(value).success)).toEqual([]);
  expect(schema.safeParse({ control: 'constructor', say: '__proto__' }).success).toBe(false);
});

/** A client of the reader, and what a process that was taken over may send to it. */
function taken() {
  let say: (message: unknown) => void = () => undefined;
  const channel: Channel = {
    send: () => undefined,
    onMessage: (listener) => {
      say = listener;
    },
    onClose: () => undefined,
    close: () => undefined,
  };
  return { client: new RpcClient(readerContract, channel), say: (message: unknown) => say(message) };
}

test.each(['constructor', '__proto__', 'toString'])('an event called %s is heard by nobody', (event) => {
  const { say } = taken();
  expect(() => say({ type: 'event', event, data: {} } satisfies ServerMessage)).not.toThrow();
});

test('progress that breaks the contract is not handed on', () => {
  const { client, say } = taken();
  const told: unknown[] = [];
  void client.call('describe', { files: [] }, { onProgress: (progress) => told.push(progress) });
  for (const progress of [null, 7, { path: 7 }, { path: 'a' }]) say({ type: 'progress', id: 1, progress });
  expect(told).toEqual([{ path: 'a' }]);
});
