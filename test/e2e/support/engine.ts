/** Speaks with the engine as the page does: over a port that the page was given. */
import type { Page } from 'playwright-core';
import type { ServerMessage } from '../../../native/contract/rpc.ts';
import type { LaunchedApp } from './app.ts';

interface PagePort {
  postMessage(message: unknown): void;
  start(): void;
  addEventListener(
    type: 'message',
    listener: (event: { readonly data: Reply & { id?: number } }) => void,
  ): void;
}
interface PageWindow {
  readonly precedent: { requestPort(): Promise<unknown> };
  testPorts?: PagePort[];
  testLost?: number;
  addEventListener(type: 'message', listener: (event: { data: unknown; ports: PagePort[] }) => void): void;
}
declare const window: PageWindow;
interface EngineSide {
  readonly MessageChannel: new () => { readonly port1: PagePort; readonly port2: PagePort };
  readonly location: { readonly origin: string };
  postMessage(message: string, origin: string, transfer: readonly unknown[]): void;
}

interface Reply {
  readonly type: 'result' | 'error' | 'progress';
  readonly result?: unknown;
  readonly error?: { readonly kind: string; readonly what: string };
}

/** Makes the page keep every port it is given from now on, and count how often the engine was lost. */
export async function watchPorts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ports: PagePort[] = [];
    window.testPorts = ports;
    window.testLost = 0;
    window.addEventListener('message', (event) => {
      if (event.data === 'precedent:engine-port' && event.ports[0]) ports.push(event.ports[0]);
      if (event.data === 'precedent:engine-lost') window.testLost = (window.testLost ?? 0) + 1;
    });
  });
}

/** How many ports came since `watchPorts`, and how often the engine was lost. */
export function portCounts(page: Page): Promise<{ ports: number; lost: number }> {
  return page.evaluate(() => ({ ports: window.testPorts?.length ?? 0, lost: window.testLost ?? 0 }));
}

/** Asks for a port of the page's own and waits until it is there. */
export async function requestPort(page: Page): Promise<void> {
  const { ports } = await portCounts(page);
  await page.evaluate(() => window.precedent.requestPort());
  await page.waitForFunction(
    (count) => ((globalThis as unknown as PageWindow).testPorts?.length ?? 0) > count,
    ports,
    { timeout: 30_000 },
  );
}

/** The page's own client counts from 1 on the same port and ignores ids that it did not give. */
function freshId(): number {
  return 1_000_000 + Math.floor(Math.random() * 1_000_000);
}

/** One request over the port that came last, under an id of its own. */
export function askEngine(page: Page, method: string, params: unknown, id = freshId()): Promise<Reply> {
  return page.evaluate(
    ([name, body, own]) =>
      new Promise<Reply>((resolve, reject) => {
        const port = window.testPorts?.at(-1);
        if (!port) {
          reject(new Error('the page has no port'));
          return;
        }
        port.addEventListener('message', (event) => {
          const { data } = event;
          if (data.id === own && data.type !== 'progress') resolve(data);
        });
        port.start();
        port.postMessage({ type: 'request', id: own, method: name, params: body });
      }),
    [method, params, id] as const,
  );
}

/** Takes the engine's place on a new port, and says these messages to the page. Ask for a port to have the engine back. */
export function tellPage(page: Page, messages: readonly ServerMessage[]): Promise<void> {
  return page.evaluate((all) => {
    const page = globalThis as unknown as EngineSide;
    const { port1, port2 } = new page.MessageChannel();
    page.postMessage('precedent:engine-port', page.location.origin, [port2]);
    for (const message of all) port1.postMessage(message);
  }, messages);
}

/** The id of the one process that carries this name, or null while there is none. */
export function processId(launched: LaunchedApp, name: string): Promise<number | null> {
  return launched.app.evaluate(
    ({ app }, wanted) => app.getAppMetrics().find((metric) => metric.name === wanted)?.pid ?? null,
    name,
  );
}
