/** Opens the two kinds of file that the window may see of a library, by opaque id and read-only. */
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { PrecedentError } from '../native/contract/errors.ts';
import { libraryLayout } from '../native/files/layout.ts';
import { unsealBytes } from '../native/files/readable.ts';
import { sealOf } from '../native/files/unlocked.ts';
import { isWholePng } from '../native/volume/png.ts';

const idPattern = /^[a-z0-9-]{1,64}$/;
const MAX_THUMBNAIL_BYTES = 4 * 1024 * 1024;

export type LibraryFileKind = 'voxels' | 'thumbnails';

/**
 * The path of a file in the library. Throws `usage` for what is no id and `not-found` for a missing file, a symbolic
 * link, or anything that lies outside the library's own folder.
 */
export async function libraryFilePath(library: string, kind: LibraryFileKind, id: string): Promise<string> {
  if (!idPattern.test(id)) throw new PrecedentError('usage', 'this is not an id');
  const missing = new PrecedentError('not-found', `the library holds no such file in ${kind}`);
  try {
    const layout = libraryLayout(await realpath(library));
    const path = kind === 'voxels' ? layout.voxelFile(id) : layout.thumbnail(id);
    if (!(await lstat(path)).isFile() || (await realpath(path)) !== path) throw missing;
    return path;
  } catch {
    throw missing;
  }
}

/** The bytes of a lesion's thumbnail, a PNG. */
export async function readThumbnail(library: string, id: string): Promise<Buffer<ArrayBuffer>> {
  const path = await libraryFilePath(library, 'thumbnails', id);
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const { size } = await handle.stat();
    if (size > MAX_THUMBNAIL_BYTES) throw new PrecedentError('limit', 'the thumbnail is too large');
    const bytes = (await handle.readFile()) as Buffer<ArrayBuffer>;
    const seal = sealOf(path);
    const png = seal ? Buffer.from(unsealBytes(bytes, seal)) : bytes;
    if (!isWholePng(png)) throw new PrecedentError('corrupt', 'the thumbnail is damaged');
    return png;
  } finally {
    await handle.close();
  }
}
