/** Brings slices that are sheared, unevenly spaced or incomplete onto a rectangular grid, holding two slices at a time. */
import type { Vec3 } from '../volume/volume.ts';
import type { VoxelType } from '../volume/voxelFile.ts';

type Values = Int16Array | Float32Array;

/** Where a source slice lies on the grid. */
export interface Placement {
  /** Column and row of its first pixel; between whole numbers, values are interpolated linearly. */
  readonly offset: readonly [number, number];
  /** Its position along the normal in slices of the grid; ascending from slice to slice. */
  readonly k: number;
}

export interface Resampling {
  /** One for each source slice. */
  readonly placements: readonly Placement[];
  /** Columns and rows of a source slice. */
  readonly size: readonly [number, number];
  /** HU of what no source slice covers. */
  readonly fill: number;
}

/**
 * Takes source slices in ascending order and gives the grid's slices in ascending k as soon as both neighbours are known.
 * In the plane a pixel covers half a pixel around its centre; what lies farther out is filled. Along the normal, values are
 * interpolated linearly between neighbours; a grid slice at a source slice is that slice, one beyond the last repeats it.
 * In Int16, interpolated values are rounded to whole HU, the precision of their sources.
 */
export class Resampler {
  readonly #resampling: Resampling;
  readonly #dims: Vec3;
  readonly #dtype: VoxelType;
  #taken = 0;
  #given = 0;
  #previous: { readonly k: number; readonly values: Values } | undefined;

  constructor(resampling: Resampling, dims: Vec3, dtype: VoxelType) {
    this.#resampling = resampling;
    this.#dims = dims;
    this.#dtype = dtype;
  }

  /** The slices of the grid that the next source slice makes known; none, one or several. */
  *push(source: Values): Generator<Values> {
    const { placements } = this.#resampling;
    const { k, offset } = placements[this.#taken++];
    const current = { k, values: this.#placed(source, offset) };
    const last = this.#taken === placements.length;
    for (; this.#given < this.#dims[2] && (last || this.#given <= k); this.#given++) {
      const previous = this.#previous;
      if (!previous || this.#given >= k) yield this.#finished(current.values);
      else {
        const weight = (this.#given - previous.k) / (k - previous.k);
        yield this.#finished(blend(previous.values, current.values, weight));
      }
    }
    this.#previous = current;
  }

  /** The source slice moved to its place in the plane of the grid. */
  #placed(source: Values, [x, y]: readonly [number, number]): Values {
    const { size, fill } = this.#resampling;
    const [columns, rows] = size;
    const [ni, nj] = this.#dims;
    if (x === 0 && y === 0 && ni === columns && nj === rows) return source;
    const placed = new Float32Array(ni * nj).fill(fill);
    const across = taps(ni, x, columns);
    const down = taps(nj, y, rows);
    for (let row = 0; row < down.from.length; row++) {
      const upper = columns * down.from[row];
      const lower = columns * down.to[row];
      const target = ni * (down.first + row) + across.first;
      for (let n = 0; n < across.from.length; n++) {
        const left = across.from[n];
        const right = across.to[n];
        const above = mix(source[upper + left], source[upper + right], across.weight[n]);
        const below = mix(source[lower + left], source[lower + right], across.weight[n]);
        placed[target + n] = mix(above, below, down.weight[row]);
      }
    }
    return placed;
  }

  #finished(values: Values): Values {
    if (values instanceof Int16Array || this.#dtype === 'float32') return values;
    const whole = new Int16Array(values.length);
    for (let n = 0; n < values.length; n++) whole[n] = Math.round(values[n]);
    return whole;
  }
}

/** Where the values of consecutive grid indices from `first` come from: two source indices and the weight of the second. */
interface Taps {
  readonly first: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** The grid indices below `length` that a source line of `size` pixels covers, when its first pixel lies at `offset`. */
function taps(length: number, offset: number, size: number): Taps {
  const first = Math.max(0, Math.ceil(offset - 0.5));
  const count = Math.min(length - 1, Math.floor(offset + size - 0.5)) - first + 1;
  const at = Float64Array.from({ length: count }, (_, n) => clamp(first + n - offset, 0, size - 1));
  const from = Int32Array.from(at, Math.floor);
  return {
    first,
    from,
    to: from.map((index) => Math.min(index + 1, size - 1)),
    weight: at.map((position, n) => position - from[n]),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}

function blend(a: Values, b: Values, weight: number): Float32Array {
  const out = new Float32Array(a.length);
  for (let n = 0; n < out.length; n++) out[n] = mix(a[n], b[n], weight);
  return out;
}
