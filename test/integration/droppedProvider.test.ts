import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EncoderInfo } from '../../native/contract/engine.ts';
import { inferenceContract, type ModelState, type RefusedProvider } from '../../native/contract/inference.ts';
import { Engine } from '../../native/engine/engine.ts';
import { Grants } from '../../native/engine/grants.ts';
import { type Server, serve } from '../../native/process/serve.ts';
import { pair } from '../support/inference.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'precedent-dropped-'));
});
afterEach(() => rm(root, { recursive: true }));

test('a provider that fails on the way is told once, with what the encoder runs on since', async () => {
  const onCuda: ModelState = { provider: 'cuda', refused: [], threads: 1, batch: 8, dim: 481 };
  const dropped: RefusedProvider = { provider: 'cuda', reason: 'the driver was lost' };
  const onCpu: ModelState = { provider: 'cpu', refused: [dropped], threads: 1, batch: 1, dim: 481 };
  let server: Server<typeof inferenceContract> | undefined;
  const spawn = async () => {
    const [here, there] = pair();
    server = serve(inferenceContract, there, {
      open: () => onCuda,
      run: ({ count }) => ({ output: new Float32Array(481 * count).fill(1), ms: 0 }),
    });
    return here;
  };
  const told: { encoder: EncoderInfo; dropped?: RefusedProvider | undefined }[] = [];
  const nothing = () => undefined;
  const engine = await Engine.open({
    root,
    resources: resolve(import.meta.dirname, '../../resources'),
    demonstration: false,
    mayCreate: true,
    spawner: { spawn },
    grants: new Grants(),
    onProcess: nothing,
    onLibrary: nothing,
    onDamage: nothing,
    onJob: nothing,
    onEncoder: (news) => told.push(news),
  });
  await engine.embedder.warm();
  expect(engine.embedder.info.provider).toBe('cuda');

  const { folder } = engine.embedder;
  server?.emit('changed', { encoder: `${folder}-other`, state: onCpu, dropped });
  server?.emit('changed', { encoder: folder, state: onCpu, dropped });
  await expect.poll(() => told.length).toBe(1);
  expect(told[0]).toMatchObject({ dropped, encoder: { id: 'precedent-lesion', provider: 'cpu' } });
  await engine.close();
  expect(told).toHaveLength(1);
});
