/**
 * Writes a fixed wavelet scattering network as an encoder: node tools/encoder/writeFilterBank.mjs DIR [lesion|slice]
 * Of lesions it is what the trained encoder is measured against; of slices it is the built-in encoder of resources/encoders/slices.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { kinds, windows } from './filterBankTables.mjs';
import { GraphWriter } from './onnx.mjs';
import {
  binomialKernel,
  featureTable,
  keptFeatures,
  kernelRadius,
  morletKernels,
  octaves,
  orders,
  orientations,
  rings,
  ringWeights,
  size,
} from './scattering.mjs';

const out = resolve(process.argv[2]);
const version = '1.0.0';
const kind = kinds[process.argv[3] ?? 'lesion'];
const { planes, scales, scaleShares } = kind;
const channels = scales.length * planes.length * windows.length;
const tiny = 1e-12;

const g = new GraphWriter();
const scalar = (value) => g.constant([], Float32Array.of(value));
const psi = g.constant([2 * orientations, 1, 2 * kernelRadius + 1, 2 * kernelRadius + 1], morletKernels());
const sumPairs = g.constant(
  [orientations, 2 * orientations, 1, 1],
  Float32Array.from({ length: 2 * orientations * orientations }, (_, at) =>
    at % orientations === Math.floor(at / (2 * orientations)) ? 1 : 0,
  ),
);
const lowPass = g.constant([1, 1, 5, 5], binomialKernel());
const epsilon = scalar(tiny);

const padded = (x, r) => g.node('Pad', [x, g.constant([8], [0, 0, r, r, 0, 0, r, r])], { mode: 'edge' });
const halve = (x) => g.node('Conv', [padded(x, 2), lowPass], { strides: [2, 2] });
const squared = (x) => g.node('Mul', [x, x]);
const root = (x) => g.node('Sqrt', [g.node('Add', [x, epsilon])]);
const meanOver = (x, axis, keepdims = 0) => g.node('ReduceMean', [x], { axes: [axis], keepdims });

/** |x ∗ ψ| for each orientation: [m, orientations, w, w]. */
const modulus = (x) =>
  root(g.node('Conv', [squared(g.node('Conv', [padded(x, kernelRadius), psi])), sumPairs]));

const pools = Array.from({ length: octaves }, (_, j) => {
  const width = size >> j;
  return g.constant([width * width, rings.length], ringWeights(width));
});
/** [m, c, w, w] pooled over the rings: [m, c, rings]. */
const pool = (x, c, j) =>
  g.node('MatMul', [g.node('Reshape', [x, g.constant([3], [-1, c, (size >> j) ** 2])]), pools[j]]);

const picture = g.node('Reshape', ['input', g.constant([4], [-1, 1, size, size])]);
const features = [];
features.push(g.node('Squeeze', [pool(picture, 1, 0), g.constant([1], [1])]));
const second = [];
let x = picture;
for (let j = 0; j < octaves; j++) {
  const u = modulus(x);
  features.push(meanOver(pool(u, orientations, j), 1));
  let m = meanOver(u, 1, 1);
  for (let j2 = j + 1; j2 < octaves; j2++) {
    m = halve(m);
    second.push(meanOver(pool(modulus(m), orientations, j2), 1));
  }
  if (j + 1 < octaves) x = halve(x);
}
features.push(...second);

const kept = keptFeatures();
const all = g.node('Concat', features, { axis: 1 });
if (featureTable().length !== features.length * rings.length)
  throw new Error('the feature table does not match');
const chosen = g.node(
  'Gather',
  [
    all,
    g.constant(
      [kept.length],
      kept.map((f) => f.index),
    ),
  ],
  { axis: 1 },
);

// ln(1 + s/floor) for the moduli; the mean intensity stays linear. Both by one formula with a mask would cost clarity.
const perFeature = (f) => g.constant([kept.length], Float32Array.from(kept, f));
const isLog = (f) => orders[f.order].floor > 0;
const logged = g.node('Log', [
  g.node('Add', [
    g.node('Mul', [chosen, perFeature((f) => (isLog(f) ? 1 / orders[f.order].floor : 0))]),
    scalar(1),
  ]),
]);
const angle = g.node('Mul', [
  g.node('Add', [logged, g.node('Mul', [chosen, perFeature((f) => (isLog(f) ? 0 : 1))])]),
  perFeature((f) => orders[f.order].gain),
]);
const perPicture = g.node('Reshape', [
  angle,
  g.constant([5], [-1, scales.length, planes.length, windows.length, kept.length]),
]);
const averaged = meanOver(perPicture, 2);
const counts = Object.fromEntries(
  Object.keys(orders).map((order) => [order, kept.filter((f) => f.order === order).length]),
);
const half = scales.length * windows.length * kept.length;
// The squared lengths add up to one: by scale, evenly by window, by order, evenly within an order.
const orderTotal = Object.values(orders).reduce((sum, { weight }) => sum + weight, 0);
const lengths = scaleShares.flatMap((share) =>
  windows.flatMap(() =>
    kept.map((f) =>
      Math.sqrt((share / windows.length) * (orders[f.order].weight / orderTotal / counts[f.order])),
    ),
  ),
);
const share = g.constant([half], Float32Array.from(lengths));
const flat = g.node('Reshape', [averaged, g.constant([2], [-1, half])]);
const parts = ['Cos', 'Sin'].map((op) => g.node('Mul', [g.node(op, [flat]), share]));
g.node('Concat', parts, { axis: 1 }, 'embedding');

const model = g.model({
  name: 'precedent-scattering',
  producer: 'precedent tools/encoder',
  version,
  input: { name: 'input', dims: ['n', channels, size, size] },
  output: { name: 'embedding', dims: ['n', 2 * half] },
});
const manifest = {
  format: 2,
  ...kind.about,
  version,
  licence: 'MIT',
  model: { file: 'model.onnx', sha256: createHash('sha256').update(model).digest('hex') },
  input: { name: 'input', size, windows, ...kind.input(channels) },
  output: { name: 'embedding', dim: 2 * half },
};
mkdirSync(out, { recursive: true });
writeFileSync(resolve(out, 'model.onnx'), model);
writeFileSync(resolve(out, 'encoder.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${out}: ${model.length} bytes, ${2 * half} values`);
