/** The files layer under the rules of Windows, names that every system takes, and places that may hold a library. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { PrecedentError } from '../../native/contract/errors.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { backupPlace } from '../../native/engine/backupPlace.ts';
import { Library } from '../../native/engine/library.ts';
import { explained } from '../../native/engine/standing.ts';
import { safeFileName } from '../../native/files/fileName.ts';
import { commitFile, operations, removeFile, system, writeFileAtomic } from '../../native/files/files.ts';
import { checkLibraryDisk } from '../../native/files/place.ts';
import { temporaryTree } from '../support/tree.ts';
import { isWindowsName, underWindows, type WindowsRules } from '../support/windowsRules.ts';

const tree = temporaryTree();
const real = { ...operations };
const realSystem = { ...system };
let rules: WindowsRules | undefined;
afterEach(() => {
  rules?.stop();
  Object.assign(operations, real);
  Object.assign(system, realSystem);
});

describe('a file that another program has open', () => {
  /** Lets go once the layer has waited so long. */
  function letGoAfter(ms: number, letGo: () => void): void {
    const { wait } = operations;
    let waited = 0;
    operations.wait = async (more) => {
      await wait(more);
      waited += more;
      if (waited >= ms) letGo();
    };
  }

  test('is replaced as soon as it is closed', async () => {
    const path = tree.put('a', 'old');
    rules = underWindows(tree.root);
    letGoAfter(1000, rules.hold(path));
    await writeFileAtomic(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(rules.refusals.length).toBeGreaterThan(1);
  });

  test('stays as it is when it is not closed: the error says so, and nothing is left behind', async () => {
    const path = tree.put('a', 'old');
    rules = underWindows(tree.root);
    rules.hold(path);
    await expect(writeFileAtomic(path, Buffer.from('new'))).rejects.toMatchObject({
      kind: 'storage',
      message: 'writing a file failed: the file is in use by another program; close it there and try again',
    });
    await expect(removeFile(path)).rejects.toMatchObject({
      message: expect.stringMatching(/in use by another/),
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(tree.root)).toEqual(['a']);
    expect(rules.waitedMs()).toBeLessThan(20_000);
  });

  test('keeps its folder from being moved until then', async () => {
    const inside = tree.put('from/a', 'x');
    rules = underWindows(tree.root);
    letGoAfter(100, rules.hold(inside));
    await commitFile(tree.at('from'), tree.at('to'));
    expect(readdirSync(tree.root)).toEqual(['to']);
  });
});

test('elsewhere a refusal is not waited for', async () => {
  let waits = 0;
  operations.wait = async () => void waits++;
  operations.rename = async () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  await expect(writeFileAtomic(tree.at('a'), Buffer.from('x'))).rejects.toMatchObject({ kind: 'storage' });
  expect(waits).toBe(0);
});

describe('names', () => {
  test.each([
    ['CON', '_CON'],
    ['nul.nii.gz', '_nul.nii.gz'],
    ['com1.txt', '_com1.txt'],
    ['LPT¹', '_LPT¹'],
    ['aux .txt', '_aux .txt'],
    ['Lesion 1: left/right?', 'Lesion 1_ left_right_'],
    ['ends in a dot.', 'ends in a dot_'],
    ['ends in a space ', 'ends in a space_'],
    ['..', '_'],
    ['', '_'],
    ['conical', 'conical'],
    ['Größe ≥ 5 mm.csv', 'Größe ≥ 5 mm.csv'],
  ])('%j becomes %j', (wanted, name) => {
    expect(safeFileName(wanted)).toBe(name);
  });

  test('whatever is asked for, Windows takes what comes of it, and so do systems of 255 bytes a name', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('con', 'NUL', '.', ' ', 'COM1', '.nii.gz', '\\', ':'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const name = safeFileName(parts.join(''));
        expect(isWindowsName(name)).toBe(true);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(safeFileName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a library', () => {
  const statfsOf = (type: number) => (async () => ({ type })) as unknown as typeof operations.statfs;

  test.each([
    [0x6969, 'NFS'],
    [-0xacb2be, 'CIFS'],
    [0xfe534d42, 'SMB'],
  ])('is refused on a network drive (%d), and nothing is made there', async (type, name) => {
    operations.statfs = statfsOf(type);
    await expect(Library.open(tree.at('library'), false)).rejects.toMatchObject({
      kind: 'refused',
      what: `a library cannot lie on a network drive (${name})`,
      todo: expect.stringMatching(/copy it to a disk/),
    });
    expect(readdirSync(tree.root)).toEqual([]);
  });

  test('is opened on a local disk, and the demonstration anywhere', async () => {
    await checkLibraryDisk(tree.at('not/there/yet'));
    operations.statfs = statfsOf(0x6969);
    await (await Library.open(tree.at('demonstration'), true)).close();
  });

  test.each([
    ['fuse.sshfs', true],
    ['fuse.rclone', true],
    ['fuseblk', false],
    ['fuse.ntfs-3g', false],
  ])('on a file system of type %s is refused: %s', async (type, refused) => {
    const mount = tree.at('a disk');
    await mkdir(mount);
    operations.statfs = statfsOf(0x65735546);
    const escaped = mount.replaceAll(' ', '\\040');
    const table = `22 1 8:1 / / rw - ext4 /dev/a rw\n30 22 0:50 / ${escaped} rw shared:1 - ${type} x rw\n`;
    operations.readFile = (async () => Buffer.from(table)) as unknown as typeof operations.readFile;
    const checked = checkLibraryDisk(join(mount, 'library'));
    if (refused) await expect(checked).rejects.toMatchObject({ kind: 'refused' });
    else await checked;
  });

  test.each([
    ['\\\\server\\share\\library', /a share/],
    ['//server/share/library', /a share/],
    ['\\\\?\\UNC\\server\\share\\library', /a share/],
    ['Z:\\library', /the drive Z:/],
    [`C:\\${'long\\'.repeat(40)}`, /160 characters/],
  ])('on Windows is refused at %s', async (folder, says) => {
    system.windows = true;
    system.realpath = ((path: string) =>
      path === 'Z:\\' ? '\\\\server\\share' : path) as typeof system.realpath;
    await expect(checkLibraryDisk(folder)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(says),
    });
  });

  test.each(['C:\\Users\\someone\\library', '\\\\?\\C:\\library'])(
    'on Windows may lie at %s',
    async (folder) => {
      system.windows = true;
      system.realpath = ((path: string) => path) as typeof system.realpath;
      await checkLibraryDisk(folder);
    },
  );
});

test('a catalog that is missing beside its files is not replaced by an empty one', async () => {
  const root = tree.at('library');
  await (await Library.open(root, false)).close();
  await mkdir(join(root, 'originals', 'vol-1'), { recursive: true });
  await writeFile(join(root, 'originals/vol-1/00000.dcm'), 'a copy that exists nowhere else');
  for (const name of readdirSync(root)) if (name.startsWith('catalog')) await removeFile(join(root, name));
  const opened = await Library.open(root, false);
  expect(opened.readOnly).toMatchObject({ why: 'the catalog is missing' });
  // It is there to be restored: its disk is not gone.
  const none = new PrecedentError('not-found', 'there is no sound backup');
  expect(await explained(opened.db.name, none)).toBe(none);
  expect(await backupPlace(opened.layout, noPolicy)).toMatchObject({ folder: opened.layout.backups });
  await opened.close();
  expect(readdirSync(root)).not.toContain('catalog.sqlite');
  expect(readdirSync(join(root, 'originals'))).toEqual(['vol-1']);
});
