/**
 * Stands in for the module `electron`, so that what main does with messages can be tried a hundred thousand times without an
 * application. To be imported before anything that imports electron.
 */
import { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';

/** Counts what would have started a process. */
export const forked: EventEmitter[] = [];

class Contents extends EventEmitter {
  readonly mainFrame = { parent: null, origin: 'precedent://app' };
  loadURL = async () => undefined;
  send = () => undefined;
  postMessage = () => undefined;
  isDestroyed = () => false;
}
class BrowserWindow extends EventEmitter {
  static readonly all = new Map<unknown, BrowserWindow>();
  readonly webContents = new Contents();
  constructor() {
    super();
    BrowserWindow.all.set(this.webContents, this);
  }
  static fromWebContents(contents: unknown): BrowserWindow | null {
    return BrowserWindow.all.get(contents) ?? null;
  }
  isDestroyed = () => false;
}
class Port {
  postMessage = () => undefined;
}
export const electronDouble = {
  BrowserWindow,
  MessageChannelMain: class {
    readonly port1 = new Port();
    readonly port2 = new Port();
  },
  utilityProcess: {
    fork: () => {
      const child = Object.assign(new EventEmitter(), {
        pid: undefined,
        postMessage: () => undefined,
        kill: () => true,
      });
      forked.push(child);
      return child;
    },
  },
};

(globalThis as { electronDouble?: typeof electronDouble }).electronDouble = electronDouble;
const source = Object.keys(electronDouble)
  .map((name) => `export const ${name} = globalThis.electronDouble.${name};`)
  .join('\n');
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true }
      : next(specifier, context),
});
