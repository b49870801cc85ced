/**
 * How much of a model's own speed is left when a library is embedded: the batch path (decode → crop → embed → store) on generated
 * phantom libraries, with their real voxel files, catalog and inference process, beside the bare session with the same provider,
 * threads and batch on the same inputs, in turns in one run. For the built-in encoder, whose network is small, and for one of the
 * size that a hospital may bring: BiomedCLIP's image tower (ViT-B/16) with random weights, on every slice that a lesion crosses.
 * `npm run bench:embed [-- patients [rounds [patients for BiomedCLIP]]]`.
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
import { sliceInput } from '../../native/encoder/slicePicture.ts';
import {
  crossedSlices,
  type EmbedRegion,
  type EmbedTiming,
  readSlice,
  timed,
} from '../../native/encoder/voxelSource.ts';
import { Library } from '../../native/engine/library.ts';
import { embedMissing } from '../../native/ingest/embedMissing.ts';
import { unpackMask } from '../../native/lesion/mask.ts';
import { ManagedProcess } from '../../native/process/managed.ts';
import { forkSpawner } from '../../native/process/spawners.ts';
import { toFloat16 } from '../../native/volume/float16.ts';
import { openVoxelFile, type VoxelFile } from '../../native/volume/voxelFile.ts';
import { writeReadyEncoder } from '../support/readyEncoders.ts';

const [patients, rounds, fewPatients] = [60, 5, 3].map((usual, n) => Number(process.argv[2 + n] ?? usual));
const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');
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

/** The model's inputs for one lesion: one, or one for each slice that it crosses. */
async function prepare(
  embedder: Embedder,
  file: VoxelFile,
  region: EmbedRegion,
  timing: EmbedTiming,
): Promise<Prepared[]> {
  const { manifest } = embedder;
  if (manifest.kind !== 'slice') return [await embedder.prepare(file, region, timing)];
  const inputs: Prepared[] = [];
  for (const slice of crossedSlices(region)) {
    const volume = await readSlice(file, slice, timing);
    inputs.push([timed(timing, () => sliceInput(volume, 0, region.box, manifest))]);
  }
  return inputs;
}

/** Every stage alone, one lesion after the other: seconds for all of them. */
async function stages(library: Library, embedder: Embedder, model: ModelClient) {
  const timing = { readMs: 0, prepareMs: 0, inferMs: 0 };
  const lesions: { lesion: string; inputs: readonly Prepared[] }[] = [];
  for (const [volume, rows] of Map.groupBy(library.embeddings.missing(embedder.key), (row) => row.volume)) {
    const file = await openVoxelFile(library.layout.voxelFile(volume));
    for (const { lesion } of rows) {
      if (lesion === undefined) continue;
      const { box, packed } = library.reads.lesionMask(lesion);
      const region = { box, mask: unpackMask(box, packed) };
      lesions.push({ lesion, inputs: await prepare(embedder, file, region, timing) });
    }
    await file.close();
  }
  const outputs: Float32Array[] = [];
  const infer = await seconds(async () => {
    for (const { inputs } of lesions)
      for (const input of inputs) outputs.push(await model.run(named(embedder, [input]), 1));
  });
  const store = await seconds(async () => {
    for (const [n, { lesion }] of lesions.entries()) {
      const vector = toFloat16(outputs[n]);
      library.embeddings.add(embedder.key, embedder.dim, [{ owner: lesion, vector }]);
    }
  });
  return {
    lesions: lesions.length,
    inputs: lesions.flatMap(({ inputs }) => inputs),
    read: timing.readMs / 1000,
    prepare: timing.prepareMs / 1000,
    infer,
    store,
  };
}

/** Measures one encoder on a library of its own. */
async function measure(encoder: string, patients: number): Promise<void> {
  const root = join(folder, `library-${patients}`);
  const host = await startHost(root, { mayCreate: true, dist });
  await host.engine.call('demo.create', { patients });
  await host.close();
  const library = await Library.open(root, false);
  const embedder = await Embedder.open(encoder, inference, calibrationsFolder());
  const { provider, threads, batch } = await embedder.warm();
  forget(library, embedder);
  const model = new ModelClient(inference, encoder, calibrationsFolder());
  const alone = await stages(library, embedder, model);
  const n = alone.lesions;
  console.log(
    `\n${embedder.manifest.title}: ${n} lesions of ${patients} phantoms, ${alone.inputs.length} inputs; ${provider}, threads ${threads}, batch ${batch}`,
  );

  const session = await EncoderSession.open(embedder.manifest, encoder, { provider, threads });
  // Joined ahead, so that the bare session is timed alone.
  const batches = Array.from({ length: Math.ceil(alone.inputs.length / batch) }, (_, at) => {
    const some = alone.inputs.slice(at * batch, (at + 1) * batch);
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
}

const inference = new ManagedProcess(
  'inference',
  inferenceContract,
  forkSpawner(join(dist, 'native')),
  () => undefined,
);
try {
  await measure(join(root, 'resources/encoders/builtin'), patients);
  const depth = { layers: 12, shared: false };
  await measure(await writeReadyEncoder(folder, 'biomedclip-image', depth), fewPatients);
} finally {
  await inference.stop();
  await rm(folder, { recursive: true, force: true });
}
