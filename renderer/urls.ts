/** Where bytes come from: the shell's read-only protocol. The one place that knows its address. */

const base = 'precedent://';

/** Voxels of the slices `first`…`last` (inclusive), i fastest, in the volume's dtype, little-endian. */
export function slicesUrl(volume: string, first: number, last: number): string {
  return `${base}voxels/${encodeURIComponent(volume)}?slices=${first}-${last}`;
}

/** Voxels of an inclusive box [i0,j0,k0,i1,j1,k1], i fastest. */
export function boxUrl(volume: string, box: readonly number[]): string {
  return `${base}voxels/${encodeURIComponent(volume)}?box=${box.join(',')}`;
}

/** A PNG picture centred on a lesion. */
export function thumbnailUrl(lesion: string): string {
  return `${base}thumbnails/${encodeURIComponent(lesion)}`;
}
