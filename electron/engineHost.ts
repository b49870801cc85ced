/**
 * Owns the engine and the processes it works with: starts them, connects them with ports, starts the engine again with a
 * growing delay when it dies, and gives each window a new port then.
 */
import type { UtilityProcess, WebContents } from 'electron';
import { PrecedentError } from '../native/contract/errors.ts';
import { type ToEngine, type ToHost, toHost } from '../native/contract/host.ts';
import { safely } from '../native/contract/safely.ts';
import { engineChannels } from './channels.ts';
import { connectTo, EngineChildren, type Modules, startProcess, stopProcess } from './children.ts';
import type { LibraryChoice } from './library.ts';
import { log, loggable } from './log.ts';

export interface EngineHostOptions {
  readonly modules: Modules;
  /** The folder of encoders and presets that is shipped with the application. */
  readonly resources: string;
  /** The folder for what this machine measures of models. */
  readonly calibrations: string;
  /** The library is being encrypted or decrypted. */
  readonly onConverting: (progress: { readonly done: number; readonly total: number }) => void;
  /** Another policy file than the machine's, in development. */
  readonly policyFile: string | null;
  /** Told at every opening and change of the session. */
  readonly onSession: (session: {
    readonly locked: boolean;
    readonly idleLockMinutes: number | null;
  }) => void;
  /** Another user than before signed in, to whom nothing belongs of what the windows show. */
  readonly onOtherUser: () => void;
  /** The engine was started again too often without opening the library; nothing more happens until `open`. */
  readonly onGivenUp: (error: PrecedentError) => void;
}

/** The delays before the first, second, … restart in a row; after the last one the host gives up. */
const restartDelaysMs = [250, 500, 1000, 2000, 4000, 8000] as const;
/** An engine that ran this long counts as healthy: the next restart starts again with the shortest delay. */
const HEALTHY_MS = 30_000;

interface Running {
  readonly process: UtilityProcess;
  readonly children: EngineChildren;
  opened: boolean;
}

interface Opening {
  readonly resolve: () => void;
  readonly reject: (error: PrecedentError) => void;
}

