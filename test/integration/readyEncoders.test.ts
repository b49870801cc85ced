import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InputData } from '../../native/contract/inference.ts';
import { loadManifest, type Manifest } from '../../native/encoder/manifest.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { sliceInput } from '../../native/encoder/slicePicture.ts';
import { openTokenizer, textInputs } from '../../native/encoder/textInput.ts';
import { createRandom } from '../../native/random.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { oneSlice, readyManifest, readyNames, writeReadyEncoder } from '../support/readyEncoders.ts';

describe('the ready manifests', () => {
  test.each(readyNames)('%s names its counterpart in the same space', (name) => {
    const manifest = readyManifest(name);
    const [other] = readyNames.filter((one) => one === manifest.sharedSpace);
    expect(manifest.id).toBe(name);
    expect(readyManifest(other)).toMatchObject({ sharedSpace: name, output: { dim: manifest.output.dim } });
    expect(readyManifest(other).kind).not.toBe(manifest.kind);
  });
});

/** True widths and lengths; the depth of the deepest is cut so that the test stays short. */
const layers = {
  'biomedclip-image': 12,
  'biomedclip-text': 12,
  'medimageinsight-image': 1,
  'medimageinsight-text': 4,
};

describe.each(readyNames)('%s with random weights', (name) => {
  let parent: string;
  let folder: string;
  let manifest: Manifest;
  let session: EncoderSession;

  beforeAll(async () => {
    parent = await temporaryFolder();
    folder = await writeReadyEncoder(parent, name, { layers: layers[name], shared: true });
    manifest = await loadManifest(folder);
    session = await EncoderSession.open(manifest, folder, { threads: 2 });
  });
  afterAll(async () => {
    await session.close();
    await removeFolder(parent);
  });

  test('gives every item a vector of its own, the same alone and in a batch', async () => {
    const { dim } = manifest.output;
    const items = await twoItems(manifest, folder);
    const together = await session.run(joined(items), 2);
    expect(together).toHaveLength(2 * dim);
    expect(together.every(Number.isFinite)).toBe(true);
    expect(await session.run(joined(items), 2)).toEqual(together);
    const rows = [together.subarray(0, dim), together.subarray(dim)];
    expect(difference(rows[0], rows[1])).toBeGreaterThan(1e-3);
    expect(difference(await session.run(items[1], 1), rows[1])).toBeLessThan(1e-4);
    expect(new Set(rows[0]).size).toBeGreaterThan(dim / 2);
  });
});

/** Inputs as the product prepares them: of slices, or of texts. */
async function twoItems(manifest: Manifest, folder: string): Promise<readonly (readonly InputData[])[]> {
  if (manifest.kind === 'text') {
    const tokenizer = await openTokenizer(folder, manifest);
    return ['The lung nodule, 5 mm.', 'lobe '.repeat(300)].map((text) =>
      textInputs([text], tokenizer, manifest),
    );
  }
  if (manifest.kind !== 'slice') throw new Error('an image encoder of this kind is not ready-made');
  return [
    [512, 512],
    [300, 411],
  ].map(([width, height]) => {
    const random = createRandom(width, 'slice');
    const hu = Float32Array.from({ length: width * height }, () => random.range(-200, 300));
    return [
      { name: manifest.input.name, data: sliceInput(oneSlice(hu, width, height), 0, undefined, manifest) },
    ];
  });
}

/** Of several items' inputs one batch's. */
function joined(items: readonly (readonly InputData[])[]): readonly InputData[] {
  return items[0].map(({ name, data }, at) => {
    const parts = items.map((item) => item[at].data);
    const values = parts.flatMap((part) => Array.from(part));
    return { name, data: data instanceof Float32Array ? Float32Array.from(values) : Int32Array.from(values) };
  });
}

/** The largest difference of two vectors' values, in shares of the first one's length. */
function difference(a: Float32Array, b: Float32Array): number {
  const most = a.reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at])), 0);
  return most / Math.hypot(...a);
}
