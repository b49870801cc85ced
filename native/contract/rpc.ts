/**
 * The one way in which processes ask each other for something: a request has an id, may report progress, may be
 * cancelled, and ends with a result or a typed error. Used window → engine, command line → engine, engine → inference
 * and engine → reader. A request belongs to its channel and dies with it.
 */
import { z } from 'zod';
import { errorSchema, PrecedentError } from './errors.ts';
import { safely } from './safely.ts';

export interface RequestSpec {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly progress?: z.ZodType;
}
export type RequestTable = Readonly<Record<string, RequestSpec>>;
export type EventTable = Readonly<Record<string, z.ZodType>>;
export interface Contract {
  readonly requests: RequestTable;
  readonly events: EventTable;
}

export type Method<C extends Contract> = keyof C['requests'] & string;
export type EventName<C extends Contract> = keyof C['events'] & string;
export type Params<C extends Contract, M extends Method<C>> = z.input<C['requests'][M]['params']>;
export type ParsedParams<C extends Contract, M extends Method<C>> = z.output<C['requests'][M]['params']>;
export type Result<C extends Contract, M extends Method<C>> = z.output<C['requests'][M]['result']>;
export type Progress<C extends Contract, M extends Method<C>> = C['requests'][M]['progress'] extends z.ZodType
  ? z.output<C['requests'][M]['progress']>
  : never;
export type EventData<C extends Contract, E extends EventName<C>> = z.output<C['events'][E]>;

/** Client → server. */
export const clientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('request'), id: z.number().int(), method: z.string(), params: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: z.number().int() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

/** Server → client. */
export const serverMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id: z.number().int(), result: z.unknown() }),
  z.object({ type: z.literal('error'), id: z.number().int(), error: errorSchema }),
  z.object({ type: z.literal('progress'), id: z.number().int(), progress: z.unknown() }),
  z.object({ type: z.literal('event'), event: z.string(), data: z.unknown() }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;

/** A two-way pipe of structured-cloneable messages; `onClose` fires once when the other side is gone. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

export interface CallOptions<P> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: P) => void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PrecedentError) => void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
}

/** The asking side of a channel. Results, progress and events are checked against the contract before they are handed on. */
export class RpcClient<C extends Contract> {
  readonly #contract: C;
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(data: unknown) => void>>();
  #nextId = 1;
  #closed = false;

  constructor(contract: C, channel: Channel) {
    this.#contract = contract;
    this.#channel = channel;
    channel.onMessage((message) => this.#receive(message));
    channel.onClose(() => this.#lost());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Asks and waits. Rejects with PrecedentError: what the server threw, `cancelled`, or `interrupted` when it died. */
  call<M extends Method<C>>(
    method: M,
    params: Params<C, M>,
    options: CallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    const { signal, onProgress } = options;
    if (this.#closed) return Promise.reject(interrupted(method));
    if (signal?.aborted) return Promise.reject(cancelled(method));
    const id = this.#nextId++;
    return new Promise<Result<C, M>>((resolve, reject) => {
      const onAbort = () => {
        if (!this.#pending.delete(id)) return;
        this.#channel.send({ type: 'cancel', id } satisfies ClientMessage);
        reject(cancelled(method));
      };
      const done = () => signal?.removeEventListener('abort', onAbort);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        method,
        resolve: (value) => {
          done();
          resolve(value as Result<C, M>);
        },
        reject: (error) => {
          done();
          reject(error);
        },
        onProgress: onProgress as ((progress: unknown) => void) | undefined,
      });
      try {
        this.#channel.send({ type: 'request', id, method, params } satisfies ClientMessage);
      } catch (error) {
        done();
        this.#pending.delete(id);
        reject(PrecedentError.from(error));
      }
    });
  }

  /** Listens to an event; the returned function stops it. */
  on<E extends EventName<C>>(event: E, listener: (data: EventData<C, E>) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    const entry = listener as (data: unknown) => void;
    set.add(entry);
    return () => set.delete(entry);
  }

  close(): void {
    this.#channel.close();
    this.#lost();
  }

  #receive(raw: unknown): void {
    const parsed = safely(serverMessage, raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === 'event') {
      const { events } = this.#contract;
      const schema = Object.hasOwn(events, message.event) ? events[message.event] : undefined;
      const data = schema && safely(schema, message.data);
      if (data?.success) for (const listener of this.#listeners.get(message.event) ?? []) listener(data.data);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    const spec = this.#contract.requests[pending.method];
    if (message.type === 'progress') {
      const progress = spec?.progress && safely(spec.progress, message.progress);
      if (progress?.success) pending.onProgress?.(progress.data);
      return;
    }
    this.#pending.delete(message.id);
    if (message.type === 'error') {
      pending.reject(PrecedentError.fromData(message.error));
      return;
    }
    const result = spec && safely(spec.result, message.result);
    if (result?.success) pending.resolve(result.data);
    else {
      const path = result?.error.issues[0]?.path.join('.') ?? '';
      pending.reject(
        new PrecedentError('internal', `the reply to ${pending.method} broke the contract at ${path}`),
      );
    }
  }

  #lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const pending of this.#pending.values()) pending.reject(interrupted(pending.method));
    this.#pending.clear();
  }
}

function interrupted(method: string): PrecedentError {
  return new PrecedentError(
    'interrupted',
    `the process that worked on ${method} stopped`,
    undefined,
    'try again',
  );
}

function cancelled(method: string): PrecedentError {
  return new PrecedentError('cancelled', `${method} was cancelled`);
}
