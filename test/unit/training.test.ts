/** Nothing is measured on what it was trained on: the cases listed beside the built-in encoder, and the folds of its cross-fit. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadManifest, multiPlane } from '../../native/encoder/manifest.ts';
import { trainedOnTest } from '../../native/encoder/training.ts';
import { foldOf, folds, requireUnseen } from '../../tools/encoder/models.ts';
import { sharedDir, sharedGroup } from '../support/shared.ts';

const builtin = resolve(import.meta.dirname, '../../resources/encoders/builtin');
const rows = readFileSync(resolve(builtin, 'training.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => /^(\S+) (\S+)(?: fold=(\d))?$/.exec(line)?.slice(1) ?? []);
const patientsOf = (source: string) => rows.filter(([name]) => name === source).map(([, patient]) => patient);

test('every training case is listed once, a rated one in the fold that its name gives', () => {
  expect(new Set(rows.map(([source, patient]) => `${source} ${patient}`)).size).toBe(rows.length);
  for (const [source, patient, fold] of rows) {
    const rated = source.startsWith('lidc-');
    expect(fold, patient).toBe(rated ? String(foldOf(patient)) : undefined);
  }
  for (let fold = 0; fold < folds; fold++) {
    expect(rows.filter((row) => row[2] === String(fold)).length).toBeGreaterThan(10);
  }
});

test('no patient is in both data sets', () => {
  const nodules = new Set(patientsOf('lidc-nodules'));
  expect(nodules.size).toBe(96);
  expect(patientsOf('lidc-slices').filter((patient) => nodules.has(patient))).toEqual([]);
});

test('an encoder is not measured on a patient that it was trained on', async () => {
  const manifest = multiPlane(await loadManifest(builtin));
  const trained = { ...manifest, training: ['lidc-nodules LIDC-0002'] };
  expect(() => requireUnseen(trained, 'lidc-nodules', 'LIDC-0002')).toThrow('was trained on');
  expect(() => requireUnseen(trained, 'lidc-nodules', 'LIDC-0003')).not.toThrow();
  expect(() => requireUnseen({ ...manifest, training: [] }, 'lidc-nodules', 'LIDC-0003')).toThrow(
    'does not say',
  );
  expect(() => requireUnseen(manifest, 'lidc-nodules', 'LIDC-0003')).toThrow('every case');
});

test('an evaluation knows the patients that its encoder was trained on, with and without an issuer', async () => {
  const seen = await trainedOnTest(await loadManifest(builtin), builtin);
  expect([seen('LIDC-0002'), seen('LIDC-0002^^^TCIA'), seen('P0089')]).toEqual([true, true, true]);
  expect([seen('LIDC-9999'), seen('LIDC'), seen('3'), seen('')]).toEqual([false, false, false, false]);
  const listed = await trainedOnTest({ training: ['site A patient 17'] }, builtin);
  expect([listed('17'), listed('1')]).toEqual([true, false]);
  await expect(trainedOnTest({ training: 'missing.txt' }, builtin)).rejects.toMatchObject({
    kind: 'unreadable',
  });
});

const shared = sharedDir();
describe.skipIf(!shared)(sharedGroup('the list is that of the data'), () => {
  test.each([
    ['lidc-nodules', 'case'],
    ['lidc-slices', 'patient'],
  ])('%s', (source, column) => {
    const [head, ...lines] = readFileSync(resolve(shared ?? '', 'data', source, 'labels.csv'), 'utf8')
      .trim()
      .split('\n');
    const at = head.trim().split(',').indexOf(column);
    const known = new Set(lines.map((line) => line.split(',')[at]));
    expect(new Set(patientsOf(source))).toEqual(known);
  });
});
