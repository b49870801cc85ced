/** The asking side of a channel, under malformed answers of a process that was taken over. */

import type { z } from 'zod';
import { type Channel, type Contract, RpcClient, serverMessage } from '../../native/contract/rpc.ts';
import { safely } from '../../native/contract/safely.ts';
import type { Junk } from './junk.ts';

/** Answers `count` junk messages to a client with open requests; returns what went wrong. */
export async function fuzzAsking(contract: Contract, junk: Junk, count: number): Promise<string[]> {
  const faults: string[] = [];
  let answer: (message: unknown) => void = () => undefined;
  let asked: { readonly id: number } = { id: 0 };
  const channel: Channel = {
    send: (message) => {
      asked = message as { id: number };
    },
    onMessage: (listener) => {
      answer = listener;
    },
    onClose: () => undefined,
    close: () => undefined,
  };
  const client = new RpcClient(contract, channel);
  const events = Object.keys(contract.events);
  const fits = (schema: z.ZodType | undefined, value: unknown) =>
    schema !== undefined && safely(schema, value).success;
  for (const event of events) {
    client.on(event, (data) => {
      if (!fits(contract.events[event], data)) faults.push(`the event ${event} was handed on as it came`);
    });
  }
  const methods = Object.keys(contract.requests);
  for (let n = 0; n < count && faults.length < 20; n++) {
    const method = junk.one(methods);
    const { result, progress } = contract.requests[method];
    client
      .call(method, {} as never, {
        onProgress: (told: unknown) => {
          if (!fits(progress, told)) faults.push(`progress of ${method} was handed on as it came`);
        },
      })
      .then(
        (value) => {
          if (!fits(result, value)) faults.push(`a result of ${method} was handed on as it came`);
        },
        () => undefined,
      );
    const valid = [
      { type: 'result', id: asked.id, result: junk.valid(result) },
      { type: 'error', id: asked.id, error: { kind: 'internal', what: 'x' } },
      { type: 'progress', id: asked.id, progress: progress ? junk.valid(progress) : null },
      {
        type: 'event',
        event: junk.one([...events, 'constructor', '__proto__', 'none']),
        data: junk.anything(),
      },
    ] as const;
    const message = junk.chance(0.1) ? junk.anything() : junk.damaged(junk.one<object>(valid));
    try {
      answer(message);
      const told = serverMessage.safeParse(message).data;
      if (told?.type === 'event') continue;
      // Whatever came, the request ends.
      answer({ type: 'error', id: asked.id, error: { kind: 'internal', what: 'x' } });
    } catch (error) {
      faults.push(`it threw: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await new Promise((done) => setImmediate(done));
  if (Reflect.get({}, 'polluted') !== undefined) faults.push('the prototype of all objects was changed');
  return faults;
}
