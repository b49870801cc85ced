import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { PrecedentError } from '../../native/contract/errors.ts';
import { type Channel, RpcClient } from '../../native/contract/rpc.ts';
import { serve } from '../../native/process/serve.ts';

const contract = {
  requests: {
    add: { params: z.object({ a: z.number(), b: z.number() }), result: z.number() },
    slow: { params: z.object({}), result: z.object({}), progress: z.object({ done: z.number() }) },
    fail: { params: z.object({}), result: z.object({}) },
    lie: { params: z.object({}), result: z.object({ n: z.number() }) },
  },
  events: { tick: z.object({ n: z.number() }) },
} as const;

/** Two channels that lead to each other, with messages cloned as between processes. */
function pair(): { a: Channel; b: Channel; cut: () => void } {
  const listeners: { a: ((m: unknown) => void)[]; b: ((m: unknown) => void)[] } = { a: [], b: [] };
  const closes: (() => void)[] = [];
  let open = true;
  const side = (mine: 'a' | 'b', other: 'a' | 'b'): Channel => ({
    send: (message) => {
      const copy = structuredClone(message);
      queueMicrotask(() => {
        if (open) for (const listener of listeners[other]) listener(copy);
      });
    },
    onMessage: (listener) => listeners[mine].push(listener),
    onClose: (listener) => closes.push(listener),
    close: () => undefined,
  });
  return {
    a: side('a', 'b'),
    b: side('b', 'a'),
    cut: () => {
      open = false;
      for (const close of closes) close();
    },
  };
}

function connected() {
  const { a, b, cut } = pair();
  let aborted = false;
  const server = serve(contract, b, {
    add: ({ a: x, b: y }) => x + y,
    slow: (_, { signal, progress }) =>
      new Promise((_resolve, reject) => {
        progress({ done: 1 });
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new PrecedentError('cancelled', 'stopped'));
        });
      }),
    fail: () => {
      throw new PrecedentError('storage', 'no space left', 'catalog', 'free some space');
    },
    lie: () => ({ n: 'text' }) as unknown as { n: number },
  });
  return { client: new RpcClient(contract, a), server, cut, raw: a, wasAborted: () => aborted };
}

test('a request is answered', async () => {
  const { client } = connected();
  await expect(client.call('add', { a: 2, b: 3 })).resolves.toBe(5);
});

test('parameters that break the contract are refused before the handler', async () => {
  const { client } = connected();
  const call = client.call('add', { a: 'x' as unknown as number, b: 3 });
  await expect(call).rejects.toMatchObject({ kind: 'usage', where: 'add' });
});

test.each(['nothing', 'constructor', '__proto__', 'toString'])(
  'an unknown request %s is refused',
  async (method) => {
    const { client } = connected();
    await expect(client.call(method as 'add', { a: 1, b: 1 })).rejects.toMatchObject({ kind: 'usage' });
  },
);

test('a reply that breaks the contract is not handed on', async () => {
  const { client } = connected();
  await expect(client.call('lie', {})).rejects.toMatchObject({ kind: 'internal' });
});

test('a typed error survives the crossing', async () => {
  const { client } = connected();
  const error = await client.call('fail', {}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PrecedentError);
  expect(error).toMatchObject({
    kind: 'storage',
    what: 'no space left',
    where: 'catalog',
    todo: 'free some space',
  });
});

test('progress arrives and a cancelled request stops at the server', async () => {
  const { client, wasAborted } = connected();
  const abort = new AbortController();
  const seen = vi.fn(() => abort.abort());
  await expect(client.call('slow', {}, { signal: abort.signal, onProgress: seen })).rejects.toMatchObject({
    kind: 'cancelled',
  });
  expect(seen).toHaveBeenCalledWith({ done: 1 });
  await vi.waitFor(() => expect(wasAborted()).toBe(true));
});

test('when the other side dies, what is in flight is rejected and new requests are too', async () => {
  const { client, cut, wasAborted } = connected();
  const call = client.call('slow', {});
  await Promise.resolve();
  cut();
  await expect(call).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(client.call('add', { a: 1, b: 1 })).rejects.toMatchObject({ kind: 'interrupted' });
  expect(wasAborted()).toBe(false);
});

test('events reach their listeners, malformed ones do not', async () => {
  const { client, server } = connected();
  const heard = vi.fn();
  const stop = client.on('tick', heard);
  server.emit('tick', { n: 1 });
  server.emit('tick', { n: 'x' as unknown as number });
  await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
  stop();
  server.emit('tick', { n: 2 });
  await client.call('add', { a: 1, b: 1 });
  expect(heard.mock.calls).toEqual([[{ n: 1 }]]);
});

test('messages of no known form are dropped', async () => {
  const { client, raw } = connected();
  for (const junk of [
    null,
    7,
    'request',
    [],
    { type: 'request' },
    { type: 'cancel', id: 'x' },
    { type: 'other', id: 1 },
  ]) {
    raw.send(junk);
  }
  await expect(client.call('add', { a: 1, b: 1 })).resolves.toBe(2);
});

test('a request that cannot be sent is rejected at once', async () => {
  const { a } = pair();
  const client = new RpcClient(contract, {
    ...a,
    send: () => {
      throw new TypeError('cannot be cloned');
    },
  });
  await expect(client.call('add', { a: 1, b: 1 })).rejects.toMatchObject({ what: 'cannot be cloned' });
});

test('the error of a system call does not carry its path', () => {
  const failed = Object.assign(new Error("EISDIR: read '/cases/Doe^Jane'"), {
    code: 'EISDIR',
    syscall: 'read',
  });
  const error = PrecedentError.from(failed);
  expect(error).toMatchObject({ kind: 'internal', message: 'read failed (EISDIR)' });
});

test('a message that makes its schema throw is refused like any other that does not fit', async () => {
  const named = {
    requests: { name: { params: z.object({ name: z.string().min(1) }), result: z.object({}) } },
    events: {},
  } as const;
  const hostile = { name: { length: { toString: 1, valueOf: 1 } } };
  expect(() => named.requests.name.params.safeParse(hostile)).toThrow(TypeError);
  const { a, b } = pair();
  serve(named, a, { name: () => ({}) });
  const client = new RpcClient(named, b);
  await expect(client.call('name', hostile as never)).rejects.toMatchObject({ kind: 'usage' });
  expect(await client.call('name', { name: 'x' })).toEqual({});
});
