/**
 * Processes of one role that may die, each at one request at a time. A request that gives no sign of life for too long is
 * ended with its process; the others never notice. Higher priority goes first, and groups of one priority take turns.
 */
import type { ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Role } from '../contract/host.ts';
import {
  type CallOptions,
  type Contract,
  type Method,
  type Params,
  type Progress,
  type Result,
  RpcClient,
} from '../contract/rpc.ts';
import type { Spawner } from './managed.ts';

interface PoolOptions<C extends Contract> {
  /** The most processes at once. */
  readonly size: number;
  /** A process that had nothing to do for so long ends, unless it is the last. */
  readonly idleMs?: number;
  /** What a new process is asked before anything else. */
  readonly prepare?: ((client: RpcClient<C>) => Promise<unknown>) | undefined;
}
interface Turn {
  readonly priority?: number;
  readonly group?: string;
  readonly signal?: AbortSignal;
}
export interface PoolCallOptions<P> extends CallOptions<P>, Turn {
  readonly signal?: AbortSignal;
  /** So long may a request go on without progress or result. */
  readonly silenceMs?: number;
}

interface Member<C extends Contract> {
  readonly client: RpcClient<C>;
  busy: boolean;
  /** Whether it has ever answered anything. */
  answered: boolean;
  /** It is being ended on purpose. */
  ended: boolean;
  idle: NodeJS.Timeout | undefined;
}
interface Waiting {
  readonly priority: number;
  readonly group: string;
  readonly turn: number;
  readonly run: () => void;
}

const silenceMs = 20_000;
const idleMs = 60_000;
const firstDelayMs = 100;
const longestDelayMs = 10_000;

export class ProcessPool<C extends Contract> {
  readonly size: number;
  readonly #role: Role;
  readonly #contract: C;
  readonly #spawner: Spawner;
  readonly #onState: (state: ProcessState) => void;
  readonly #idleMs: number;
  readonly #prepare: PoolOptions<C>['prepare'];
  readonly #members = new Set<Member<C>>();
  readonly #waiting: Waiting[] = [];
  /** When each group was last served, as a running number. */
  readonly #served = new Map<string, number>();
  #turn = 0;
  #starting = 0;
  #delayMs = 0;
  #stopped = false;
  #state: ProcessState;

  constructor(
    role: Role,
    contract: C,
    spawner: Spawner,
    onState: (state: ProcessState) => void,
    options: PoolOptions<C>,
  ) {
    this.#role = role;
    this.#contract = contract;
    this.#spawner = spawner;
    this.#onState = onState;
    this.size = options.size;
    this.#idleMs = options.idleMs ?? idleMs;
    this.#prepare = options.prepare;
    this.#state = { process: role, state: 'idle', restarts: 0 };
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Rejects with `interrupted` when the process dies, `limit` when it was silent for too long, `cancelled`, or its own error. */
  async call<M extends Method<C>>(
    method: M,
    params: Params<C, M>,
    options: PoolCallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    if (this.#stopped) throw this.#over();
    await this.#turnOf(options);
    let member: Member<C>;
    try {
      member = await this.#free();
    } catch (error) {
      this.#next();
      throw error;
    }
    return this.#run(member, method, params, options);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const member of this.#members) this.#end(member);
    for (const { run } of this.#waiting.splice(0)) run();
  }

  /** Waits until fewer requests run than there may be processes, and this one is the next. */
  #turnOf({ priority = 0, group = '', signal }: Turn): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { priority, group, turn: this.#turn++, run: () => done() };
      const leave = () => {
        const at = this.#waiting.indexOf(waiting);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        reject(new PrecedentError('cancelled', 'the request was cancelled'));
      };
      const done = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      if (signal?.aborted) leave();
      this.#next();
    });
  }

