/** Every door of Node to the network, each tried once; used inside of the processes that must not get through any. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import inspector from 'node:inspector';
import net from 'node:net';
import tls from 'node:tls';

/** Where a server listens on this machine that must never be reached. */
export interface Canary {
  readonly tcp: number;
  readonly udp: number;
}

const host = '127.0.0.1';
const patienceMs = 3000;

type Attempt = (canary: Canary) => unknown;
type Asked = (...args: never[]) => unknown;

const askedBack = (ask: Asked, ...args: unknown[]) =>
  new Promise((done, fail) => {
    const told = (error: unknown) => (error ? fail(error) : done('reached'));
    (ask as (...all: unknown[]) => void)(...args, told);
  });

const doors: Readonly<Record<string, Attempt>> = {
  'net.connect': ({ tcp }) => net.connect(tcp, host),
  'net.connect by options': ({ tcp }) => net.connect({ port: tcp, host }),
  'net.createConnection': ({ tcp }) => net.createConnection(tcp),
  'net.Socket': ({ tcp }) => new net.Socket().connect(tcp, host),
  'net.Socket by text': ({ tcp }) => new net.Socket().connect(String(tcp)),
  'tls.connect': ({ tcp }) => tls.connect(tcp, host),
  'http.get': ({ tcp }) => http.get(`http://${host}:${tcp}/a`),
  'http.request without an agent': ({ tcp }) =>
    http.request({ host, port: tcp, path: '/a', agent: false }).end(),
  'https.get': ({ tcp }) => https.get(`https://${host}:${tcp}/a`),
  'http2.connect': ({ tcp }) => http2.connect(`http://${host}:${tcp}`),
  fetch: ({ tcp }) => fetch(`http://${host}:${tcp}/a`),
  WebSocket: ({ tcp }) => new WebSocket(`ws://${host}:${tcp}`),
  'dns.lookup': () => askedBack(dns.lookup, 'localhost'),
  'dns.resolve4': () => askedBack(dns.resolve4, 'localhost'),
  'dns.reverse': () => askedBack(dns.reverse, host),
  'dns.lookupService': () => askedBack(dns.lookupService, host, 80),
  'dns.Resolver': () => {
    const resolver = new dns.Resolver();
    return askedBack(resolver.resolveAny.bind(resolver), 'localhost');
  },
  'dns.promises.lookup': () => dns.promises.lookup('localhost'),
  'dns.promises.Resolver': () => new dns.promises.Resolver().resolve4('localhost'),
  'dgram.createSocket': ({ udp }) => dgram.createSocket('udp4').send('x', udp, host),
  'dgram.Socket': ({ udp }) => Reflect.construct(dgram.Socket, ['udp4']).send('x', udp, host),
  'dgram bind': () => Reflect.construct(dgram.Socket, ['udp4']).bind(0, host),
  'net.Server': () => net.createServer().listen(0, host),
  'http.Server': () => http.createServer().listen(0),
  'inspector.open': () => inspector.open(0, host),
};

/** What came of each door: the kind of the error that refused it, another error's text, `reached`, or `no answer`. */
export async function tryDoors(canary: Canary, leaveOut = /^$/): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(doors).filter(([door]) => !leaveOut.test(door))) {
    outcomes[name] = await outcomeOf(() => attempt(canary));
  }
  // What the system's own services speak over stays open: nothing is there, but nobody refused.
  outcomes['a socket of the file system'] = await outcomeOf(() => net.connect('/nonexistent/precedent.sock'));
  return outcomes;
}

async function outcomeOf(attempt: () => unknown): Promise<string> {
  const late = new Promise<string>((done) => setTimeout(done, patienceMs, 'no answer').unref());
  try {
    return await Promise.race([reached(attempt()), late]);
  } catch (error) {
    const { kind, code } = error as { readonly kind?: string; readonly code?: string };
    return kind ?? code ?? String(error);
  }
}

/** Resolves once what was made has come through, rejects with its error. */
async function reached(made: unknown): Promise<string> {
  const opening = await made;
  if (opening instanceof EventTarget) {
    return new Promise((done, fail) => {
      opening.addEventListener('open', () => done('reached'));
      opening.addEventListener('error', () => fail(new Error('it was closed')));
    });
  }
  if (opening instanceof EventEmitter) {
    await Promise.race(['connect', 'response', 'listening'].map((event) => once(opening, event)));
  }
  return 'reached';
}
