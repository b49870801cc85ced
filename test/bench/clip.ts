/**
 * Throughput of BiomedCLIP and of MedImageInsight's texts with random weights of the true shapes and depth, on the CPU: preparation
 * apart, the model apart, and both. MedImageInsight's image body is not made here, so its images are only prepared.
 * `node test/bench/clip.ts [threads]` writes models of up to 350 MB into a temporary folder and removes them.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InputData } from '../../native/contract/inference.ts';
import { loadManifest, type Manifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { sliceInput } from '../../native/encoder/slicePicture.ts';
import { openTokenizer, textInputs } from '../../native/encoder/textInput.ts';
import { createRandom } from '../../native/random.ts';
import { oneSlice, type ReadyName, readyNames, writeReadyEncoder } from '../support/readyEncoders.ts';

const threads = Number(process.argv[2] ?? availableParallelism());
const items = 16;

const layers: Readonly<Record<ReadyName, number>> = {
  'biomedclip-image': 12,
  'biomedclip-text': 12,
  'medimageinsight-image': 0,
  'medimageinsight-text': 16,
};

const random = createRandom(1, 'bench');
const slices = Array.from({ length: items }, () =>
  oneSlice(
    Float32Array.from({ length: 512 * 512 }, () => random.range(-1000, 1000)),
    512,
    512,
  ),
);
const words = ['the', 'lung', 'nodule', 'spiculated', '5', 'mm', ',', '.', 'thorax', 'lobe'];
const texts = Array.from({ length: items }, () =>
  Array.from({ length: 60 }, () => random.pick(words)).join(' '),
);

/** Prepares item `n`. */
async function preparation(manifest: Manifest, folder: string): Promise<(n: number) => readonly InputData[]> {
  if (manifest.kind === 'text') {
    const tokenizer = await openTokenizer(folder, manifest);
    return (n) => textInputs([texts[n]], tokenizer, manifest);
  }
  if (manifest.kind !== 'slice') throw new Error('an image encoder of this kind is not ready-made');
  return (n) => [{ name: manifest.input.name, data: sliceInput(slices[n], 0, undefined, manifest) }];
}

/** Items in a second by the median item, after one that warms up. */
async function rate(run: (n: number) => unknown): Promise<string> {
  await run(0);
  const times: number[] = [];
  for (let n = 0; n < items; n++) {
    const started = performance.now();
    await run(n);
    times.push(performance.now() - started);
  }
  const perSecond = 1000 / times.sort((a, b) => a - b)[items / 2];
  return perSecond.toFixed(perSecond < 10 ? 2 : 0).padStart(9);
}

console.log(
  `${threads} threads, one item at a time, median of ${items} (slices of 512 × 512, texts of 60 words)`,
);
console.log(`${''.padEnd(22)}  MB on disk  open (s)   prepared/s  run/s     both/s`);
for (const name of readyNames) {
  const parent = await mkdtemp(join(tmpdir(), 'precedent-clip-'));
  try {
    const folder = await writeReadyEncoder(parent, name, { layers: layers[name], shared: false });
    const manifest = await loadManifest(folder);
    const prepare = await preparation(manifest, folder);
    const prepared = await rate(prepare);
    if (layers[name] === 0) {
      console.log(`${name.padEnd(22)}  ${''.padStart(10)}  ${''.padStart(8)}   ${prepared}`);
      continue;
    }
    const megabytes = (await stat(join(folder, manifest.model.file))).size / 1e6;
    const started = performance.now();
    const session = await EncoderSession.open(manifest, folder, { threads });
    const seconds = (performance.now() - started) / 1000;
    const inputs = slices.map((_, n) => prepare(n));
    const run = await rate((n) => session.run(inputs[n], 1));
    const both = await rate((n) => session.run(prepare(n), 1));
    await session.close();
    console.log(
      `${name.padEnd(22)}  ${megabytes.toFixed(0).padStart(10)}  ${seconds.toFixed(1).padStart(8)}   ${prepared}${run}${both}`,
    );
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
