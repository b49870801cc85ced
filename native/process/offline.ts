/**
 * Keeps this process off the network: every connection, look-up, datagram and listening port of Node is refused with a
 * typed error. Imported first by the entry of every process; a thread has modules of its own and imports it as well.
 *
 * This holds our own mistakes and those of dependencies back, not native code, which does not pass through Node.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import inspector from 'node:inspector';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { PrecedentError } from '../contract/errors.ts';

/**
 * The one place that decides where this process may connect to and listen at: sockets of this machine's file system and
 * named pipes. A host that an administrator allows (a PACS) is to be let through here and nowhere else.
 * @param args of `net.Socket.connect` or `net.Server.listen`, or what `net.connect` made of them
 */
function isAllowed(args: readonly unknown[]): boolean {
  const [target] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof target === 'string') return Number.isNaN(Number(target));
  return typeof target === 'object' && target !== null && 'path' in target && typeof target.path === 'string';
}

function refuse(): never {
  throw new PrecedentError('refused', 'Precedent works offline and opens no network connection');
}

/** Puts `value` in the place of a function for as long as the process lives. */
function replace(owner: object, name: string, value: unknown): void {
  // To put something in the place of WebSocket Node would read it first, and for that load its whole HTTP client.
  Reflect.deleteProperty(owner, name);
  Object.defineProperty(owner, name, { value, enumerable: true, writable: false, configurable: false });
}

/** Lets a method through where its arguments are allowed. */
function guard(owner: object, name: string): void {
  const original: unknown = Reflect.get(owner, name);
  replace(owner, name, function (this: unknown, ...args: unknown[]) {
    return isAllowed(args) ? Reflect.apply(original as () => unknown, this, args) : refuse();
  });
}

/** What HTTP, TLS and fetch stand on too. */
guard(net.Socket.prototype, 'connect');
guard(net.Server.prototype, 'listen');

for (const name of ['bind', 'connect', 'send']) replace(dgram.Socket.prototype, name, refuse);
replace(dgram, 'createSocket', refuse);

const asks = /^(lookup|resolve|reverse)/;
for (const owner of [dns, dns.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner)) if (asks.test(name)) replace(owner, name, refuse);
}
for (const owner of [dns.promises, dns.promises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner))
    if (asks.test(name)) replace(owner, name, async () => refuse());
}

replace(globalThis, 'fetch', async () => refuse());
for (const name of ['WebSocket', 'EventSource']) {
  if (name in globalThis)
    replace(
      globalThis,
      name,
      class {
        constructor() {
          refuse();
        }
      },
    );
}
// A debugger's port is a listening one.
replace(inspector, 'open', refuse);

syncBuiltinESMExports();
