/**
 * Measures the built-in encoder for shapes on AdrenalMNIST3D of the shared data, with the product's own preprocessing and ONNX
 * session: the validation shapes are asked against the training shapes, by cosine. Beside it a plain shape descriptor and the majority.
 *   node tools/encoder/evaluateShape.ts
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import yauzl from 'yauzl';
import { rankedFigures } from '../../native/benchmark/metrics.ts';
import { bootstraps } from '../../native/benchmark/patientBootstrap.ts';
import { summarise } from '../../native/benchmark/summarise.ts';
import { loadManifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { lesionBlock } from '../../native/encoder/volumeInput.ts';
import { asShape } from '../../native/engine/imageFile.ts';
import { tightenMask } from '../../native/lesion/mask.ts';
import { lesionFeatures } from '../../native/radiomics/lesion.ts';
import type { Volume } from '../../native/volume/volume.ts';

const root = resolve(import.meta.dirname, '../..');
const shared = resolve(process.env.PRECEDENT_SHARED ?? resolve(root, '../shared'));
const archive = resolve(shared, 'data/adrenal-shapes/adrenal64.npz');
const folder = resolve(root, 'resources/encoders/shape');
const side = 64;

interface Shape {
  readonly vector: Float32Array;
  /** IBSI: log volume, log major axis, elongation, flatness, sphericity. */
  readonly descriptor: readonly number[];
  readonly label: number;
}

/** The bytes of an array in an .npz, behind the header of its .npy (NumPy's format, versions 1 and 2). */
async function readArray(name: string): Promise<Buffer> {
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== `${name}.npy`) continue;
      const parts: Buffer[] = [];
      for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part);
      const file = Buffer.concat(parts);
      const header = file[6] === 1 ? 10 + file.readUInt16LE(8) : 12 + file.readUInt32LE(8);
      return file.subarray(header);
    }
    throw new Error(`${archive} holds no ${name}`);
  } finally {
    zip.close();
  }
}

/** The last axis of the array runs fastest and becomes i. */
function shapeVolume(voxels: Buffer): Volume {
  return {
    dims: [side, side, side],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels: Int16Array.from(voxels, (value) => (value > 0 ? 1 : 0)),
  };
}

async function readShapes(set: 'train' | 'val', session: EncoderSession): Promise<Shape[]> {
  const { manifest } = session;
  if (manifest.kind !== 'volume') throw new Error('the encoder for shapes is of another kind');
  const [images, labels] = [await readArray(`${set}_images`), await readArray(`${set}_labels`)];
  const shapes: Shape[] = [];
  for (let n = 0; n < labels.length; n++) {
    const volume = shapeVolume(images.subarray(n * side ** 3, (n + 1) * side ** 3));
    const whole = {
      box: [0, 0, 0, side - 1, side - 1, side - 1],
      bits: Uint8Array.from(volume.voxels),
    } as const;
    const mask = tightenMask(whole);
    if (!mask) throw new Error(`${set} shape ${n} is empty`);
    const region = { box: mask.box, mask };
    const shape = asShape(volume);
    const vector = await session.run(lesionBlock(shape, region, manifest), 1);
    const f = lesionFeatures(shape, mask, described);
    const sizes = [Math.log10(f.morph_vol_approx), Math.log10(f.morph_pca_maj_axis)];
    const descriptor = [...sizes, f.morph_pca_elongation, f.morph_pca_flatness, f.morph_sphericity];
    shapes.push({ vector, descriptor, label: labels[n] });
  }
  return shapes;
}

/** What the plain descriptor is made of. */
const described = [
  'morph_vol_approx',
  'morph_pca_maj_axis',
  'morph_pca_elongation',
  'morph_pca_flatness',
  'morph_sphericity',
] as const;

/** Standardised by the gallery. */
function standardised(shapes: readonly Shape[], gallery: readonly Shape[]): number[][] {
  const scales = gallery[0].descriptor.map((_, m) => {
    const values = gallery.map(({ descriptor }) => descriptor[m]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return { mean, sd };
  });
  return shapes.map(({ descriptor }) =>
    descriptor.map((value, m) => (value - scales[m].mean) / scales[m].sd),
  );
}

/** One line: means over the queries, in brackets the 95% interval. */
function report(
  name: string,
  queries: readonly Shape[],
  gallery: readonly Shape[],
  score: (query: number, item: number) => number,
): void {
  const results = queries.map(({ label }, q) => {
    const scored = gallery.map((item, g) => ({ relevant: Number(item.label === label), score: score(q, g) }));
    scored.sort((a, b) => b.score - a.score);
    const figures = rankedFigures(Uint8Array.from(scored, ({ relevant }) => relevant));
    return { patient: String(q), class: String(label), figures };
  });
  const metrics = summarise(results);
  const shown = (['map@5', 'acc@1'] as const).map((metric) => {
    const { value, lo, hi } = metrics[metric];
    return `${value.toFixed(3)} [${lo.toFixed(3)}, ${hi.toFixed(3)}]`;
  });
  console.log(`${name.padEnd(34)} ${shown.join('   ')}`);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
};

if (!existsSync(archive)) {
  console.log('skipped: no shared data (set PRECEDENT_SHARED or put it at ../shared)');
} else {
  const started = performance.now();
  const manifest = await loadManifest(folder);
  const session = await EncoderSession.open(manifest, folder);
  const gallery = await readShapes('train', session);
  const queries = await readShapes('val', session);
  await session.close();
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${queries.length} queries, ${gallery.length} in the gallery, ${bootstraps} bootstraps; mAP@5, ACC@1 [95%]`,
  );
  report(`${manifest.id} ${manifest.version}`, queries, gallery, (q, g) =>
    dot(queries[q].vector, gallery[g].vector),
  );
  const [asked, kept] = [standardised(queries, gallery), standardised(gallery, gallery)];
  report(
    'volume, diameter, three ratios',
    queries,
    gallery,
    (q, g) => -asked[q].reduce((sum, value, m) => sum + (value - kept[g][m]) ** 2, 0),
  );
  report('majority', queries, gallery, (_, g) => -gallery[g].label);
  console.log(
    `${((1000 * seconds) / (queries.length + gallery.length)).toFixed(1)} ms a shape, reading and measuring included`,
  );
}
