/** Where everything lies inside a library folder. */
import { join } from 'node:path';

export interface Layout {
  readonly root: string;
  readonly catalog: string;
  /** What the catalog's file was when it was closed. */
  readonly seal: string;
  readonly lock: string;
  readonly voxels: string;
  readonly vectors: string;
  readonly thumbnails: string;
  readonly staging: string;
  readonly originals: string;
  /** Archives as they lie unpacked while their job runs, a folder each job. */
  readonly unpacked: string;
  /** The encoders that were added to this library, a folder for each version. */
  readonly encoders: string;
  /** Copies of the catalog, unless another folder was chosen for them. */
  readonly backups: string;
  /** Damaged catalogs, a folder each, with what only they knew of. */
  readonly setAside: string;
  voxelFile(volumeId: string): string;
  thumbnail(lesionId: string): string;
}

/** The paths of the library in `root`. */
export function libraryLayout(root: string): Layout {
  return {
    root,
    catalog: join(root, 'catalog.sqlite'),
    seal: join(root, 'catalog.seal'),
    lock: join(root, 'lock'),
    voxels: join(root, 'voxels'),
    vectors: join(root, 'vectors'),
    thumbnails: join(root, 'thumbnails'),
    staging: join(root, 'staging'),
    originals: join(root, 'originals'),
    unpacked: join(root, 'unpacked'),
    encoders: join(root, 'encoders'),
    backups: join(root, 'backups'),
    setAside: join(root, 'set-aside'),
    voxelFile: (volumeId) => join(root, 'voxels', `${volumeId}.vox`),
    thumbnail: (lesionId) => join(root, 'thumbnails', `${lesionId}.png`),
  };
}
