/** An encrypted library through what is done with any library, and what lies open of it meanwhile: nothing. */
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHost } from '../../native/cli/host.ts';
import { noPolicy } from '../../native/contract/policy.ts';
import { makeBackup, verifyBackup } from '../../native/engine/backups.ts';
import { finishConversion } from '../../native/engine/convert.ts';
import { operations } from '../../native/files/files.ts';
import { type KeyFile, newKeyFile, readKeyFile, writeKeyFile } from '../../native/files/keyFile.ts';
import { chunkBytes, headerBytes, isSealed } from '../../native/files/sealed.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { canariesIn, filesIn } from '../support/canaries.ts';
import {
  precedent,
  precedentJson,
  projectRoot,
  removeFolder,
  temporaryFolder,
} from '../support/precedent.ts';
import { writeZip } from '../support/zipWriter.ts';

const passphrase = 'a passphrase of some words';
/** What the imported files say of their patients, and how the files of a library begin that is not encrypted. */
const canaries = [
  'PH-0001',
  'PH-0002',
  'Phantom^',
  'SQLite format 3',
  'PVOX0002',
  'PRCDMAT1',
  'IHDR',
  'DICM',
];
const dist = join(projectRoot, 'dist');

let folder: string;
let archive: string;
let plain: string;
let encrypted: string;
let passphraseFile: string;
const secret = ['--passphrase-file'];

const open = (library: string, phrase = passphrase) =>
  startHost(library, { mayCreate: true, dist, secret: async () => phrase });

/** Imports the archive with copies; calls `look` again and again meanwhile. */
async function importArchive(library: string, look: () => void): Promise<void> {
  const host = await open(library);
  try {
    const job = await host.engine.call('jobs.start', {
      sources: [host.grant(archive, 'read')],
      copy: true,
    });
    for (;;) {
      look();
      const row = (await host.engine.call('jobs.list', {})).find(({ id }) => id === job.id);
      if (row?.finishedAt !== undefined) break;
      await delay(100);
    }
    look();
  } finally {
    await host.close();
  }
}

beforeAll(async () => {
  folder = await temporaryFolder();
  passphraseFile = join(folder, 'passphrase');
  writeFileSync(passphraseFile, `${passphrase}\n`);
  secret.push(passphraseFile);
  const made = join(folder, 'made');
  await precedentJson('demo', '--library', made, '--patients', '2');
  const phantom = join(made, 'phantom');
  const entries = filesIn(phantom).map((path) => ({
    name: path.slice(phantom.length + 1),
    data: readFileSync(path),
  }));
  archive = join(folder, 'patients.zip');
  // An archive in an archive lies in the library for a moment as well.
  writeFileSync(archive, writeZip([{ name: 'inner.zip', data: writeZip(entries) }]));
  plain = join(folder, 'plain');
  encrypted = join(folder, 'encrypted');
}, 240_000);
afterAll(() => removeFolder(folder));

