import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unzip, unzipLimits } from '../../native/ingest/sources/unzip.ts';
import { temporaryTree } from '../support/tree.ts';
import { writeZip, type ZipEntry } from '../support/zipWriter.ts';

const tree = temporaryTree();

async function unpacked(entries: readonly ZipEntry[], limits = unzipLimits) {
  const zip = tree.put('in.zip', writeZip(entries));
  const { files, skipped } = await unzip(zip, tree.at('out'), { limits });
  return {
    files: files.map(({ path }) => path.slice(tree.at('out/').length)),
    reasons: Object.fromEntries(skipped.map(({ path, reason }) => [path.slice(zip.length + 1), reason])),
  };
}
const written = () =>
  readdirSync(tree.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(tree.root.length + 1))
    .sort();
const zeros = new Uint8Array(17 * 2 ** 20);

describe('unzip', () => {
  it('unpacks stored and deflated entries with their folders', async () => {
    const text = 'slice '.repeat(100_000);
    const zip = tree.put(
      'in.zip',
      writeZip([
        { name: 'case/' },
        { name: 'case/ct/1.dcm', data: text, deflate: true },
        { name: 'case/ct_mask.nii.gz', data: 'mask', mode: 0o100644 },
        { name: 'windows\\folder\\2.dcm', data: '' },
      ]),
    );
    const { files, skipped } = await unzip(zip, tree.at('out'));
    expect(skipped).toEqual([]);
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      [tree.at('out/case/ct/1.dcm'), text.length],
      [tree.at('out/case/ct_mask.nii.gz'), 4],
      [tree.at('out/windows/folder/2.dcm'), 0],
    ]);
    expect(readFileSync(files[0].path, 'utf8')).toBe(text);
    expect(files[0].mtimeMs).toBe(statSync(files[0].path).mtimeMs);
    if (process.platform !== 'win32') expect(statSync(files[0].path).mode & 0o777).toBe(0o600);
  });

  it('refuses names that lead out of the folder', async () => {
    const names = [
      '../out.dcm',
      'a/../../out.dcm',
      '/etc/out.dcm',
      'C:/out.dcm',
      'c:out.dcm',
      'a\\..\\..\\b.dcm',
      '\\\\host\\share\\out.dcm',
      'nul\0.dcm',
      '..',
    ];
    const { files, reasons } = await unpacked([
      ...names.map((name) => ({ name, data: 'x' })),
      { name: 'in' },
    ]);
    expect(files).toEqual(['in']);
    expect(Object.values(reasons)).toEqual(Array(names.length).fill('its name leads out of the archive'));
    expect(written()).toEqual(['in.zip', 'out/in']);
  });

  it('refuses links, devices and what it cannot decode, and goes on with the next entry', async () => {
    const { files, reasons } = await unpacked([
      { name: 'link', data: '/etc/passwd', mode: 0o120777 },
      { name: 'device', mode: 0o060666 },
      { name: 'encrypted', data: 'x', flags: 0x801 },
      { name: 'lzma', data: 'x', says: { method: 14 } },
      { name: './', data: '' },
      { name: 'good', data: 'x' },
    ]);
    expect(files).toEqual(['good']);
    expect(reasons).toEqual({
      link: 'a link inside of an archive',
      device: 'not a regular file',
      encrypted: 'encrypted',
      lzma: 'compressed by a method that is not handled',
      './': 'an entry without a name',
    });
  });

  it('leaves out entries that are not what the archive says of them', async () => {
    const { files, reasons } = await unpacked([
      { name: 'longer', data: 'twelve bytes', deflate: true, says: { size: 11 } },
      { name: 'shorter', data: 'twelve bytes', deflate: true, says: { size: 13 } },
      { name: 'stored', data: 'twelve bytes', says: { size: 2 ** 31 } },
      { name: 'changed', data: 'twelve bytes', says: { crc: 1 } },
      { name: 'damaged', data: 'no deflate stream', says: { method: 8 } },
      { name: 'good', data: 'x' },
    ]);
    expect(files).toEqual(['good']);
    expect(reasons).toEqual({
      longer: 'larger than its archive says',
      shorter: 'smaller than its archive says',
      stored: 'unpacks to more than 1000 times its size, as a ZIP bomb does',
      changed: "its checksum is not the archive's",
      damaged: 'damaged inside of the archive',
    });
    expect(written()).toEqual(['in.zip', 'out/good']);
  });

  it('does not unpack bombs, whether they say what they are or not', async () => {
    const { files, reasons } = await unpacked([
      { name: 'open', data: zeros, deflate: true },
      { name: 'hidden', data: zeros, deflate: true, says: { size: 1000 } },
      { name: 'good', data: 'x' },
    ]);
    expect(files).toEqual(['good']);
    expect(reasons).toEqual({
      open: 'unpacks to more than 1000 times its size, as a ZIP bomb does',
      hidden: 'larger than its archive says',
    });
  });

  it('bounds the bytes and the entries of all archives together', async () => {
    const inner = writeZip(['1', '2', '3'].map((name) => ({ name, data: 'five.' })));
    const limits = { ...unzipLimits, bytes: inner.length + 12 };
    const { files, reasons } = await unpacked([{ name: 'inner.zip', data: inner }], limits);
    expect(files).toEqual(['inner.zip/1', 'inner.zip/2']);
    expect(Object.keys(reasons)).toEqual(['inner.zip/3']);
    expect(reasons['inner.zip/3']).toMatch(/^the archive unpacks to more than [\d.e-]+ GiB$/);
    const few = await unpacked([{ name: '1' }, { name: '2' }, { name: '3' }], { ...unzipLimits, entries: 2 });
    expect(few.files).toEqual(['1', '2']);
    expect(few.reasons).toEqual({ '': 'more than 2 entries: from here on they are left out' });
  });

  it('does not unpack the same bytes again and again', async () => {
    const shared = { data: 'x'.repeat(1000), says: { entry: 0 } };
    const names = Array.from({ length: 100 }, (_, n) => `entry ${n}`);
    const entries = names.map((name) => ({ name, ...shared }));
    // Without their own bytes, the other entries' local headers would not be there.
    const { files, reasons } = await unpacked(
      entries.map((entry, n) =>
        n === 0 ? entry : { ...entry, data: '', says: { ...shared.says, packedSize: 1000, size: 1000 } },
      ),
    );
    expect(files.length).toBeLessThan(20);
    expect(reasons['']).toBe('entries share their bytes, a ZIP bomb: from here on they are left out');
  });

  it('unpacks an archive inside the archive, and none inside that', async () => {
    const third = writeZip([{ name: 'deep', data: 'x' }]);
    const second = writeZip([
      { name: 'third.zip', data: third },
      { name: '2', data: 'x' },
    ]);
    const { files, reasons } = await unpacked([
      { name: 'a/second', data: second, deflate: true },
      { name: 'a/second.txt', data: 'x' },
      { name: 'report.docx', data: second },
    ]);
    expect(files).toEqual(['a/second/2', 'a/second.txt', 'report.docx']);
    expect(reasons).toEqual({
      'a/second/third.zip': 'an archive in an archive in an archive is not unpacked',
    });
    expect(written()).toEqual(['in.zip', 'out/a/second.txt', 'out/a/second/2', 'out/report.docx']);
  });

  it('gives every entry a name that every file system takes and no other entry has', async () => {
    const long = `${'ä'.repeat(200)}.nii.gz`;
    const { files, reasons } = await unpacked(
      [
        'A.dcm',
        'a.dcm',
        'a.dcm',
        'x_mask.nii.gz',
        'X_mask.nii.gz',
        'CON.dcm',
        'ab:c?.dcm',
        'dot.',
        'f',
        'f/g',
        'F/h',
        long,
      ].map((name) => ({ name, data: 'x' })),
    );
    expect(reasons).toEqual({});
    expect(files.slice(0, -1)).toEqual([
      'A.dcm',
      'a~2.dcm',
      'a~3.dcm',
      'x_mask.nii.gz',
      'X_mask~2.nii.gz',
      '_CON.dcm',
      'ab_c_.dcm',
      'dot_',
      'f',
      join('f~2', 'g'),
      join('F~3', 'h'),
    ]);
    expect(files.at(-1)).toBe(`${'ä'.repeat(116)}.nii.gz`);
  });

  it('skips an archive that is none, and keeps what comes before its damage', async () => {
    const whole = writeZip([
      { name: '1', data: 'x' },
      { name: '2', data: 'x' },
    ]);
    const reason = 'the ZIP archive is damaged, cut off or encrypted';
    for (const bytes of [Buffer.from('PK\x03\x04'), whole.subarray(0, -1), Buffer.alloc(0)]) {
      const zip = tree.put('bad.zip', bytes);
      expect(await unzip(zip, tree.at('out'))).toEqual({ files: [], skipped: [{ path: zip, reason }] });
    }
    whole.write('XX', whole.lastIndexOf('PK\x01\x02'), 'latin1');
    const zip = tree.put('bad.zip', whole);
    const { files, skipped } = await unzip(zip, tree.at('out'));
    expect(files.map(({ path }) => path)).toEqual([tree.at('out/1')]);
    expect(skipped).toEqual([{ path: zip, reason }]);
  });

  it('removes what a reader that died has left in the folder', async () => {
    tree.put('out/1', 'half');
    tree.put('out/older', 'x');
    const { files } = await unpacked([{ name: '1', data: 'whole' }]);
    expect(files).toEqual(['1']);
    expect(written()).toEqual(['in.zip', 'out/1']);
    expect(readFileSync(tree.at('out/1'), 'utf8')).toBe('whole');
  });

  it('reports progress and can be cancelled in the middle of an entry', async () => {
    const zip = tree.put(
      'in.zip',
      writeZip([
        { name: '1', data: 'x' },
        { name: 'long', data: zeros },
      ]),
    );
    const seen: unknown[] = [];
    await unzip(zip, tree.at('out'), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ done: 2, total: 2 });
    const cancel = new AbortController();
    const unzipping = unzip(zip, tree.at('out'), { signal: cancel.signal });
    setImmediate(() => cancel.abort());
    await expect(unzipping).rejects.toMatchObject({ kind: 'cancelled' });
    expect(written()).not.toContain(join('out', 'long'));
  });

  it('survives 300 mutated archives without writing outside of the folder', async () => {
    const valid = writeZip([
      { name: 'a/1.dcm', data: 'slice '.repeat(50), deflate: true },
      { name: 'b.zip', data: writeZip([{ name: 'c', data: 'x' }]) },
      { name: 'link', data: 'a', mode: 0o120777 },
    ]);
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let n = 0; n < 300; n++) {
      const bytes = Buffer.from(valid);
      for (let m = random(4); m >= 0; m--) bytes[random(bytes.length)] = random(256);
      const zip = tree.put('in.zip', bytes);
      const { files } = await unzip(zip, tree.at('out'));
      for (const { path } of files) expect(path.startsWith(tree.at('out') + sep)).toBe(true);
      expect(written().filter((path) => !path.startsWith('out'))).toEqual(['in.zip']);
    }
  });
});