  /** Lets waiting requests begin while there is room. */
  #next(): void {
    while (this.#waiting.length > 0 && this.#running() < this.size && !this.#stopped) {
      const served = (waiting: Waiting) => this.#served.get(waiting.group) ?? -1;
      const [first] = [...this.#waiting].sort(
        (a, b) => b.priority - a.priority || served(a) - served(b) || a.turn - b.turn,
      );
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      this.#served.set(first.group, this.#turn++);
      this.#starting++;
      first.run();
    }
  }

  #running(): number {
    return this.#starting + [...this.#members].filter(({ busy }) => busy).length;
  }

  /** A process at nothing, or a new one. */
  async #free(): Promise<Member<C>> {
    try {
      if (this.#stopped) throw this.#over();
      const idle = [...this.#members].find(({ busy, ended }) => !busy && !ended);
      const member = idle ?? (await this.#start());
      member.busy = true;
      clearTimeout(member.idle);
      return member;
    } finally {
      this.#starting--;
    }
  }

  async #start(): Promise<Member<C>> {
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    try {
      if (this.#stopped) throw this.#over();
      const channel = await this.#spawner.spawn(this.#role);
      const client = new RpcClient(this.#contract, channel);
      if (this.#stopped) {
        client.close();
        throw this.#over();
      }
      await this.#prepare?.(client).catch((error: unknown) => {
        client.close();
        throw error;
      });
      const member: Member<C> = { client, busy: true, answered: false, ended: false, idle: undefined };
      this.#members.add(member);
      channel.onClose(() => this.#lost(member));
      this.#report('running', this.#state.restarts);
      return member;
    } catch (error) {
      if (!this.#stopped) {
        this.#backOff();
        this.#report('failed', this.#state.restarts);
      }
      throw error;
    }
  }

  async #run<M extends Method<C>>(
    member: Member<C>,
    method: M,
    params: Params<C, M>,
    options: PoolCallOptions<Progress<C, M>>,
  ): Promise<Result<C, M>> {
    const { signal, onProgress, silenceMs: patience = silenceMs } = options;
    let tooLong: PrecedentError | undefined;
    const giveUp = () => {
      tooLong = new PrecedentError('limit', `reading took longer than ${Math.round(patience / 1000)} s`);
      this.#end(member);
    };
    // Messages that came while this process itself was busy are read after the timers, and count.
    const wait = () => {
      const due = setTimeout(() => setImmediate(() => timer === due && giveUp()), patience);
      return due;
    };
    let timer: NodeJS.Timeout | undefined = wait();
    const sign = () => {
      clearTimeout(timer);
      timer = wait();
      member.answered = true;
      this.#delayMs = 0;
    };
    try {
      const result = await member.client.call(method, params, {
        signal,
        onProgress: (progress) => {
          sign();
          onProgress?.(progress);
        },
      });
      sign();
      return result;
    } catch (thrown) {
      const error = tooLong ?? PrecedentError.from(thrown);
      // What was withdrawn may go on for as long as it likes in there, and one over its memory is about to kill itself: a
      // new process is sooner ready.
      if (error.kind === 'cancelled' || error.kind === 'limit') this.#end(member);
      else if (error.kind !== 'interrupted') sign();
      throw error;
    } finally {
      clearTimeout(timer);
      timer = undefined;
      member.busy = false;
      member.idle = setTimeout(() => {
        if (this.#members.size > 1) this.#end(member);
      }, this.#idleMs);
      member.idle.unref();
      this.#next();
    }
  }

  /** Ends a process on purpose: that is no fault of its kind, and the next one starts without delay. */
  #end(member: Member<C>): void {
    member.ended = true;
    clearTimeout(member.idle);
    this.#members.delete(member);
    member.client.close();
  }

  #lost(member: Member<C>): void {
    clearTimeout(member.idle);
    if (!this.#members.delete(member) || member.ended || this.#stopped) return;
    if (!member.answered) this.#backOff();
    this.#report('restarting', this.#state.restarts + 1);
    // Started again at once, so that whoever reads the state sees whether that works.
    if (this.#members.size > 0) this.#report('running', this.#state.restarts);
    else void this.#startAgain();
  }

  /** It counts like one that a request waits for: a request that comes meanwhile must not start another beside it. */
  async #startAgain(): Promise<void> {
    this.#starting++;
    const member = await this.#start().catch(() => null);
    if (member) member.busy = false;
    this.#starting--;
    this.#next();
  }

  #over(): PrecedentError {
    return new PrecedentError('interrupted', `the ${this.#role} processes were stopped`);
  }

  #backOff(): void {
    this.#delayMs = Math.min(longestDelayMs, Math.max(firstDelayMs, this.#delayMs * 2));
  }

  #report(state: ProcessState['state'], restarts: number): void {
    if (state === this.#state.state && restarts === this.#state.restarts) return;
    this.#state = { process: this.#role, state, restarts };
    this.#onState(this.#state);
  }
}