describe('an encrypted library', () => {
  let recoveryKey: string;

  test('holds nothing open while files are imported into it, where another holds all of it', async () => {
    const made = await precedentJson<{ recoveryKey: string }>('encrypt', '--library', encrypted, ...secret);
    recoveryKey = made.recoveryKey;
    const found = new Set<string>();
    const seen = new Set<string>();
    await importArchive(encrypted, () => {
      for (const one of canariesIn(encrypted, canaries)) found.add(one);
      for (const path of filesIn(encrypted)) seen.add(path.slice(encrypted.length + 1).split('/')[0]);
    });
    for (const part of ['catalog.sqlite', 'catalog.sqlite-wal', 'voxels', 'originals', 'unpacked', 'staging'])
      expect([...seen]).toContain(part);
    expect([...found]).toEqual([]);
    const control = new Set<string>();
    await importArchive(plain, () => {
      for (const one of canariesIn(plain, canaries)) control.add(one.split(': ')[1]);
    });
    expect([...control].sort()).toEqual([...canaries].sort());
  }, 120_000);

  test('is the same library as one that is not encrypted, and is searched and exported alike', async () => {
    const hash = async (library: string) => {
      const host = await open(library);
      const report = await host.engine.call('verify.run', { repair: false });
      const { rows } = await host.engine.call('lesions.list', { limit: 100 });
      const lesion = rows.find(({ patient }) => patient.length > 0)?.id ?? '';
      const { hits } = await host.engine.call('search.run', { query: { lesion }, top: 3 });
      const to = join(folder, 'volume.nii.gz');
      await host.engine.call('export.run', { volume: rows[0].volume, target: host.grant(to, 'write') });
      await host.close();
      expect(report).toMatchObject({ ok: true, problems: [] });
      return { hash: report.contentHash, hits: hits.map(({ score }) => score), voxels: readFileSync(to) };
    };
    const [a, b] = [await hash(encrypted), await hash(plain)];
    expect(a.hash).toBe(b.hash);
    expect(a.hits.length).toBeGreaterThan(0);
    expect(a.hits).toEqual(b.hits);
    expect(a.voxels.equals(b.voxels)).toBe(true);
    expect(canariesIn(encrypted, canaries)).toEqual([]);
  }, 60_000);

  test('is refused without its passphrase, in one line', async () => {
    const without = await precedent('list', '--library', encrypted);
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(
      /^the passphrase or recovery key is needed; give --passphrase-file FILE\n$/,
    );
    await expect(open(encrypted, 'another passphrase')).rejects.toMatchObject({
      kind: 'refused',
      what: 'the passphrase is wrong',
    });
    const host = await open(encrypted, recoveryKey);
    expect((await host.engine.call('lesions.list', { limit: 100 })).total).toBeGreaterThan(0);
    await host.close();
  }, 60_000);

  test('finds flipped bits, swapped chunks and what was cut off, and heals them', async () => {
    const file = (part: string, n = 0) => {
      const names = readdirSync(join(encrypted, part)).filter((name) => !name.startsWith('.'));
      return join(encrypted, part, names[n]);
    };
    const damages: readonly (readonly [path: string, damage: (bytes: Buffer) => Uint8Array])[] = [
      [file('voxels', 0), (bytes) => bytes.fill(bytes[5000] ^ 1, 5000, 5001)],
      [
        file('voxels', 1),
        (bytes) => {
          const [first, second] = [0, 1].map((n) => headerBytes + n * (chunkBytes + 28));
          const chunk = Buffer.from(bytes.subarray(first, second));
          bytes.copyWithin(first, second, second + chunk.length);
          bytes.set(chunk, second);
          return bytes;
        },
      ],
      [file('vectors'), (bytes) => bytes.subarray(0, bytes.length - 1)],
    ];
    for (const [path, damage] of damages) writeFileSync(path, damage(readFileSync(path)));
    const host = await open(encrypted);
    const found = await host.engine.call('verify.run', { repair: false });
    const repaired = await host.engine.call('verify.run', { repair: true });
    const again = await host.engine.call('verify.run', { repair: false });
    await host.close();
    expect(found.ok).toBe(false);
    expect(found.problems).toHaveLength(damages.length);
    for (const { what } of found.problems) expect(what).not.toContain('\n');
    expect(repaired.problems.every((problem) => problem.repaired)).toBe(true);
    expect(again).toMatchObject({ ok: true, problems: [] });
    expect(canariesIn(encrypted, canaries)).toEqual([]);
  }, 60_000);

  test('to which another key file was put is not opened with another key', async () => {
    const other = join(folder, 'other');
    cpSync(encrypted, other, { recursive: true });
    const { file } = await newKeyFile(passphrase, 'encrypted');
    await writeKeyFile(other, file);
    await expect(open(other)).rejects.toMatchObject({ kind: 'refused', where: 'key.json' });
  }, 60_000);
});

