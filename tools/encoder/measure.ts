/**
 * Measures an encoder on the LIDC nodules of the shared data: precision of the five nearest by leaving the case itself
 * out, whether a drawn region finds its own lesion, and the time per lesion.
 *   node tools/encoder/measure.ts [--encoder DIR]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { combine } from '../../native/encoder/encode.ts';
import { loadManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { lesionInput } from '../../native/encoder/preprocess.ts';
import type { Region } from '../../native/encoder/region.ts';
import { EncoderSession } from '../../native/encoder/session.ts';
import { readNifti } from '../../native/nifti/nifti.ts';
import { type Box, growBox, type Mask, type Volume } from '../../native/volume/volume.ts';

const { values: options } = parseArgs({
  options: { encoder: { type: 'string' }, json: { type: 'string' } },
});
const root = resolve(import.meta.dirname, '../..');
const data = resolve(process.env.PRECEDENT_SHARED ?? resolve(root, '../shared'), 'data/lidc-nodules');
const encoderDir = resolve(options.encoder ?? resolve(root, 'resources/encoders/builtin'));

interface Case {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volume: Volume;
  readonly mask: Mask;
}

const fields = {
  malignancy: { benign: ['1', '2'], malignant: ['4', '5'] },
  texture: { nonsolid: ['1', '2'], part: ['3', '4'], solid: ['5'] },
} as const;

function loadCases(): Case[] {
  const rows: Record<string, string>[] = parse(readFileSync(resolve(data, 'labels.csv')), { columns: true });
  return rows.map((labels) => {
    const read = (suffix: string) =>
      readNifti(readFileSync(resolve(data, `${labels.case}${suffix}.nii.gz`))).volume;
    return { name: labels.case, labels, volume: read(''), mask: maskOf(read('_mask')) };
  });
}

function maskOf(volume: Volume): Mask {
  const [ni, nj, nk] = volume.dims;
  const box = [ni, nj, nk, -1, -1, -1];
  const each = (visit: (i: number, j: number, k: number, on: boolean) => void) => {
    for (let k = 0, at = 0; k < nk; k++) {
      for (let j = 0; j < nj; j++) for (let i = 0; i < ni; i++, at++) visit(i, j, k, volume.voxels[at] > 0);
    }
  };
  each((i, j, k, on) => {
    if (!on) return;
    for (const [axis, index] of [i, j, k].entries()) {
      box[axis] = Math.min(box[axis], index);
      box[axis + 3] = Math.max(box[axis + 3], index);
    }
  });
  const [i0, j0, k0, i1, j1, k1] = box;
  const bits: number[] = [];
  each((i, j, k, on) => {
    if (i >= i0 && i <= i1 && j >= j0 && j <= j1 && k >= k0 && k <= k1) bits.push(on ? 1 : 0);
  });
  return { box: [i0, j0, k0, i1, j1, k1] satisfies Box, bits: Uint8Array.from(bits) };
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at], 0);

/** P@5 and its mean over the query classes; item q of the queries is item q of the library and never its own hit. */
function precision(
  queries: readonly Float32Array[],
  library: readonly Float32Array[],
  classes: (string | null)[],
) {
  const perClass = new Map<string, number[]>();
  for (const [q, own] of classes.entries()) {
    if (own === null) continue;
    const ranked = library
      .map((embedding, at) => ({ at, score: dot(queries[q], embedding) }))
      .filter(({ at }) => at !== q && classes[at] !== null)
      .sort((a, b) => b.score - a.score)
      .slice(0, 5);
    const p = ranked.filter(({ at }) => classes[at] === own).length / 5;
    perClass.set(own, [...(perClass.get(own) ?? []), p]);
  }
  const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const all = [...perClass.values()];
  return { p5: mean(all.flat()), macro: mean(all.map(mean)) };
}

const manifest = multiPlane(await loadManifest(encoderDir));
const session = await EncoderSession.open(manifest, encoderDir, { threads: 1 });
const cases = loadCases();
const times = { preprocess: 0, run: 0, count: 0 };
const raw: { output: number[]; measurements: number[] }[][] = [];

async function embedAll(region: (item: Case) => Region): Promise<Float32Array[]> {
  const embeddings: Float32Array[] = [];
  const parts: { output: number[]; measurements: number[] }[] = [];
  for (const item of cases) {
    const t0 = performance.now();
    const input = lesionInput(item.volume, region(item), manifest);
    const t1 = performance.now();
    const output = await session.run(input.tensor, 1);
    times.preprocess += t1 - t0;
    times.run += performance.now() - t1;
    times.count++;
    embeddings.push(combine(output, input, manifest));
    parts.push({ output: [...output], measurements: [...input.measurements] });
  }
  raw.push(parts);
  return embeddings;
}

const withMask = await embedAll(({ mask }) => ({ box: mask.box, mask }));
const boxOnly = await embedAll(({ mask }) => ({ box: mask.box }));
const grown = await embedAll(({ mask, volume }) => ({ box: growBox(mask.box, 3, volume) }));
await session.close();

for (const [field, groups] of Object.entries(fields)) {
  const classes = cases.map(
    ({ labels }) =>
      Object.entries(groups).find(([, members]) => members.includes(labels[field]))?.[0] ?? null,
  );
  for (const [queries, name] of [
    [withMask, 'mask'],
    [boxOnly, 'box alone'],
    [grown, 'box + 3 mm'],
  ] as const) {
    const { p5, macro } = precision(queries, withMask, classes);
    const n = classes.filter((c) => c !== null).length;
    console.log(
      `${field.padEnd(11)} n=${n} query: ${name.padEnd(10)}  P@5 ${p5.toFixed(3)}  macro-P@5 ${macro.toFixed(3)}`,
    );
  }
}
for (const [queries, name] of [
  [boxOnly, 'box alone'],
  [grown, 'box + 3 mm'],
] as const) {
  const first = queries.filter((query, q) => {
    const own = dot(query, withMask[q]);
    return withMask.every((other, at) => at === q || dot(query, other) < own);
  }).length;
  console.log(
    `own lesion first from ${name}: ${first}/${cases.length} (${((100 * first) / cases.length).toFixed(1)}%)`,
  );
}
const { count } = times;
console.log(
  `time per lesion, one thread: preprocess ${(times.preprocess / count).toFixed(1)} ms, model ${(times.run / count).toFixed(1)} ms`,
);
if (options.json) {
  const names = cases.map(({ labels }) => labels);
  writeFileSync(options.json, JSON.stringify({ labels: names, mask: raw[0], box: raw[1], grown: raw[2] }));
}
