/** Random fields: a smooth periodic 3D texture for tissue and surfaces, and CT noise with a reconstruction kernel's spectrum. */
import { createRandom } from '../random.ts';

const textureSize = 64;
let texture: Float32Array | null = null;

/** Zero-mean, unit-variance smooth noise on a periodic 64³ grid; its features are about five cells wide. */
function textureTile(): Float32Array {
  if (texture) return texture;
  const random = createRandom(64, 'texture');
  const n = textureSize;
  let field = new Float32Array(n ** 3);
  for (let v = 0; v < field.length; v++) field[v] = random.next() - 0.5;
  for (let pass = 0; pass < 3; pass++) {
    for (const step of [1, n, n * n]) {
      const out = new Float32Array(field.length);
      for (let v = 0; v < field.length; v++) {
        const c = Math.floor(v / step) % n;
        const base = v - c * step;
        out[v] = field[v] + field[base + ((c + 1) % n) * step] + field[base + ((c + n - 1) % n) * step];
      }
      field = out;
    }
  }
  normalise(field);
  texture = field;
  return field;
}

/** The texture at a continuous position in cells (trilinear, periodic); about unit variance. */
export function textureAt(x: number, y: number, z: number): number {
  const t = textureTile();
  const xf = Math.floor(x);
  const yf = Math.floor(y);
  const zf = Math.floor(z);
  const fx = x - xf;
  const fy = y - yf;
  const fz = z - zf;
  const x0 = xf & 63;
  const x1 = (xf + 1) & 63;
  const y0 = (yf & 63) << 6;
  const y1 = ((yf + 1) & 63) << 6;
  const z0 = (zf & 63) << 12;
  const z1 = ((zf + 1) & 63) << 12;
  const a = t[z0 | y0 | x0] * (1 - fx) + t[z0 | y0 | x1] * fx;
  const b = t[z0 | y1 | x0] * (1 - fx) + t[z0 | y1 | x1] * fx;
  const c = t[z1 | y0 | x0] * (1 - fx) + t[z1 | y0 | x1] * fx;
  const d = t[z1 | y1 | x0] * (1 - fx) + t[z1 | y1 | x1] * fx;
  return (a * (1 - fy) + b * fy) * (1 - fz) + (c * (1 - fy) + d * fy) * fz;
}

/** The texture at the nearest grid point: for fine grain, where interpolation would not be seen. */
export function textureNear(x: number, y: number, z: number): number {
  return textureTile()[((Math.floor(z) & 63) << 12) | ((Math.floor(y) & 63) << 6) | (Math.floor(x) & 63)];
}

/** What a reconstruction kernel does to edges and noise. Frequencies are in cycles per mm. */
export interface Kernel {
  readonly name: string;
  /** Frequency at which the apodisation has fallen to exp(-1/2). */
  readonly cutoff: number;
  /** Width in mm over which a sharp edge is smeared. */
  readonly edgeMm: number;
  /** Noise at the centre of an average body with 5 mm slices, in HU. */
  readonly noiseHu: number;
  readonly weight: number;
}

export const kernels: readonly Kernel[] = [
  { name: 'B30f', cutoff: 0.11, edgeMm: 2.3, noiseHu: 7.5, weight: 4 },
  { name: 'B40f', cutoff: 0.15, edgeMm: 1.9, noiseHu: 9.5, weight: 3 },
  { name: 'B60f', cutoff: 0.26, edgeMm: 1.4, noiseHu: 17, weight: 2 },
];

export const noiseTileSize = 256;
const noiseTiles = new Map<string, Float32Array>();

/**
 * A periodic 256² tile of unit-variance CT noise for a kernel and pixel spacing (mm).
 * Filtered back projection multiplies white detector noise by the ramp |f| and the kernel's apodisation, so the image's
 * noise power rises as |f| and falls with the apodisation squared (Riederer, Pelc & Chesler, Phys Med Biol 23:446, 1978).
 */
export function ctNoiseTile(kernel: Kernel, pixelMm: number): Float32Array {
  const rounded = Math.round(pixelMm * 10) / 10;
  const key = `${kernel.name}/${rounded}`;
  const known = noiseTiles.get(key);
  if (known) return known;
  const n = noiseTileSize;
  const random = createRandom(n, 'ct-noise');
  const re = new Float64Array(n * n);
  const im = new Float64Array(n * n);
  for (let v = 0; v < re.length; v++) re[v] = random.normal(0, 1);
  fft2(re, im, n, false);
  for (let v = 0; v < n; v++) {
    for (let u = 0; u < n; u++) {
      const fu = Math.min(u, n - u) / (n * rounded);
      const fv = Math.min(v, n - v) / (n * rounded);
      const f = Math.hypot(fu, fv);
      const gain = Math.sqrt(f) * Math.exp(-0.5 * (f / kernel.cutoff) ** 2);
      re[u + n * v] *= gain;
      im[u + n * v] *= gain;
    }
  }
  fft2(re, im, n, true);
  const tile = Float32Array.from(re);
  normalise(tile);
  noiseTiles.set(key, tile);
  return tile;
}

function normalise(field: Float32Array): void {
  let sum = 0;
  let squares = 0;
  for (const v of field) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / field.length;
  const sd = Math.sqrt(squares / field.length - mean * mean);
  for (let v = 0; v < field.length; v++) field[v] = (field[v] - mean) / sd;
}

function fft2(re: Float64Array, im: Float64Array, n: number, inverse: boolean): void {
  const lineRe = new Float64Array(n);
  const lineIm = new Float64Array(n);
  for (const [step, stride] of [
    [1, n],
    [n, 1],
  ]) {
    for (let line = 0; line < n; line++) {
      const base = line * stride;
      for (let c = 0; c < n; c++) {
        lineRe[c] = re[base + c * step];
        lineIm[c] = im[base + c * step];
      }
      fft(lineRe, lineIm, inverse);
      for (let c = 0; c < n; c++) {
        re[base + c * step] = lineRe[c];
        im[base + c * step] = lineIm[c];
      }
    }
  }
}

/** In-place radix-2 transform (unscaled: the caller normalises). */
function fft(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const angle = ((inverse ? 2 : -2) * Math.PI) / size;
    for (let start = 0; start < n; start += size) {
      for (let m = 0; m < size / 2; m++) {
        const c = Math.cos(angle * m);
        const s = Math.sin(angle * m);
        const a = start + m;
        const b = a + size / 2;
        const tr = re[b] * c - im[b] * s;
        const ti = re[b] * s + im[b] * c;
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
  }
}