export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #windows = new Set<WebContents>();
  #library: LibraryChoice | null = null;
  #engine: Running | null = null;
  #opening: Opening | null = null;
  /** Null until the engine has said it of the library that is being opened; what it said last while it starts again. */
  #locked: boolean | null = null;
  /** Who of the library's own users signed in last. */
  #user: string | null = null;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | null = null;
  #healthyTimer: NodeJS.Timeout | null = null;

  constructor(options: EngineHostOptions) {
    this.#options = options;
  }

  /** The folder of the library that is open or being opened. */
  get library(): string | null {
    return this.#library?.folder ?? null;
  }

  /** Whether someone has to sign in first. */
  get locked(): boolean {
    return this.#locked === true;
  }

  /** The folder of the library, once it is known that it may be looked at. */
  get readable(): string | null {
    return this.#locked === false ? this.library : null;
  }

  get choice(): LibraryChoice | null {
    return this.#library;
  }

  /**
   * Closes what is open and opens another library. Resolves when the engine has opened it; rejects with the engine's
   * error, or `interrupted` when it died too often while trying.
   */
  async open(library: LibraryChoice): Promise<void> {
    await this.close();
    this.#library = library;
    this.#user = null;
    this.#restarts = 0;
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#start();
    });
  }

  /** The library was decrypted: the next engine is given no key. */
  forgetKey(): void {
    if (this.#library) this.#library = { ...this.#library, key: undefined };
  }

  /** Stops the engine and its processes. */
  async close(): Promise<void> {
    this.#clearTimers();
    this.#library = null;
    this.#locked = null;
    this.#opening?.reject(new PrecedentError('cancelled', 'opening the library was given up'));
    this.#opening = null;
    const engine = this.#engine;
    this.#engine = null;
    if (!engine) return;
    this.#tellWindows();
    engine.children.end();
    await stopProcess(engine.process);
    log.info('the library is closed');
  }

  /** Tells the engine something. Rejected with `busy` while no library is open, since the engine would not remember it. */
  send(message: ToEngine): void {
    if (!this.#engine?.opened)
      throw new PrecedentError('busy', 'the library is not open yet', undefined, 'try again');
    this.#engine.process.postMessage(message);
  }

  /** Locks the library; false while no engine is there that could be told. */
  lock(): boolean {
    if (!this.#engine?.opened) return false;
    this.send({ control: 'lock' });
    return true;
  }

  /** Gives a window a port to the engine: now, or when the library is open, and again after every restart. */
  connect(contents: WebContents): void {
    if (!this.#windows.has(contents)) {
      this.#windows.add(contents);
      const forget = () => {
        this.#windows.delete(contents);
        contents.off('destroyed', forget);
        contents.off('did-navigate', forget);
      };
      contents.on('destroyed', forget);
      // A page that is loaded anew asks again when it is ready to listen.
      contents.on('did-navigate', forget);
    }
    if (this.#engine?.opened) this.#issuePort(this.#engine, contents);
  }

  #issuePort(engine: Running, contents: WebContents): void {
    contents.postMessage(engineChannels.port, null, [connectTo(engine.process)]);
  }

  #tellWindows(): void {
    for (const contents of this.#windows) contents.send(engineChannels.lost);
  }

  #start(): void {
    if (!this.#library) return;
    const { modules } = this.#options;
    const process = startProcess(modules, 'engine');
    const engine: Running = { process, children: new EngineChildren(process, modules), opened: false };
    this.#engine = engine;
    process.on('message', (message: unknown) => this.#receive(engine, message));
    process.once('exit', (code) => {
      engine.children.end();
      if (this.#engine === engine)
        this.#lost(new PrecedentError('interrupted', `the engine stopped (code ${code})`));
    });
    process.postMessage({
      control: 'open',
      library: this.#library.folder,
      key: this.#library.key,
      resources: this.#options.resources,
      calibrations: this.#options.calibrations,
      demonstration: this.#library.demonstration,
      mayCreate: this.#library.mayCreate,
      stays: true,
      policyFile: this.#options.policyFile ?? undefined,
    } satisfies ToEngine);
  }

  #receive(engine: Running, raw: unknown): void {
    const parsed = safely(toHost, raw);
    if (!parsed.success || this.#engine !== engine) return;
    const message = parsed.data;
    switch (message.control) {
      case 'opened':
        this.#opened(engine);
        return;
      case 'converting':
        this.#options.onConverting(message);
        return;
      case 'failed':
        this.#failed(engine, PrecedentError.fromData(message.error));
        return;
      case 'session':
        this.#locked = message.locked;
        this.#options.onSession(message);
        if (this.#user !== null && message.user !== null && message.user !== this.#user)
          this.#options.onOtherUser();
        this.#user = message.user ?? this.#user;
        return;
      case 'spawn':
        engine.children.spawn(message.id, message.role);
        return;
      case 'kill':
        engine.children.kill(message.id);
        return;
      default:
        assertNever(message);
    }
  }

  #opened(engine: Running): void {
    engine.opened = true;
    // From now on there is one, and none is made in its place.
    if (this.#library) this.#library = { ...this.#library, mayCreate: false };
    this.#healthyTimer = setTimeout(() => {
      this.#restarts = 0;
    }, HEALTHY_MS);
    log.info('a library is open');
    this.#opening?.resolve();
    this.#opening = null;
    for (const contents of this.#windows) this.#issuePort(engine, contents);
  }

  /** The engine lives but could not open the library: at the first opening the user is told, later it is tried again. */
  #failed(engine: Running, error: PrecedentError): void {
    this.#engine = null;
    engine.children.end();
    const opening = this.#opening;
    const library = this.#library;
    void stopProcess(engine.process).then(() => {
      // Meanwhile another library may have been asked for, or the application be closing.
      if (this.#opening !== opening || this.#library !== library) return;
      if (opening) this.#giveUp(error);
      else this.#lost(error);
    });
  }

  #lost(error: PrecedentError): void {
    this.#engine = null;
    this.#clearTimers();
    this.#tellWindows();
    const delay = restartDelaysMs[this.#restarts];
    log.error(`${loggable(error)}; ${delay === undefined ? 'given up' : `starting it again in ${delay} ms`}`);
    if (delay === undefined) {
      this.#giveUp(error);
      return;
    }
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#start(), delay);
  }

  #giveUp(error: PrecedentError): void {
    const opening = this.#opening;
    this.#opening = null;
    this.#library = null;
    this.#locked = null;
    if (opening) opening.reject(error);
    else this.#options.onGivenUp(error);
  }

  #clearTimers(): void {
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    if (this.#healthyTimer) clearTimeout(this.#healthyTimer);
    this.#restartTimer = null;
    this.#healthyTimer = null;
  }
}

function assertNever(value: never): never {
  throw new PrecedentError('internal', `unhandled message ${JSON.stringify(value satisfies ToHost)}`);
}
