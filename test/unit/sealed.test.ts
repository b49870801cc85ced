import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openForReading, readFileBytes, readPieces, writeFileAtomic } from '../../native/files/files.ts';
import { unsealBytes } from '../../native/files/readable.ts';
import { chunkBytes, headerBytes, isSealed, type Seal, Sealer } from '../../native/files/sealed.ts';
import { unlockFolder } from '../../native/files/unlocked.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const sealedChunk = chunkBytes + 28;
const seal: Seal = { key: randomBytes(32), kind: 'voxels' };

function sealed(content: Uint8Array, by = seal): Buffer {
  const sealer = new Sealer(by);
  return Buffer.concat([sealer.add(content), sealer.end()]);
}

const damaged = /does not pass its check/;

test('what is sealed in pieces of any size comes back whole, from memory and in any part', async () => {
  const folder = await temporaryFolder();
  const forget = unlockFolder(folder, seal.key);
  mkdirSync(join(folder, 'voxels'));
  const path = join(folder, 'voxels', 'x.vox');
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constantFrom(0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes),
          fc.nat(3 * chunkBytes),
        ),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat(),
        fc.integer({ min: 0, max: 2 * chunkBytes }),
        async (size, piece, from, length) => {
          const content = randomBytes(size);
          const pieces: Buffer[] = [];
          for (let at = 0; at < size; at += piece) pieces.push(content.subarray(at, at + piece));
          await writeFileAtomic(path, pieces);
          const onDisk = readFileSync(path);
          expect(isSealed(onDisk)).toBe(true);
          expect(size > 16 && onDisk.includes(content.subarray(0, 16))).toBe(false);
          expect(Buffer.compare(Buffer.from(await readFileBytes(path)), content)).toBe(0);
          const file = await openForReading(path);
          const position = size === 0 ? 0 : from % size;
          const part = Buffer.alloc(length);
          const { bytesRead } = await file.read(part, 0, length, position);
          await file.close();
          const expected = content.subarray(position, position + length);
          expect(Buffer.compare(part.subarray(0, bytesRead), expected)).toBe(0);
          let read = 0;
          for await (const next of readPieces(path)) read += next.length;
          expect(read).toBe(size);
        },
      ),
      { numRuns: 40 },
    );
  } finally {
    forget();
    await removeFolder(folder);
  }
});

test('no nonce is used twice under a key: salts and the nonces of each file are all different', () => {
  const content = randomBytes(20 * chunkBytes);
  const salts = new Set<string>();
  let chunks = 0;
  const nonces = new Set<string>();
  for (let file = 0; file < 200; file++) {
    const bytes = sealed(content.subarray(0, (1 + (file % 20)) * chunkBytes));
    const salt = bytes.toString('hex', 8, 40);
    expect(salts.has(salt)).toBe(false);
    salts.add(salt);
    for (let at = headerBytes; at < bytes.length; at += sealedChunk, chunks++)
      nonces.add(`${salt} ${bytes.toString('hex', at, at + 12)}`);
  }
  expect(chunks).toBe(2100);
  expect(nonces.size).toBe(chunks);
});

test('the same content is never sealed as the same bytes', () => {
  const content = Buffer.alloc(chunkBytes, 7);
  expect(sealed(content).equals(sealed(content))).toBe(false);
});

test('another key, another kind, and every bit of header, nonce, content and tag is noticed', () => {
  const content = randomBytes(2 * chunkBytes + 100);
  const bytes = sealed(content);
  expect(unsealBytes(bytes, seal).equals(content)).toBe(true);
  expect(() => unsealBytes(bytes, { ...seal, key: randomBytes(32) })).toThrow(damaged);
  expect(() => unsealBytes(bytes, { ...seal, kind: 'matrix' })).toThrow(damaged);
  const places = [0, 8, 39, 40, 43, 44, 55, 56, 100, headerBytes + sealedChunk - 1, bytes.length - 1];
  for (const at of [...places, ...Array.from({ length: 100 }, (_, n) => (n * 1303) % bytes.length)]) {
    const flipped = Buffer.from(bytes);
    flipped[at] ^= 1 << (at % 8);
    expect(() => unsealBytes(flipped, seal), `bit of byte ${at}`).toThrow(damaged);
  }
});

test('chunks that are swapped, repeated, left out, cut off or of another file are noticed', () => {
  const content = randomBytes(4 * chunkBytes);
  const bytes = sealed(content);
  const header = bytes.subarray(0, headerBytes);
  const chunks = [0, 1, 2, 3].map((n) => {
    const from = headerBytes + n * sealedChunk;
    return bytes.subarray(from, from + sealedChunk);
  });
  const [a, b, c, d] = chunks;
  const other = sealed(content).subarray(headerBytes, headerBytes + sealedChunk);
  expect(unsealBytes(Buffer.concat([header, a, b, c, d]), seal).equals(content)).toBe(true);
  const wrong: readonly (readonly Buffer[])[] = [
    [b, a, c, d],
    [a, c, b, d],
    [a, a, c, d],
    [a, b, c],
    [a, b, d],
    [a, b, c, d, d],
    [other, b, c, d],
    [],
  ];
  for (const [n, order] of wrong.entries())
    expect(() => unsealBytes(Buffer.concat([header, ...order]), seal), `order ${n}`).toThrow(damaged);
  for (let cut = 1; cut < 200; cut++)
    expect(() => unsealBytes(bytes.subarray(0, bytes.length - cut), seal), `cut by ${cut}`).toThrow(damaged);
});

let folder: string;
let forget: () => void;
beforeEach(async () => {
  folder = await temporaryFolder();
  forget = unlockFolder(folder, seal.key);
  for (const name of ['voxels', 'staging', 'encoders']) mkdirSync(join(folder, name));
});
afterEach(async () => {
  forget();
  await removeFolder(folder);
});

test('a file that was cut off at a chunk is noticed when it is opened, before anything of it is read', async () => {
  const path = join(folder, 'voxels', 'x.vox');
  await writeFileAtomic(path, randomBytes(3 * chunkBytes));
  writeFileSync(path, readFileSync(path).subarray(0, headerBytes + 2 * sealedChunk));
  await expect(openForReading(path)).rejects.toThrow(damaged);
});

test('a file that is not sealed is not taken for one of an encrypted library', async () => {
  const path = join(folder, 'voxels', 'x.vox');
  writeFileSync(path, 'PVOX0002 as it would lie in a library that is not encrypted');
  await expect(readFileBytes(path)).rejects.toMatchObject({ kind: 'corrupt' });
});

test('what lies beside the sealed folders stays as it is, and so does an encoder on its way', async () => {
  for (const name of ['encoders/model.onnx', 'key.json', 'staging/encoder-1.onnx', '../outside.vox']) {
    const path = join(folder, name);
    await writeFileAtomic(path, Buffer.from('plain'));
    expect(readFileSync(path, 'utf8')).toBe('plain');
  }
});
