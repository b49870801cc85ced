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
/** A process that lived this long is taken to be healthy, and the backoff starts anew. */
const healthyAfterMs = 30_000;

export class ManagedProcess<C extends Contract> {
  readonly #role: Role;
  readonly #contract: C;
  readonly #spawner: Spawner;
  readonly #onState: (state: ProcessState) => void;
  #client: Promise<RpcClient<C>> | null = null;
  #state: ProcessState;
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

  /** Asks the process, starting it when it is not there. Rejects with `interrupted` when it dies meanwhile. */
  async call<M extends Method<C>>(
    method: M,
    params: Params<C, M>,
    options: CallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    const client = await this.#connected();
    return client.call(method, params, options);
  }

  /** As `call`, asking again when the process dies: for requests that change nothing, like an inference. */
  async callAgain<M extends Method<C>>(
    method: M,
    params: Params<C, M>,
    options: CallOptions<Progress<C, M>> = {},
    attempts = 4,
  ): Promise<Result<C, M>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.call(method, params, options);
      } catch (error) {
        const typed = PrecedentError.from(error);
        if (typed.kind !== 'interrupted' || attempt >= attempts || this.#stopped) throw typed;
      }
    }
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
      const started = Date.now();
      const client = new RpcClient(this.#contract, channel);
      channel.onClose(() => {
        this.#client = null;
        if (this.#stopped) return;
        this.#backOff(Date.now() - started);
        this.#report('restarting', this.#state.restarts + 1);
        // Started again at once, so that the next request finds it ready; a failure is reported by that request.
        this.#connected().catch(() => undefined);
      });
      this.#report('running', this.#state.restarts);
      return client;
    } catch (error) {
      this.#client = null;
      this.#backOff(0);
      this.#report('failed', this.#state.restarts);
      throw error;
    }
  }

  #backOff(livedMs: number): void {
    this.#delayMs =
      livedMs > healthyAfterMs
        ? firstDelayMs
        : Math.min(longestDelayMs, Math.max(firstDelayMs, this.#delayMs * 2));
  }

  #report(state: ProcessState['state'], restarts: number): void {
    this.#state = { process: this.#role, state, restarts };
    this.#onState(this.#state);
  }
}
