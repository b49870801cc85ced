import { expect, test } from 'vitest';
import { inferenceContract, type ModelState } from '../../native/contract/inference.ts';
import type { Channel } from '../../native/contract/rpc.ts';
import { ModelClient } from '../../native/encoder/modelClient.ts';
import { ManagedProcess } from '../../native/process/managed.ts';
import { type Handlers, type Server, serve } from '../../native/process/serve.ts';

const state: ModelState = { provider: 'cuda', refused: [], threads: 1, batch: 8, dim: 2 };

/** An inference process in this one; `runs` are its answers to `run`, 'die' among them. */
function process(runs: readonly ('die' | number)[]) {
  const deaths: number[] = [];
  const servers: Server<typeof inferenceContract>[] = [];
  let at = 0;
  const spawn = async (): Promise<Channel> => {
    const closes: (() => void)[] = [];
    let toClient: (message: unknown) => void = () => undefined;
    let toServer: (message: unknown) => void = () => undefined;
    const die = () => {
      for (const close of closes.splice(0)) close();
    };
    const handlers: Handlers<typeof inferenceContract> = {
      open: () => state,
      run: async (params, { progress }) => {
        deaths.push(params.deaths);
        progress({ begun: true });
        const answer = runs[at++];
        if (answer !== 'die') return { output: Float32Array.of(answer, answer), ms: 1 };
        die();
        return new Promise(() => undefined);
      },
    };
    const onClose = (listener: () => void) => void closes.push(listener);
    servers.push(
      serve(
        inferenceContract,
        {
          send: (message) => toClient(message),
          onMessage: (listener) => {
            toServer = listener;
          },
          onClose,
          close: die,
        },
        handlers,
      ),
    );
    return {
      send: (message) => queueMicrotask(() => toServer(message)),
      onMessage: (listener) => {
        toClient = listener;
      },
      onClose,
      close: die,
    };
  };
  const managed = new ManagedProcess('inference', inferenceContract, { spawn }, () => undefined);
  return { managed, deaths, servers };
}

const input = [{ name: 'in', data: new Float32Array(4) }];

test('the model is opened before its first run, and how it runs is known from then on', async () => {
  const { managed } = process([7]);
  const model = new ModelClient(managed, '/encoder', '/calibrations');
  expect(model.state).toBeUndefined();
  expect(await model.run(input, 1)).toEqual(Float32Array.of(7, 7));
  expect(model.state).toEqual(state);
  await managed.stop();
});

test('a process that dies at a run is asked again, and told how often that happened', async () => {
  const { managed, deaths } = process(['die', 'die', 5]);
  const model = new ModelClient(managed, '/encoder', undefined);
  expect(await model.run(input, 1)).toEqual(Float32Array.of(5, 5));
  expect(deaths).toEqual([0, 1, 2]);
  await managed.stop();
});

test('what changes on the way is known for this encoder and no other', async () => {
  const { managed, servers } = process([1]);
  const model = new ModelClient(managed, '/encoder', undefined);
  const other = new ModelClient(managed, '/another', undefined);
  await model.open();
  await other.open();
  const changed: ModelState = { ...state, provider: 'cpu', batch: 4 };
  const dropped = { provider: 'cuda', reason: 'device lost' } as const;
  servers[0].emit('changed', { encoder: '/encoder', state: changed, dropped });
  expect(model.state).toEqual(changed);
  expect(other.state).toEqual(state);
  await managed.stop();
});
