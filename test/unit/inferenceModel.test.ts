import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelState, ProviderName, RefusedProvider } from '../../native/contract/inference.ts';
import { calibrationFile } from '../../native/encoder/calibrations.ts';
import { knownInputs } from '../../native/encoder/knownInput.ts';
import type { Machine } from '../../native/encoder/machine.ts';
import type { ModelSpec } from '../../native/encoder/model.ts';
import { modelPrecision } from '../../native/encoder/precision.ts';
import { askedProviders, disagreement } from '../../native/encoder/providers.ts';
import { RunningModel } from '../../native/encoder/runningModel.ts';
import { onnxRuntime, type Runtime } from '../../native/encoder/runtime.ts';
import { GraphWriter } from '../../tools/encoder/onnx.mjs';

const spec: ModelSpec = {
  id: 'fake',
  version: '1.0.0',
  file: 'model.onnx',
  sha256: 'ab'.repeat(32),
  inputs: [{ name: 'in', type: 'float32', shape: [4] }],
  output: { name: 'out', dim: 2 },
};
const machine: Machine = { platform: 'linux', cores: 4, gpu: true, fingerprint: 'a machine' };

/** How a fake provider behaves; a run takes msPerRun + msPerItem · batch of the fake clock. */
interface Behaviour {
  readonly msPerRun?: number;
  readonly msPerItem?: number;
  /** What becomes of a right output. */
  readonly output?: (right: Float32Array) => Float32Array;
  readonly createFails?: string;
  /** Thrown by the run when it is due. */
  readonly fails?: (batch: number, run: number) => string | null;
}

/** Out of in (4 values) come their sum and their alternating sum. */
function fakeRuntime(providers: Partial<Record<ProviderName, Behaviour>>) {
  let now = 0;
  const created: ProviderName[] = [];
  const runs: { provider: ProviderName; batch: number }[] = [];
  const runtime: Runtime = {
    version: '1.0',
    backends: () => Object.keys(providers),
    create: async (_model, provider) => {
      const behaviour = providers[provider] ?? {};
      if (behaviour.createFails) throw new Error(behaviour.createFails);
      created.push(provider);
      let count = 0;
      return {
        inputNames: ['in'],
        outputNames: ['out'],
        release: async () => undefined,
        run: async ([{ data, dims }]) => {
          const [batch] = dims;
          runs.push({ provider, batch });
          now += (behaviour.msPerRun ?? 1) + (behaviour.msPerItem ?? 10) * batch;
          const failure = behaviour.fails?.(batch, ++count);
          if (failure) throw new Error(failure);
          const right = Float32Array.from({ length: 2 * batch }, (_, at) => {
            const [a, b, c, d] = data.subarray(4 * (at >> 1), 4 * (at >> 1) + 4);
            return Number(a) + Number(c) + (at % 2 === 0 ? 1 : -1) * (Number(b) + Number(d));
          });
          return behaviour.output?.(right) ?? right;
        },
      };
    },
  };
  return { runtime, created, runs, now: () => now };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precedent-model-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = { machine: machine.fingerprint, runtime: '1.0', model: spec.sha256 };
const path = () => join(folder, `${spec.sha256.slice(0, 16)}.json`);
const stored = () => JSON.parse(readFileSync(path(), 'utf8'));

async function open(fake: ReturnType<typeof fakeRuntime>, stale: Partial<typeof key> = {}) {
  const changes: { state: ModelState; dropped?: RefusedProvider | undefined }[] = [];
  const model = await RunningModel.open({
    runtime: fake.runtime,
    machine,
    spec,
    calibrations: calibrationFile(folder, { ...key, ...stale }),
    asked: null,
    now: fake.now,
    watched: (_limitMs, work) => work(),
    load: async () => new Uint8Array(),
    onChange: (state, dropped) => changes.push({ state, dropped }),
  });
  return { model, changes };
}

const items = (count: number) => [
  { name: 'in', data: Float32Array.from({ length: 4 * count }, (_, at) => (at * 7) % 11) },
];
/** What the items' outputs are, straight from the definition. */
const outputs = (count: number) => {
  const [{ data }] = items(count);
  return Float32Array.from({ length: 2 * count }, (_, at) => {
    const [a, b, c, d] = data.subarray(4 * (at >> 1), 4 * (at >> 1) + 4);
    return at % 2 === 0 ? a + b + c + d : a - b + c - d;
  });
};

test('the fastest of the providers that are right is used, and the wrong ones are named with what was wrong', async () => {
  const fake = fakeRuntime({
    cpu: {},
    cuda: { msPerItem: 2 },
    dml: { msPerItem: 1, output: (right) => right.map((value) => -value) },
    coreml: { createFails: 'no such device' },
    webgpu: { msPerItem: 5 },
  });
  const { model } = await open(fake);
  expect(model.state).toMatchObject({ provider: 'cuda', dim: 2 });
  const reasons = Object.fromEntries(model.state.refused.map(({ provider, reason }) => [provider, reason]));
  expect(reasons).toEqual({
    tensorrt: 'not in this build',
    dml: 'disagrees with the CPU (cosine -1.0000)',
    coreml: 'the model cannot be opened: no such device',
  });
  expect(await model.run(items(3), 3)).toEqual(outputs(3));
});

test('a provider that is right but slower than the CPU is not used', async () => {
  const { model } = await open(fakeRuntime({ cpu: { msPerItem: 3 }, webgpu: { msPerItem: 30 } }));
  expect(model.state.provider).toBe('cpu');
});

test('a provider that mixes up the items of a batch is found out', async () => {
  const swapped = (right: Float32Array) =>
    right.length === 4 ? Float32Array.of(right[2], right[3], right[0], right[1]) : right;
  const { model } = await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1, output: swapped } }));
  expect(model.state.provider).toBe('cpu');
});

