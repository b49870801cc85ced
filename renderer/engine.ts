/**
 * The window's line to the engine: takes the port that the preload hands over, asks through it, and lives on when the
 * engine is restarted and a new port arrives. Engine data is held by TanStack Query, told here when it is out of date.
 */
import { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { portLostMessage, portMessage } from '../native/contract/bridge.ts';
import { type EngineContract, engineContract, type ProcessState } from '../native/contract/engine.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import type { JobRow } from '../native/contract/jobs.ts';
import {
  type CallOptions,
  type Channel,
  type EventData,
  type Method,
  type Params,
  type Progress,
  type Result,
  RpcClient,
} from '../native/contract/rpc.ts';
import type { SessionState } from '../native/contract/users.ts';
import { bridge } from './bridge.ts';

type EngineMethod = Method<EngineContract>;
export type EngineResult<M extends EngineMethod> = Result<EngineContract, M>;
export type EngineParams<M extends EngineMethod> = Params<EngineContract, M>;

type LineState = 'connecting' | 'connected' | 'lost';
interface EngineLine {
  readonly line: LineState;
  readonly processes: Readonly<Partial<Record<ProcessState['process'], ProcessState>>>;
}
export const useEngineLine = create<EngineLine>(() => ({ line: 'connecting', processes: {} }));

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      // A request that died with its process is asked again of the next one; every other failure is an answer.
      retry: (failures, error) => PrecedentError.from(error).kind === 'interrupted' && failures < 5,
      retryDelay: 400,
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** Everything below this key changes when the library does. */
export const libraryKey = 'library';

type ProcessListener = (now: ProcessState, before: ProcessState | undefined) => void;
const processListeners = new Set<ProcessListener>();
/** Told of every change of a process; returns the function that stops it. */
export function onProcess(listener: ProcessListener): () => void {
  processListeners.add(listener);
  return () => processListeners.delete(listener);
}

const jobListeners = new Set<(job: JobRow) => void>();
/** Told of every news of an import; returns the function that stops it. */
export function onJob(listener: (job: JobRow) => void): () => void {
  jobListeners.add(listener);
  return () => jobListeners.delete(listener);
}

type DeletedNews = EventData<EngineContract, 'library.deleted'>;
const deletedListeners = new Set<(gone: DeletedNews) => void>();
/** Told of what was deleted for good; returns the function that stops it. */
export function onDeleted(listener: (gone: DeletedNews) => void): () => void {
  deletedListeners.add(listener);
  return () => deletedListeners.delete(listener);
}

const sessionListeners = new Set<(session: SessionState) => void>();
/** Told, with every new line to the engine and at every change, who works with the library; returns the function that stops it. */
export function onSession(listener: (session: SessionState) => void): () => void {
  sessionListeners.add(listener);
  return () => sessionListeners.delete(listener);
}

type EncoderNews = EventData<EngineContract, 'encoder'>;
const encoderListeners = new Set<(news: EncoderNews) => void>();
/** Told when the encoder's model was opened or runs otherwise; returns the function that stops it. */
export function onEncoder(listener: (news: EncoderNews) => void): () => void {
  encoderListeners.add(listener);
  return () => encoderListeners.delete(listener);
}

let client: RpcClient<EngineContract> | null = null;
let waiting: ((client: RpcClient<EngineContract>) => void)[] = [];

function portChannel(port: MessagePort): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.onmessage = (event) => listener(event.data);
      port.start();
    },
    onClose: (listener) => port.addEventListener('close', () => listener(), { once: true }),
    close: () => port.close(),
  };
}

function lose(): void {
  client?.close();
  client = null;
  if (useEngineLine.getState().line === 'connected') useEngineLine.setState({ line: 'lost' });
}

function connect(port: MessagePort): void {
  client?.close();
  const channel = portChannel(port);
  const next = new RpcClient(engineContract, channel);
  channel.onClose(() => {
    if (client === next) lose();
  });
  next.on('process', (state) => {
    const before = useEngineLine.getState().processes[state.process];
    useEngineLine.setState(({ processes }) => ({ processes: { ...processes, [state.process]: state } }));
    for (const listener of processListeners) listener(state, before);
  });
  next.on('job', (job) => {
    void queryClient.setQueryData<readonly JobRow[]>([libraryKey, 'jobs'], (rows) =>
      rows?.some(({ id }) => id === job.id)
        ? rows.map((row) => (row.id === job.id ? job : row))
        : rows && [job, ...rows],
    );
    if (job.conflicts > 0) void queryClient.invalidateQueries({ queryKey: [libraryKey, 'conflicts'] });
    for (const listener of jobListeners) listener(job);
  });
  next.on('encoder', (news) => {
    void queryClient.invalidateQueries({ queryKey: [libraryKey, 'info'] });
    for (const listener of encoderListeners) listener(news);
  });
  const signedIn = (session: SessionState) => {
    for (const listener of sessionListeners) listener(session);
  };
  next.on('session', signedIn);
  // Without an answer there is no line; the next one asks again.
  next.call('session.get', {}).then(signedIn, () => undefined);
  next.on('library.changed', () => void queryClient.invalidateQueries({ queryKey: [libraryKey] }));
  next.on('library.deleted', (gone) => {
    for (const listener of deletedListeners) listener(gone);
  });
  client = next;
  useEngineLine.setState({ line: 'connected' });
  for (const resume of waiting) resume(next);
  waiting = [];
  void queryClient.invalidateQueries({ queryKey: [libraryKey] });
}

/** Starts listening for the port and asks for one. Call once, before the first request. */
export function startEngineLine(): void {
  window.addEventListener('message', (event) => {
    if (event.source !== window || event.origin !== window.location.origin) return;
    if (event.data === portMessage && event.ports[0]) connect(event.ports[0]);
    else if (event.data === portLostMessage) lose();
  });
  void bridge.requestPort().catch(() => useEngineLine.setState({ line: 'lost' }));
}

function connectedClient(signal: AbortSignal | undefined): Promise<RpcClient<EngineContract>> {
  if (client && !client.closed) return Promise.resolve(client);
  return new Promise((resolve, reject) => {
    waiting.push(resolve);
    signal?.addEventListener(
      'abort',
      () => reject(new PrecedentError('cancelled', 'the request was cancelled')),
      {
        once: true,
      },
    );
  });
}

/** Asks the engine, waiting for a line if there is none yet. Rejects with PrecedentError. */
export async function callEngine<M extends EngineMethod>(
  method: M,
  params: EngineParams<M>,
  options: CallOptions<Progress<EngineContract, M>> = {},
): Promise<EngineResult<M>> {
  const connected = await connectedClient(options.signal);
  return connected.call(method, params, options);
}
