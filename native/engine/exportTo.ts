/** Writes a volume in HU, or a lesion's mask on its volume's grid, as a NIfTI file. */
import { PrecedentError } from '../contract/errors.ts';
import { writeFileAtomic } from '../files/files.ts';
import { unpackMask } from '../lesion/mask.ts';
import { writeNifti } from '../nifti/nifti.ts';
import { boxDims, type Grid } from '../volume/volume.ts';
import type { Engine } from './engine.ts';

/** Throws `usage` unless exactly one of the two is named, `not-found`, `corrupt`, `storage`. */
export async function exportTo(
  engine: Engine,
  { volume, lesion }: { volume?: string | undefined; lesion?: string | undefined },
  target: string,
): Promise<{ dims: [number, number, number]; bytes: number }> {
  if ((volume === undefined) === (lesion === undefined)) {
    throw new PrecedentError('usage', 'name one volume or one lesion to export');
  }
  if (!target.endsWith('.nii.gz')) throw new PrecedentError('usage', 'the file to write must end in .nii.gz');
  const { reads } = engine.library;
  const source = reads.volume(volume ?? reads.lesion(lesion ?? '').volume);
  return engine.withVoxels(source.id, async (file) => {
    const data = lesion === undefined ? (await file.readAll()).voxels : maskOnGrid(engine, lesion, file.grid);
    const bytes = writeNifti(file.grid, data);
    await writeFileAtomic(target, bytes);
    const [ni, nj, nk] = file.grid.dims;
    return { dims: [ni, nj, nk], bytes: bytes.length };
  });
}

function maskOnGrid(engine: Engine, lesion: string, { dims }: Grid): Uint8Array {
  const { box, packed } = engine.library.reads.lesionMask(lesion);
  const { bits } = unpackMask(box, packed);
  const [ni, nj, nk] = boxDims(box);
  const data = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const from = ni * (j + nj * k);
      data.set(bits.subarray(from, from + ni), box[0] + dims[0] * (box[1] + j + dims[1] * (box[2] + k)));
    }
  }
  return data;
}
