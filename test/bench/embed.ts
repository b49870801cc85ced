/**
 * How much of the model's own speed is left when a library is embedded: the batch path (decode → crop → embed → store) on a
 * generated phantom library, with its real voxel files, catalog and inference process, beside the bare session with the same
 * provider, threads and batch on the same inputs, in turns in one run. `npm run bench:embed [-- patients [rounds]]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startHost } from '../../native/cli/host.ts';
import { inferenceContract } from '../../native/contract/inference.ts';
import { calibrationsFolder } from '../../native/encoder/calibrationsFolder.ts';
import { Embedder, type Prepared } from '../../native/encoder/embedder.ts';
import { modelSpec } from '../../native/encoder/model.ts';
import { ModelClient } from '../../native/encoder/modelClient.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { Library } from '../../native/engine/library.ts';
import { embedMissing } from '../../native/ingest/embedMissing.ts';
import { unpackMask } from '../../native/lesion/mask.ts';
import { ManagedProcess } from '../../native/process/managed.ts';
import { forkSpawner } from '../../native/process/spawners.ts';
import { toFloat16 } from '../../native/volume/float16.ts';
import { openVoxelFile } from '../../native/volume/voxelFile.ts';

const [patients, rounds] = [Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 5)];
const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');
const encoder = join(root, 'resources/encoders/builtin');
const folder = await mkdtemp(join(tmpdir(), 'precedent-bench-'));
const neverAborted = new AbortController().signal;

/** Forgets every embedding, as a change of the encoder would. */
function forget(library: Library, { key }: Embedder): void {
  library.embeddings.removeEncoder(key.encoder);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Processor time of this process and its threads, in seconds. */
async function busy(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** The model's inputs for some lesions, one after the other. */
function named({ manifest }: Embedder, some: readonly Prepared[]) {
  return modelSpec(manifest).inputs.map(({ name }, at) => ({
    name,
    data: Float32Array.from(some.flatMap((input) => [...input[at]])),
  }));
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Every stage alone, one lesion after the other: seconds for all of them. */
async function stages(library: Library, embedder: Embedder, model: ModelClient) {
  const timing = { readMs: 0, prepareMs: 0, inferMs: 0 };
  const inputs: { lesion: string; input: Prepared }[] = [];
  for (const [volume, lesions] of Map.groupBy(
    library.embeddings.missing(embedder.key),
    (row) => row.volume,
  )) {
    const file = await openVoxelFile(library.layout.voxelFile(volume));
    for (const { lesion } of lesions) {
      if (lesion === undefined) continue;
      const { box, packed } = library.reads.lesionMask(lesion);
      const region = { box, mask: unpackMask(box, packed) };
      inputs.push({ lesion, input: await embedder.prepare(file, region, timing) });
    }
    await file.close();
  }
  const outputs: Float32Array[] = [];
  const infer = await seconds(async () => {
    for (const { input } of inputs) outputs.push(await model.run(named(embedder, [input]), 1));
  });
  const store = await seconds(async () => {
    for (const [n, { lesion }] of inputs.entries()) {
      const vector = toFloat16(outputs[n]);
      library.embeddings.add(embedder.key, embedder.dim, [{ owner: lesion, vector }]);
    }
  });
  return { inputs, read: timing.readMs / 1000, prepare: timing.prepareMs / 1000, infer, store };
}

const inference = new ManagedProcess(
  'inference',
  inferenceContract,
  forkSpawner(join(dist, 'native')),
  () => undefined,
);
try {
  const host = await startHost(join(folder, 'library'), { mayCreate: true, dist });
  await host.engine.call('demo.create', { patients });
  await host.close();
  const library = await Library.open(join(folder, 'library'), false);
  const embedder = await Embedder.open(encoder, inference, calibrationsFolder());
  const { provider, threads, batch } = await embedder.warm();
  forget(library, embedder);
  const model = new ModelClient(inference, encoder, calibrationsFolder());
  const alone = await stages(library, embedder, model);
  const n = alone.inputs.length;
  console.log(`${n} lesions of ${patients} phantoms; ${provider}, threads ${threads}, batch ${batch}`);

  const session = await EncoderSession.open(embedder.manifest, encoder, { provider, threads });
  // Joined ahead, so that the bare session is timed alone.
  const batches = Array.from({ length: Math.ceil(n / batch) }, (_, at) => {
    const some = alone.inputs.slice(at * batch, (at + 1) * batch).map(({ input }) => input);
    return { count: some.length, data: named(embedder, some) };
  });
  const bare = async () => {
    for (const { data, count } of batches) await session.run(data, count);
  };
  const path = () => embedMissing(library, embedder, ['lesion'], neverAborted);
  const times = {
    path: [] as number[],
    bare: [] as number[],
    pathBusy: [] as number[],
    bareBusy: [] as number[],
  };
  await bare();
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await seconds(async () => times.bareBusy.push(await busy(bare))));
    forget(library, embedder);
    times.path.push(await seconds(async () => times.pathBusy.push(await busy(path))));
    if (library.embeddings.missing(embedder.key).length > 0) throw new Error('lesions were not embedded');
  }
  await session.close();
  await library.close();

  const row = (what: string, s: number) =>
    console.log(
      `  ${what.padEnd(52)}${((1000 * s) / n).toFixed(2).padStart(8)} ms a lesion ${(n / s).toFixed(1).padStart(8)} a second`,
    );
  console.log('each stage alone');
  row('read: voxels of the surroundings, decoded', alone.read);
  row('prepare: cropped, sampled, measured', alone.prepare);
  row('infer: the inference process, one at a time', alone.infer);
  row('store: as float16, one transaction each', alone.store);
  console.log(`median of ${rounds} rounds in turns`);
  row('bare session', median(times.bare));
  row('batch path', median(times.path));
  console.log('processor time');
  row('bare session', median(times.bareBusy));
  row('batch path, without the inference process', median(times.pathBusy));
  console.log(`batch path / bare session: ${((100 * median(times.bare)) / median(times.path)).toFixed(1)} %`);
} finally {
  await inference.stop();
  await rm(folder, { recursive: true, force: true });
}