test('what was measured is remembered for this machine, model and runtime, and for no other', async () => {
  const first = fakeRuntime({ cpu: {}, cuda: { msPerItem: 2 } });
  await open(first);
  const again = fakeRuntime({ cpu: {}, cuda: { msPerItem: 2 } });
  const { model } = await open(again);
  expect(model.state.provider).toBe('cuda');
  expect(again.created).toEqual(['cuda']);
  expect(again.runs).toEqual([]);
  for (const stale of [
    { machine: 'another' },
    { runtime: '2.0' },
    { model: `${spec.sha256.slice(0, 60)}0000` },
  ]) {
    const fresh = fakeRuntime({ cpu: {}, cuda: { msPerItem: 2 } });
    await open(fresh, stale);
    expect(fresh.runs.length).toBeGreaterThan(0);
  }
});

test.each([
  ['no JSON', '{'],
  ['another format', '{"format":2}'],
  [
    'a way that cannot be',
    JSON.stringify({
      format: 1,
      ...key,
      refused: [],
      ways: [{ provider: 'cpu', threads: 0, batch: 1, perSecond: 1 }],
    }),
  ],
])('a calibration file with %s is made anew', async (_what, text) => {
  writeFileSync(path(), text);
  const { model } = await open(fakeRuntime({ cpu: {} }));
  expect(model.state.provider).toBe('cpu');
  expect(stored().ways).toHaveLength(1);
});

const deadProcess = 2 ** 22 + 1;
const diedTrying = (struck: string[]) =>
  JSON.stringify({
    format: 1,
    ...key,
    refused: [],
    ways: [],
    struck,
    trying: { provider: 'cuda', pid: deadProcess },
  });

test('a provider at whose trial the process ended once is tried again: it may have been stopped from outside', async () => {
  writeFileSync(path(), diedTrying([]));
  const { model } = await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  expect(model.state.provider).toBe('cuda');
  expect(stored().struck).toEqual(['cuda']);
});

test('a provider at whose trial the process died twice is not tried again, and says why', async () => {
  writeFileSync(path(), diedTrying(['cuda']));
  const fake = fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } });
  const { model } = await open(fake);
  expect(fake.created).not.toContain('cuda');
  expect(model.state.provider).toBe('cpu');
  expect(model.state.refused).toContainEqual({
    provider: 'cuda',
    reason: 'the process died or hung twice when it was tried',
  });
});

test('a trial is written down before it begins', async () => {
  let seen: unknown;
  const fake = fakeRuntime({ cpu: {}, cuda: {} });
  const { create } = fake.runtime;
  const runtime: Runtime = {
    ...fake.runtime,
    create: (model, provider, threads) => {
      if (provider === 'cuda') seen ??= stored().trying;
      return create(model, provider, threads);
    },
  };
  await open({ ...fake, runtime });
  expect(seen).toEqual({ provider: 'cuda', pid: process.pid });
  expect(stored().trying).toBeUndefined();
});

test('while another process tries a provider this one works on the CPU and leaves the file alone', async () => {
  const text = JSON.stringify({
    format: 1,
    ...key,
    refused: [],
    ways: [],
    trying: { provider: 'cuda', pid: process.ppid },
  });
  writeFileSync(path(), text);
  const { model } = await open(fakeRuntime({ cpu: {}, cuda: {} }));
  expect(model.state.provider).toBe('cpu');
  expect(readFileSync(path(), 'utf8')).toBe(text);
});

