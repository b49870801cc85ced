/** A library and a page's folder for the protocol's corpus: what may be served, and everything around it that may not. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeVoxelFile } from '../../native/volume/voxelFile.ts';

/** Stands in every file that must not be served. */
export const secret = 'CANARY-of-a-file-that-is-nobodys-business';

const dims = [5, 4, 6] as const;
/** The voxels of the good volume, 5 × 4 × 6. */
export const goodVoxels = Int16Array.from({ length: 5 * 4 * 6 }, (_, index) => index * 7 - 300);
export const goodPicture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Fills a library with one good volume (`good`) and thumbnail, damaged ones, links that lead out of it, and secrets. */
export async function fillLibrary(library: string): Promise<void> {
  const [voxels, thumbnails] = [join(library, 'voxels'), join(library, 'thumbnails')];
  await mkdir(voxels, { recursive: true });
  await mkdir(thumbnails, { recursive: true });
  await mkdir(join(library, 'elsewhere'), { recursive: true });
  const volume = {
    dims,
    spacing: [1, 1, 1] as const,
    origin: [0, 0, 0] as const,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
    voxels: goodVoxels,
  };
  await writeVoxelFile(join(voxels, 'good.vox'), volume);
  await writeVoxelFile(join(voxels, 'torn.vox'), volume);
  const torn = await readFile(join(voxels, 'torn.vox'));
  // The last byte of the last slice: the header follows it, with its length 16 bytes before the end.
  torn[torn.length - 17 - torn.readUInt32LE(torn.length - 16)] ^= 0xff;
  await writeFile(join(voxels, 'torn.vox'), torn);
  await writeFile(join(voxels, 'empty.vox'), '');
  await writeFile(join(thumbnails, 'good.png'), goodPicture);
  for (const [folder, ending] of [
    [voxels, 'vox'],
    [thumbnails, 'png'],
  ]) {
    await writeFile(join(library, `secret.${ending}`), secret);
    await writeFile(join(library, 'elsewhere', `secret.${ending}`), secret);
    await symlink(join(library, `secret.${ending}`), join(folder, `link.${ending}`));
    await symlink(join(library, 'elsewhere'), join(folder, 'outside'));
    await symlink(join(library, 'elsewhere', `secret.${ending}`), join(folder, `outside.${ending}`));
    await symlink(join(folder, `loop.${ending}`), join(folder, `loop.${ending}`));
    await mkdir(join(folder, `folder.${ending}`));
  }
}

/** A page's folder with an index, a script, and links and files that are no part of the page. */
export async function fillPage(folder: string): Promise<void> {
  await mkdir(join(folder, 'page/assets'), { recursive: true });
  await mkdir(join(folder, 'elsewhere'), { recursive: true });
  const page = join(folder, 'page');
  await writeFile(join(page, 'index.html'), '<p>page</p>');
  await writeFile(join(page, 'assets/a.js'), '0');
  await writeFile(join(page, 'unknown.exe'), secret);
  await writeFile(join(page, '.hidden'), secret);
  for (const name of ['secret.json', 'elsewhere/secret.js']) await writeFile(join(folder, name), secret);
  await symlink(join(folder, 'elsewhere/secret.js'), join(page, 'link.js'));
  await symlink(join(folder, 'elsewhere'), join(page, 'outside'));
}
