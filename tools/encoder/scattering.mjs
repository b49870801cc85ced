/**
 * The fixed filter bank of the built-in encoder: Morlet wavelets, low-pass and pooling windows, and the table of
 * features with their gains. No number here was learned from images.
 *
 * Scattering: Mallat, "Group invariant scattering", Comm. Pure Appl. Math. 65 (2012); Bruna and Mallat, "Invariant
 * scattering convolution networks", IEEE TPAMI 35 (2013).
 */

export const size = 64;
export const octaves = 4;
export const orientations = 6;
export const kernelRadius = 4;

/** One Morlet wavelet, at ξ = π/2 with σ = 1.4 pixels and a slant of 0.7, for every octave of the pyramid. */
const xi = Math.PI / 2;
const sigma = 1.4;
const slant = 0.7;

/**
 * What becomes of a coefficient s of each order: its angle is gain·s (mean) or gain·ln(1 + s/floor), and `weight` is the
 * order's share of the output's squared norm. The gains give the first and second order angles of about the same
 * spread over lesions (sd 0.8); that of the mean keeps the difference from black to white within half a turn.
 */
export const orders = {
  mean: { floor: 0, gain: Math.PI, weight: 1 },
  first: { floor: 0.01, gain: 3, weight: 0.5 },
  second: { floor: 0.003, gain: 6, weight: 1 },
};

/** Rings around the centre, radius and width (Gaussian sd) in fractions of the picture; the tight crop's border is at 0.25. */
export const rings = [
  { name: 'centre', radius: 0, sd: 0.1 },
  { name: 'border', radius: 0.25, sd: 0.06 },
  { name: 'surround', radius: 0.42, sd: 0.06 },
];

/** Real and imaginary kernels, [2·orientations, 1, 2r+1, 2r+1]: real part of each orientation, then imaginary parts. */
export function morletKernels() {
  const width = 2 * kernelRadius + 1;
  const area = width * width;
  const kernels = new Float32Array(2 * orientations * area);
  for (let l = 0; l < orientations; l++) {
    const angle = (Math.PI * l) / orientations;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const envelope = new Float64Array(area);
    const waves = [new Float64Array(area), new Float64Array(area)];
    let total = 0;
    const sums = [0, 0];
    for (let y = -kernelRadius; y <= kernelRadius; y++) {
      for (let x = -kernelRadius; x <= kernelRadius; x++) {
        const at = (y + kernelRadius) * width + x + kernelRadius;
        const u = c * x + s * y;
        const v = slant * (c * y - s * x);
        envelope[at] = Math.exp(-(u * u + v * v) / (2 * sigma * sigma));
        waves[0][at] = envelope[at] * Math.cos(xi * u);
        waves[1][at] = envelope[at] * Math.sin(xi * u);
        total += envelope[at];
        sums[0] += waves[0][at];
        sums[1] += waves[1][at];
      }
    }
    // The Morlet correction: take the mean off with the envelope, so that flat regions answer exactly zero.
    for (const part of [0, 1]) {
      for (let at = 0; at < area; at++) {
        const value = (waves[part][at] - (sums[part] / total) * envelope[at]) / total;
        kernels[(part * orientations + l) * area + at] = value;
      }
    }
  }
  return kernels;
}

/** The binomial low-pass (1 4 6 4 1)²/256 before each halving: the Laplacian pyramid's (Burt and Adelson, 1983). */
export function binomialKernel() {
  const row = [1, 4, 6, 4, 1];
  return Float32Array.from({ length: 25 }, (_, at) => (row[Math.floor(at / 5)] * row[at % 5]) / 256);
}

/** Pooling weights [width², rings], each column summing to one, for a picture of `width` pixels. */
export function ringWeights(width) {
  const weights = new Float32Array(width * width * rings.length);
  for (const [p, ring] of rings.entries()) {
    let total = 0;
    const column = new Float64Array(width * width);
    for (let at = 0; at < column.length; at++) {
      const x = ((at % width) + 0.5) / width - 0.5;
      const y = (Math.floor(at / width) + 0.5) / width - 0.5;
      column[at] = Math.exp(-((Math.hypot(x, y) - ring.radius) ** 2) / (2 * ring.sd * ring.sd));
      total += column[at];
    }
    for (let at = 0; at < column.length; at++) weights[at * rings.length + p] = column[at] / total;
  }
  return weights;
}

/** The features of one picture in the order of the output: order, octave(s) and ring of each. */
export function featureTable() {
  const table = rings.map((ring) => ({ order: 'mean', ring: ring.name }));
  for (let j = 0; j < octaves; j++) {
    for (const ring of rings) table.push({ order: 'first', octave: j, ring: ring.name });
  }
  for (let j = 0; j < octaves; j++) {
    for (let j2 = j + 1; j2 < octaves; j2++) {
      for (const ring of rings) table.push({ order: 'second', octave: j, octave2: j2, ring: ring.name });
    }
  }
  return table;
}

/** The features that are kept: the second order of the surround says more about neighbours than about the lesion. */
export function keptFeatures() {
  return featureTable()
    .map((feature, index) => ({ ...feature, index }))
    .filter(({ order, ring }) => order !== 'second' || ring !== 'surround');
}