describe('a conversion', () => {
  let made: Awaited<ReturnType<typeof newKeyFile>>;
  let hash: string;
  beforeAll(async () => {
    made = await newKeyFile(passphrase, 'encrypting');
    hash = await contentHash(plain);
  }, 60_000);

  const contentHash = async (library: string) => {
    const host = await open(library);
    try {
      const report = await host.engine.call('verify.run', { repair: false });
      expect(report.problems).toEqual([]);
      return report.contentHash;
    } finally {
      await host.close();
    }
  };

  /** Converts as often as it is cut off, each time at another rename, until it comes through. */
  async function convert(library: string, file: KeyFile, every: number): Promise<number> {
    await writeKeyFile(library, file);
    const { rename } = operations;
    let cuts = 0;
    for (;;) {
      let left = every;
      operations.rename = async (from, to) => {
        if (left-- === 0) throw Object.assign(new Error('cut off'), { code: 'EIO' });
        return rename(from, to);
      };
      const forget = unlockFolder(library, made.key);
      try {
        await finishConversion(library, file, made.key, noPolicy, () => undefined);
        return cuts;
      } catch {
        cuts++;
        expect((await readKeyFile(library))?.state).toBe(file.state);
      } finally {
        operations.rename = rename;
        forget();
      }
    }
  }

  test('that is cut off again and again ends with nothing open, with all of the library, and back again', async () => {
    const library = join(folder, 'converted');
    cpSync(plain, library, { recursive: true });
    const place = { folder: join(library, 'backups'), library: 'this' };
    const backup = await makeBackup(place, join(library, 'catalog.sqlite'), 'manual');
    expect(canariesIn(place.folder, ['PH-0001'])).not.toEqual([]);
    expect(await convert(library, made.file, 20)).toBeGreaterThan(3);
    expect(canariesIn(library, canaries)).toEqual([]);
    expect(filesIn(join(library, 'originals')).every((path) => isSealed(readFileSync(path)))).toBe(true);
    expect(await contentHash(library)).toBe(hash);
    const forget = unlockFolder(library, made.key);
    expect((await verifyBackup(place, backup.name)).rowsHash).toBe(backup.rowsHash);
    forget();

    expect(await convert(library, { ...made.file, state: 'decrypting' }, 20)).toBeGreaterThan(3);
    expect(existsSync(join(library, 'key.json'))).toBe(false);
    expect(filesIn(library).filter((path) => isSealed(readFileSync(path)))).toEqual([]);
    expect((await verifyBackup(place, backup.name)).rowsHash).toBe(backup.rowsHash);
    expect(await contentHash(library)).toBe(hash);
  }, 120_000);

  test('is finished by the next opening when its engine is killed', async () => {
    const library = join(folder, 'killed');
    cpSync(plain, library, { recursive: true });
    await writeKeyFile(library, made.file);
    let killed = false;
    await expect(
      startHost(library, {
        mayCreate: false,
        dist,
        secret: async () => passphrase,
        onConverting: ({ done }, pid) => {
          if (done < 3 || killed || pid === undefined) return;
          killed = true;
          process.kill(pid, 'SIGKILL');
        },
      }),
    ).rejects.toMatchObject({ kind: 'interrupted' });
    expect(killed).toBe(true);
    expect(await contentHash(library)).toBe(hash);
    expect(canariesIn(library, canaries)).toEqual([]);
    expect((await readKeyFile(library))?.state).toBe('encrypted');
  }, 60_000);

  test('a backup of an encrypted library is encrypted, and restored with its key file and passphrase', async () => {
    const library = join(folder, 'killed');
    const place = { folder: join(folder, 'backups'), library: 'that' };
    const forget = [unlockFolder(library, made.key), unlockFolder(place.folder, made.key)];
    const { name } = await makeBackup(place, join(library, 'catalog.sqlite'), 'manual');
    for (const one of forget) one();
    expect(canariesIn(place.folder, canaries)).toEqual([]);
    const restored = join(folder, 'restored');
    cpSync(library, restored, { recursive: true });
    copyFileSync(join(place.folder, `${name}.sqlite`), join(restored, 'catalog.sqlite'));
    // It is of the catalog that lay there.
    rmSync(join(restored, 'catalog.seal'));
    const [keyFile = ''] = readdirSync(place.folder).filter((one) => /^key-that-\w+\.json$/.test(one));
    copyFileSync(join(place.folder, keyFile), join(restored, 'key.json'));
    expect(await contentHash(restored)).toBe(hash);
  }, 60_000);
});
