import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expandDicomdir } from '../../native/ingest/sources/dicomdir.ts';
import { walkPaths } from '../../native/ingest/sources/walk.ts';
import { type Elements, writeDicom } from '../support/dicomWriter.ts';
import { temporaryTree } from '../support/tree.ts';

const tree = temporaryTree();

/** A DICOMDIR (PS3.3 section F.3) with one record for each Referenced File ID. */
function dicomdir(ids: readonly (string | undefined)[], inUse = 0xffff): Uint8Array {
  const records = ids.map(
    (id): Elements => ({
      '00041400': ['UL', 0],
      '00041410': ['US', inUse],
      '00041430': ['CS', id === undefined ? 'PATIENT' : 'IMAGE'],
      '00041500': id === undefined ? undefined : ['CS', id],
    }),
  );
  // Only the meta header of a DICOMDIR has a SOP class; the test's writer takes both from the data set.
  return writeDicom({
    '00041130': ['CS', 'DISC'],
    '00041220': ['SQ', records],
    '00080016': ['UI', '1.2.840.10008.1.3.10'],
    '00080018': ['UI', '1.2.3'],
  });
}

describe('expandDicomdir', () => {
  it('gives the files it names, in its order, and lists those that are not there', () => {
    const path = tree.put(
      'DICOMDIR',
      dicomdir([undefined, 'IMAGES\\B', 'IMAGES\\A', 'IMAGES\\A', 'IMAGES\\C', 'NO\\D']),
    );
    for (const name of ['A', 'B', 'NOT_NAMED']) tree.put(`IMAGES/${name}`, 'x');
    mkdirSync(tree.at('IMAGES/C'));
    expect(expandDicomdir(path)).toEqual({
      files: [tree.at('IMAGES/B'), tree.at('IMAGES/A')],
      skipped: ['IMAGES/C', 'NO/D'].map((name) => ({
        path: tree.at(name),
        reason: 'named in the DICOMDIR but not there',
      })),
    });
  });

  it('finds names in the spelling of a mounted or copied CD', () => {
    const path = tree.put('dicomdir', dicomdir(['IMAGES\\IM1', 'IMAGES\\IM2', 'IMAGES\\IM3', 'IMAGES\\IM4']));
    for (const name of ['im1', 'IM2;1', 'im3.', 'im4', 'IM4']) tree.put(`images/${name}`, 'x');
    expect(expandDicomdir(path)).toEqual({
      files: ['im1', 'IM2;1', 'im3.', 'IM4'].map((name) => tree.at(`images/${name}`)),
      skipped: [],
    });
  });

  it('refuses what lies outside of its folder, by name or by link', () => {
    tree.put('secret', 'x');
    tree.put('cd/in', 'x');
    symlinkSync(tree.at('secret'), tree.at('cd/LINK'));
    symlinkSync(tree.root, tree.at('cd/FOLDER'));
    symlinkSync(tree.at('cd/in'), tree.at('cd/INSIDE'));
    const outside = [
      '..\\secret',
      '\\etc\\passwd',
      'in\\..\\..\\secret',
      '/etc/passwd',
      'C:\\secret',
      '.',
      'LINK',
      'FOLDER\\secret',
    ];
    const path = tree.put('cd/DICOMDIR', dicomdir([...outside, 'INSIDE']));
    expect(expandDicomdir(path)).toEqual({
      files: [tree.at('cd/INSIDE')],
      skipped: [{ path, reason: `names files outside of its folder (${outside.length})` }],
    });
  });

  it('does not look for records that are out of use', () => {
    const path = tree.put('DICOMDIR', dicomdir(['GONE'], 0));
    expect(expandDicomdir(path)).toEqual({ files: [], skipped: [] });
  });

  it('throws when it cannot be read', () => {
    const whole = dicomdir(['A', 'B']);
    const cut = tree.put('DICOMDIR', whole.subarray(0, whole.length - 60));
    expect(() => expandDicomdir(cut)).toThrow('damaged or cut off');
    expect(() => expandDicomdir(tree.put('DICOMDIR', 'not DICOM'))).toThrow('not a DICOM file');
  });
});

describe('walkPaths of a DICOMDIR', () => {
  it('takes the files it names where it was chosen itself, and all files of a folder where that was', async () => {
    const path = tree.put('DICOMDIR', dicomdir(['A', 'B']));
    tree.put('A', 'x');
    tree.put('C', 'x');
    const missing = { path: tree.at('B'), reason: 'named in the DICOMDIR but not there' };
    const chosen = await walkPaths([path]);
    expect(chosen).toMatchObject({ files: [{ path: tree.at('A'), bytes: 1 }], skipped: [missing] });
    const folder = await walkPaths([tree.root]);
    expect(folder.files.map((file) => file.path)).toEqual([tree.at('A'), tree.at('C'), path]);
    expect(folder.skipped).toEqual([]);
    expect(await walkPaths([tree.put('DICOMDIR', 'x')])).toEqual({
      files: [],
      skipped: [{ path, reason: 'not a DICOM file' }],
    });
  });
});
