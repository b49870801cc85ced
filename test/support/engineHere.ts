/**
 * A whole engine within this process, its readers and its inference too, so that a test sees and replaces every file operation
 * of a library. The built-in models are stood in for by a few sums over their input, the added ones are run.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { EngineContract } from '../../native/contract/engine.ts';
import { engineContract } from '../../native/contract/engine.ts';
import { type InferenceContract, inferenceContract } from '../../native/contract/inference.ts';
import type { Policy } from '../../native/contract/policy.ts';
import { readerContract } from '../../native/contract/reader.ts';
import type { Method, Params, ParsedParams, Result } from '../../native/contract/rpc.ts';
import { loadManifest, readManifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { Engine } from '../../native/engine/engine.ts';
import { Grants } from '../../native/engine/grants.ts';
import { engineHandlers } from '../../native/engine/handlers.ts';
import { explained } from '../../native/engine/standing.ts';
import { readerHandlers } from '../../native/ingest/readerHandlers.ts';
import type { Spawner } from '../../native/process/managed.ts';
import { type Handlers, serve } from '../../native/process/serve.ts';
import { pair } from './inference.ts';

const resources = resolve(import.meta.dirname, '../../resources');

export interface EngineHere {
  readonly engine: Engine;
  /** As a window asks. */
  call<M extends Method<EngineContract>>(
    method: M,
    params: Params<EngineContract, M>,
  ): Promise<Result<EngineContract, M>>;
  /** A token for a path. */
  grant(path: string, access: 'read' | 'write'): string;
  close(): Promise<void>;
}

/** Opens the library in a folder. Throws what Engine.open throws. */
export async function engineHere(
  root: string,
  {
    mayCreate = true,
    key,
    policy,
  }: { mayCreate?: boolean; key?: Uint8Array | undefined; policy?: Policy } = {},
): Promise<EngineHere> {
  const grants = new Grants();
  const nothing = () => undefined;
  let changed: () => void = nothing;
  const engine = await Engine.open({
    root,
    resources,
    demonstration: false,
    mayCreate,
    key,
    ...(policy && { policy }),
    spawner: spawnerHere,
    grants,
    onProcess: nothing,
    onLibrary: () => changed(),
    onDamage: nothing,
    onJob: nothing,
    onEncoder: nothing,
  });
  changed = () => engine.library.changed();
  const handlers = engineHandlers(engine, {
    deleted: nothing,
    libraryChanged: changed,
    restart: nothing,
  });
  return {
    engine,
    async call<M extends Method<EngineContract>>(method: M, params: Params<EngineContract, M>) {
      const parsed = engineContract.requests[method].params.parse(params) as ParsedParams<EngineContract, M>;
      try {
        return await handlers[method](parsed, { signal: new AbortController().signal, progress: nothing });
      } catch (thrown) {
        throw await explained(engine.library.db.name, thrown);
      }
    },
    grant(path, access) {
      const token = randomUUID();
      grants.add(token, { path, access });
      return token;
    },
    close: () => engine.close(),
  };
}

const spawnerHere: Spawner = {
  spawn: async (role) => {
    const [here, there] = pair();
    if (role === 'reader') serve(readerContract, there, readerHandlers);
    else serve(inferenceContract, there, inferenceOf(new Map()));
    return here;
  },
};

function inferenceOf(sessions: Map<string, Promise<EncoderSession>>): Handlers<InferenceContract> {
  const session = (encoder: string) => {
    const open = sessions.get(encoder) ?? loadManifest(encoder).then((m) => EncoderSession.open(m, encoder));
    sessions.set(encoder, open);
    return open;
  };
  return {
    open: async ({ encoder }) => {
      const { output } = await readManifest(encoder);
      return { provider: 'cpu' as const, refused: [], threads: 1, batch: 4, dim: output.dim };
    },
    run: async ({ encoder, inputs, count }) => {
      if (!encoder.startsWith(resources))
        return { output: await (await session(encoder)).run(inputs, count), ms: 0 };
      const { output } = await readManifest(encoder);
      return { output: standIn(inputs, count, output.dim), ms: 0 };
    },
  };
}

type Inputs = Parameters<Handlers<InferenceContract>['run']>[0]['inputs'];

/** As many sums over the values of an item as there are output values: the same item gives the same row, another one another. */
function standIn(inputs: Inputs, count: number, dim: number): Float32Array {
  const rows = new Float32Array(count * dim);
  for (const { data } of inputs) {
    const length = data.length / count;
    for (let item = 0; item < count; item++)
      for (let at = 0; at < length; at++)
        rows[item * dim + (at % dim)] += Number(data[item * length + at]) * Math.cos(at);
  }
  for (let item = 0; item < count; item++) rows[item * dim] += 1;
  return rows;
}
