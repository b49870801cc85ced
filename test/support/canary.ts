/** A server on this machine that must never be reached: TCP for everything that speaks HTTP, UDP for WebRTC and names. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Canary } from './networkDoors.ts';

export interface Watched extends Canary {
  /** What came in so far. */
  readonly reached: () => { readonly connections: number; readonly packets: number };
  readonly close: () => Promise<void>;
}

export async function startCanary(): Promise<Watched> {
  const server = createServer((_request, response) => response.end('reached'));
  const socket = createSocket('udp4');
  let connections = 0;
  let packets = 0;
  server.on('connection', () => {
    connections += 1;
  });
  socket.on('message', () => {
    packets += 1;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return {
    tcp: (server.address() as AddressInfo).port,
    udp: socket.address().port,
    reached: () => ({ connections, packets }),
    close: async () => {
      socket.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
