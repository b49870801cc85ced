/** A catalog that cannot be written, and a library whose disk goes away while it is open: what is said, and that all goes on. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseLibrary } from '../../electron/library.ts';
import { operations } from '../../native/files/files.ts';
import { type EngineHere, engineHere } from '../support/engineHere.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { niftiImage, niftiMask } from '../support/validFiles.ts';

const real = { ...operations };
let folder: string;
let root: string;
let here: EngineHere;
let lesion: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder, 'library');
  here = await engineHere(root);
  for (const name of ['a', 'b']) put(name);
  await importOf('a');
  lesion = (await lesions())[0].id;
});
afterEach(async () => {
  Object.assign(operations, real);
  await here.close().catch(() => undefined);
  await removeFolder(folder);
});

function put(name: string): void {
  writeFileSync(join(folder, `${name}.nii.gz`), niftiImage(name));
  writeFileSync(join(folder, `${name}_mask.nii.gz`), niftiMask());
}
const importOf = (name: string) =>
  here.call('import.run', {
    sources: [`${name}.nii.gz`, `${name}_mask.nii.gz`].map((file) => here.grant(join(folder, file), 'read')),
  });
const lesions = async () => (await here.call('lesions.list', { offset: 0, limit: 10, where: [] })).rows;
const label = (value: string) => here.call('lesion.label', { lesion, name: 'organ', value });

describe('a catalog that cannot be written', () => {
  const pragma = (text: string) => here.engine.library.db.pragma(text, { simple: true });

  test('for want of space says so, keeps what was, and goes on once there is some', async () => {
    const most = pragma('max_page_count');
    pragma(`max_page_count = ${pragma('page_count')}`);
    /** Goes on until there is no free page left. */
    const fill = async () => {
      const where = [{ field: 'organ', value: 'x'.repeat(100) }];
      for (let n = 0; ; n++) await here.call('filterSets.save', { name: `set ${n}`, where });
    };
    await expect(fill()).rejects.toMatchObject({
      kind: 'storage',
      message: 'catalog.sqlite: no space is left on the disk; free some space and try again',
    });
    // An import may find room in pages that are there, but soon there is none.
    let last = '';
    const imports = async () => {
      for (let n = 0; ; n++) {
        last = `more ${n}`;
        put(last);
        await importOf(last);
      }
    };
    await expect(imports()).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringMatching(/no space is left/),
    });
    pragma(`max_page_count = ${most}`);
    expect((await label('liver')).labels.organ).toBe('liver');
    const { imported, unchanged } = await importOf(last);
    expect(imported.volumes + unchanged).toBe(1);
    expect((await here.call('verify.run', { repair: false })).problems).toEqual([]);
  });

  test('because the disk is read-only says so, and goes on once it is not', async () => {
    pragma('query_only = ON');
    await expect(label('liver')).rejects.toMatchObject({
      kind: 'storage',
      message: 'catalog.sqlite: the catalog is read-only; make it writable or choose another disk',
    });
    expect((await lesions())[0].labels.organ).toBeUndefined();
    pragma('query_only = OFF');
    expect((await label('liver')).labels.organ).toBe('liver');
  });

  test('in the middle of an import fails the import alone, and it goes on once it can be written', async () => {
    operations.rename = async (from, to) => {
      await real.rename(from, to);
      // From here on not even that the import failed can be written.
      if (/voxels/.test(String(to))) pragma('query_only = ON');
    };
    const readOnly = { kind: 'storage', message: expect.stringMatching(/the catalog is read-only/) };
    await expect(importOf('b')).rejects.toMatchObject(readOnly);
    expect((await here.call('jobs.list', {}))[0]).toMatchObject({ state: 'failed', error: readOnly.message });
    await expect(importOf('b')).rejects.toMatchObject(readOnly);
    Object.assign(operations, real);
    pragma('query_only = OFF');
    expect((await importOf('b')).imported.volumes).toBe(1);
    expect((await here.call('verify.run', { repair: false })).problems).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')(
    'because the disk fails says so, and the library is as it was',
    async () => {
      const log = readdirSync('/proc/self/fd').find((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === join(root, 'catalog.sqlite-wal');
        } catch {
          return false;
        }
      });
      // Whatever is written to it from now on fails with EBADF, which is to SQLite what EIO is.
      closeSync(Number(log));
      await expect(label('liver')).rejects.toMatchObject({
        kind: 'storage',
        message: expect.stringMatching(
          /^catalog.sqlite: the disk reported an input\/output error; check the disk/,
        ),
      });
      await here.close().catch(() => undefined);
      here = await engineHere(root, { mayCreate: false });
      expect((await lesions())[0].labels.organ).toBeUndefined();
      expect((await here.call('verify.run', { repair: false })).problems).toEqual([]);
    },
  );
});

describe('a library whose disk is gone', () => {
  const gone = {
    kind: 'storage',
    message: 'the library: its disk or folder is gone; connect the disk again, then open the library again',
  };
  const target = () => here.grant(join(folder, 'mask.nii.gz'), 'write');

  test('says so, leaves nothing in its place, and works again when it is back', async () => {
    renameSync(root, `${root} elsewhere`);
    await expect(here.call('export.run', { lesion, target: target() })).rejects.toMatchObject(gone);
    await expect(importOf('b')).rejects.toMatchObject(gone);
    expect(existsSync(root)).toBe(false);
    renameSync(`${root} elsewhere`, root);
    await here.call('export.run', { lesion, target: target() });
  });

  test('says so too where its empty mount point is left', async () => {
    renameSync(root, `${root} elsewhere`);
    mkdirSync(root);
    await expect(here.call('export.run', { lesion, target: target() })).rejects.toMatchObject(gone);
    await expect(importOf('b')).rejects.toMatchObject(gone);
    expect(readdirSync(root)).toEqual([]);
    rmSync(root, { recursive: true });
    renameSync(`${root} elsewhere`, root);
  });

  test.each(['ENODEV', 'EIO', 'ENOENT', 'ESTALE'])(
    'is told from other faults when everything says %s',
    async (code) => {
      for (const name of ['open', 'stat', 'mkdir', 'readdir', 'readFile', 'rename', 'unlink', 'rm'] as const)
        operations[name] = (async (path: unknown) => {
          if (!String(path).startsWith(root)) return (real[name] as (...args: unknown[]) => unknown)(path);
          throw Object.assign(new Error(code), { code, syscall: name });
        }) as never;
      await expect(here.call('export.run', { lesion, target: target() })).rejects.toMatchObject(gone);
    },
  );

  test('is not made anew when it is opened again, neither where its folder is gone nor at the mount point', async () => {
    await here.close();
    renameSync(root, `${root} elsewhere`);
    const lost = {
      kind: 'not-found',
      message: expect.stringMatching(/no longer where it was; connect its disk/),
    };
    await expect(engineHere(root, { mayCreate: false })).rejects.toMatchObject(lost);
    expect(existsSync(root)).toBe(false);
    mkdirSync(root);
    await expect(engineHere(root, { mayCreate: false })).rejects.toMatchObject(lost);
    expect(readdirSync(root)).toEqual([]);
  });

  test('is what the application opens when it remembers it, and not the demonstration', () => {
    const settings = join(folder, 'settings.json');
    const lost = join(folder, 'no longer here');
    writeFileSync(settings, JSON.stringify({ library: lost }));
    const policy = {
      official: true,
      allowTestData: false,
      demonstrationFolder: join(folder, 'demonstration'),
    };
    expect(chooseLibrary(null, settings, policy)).toEqual({
      folder: lost,
      demonstration: false,
      mayCreate: false,
    });
  });
});
