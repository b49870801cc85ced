/** The engine process: opens the library that its host names, and serves windows and the command line. */
import '../process/offline.ts';
import type { z } from 'zod';
import { type EngineContract, engineContract, type ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type ToHost, toEngine } from '../contract/host.ts';
import type { Channel, EventData } from '../contract/rpc.ts';
import {
  forkParentChannel,
  isControl,
  type PortLike,
  portChannel,
  utilityParentPort,
} from '../process/channels.ts';
import { ignoreInterrupt } from '../process/child.ts';
import { type Server, serve } from '../process/serve.ts';
import { forkSpawner, hostSpawner } from '../process/spawners.ts';
import { Engine } from './engine.ts';
import { Grants } from './grants.ts';
import { engineHandlers } from './handlers.ts';

type Opening = Extract<z.output<typeof toEngine>, { control: 'open' }>;

const parentPort = utilityParentPort();
const grants = new Grants();
const electronSpawner = parentPort ? hostSpawner(parentPort) : null;
const spawner = electronSpawner ?? forkSpawner(import.meta.dirname);
const servers = new Set<Server<typeof engineContract>>();
let engine: Engine | null = null;
/** Channels that came before the library was open. */
const waiting: Channel[] = [];

function sendToHost(message: ToHost): void {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
}

function serveOn(channel: Channel): void {
  if (!engine) {
    waiting.push(channel);
    return;
  }
  const server = serve(engineContract, channel, engineHandlers(engine, { libraryChanged }));
  servers.add(server);
  channel.onClose(() => servers.delete(server));
}

function libraryChanged(): void {
  engine?.library.changed();
  const counts = engine?.library.reads.counts();
  if (counts) for (const server of servers) server.emit('library.changed', { counts });
}

function onProcess(state: ProcessState): void {
  for (const server of servers) server.emit('process', state);
}

function encoderChanged(news: EventData<EngineContract, 'encoder'>): void {
  for (const server of servers) server.emit('encoder', news);
}

async function open({ library, resources, calibrations, demonstration, stays }: Opening): Promise<void> {
  try {
    engine = await Engine.open({
      root: library,
      resources,
      calibrations,
      demonstration,
      spawner,
      grants,
      onProcess,
      onLibrary: libraryChanged,
      onJob: (job) => {
        for (const server of servers) server.emit('job', job);
      },
      onEncoder: encoderChanged,
    });
  } catch (error) {
    sendToHost({ control: 'failed', error: PrecedentError.from(error).toData() });
    return;
  }
  for (const channel of waiting.splice(0)) serveOn(channel);
  sendToHost({ control: 'opened' });
  engine.embedInBackground();
  if (!stays) return;
  engine.goOn();
  // The first query should not wait for the model. A command that ends at once would only cut a provider's trial off.
  const { embedder } = engine;
  embedder.warm().then(
    () => encoderChanged({ encoder: embedder.info }),
    () => undefined,
  );
}

function onHostMessage(raw: unknown, port: PortLike | undefined): void {
  const parsed = toEngine.safeParse(raw);
  if (!parsed.success) return;
  const message = parsed.data;
  switch (message.control) {
    case 'open':
      void open(message);
      break;
    case 'grant':
      grants.add(message.token, { path: message.path, access: message.access });
      break;
    case 'port':
      if (port) serveOn(portChannel(port));
      break;
    case 'spawned':
    case 'exited':
      electronSpawner?.receive(message, port);
      break;
  }
}

async function close(): Promise<void> {
  await engine?.close().catch(() => undefined);
  process.exit(0);
}

if (parentPort) {
  parentPort.on('message', ({ data, ports }) => onHostMessage(data, ports[0]));
} else {
  const channel = forkParentChannel();
  if (channel) {
    process.on('message', (message) => {
      if (isControl(message)) onHostMessage(message, undefined);
    });
    channel.onClose(() => void close());
    waiting.push(channel);
  }
}
process.on('SIGTERM', () => void close());
ignoreInterrupt();
