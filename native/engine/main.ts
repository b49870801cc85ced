/** The engine process: opens the library that its host names, and serves windows and the command line. */
import '../process/offline.ts';
import type { z } from 'zod';
import { type EngineContract, engineContract, type ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import { type ToHost, toEngine } from '../contract/host.ts';
import type { JobRow } from '../contract/jobs.ts';
import { noPolicy } from '../contract/policy.ts';
import type { Channel, EventData, EventName } from '../contract/rpc.ts';
import { safely } from '../contract/safely.ts';
import type { SessionState } from '../contract/users.ts';
import { checkLibraryPlace } from '../policy/libraryRules.ts';
import { readPolicy } from '../policy/policyFile.ts';
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
import { guarded, SeenLately } from './guard.ts';
import { engineHandlers } from './handlers.ts';
import { jobRecorder } from './jobRecorder.ts';
import { onlyReading } from './readOnly.ts';
import { explained } from './standing.ts';

type Opening = Extract<z.output<typeof toEngine>, { control: 'open' }>;

const parentPort = utilityParentPort();
const grants = new Grants();
const electronSpawner = parentPort ? hostSpawner(parentPort) : null;
const spawner = electronSpawner ?? forkSpawner(import.meta.dirname);
const seen = new SeenLately();
const servers = new Set<Server<typeof engineContract>>();
const restartMs = 200;
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
  const asked = onlyReading(engine, engineHandlers(engine, { libraryChanged, deleted, restart }));
  const handlers = guarded(engine.library, asked, seen);
  const { name } = engine.library.db;
  const server = serve(engineContract, channel, handlers, (thrown) => explained(name, thrown));
  servers.add(server);
  channel.onClose(() => servers.delete(server));
}

/** News of what the library holds is not told while it is locked; whoever signs in asks anew. */
function tell<E extends EventName<EngineContract>>(event: E, data: EventData<EngineContract, E>): void {
  if (!engine?.library.session.locked) for (const server of servers) server.emit(event, data);
}

function libraryChanged(): void {
  engine?.library.changed();
  const counts = engine?.library.reads.counts();
  if (counts) tell('library.changed', { counts });
}

function sessionChanged(state: SessionState): void {
  const { locked, idleLockMinutes } = state;
  const user = engine?.library.session.signedIn ?? null;
  // The host first: windows that are unlocked ask it for something at once.
  sendToHost({ control: 'session', locked, idleLockMinutes, user });
  for (const server of servers) server.emit('session', state);
}

/** When the answer to what asked for it is out. */
function restart(): void {
  setTimeout(() => void close(), restartMs);
}

function deleted(gone: EventData<EngineContract, 'library.deleted'>): void {
  tell('library.deleted', gone);
}

function onProcess(state: ProcessState): void {
  for (const server of servers) server.emit('process', state);
}

function encoderChanged(news: EventData<EngineContract, 'encoder'>): void {
  tell('encoder', news);
}

async function open(opening: Opening): Promise<void> {
  const { library, key, resources, calibrations, demonstration, mayCreate, stays, policyFile, temporary } =
    opening;
  try {
    const inForce = readPolicy(policyFile);
    const policy = temporary ? noPolicy : inForce;
    checkLibraryPlace(policy, library);
    let record: ((job: JobRow) => void) | undefined;
    engine = await Engine.open({
      root: library,
      key,
      onConverting: ({ done, total }) => sendToHost({ control: 'converting', done, total }),
      resources,
      calibrations,
      demonstration,
      mayCreate,
      policy,
      spawner,
      grants,
      onProcess,
      onLibrary: libraryChanged,
      onDamage: restart,
      onJob: (job) => {
        record?.(job);
        tell('job', job);
      },
      onEncoder: encoderChanged,
    });
    const { audit, db, session } = engine.library;
    record = jobRecorder(engine.library);
    if (!db.readonly) audit.append([{ action: 'library.open', subject: '', detail: { window: stays } }]);
    session.onChange(sessionChanged);
    sessionChanged(session.state);
  } catch (error) {
    // Nothing is looked at that cannot be written down, as on a full disk: what was opened by then is closed again.
    await engine?.close().catch(() => undefined);
    engine = null;
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
  const parsed = safely(toEngine, raw);
  if (!parsed.success) return;
  const message = parsed.data;
  switch (message.control) {
    case 'open':
      void open(message);
      break;
    case 'grant':
      grants.add(message.token, { path: message.path, access: message.access });
      break;
    case 'lock':
      lockWhereIdle();
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

/** Where there are no users there is nothing to lock. */
function lockWhereIdle(): void {
  const session = engine?.library.session;
  if (!session || session.state.users.length === 0) return;
  try {
    session.lock('idle');
  } catch {
    // It is locked; a full disk only keeps that from being written down.
  }
}

async function close(): Promise<void> {
  const library = engine?.library;
  if (library && !library.db.readonly) {
    try {
      library.audit.append([{ action: 'library.close', subject: '' }]);
    } catch {
      // A full disk does not keep the library open.
    }
  }
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