test('a provider that fails later is dropped, the request repeated on the next, and that told once', async () => {
  const failsLater = {
    msPerItem: 1,
    fails: (_batch: number, run: number) => (run > 1 ? 'device lost' : null),
  };
  await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 }, webgpu: { msPerItem: 2 } }));
  const { model, changes } = await open(fakeRuntime({ cpu: {}, cuda: failsLater, webgpu: { msPerItem: 2 } }));
  expect(await model.run(items(1), 1)).toEqual(outputs(1));
  expect(changes).toEqual([]);
  expect(await model.run(items(2), 2)).toEqual(outputs(2));
  expect(await model.run(items(2), 2)).toEqual(outputs(2));
  expect(changes).toHaveLength(1);
  expect(changes[0].dropped).toEqual({ provider: 'cuda', reason: 'the model failed: device lost' });
  expect(changes[0].state.provider).toBe('webgpu');
  // The next process begins with the next provider.
  const next = await open(fakeRuntime({ cpu: {}, cuda: {}, webgpu: { msPerItem: 2 } }));
  expect(next.model.state.provider).toBe('webgpu');
});

test('a provider that begins to give values that are not numbers is dropped', async () => {
  await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  const broken = { msPerItem: 1, output: (right: Float32Array) => right.fill(Number.NaN) };
  const { model, changes } = await open(fakeRuntime({ cpu: {}, cuda: broken }));
  expect(await model.run(items(2), 2)).toEqual(outputs(2));
  expect(changes.map(({ dropped }) => dropped?.provider)).toEqual(['cuda']);
});

test('a provider that is remembered but can no longer be opened gives way to the next', async () => {
  await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  const { model } = await open(fakeRuntime({ cpu: {}, cuda: { createFails: 'no driver' } }));
  expect(model.state.provider).toBe('cpu');
  expect(model.state.refused.at(-1)).toEqual({
    provider: 'cuda',
    reason: 'the model cannot be opened: no driver',
  });
});

test('a provider at whose runs the process dies is dropped by the process after', async () => {
  await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  const { model, changes } = await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  await model.run(items(1), 1, 1);
  expect(model.state.provider).toBe('cuda');
  expect(await model.run(items(1), 1, 2)).toEqual(outputs(1));
  expect(changes[0].dropped).toEqual({ provider: 'cuda', reason: 'the process died when it ran the model' });
});

test('when the CPU fails, the request fails', async () => {
  await open(fakeRuntime({ cpu: {} }));
  const { model } = await open(fakeRuntime({ cpu: { fails: () => 'bad weather' } }));
  await expect(model.run(items(1), 1)).rejects.toMatchObject({
    kind: 'internal',
    what: 'the model failed: bad weather',
  });
});

test('the batch is as large as is worthwhile', async () => {
  const overhead = await open(fakeRuntime({ cpu: { msPerRun: 100, msPerItem: 1 } }));
  expect(overhead.model.state.batch).toBe(32);
  rmSync(path());
  const none = await open(fakeRuntime({ cpu: { msPerRun: 0, msPerItem: 10 } }));
  expect(none.model.state.batch).toBe(1);
});

