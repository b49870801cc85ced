/**
 * A process that the engine depends on and that may die: its in-flight requests are rejected as `interrupted`, it is
 * started again with backoff, and the change of state is reported. The policy is here alone, for Node and for Electron.
 */
import type { ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Role } from '../contract/host.ts';
import {
  type CallOptions,
  type Channel,
  type Contract,
  type EventData,
  type EventName,
  type Method,
  type Params,
  type Progress,
  type Result,
  RpcClient,
} from '../contract/rpc.ts';

/** Starts a process of a role and connects to it. */
export interface Spawner {
  spawn(role: Role): Promise<Channel>;
}

const firstDelayMs = 100;
const longestDelayMs = 10_000;
/** A request at which the process died so often is not asked again. */
const mostDeaths = 4;
/** Nor is any, when so many processes in a row died before they answered anything. */
const mostFruitless = 8;

export class ManagedProcess<C extends Contract> {
  readonly #role: Role;
  readonly #contract: C;
  readonly #spawner: Spawner;
  readonly #onState: (state: ProcessState) => void;
  #client: Promise<RpcClient<C>> | null = null;
  #state: ProcessState;
  readonly #subscriptions: ((client: RpcClient<C>) => void)[] = [];
  /** The process that is there, if one is. */
  #current: RpcClient<C> | null = null;
  /** How many processes in a row ended without having answered anything. */
  #fruitless = 0;
  #delayMs = 0;
  #stopped = false;

  constructor(role: Role, contract: C, spawner: Spawner, onState: (state: ProcessState) => void) {
    this.#role = role;
    this.#contract = contract;
    this.#spawner = spawner;
    this.#onState = onState;
    this.#state = { process: role, state: 'idle', restarts: 0 };
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Listens to an event of whichever process is there. */
  on<E extends EventName<C>>(event: E, listener: (data: EventData<C, E>) => void): void {
    const subscribe = (client: RpcClient<C>) => void client.on(event, listener);
    this.#subscriptions.push(subscribe);
    if (this.#current) subscribe(this.#current);
  }

  /** Asks the process, starting it when it is not there. Rejects with `interrupted` when it dies meanwhile. */
  async call<M extends Method<C>>(
    method: M,
    params: Params<C, M>,
    options: CallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    const client = await this.#connected();
    try {
      const result = await client.call(method, params, options);
      this.#answered();
      return result;
    } catch (error) {
      if (!client.closed) this.#answered();
      throw error;
    }
  }

  /**
   * As `call`, asking again when the process dies: for requests that change nothing, like an inference. A death is laid to the
   * request that had reported progress; a process killed from outside, again and again, costs the others nothing. Given up with
   * `interrupted` after 4 deaths at this request, or 8 processes in a row that answered nothing at all.
   * @param params made for each attempt by how often the process died at this request before
   */
  async callAgain<M extends Method<C>>(
    method: M,
    params: (deaths: number) => Params<C, M>,
    options: CallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    for (let deaths = 0; ; ) {
      let begun = false;
      try {
        return await this.call(method, params(deaths), {
          ...options,
          onProgress: (progress) => {
            begun = true;
            options.onProgress?.(progress);
          },
        });
      } catch (error) {
        const typed = PrecedentError.from(error);
        if (typed.kind !== 'interrupted' || this.#stopped) throw typed;
        if (begun) deaths++;
        if (deaths >= mostDeaths) throw this.#hopeless(`died ${deaths} times at one request`);
        if (this.#fruitless >= mostFruitless)
          throw this.#hopeless(`died ${this.#fruitless} times before it answered`);
      }
    }
  }

  #hopeless(what: string): PrecedentError {
    return new PrecedentError(
      'interrupted',
      `the ${this.#role} process ${what}`,
      undefined,
      'run precedent doctor',
    );
  }

  #answered(): void {
    this.#fruitless = 0;
    this.#delayMs = 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const client = await this.#client?.catch(() => null);
    client?.close();
  }

  #connected(): Promise<RpcClient<C>> {
    if (this.#stopped)
      return Promise.reject(new PrecedentError('interrupted', `the ${this.#role} process was stopped`));
    this.#client ??= this.#start();
    return this.#client;
  }

  async #start(): Promise<RpcClient<C>> {
    try {
      if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
      const channel = await this.#spawner.spawn(this.#role);
      const client = new RpcClient(this.#contract, channel);
      for (const subscribe of this.#subscriptions) subscribe(client);
      this.#current = client;
      channel.onClose(() => {
        this.#client = null;
        this.#current = null;
        if (this.#stopped) return;
        this.#backOff();
        this.#report('restarting', this.#state.restarts + 1);
        // Started again at once, so that the next request finds it ready; a failure is reported by that request.
        this.#connected().catch(() => undefined);
      });
      this.#report('running', this.#state.restarts);
      return client;
    } catch (error) {
      this.#client = null;
      this.#backOff();
      this.#report('failed', this.#state.restarts);
      throw error;
    }
  }

  /** Until a process has answered something, the next one is started later and later. */
  #backOff(): void {
    this.#fruitless++;
    this.#delayMs = Math.min(longestDelayMs, Math.max(firstDelayMs, this.#delayMs * 2));
  }

  #report(state: ProcessState['state'], restarts: number): void {
    this.#state = { process: this.#role, state, restarts };
    this.#onState(this.#state);
  }
}