test('out of memory halves the batch until it fits, loses nothing, and is remembered', async () => {
  await open(fakeRuntime({ cpu: { msPerRun: 100, msPerItem: 1 } }));
  const tight = {
    msPerRun: 100,
    fails: (batch: number) => (batch > 5 ? 'Failed to allocate memory for requested buffer' : null),
  };
  const fake = fakeRuntime({ cpu: tight });
  const { model, changes } = await open(fake);
  expect(await model.run(items(40), 40)).toEqual(outputs(40));
  expect(fake.runs.map(({ batch }) => batch)).toEqual([32, 16, 8, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  expect(model.state.batch).toBe(4);
  expect(changes.map(({ state }) => state.batch)).toEqual([16, 8, 4]);
  expect((await open(fakeRuntime({ cpu: {} }))).model.state.batch).toBe(4);
});

test('when not even one item fits into memory, a GPU is dropped and the CPU says so', async () => {
  const full = { msPerItem: 1, fails: () => 'CUDA error: out of memory' };
  await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  const { model, changes } = await open(fakeRuntime({ cpu: { fails: () => 'std::bad_alloc' }, cuda: full }));
  await expect(model.run(items(2), 2)).rejects.toMatchObject({ kind: 'limit' });
  expect(changes.at(-1)?.dropped?.provider).toBe('cuda');
});

test('out of memory while a larger batch is measured ends the measuring only', async () => {
  const tight = {
    msPerRun: 100,
    msPerItem: 1,
    fails: (batch: number) => (batch > 8 ? 'out of memory' : null),
  };
  expect((await open(fakeRuntime({ cpu: tight }))).model.state).toMatchObject({ provider: 'cpu', batch: 8 });
});

test('inputs that do not fit are refused and cost no provider', async () => {
  const { model, changes } = await open(fakeRuntime({ cpu: {}, cuda: { msPerItem: 1 } }));
  const wrong = [
    [{ name: 'in', data: new Float32Array(3) }],
    [{ name: 'other', data: new Float32Array(4) }],
    [{ name: 'in', data: new Int32Array(4) }],
  ];
  for (const inputs of wrong) await expect(model.run(inputs, 1)).rejects.toMatchObject({ kind: 'usage' });
  expect(changes).toEqual([]);
});

test('how far a provider may be off depends on the precision of the model', () => {
  const expected = Float32Array.of(1, 2, 3, 4);
  const off = Float32Array.of(1, 2, 3, 4.1);
  expect(disagreement(off, expected, 4, 'float32')).toMatch(/^disagrees/);
  expect(disagreement(off, expected, 4, 'float16')).toBeNull();
  expect(disagreement(Float32Array.of(1.2, 2, 3, 4), expected, 4, 'float16')).toMatch(/^disagrees/);
  expect(disagreement(Float32Array.of(1.2, 2, 3, 4), expected, 4, 'quantised')).toBeNull();
  expect(disagreement(new Float32Array(4), expected, 4, 'quantised')).toMatch(/^disagrees/);
  expect(disagreement(Float32Array.of(1, 2, 3, Number.NaN), expected, 4, 'quantised')).toBe(
    'gives values that are not numbers',
  );
});

test('the providers to be tried can be named', () => {
  expect(askedProviders(undefined)).toBeNull();
  expect(askedProviders(' ')).toBeNull();
  expect(askedProviders('CUDA, webgpu')).toEqual(new Set(['cuda', 'webgpu']));
});

/** out = in · W, W of 4 × 2. */
function linearModel(): Buffer {
  const graph = new GraphWriter();
  const weights = graph.constant([4, 2], Float32Array.of(1, 1, 1, -1, 1, 1, 1, -1));
  graph.node('MatMul', ['in', weights], {}, 'out');
  return graph.model({
    name: 'linear',
    producer: 'test',
    version: '1',
    input: { name: 'in', dims: ['n', 4] },
    output: { name: 'out', dims: ['n', 2] },
  });
}

test('a real model in the real runtime gives what the fake one gives, batch by batch', async () => {
  const model = await RunningModel.open({
    runtime: onnxRuntime,
    machine,
    spec,
    calibrations: calibrationFile(folder, key),
    asked: new Set(),
    now: () => performance.now(),
    watched: (_limitMs, work) => work(),
    load: async () => linearModel(),
    onChange: () => undefined,
  });
  expect(await model.run(items(70), 70)).toEqual(outputs(70));
  await model.close();
});

test('precision is read from the weights of the graph', () => {
  expect(modelPrecision(linearModel())).toBe('float32');
  expect(modelPrecision(Buffer.from('no model at all'))).toBe('float32');
  // A constant of the type float16 (10) or int8 (3): ModelProto.graph (7) . initializer (5) . data_type (2).
  const withType = (type: number) => Buffer.from([0x3a, 4, 0x2a, 2, 0x10, type]);
  expect(modelPrecision(withType(10))).toBe('float16');
  expect(modelPrecision(withType(3))).toBe('quantised');
});

test('known inputs differ from item to item, and masks and types are those of one text', () => {
  const [pictures] = knownInputs({ ...spec, inputs: [{ name: 'in', type: 'float32', shape: [3, 8, 8] }] }, 2);
  expect(pictures.data.slice(0, 192)).not.toEqual(pictures.data.slice(192));
  const text = knownInputs(
    {
      ...spec,
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
        name,
        type: 'int64',
        shape: [16],
      })),
    },
    2,
  );
  expect(text[0].data).toBeInstanceOf(Int32Array);
  expect(new Set(text[1].data)).toEqual(new Set([1]));
  expect(new Set(text[2].data)).toEqual(new Set([0]));
});
