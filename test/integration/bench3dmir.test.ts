/** The 3D-MIR benchmark end to end: on generated folders of two organs, and on the published captions where they are there. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MirDocument } from '../../native/benchmark/mirDocument.ts';
import { tiny, writeEncoder } from '../support/encoderFolder.ts';
import { labelsOf, writeMirTables, writeMsd } from '../support/msdFolder.ts';
import { precedent, precedentJson, removeFolder, temporaryFolder } from '../support/precedent.ts';

const liver = [
  { name: 'liver_0', tumours: [4], split: 'train' },
  { name: 'liver_1', tumours: [4.5], split: 'train' },
  { name: 'liver_2', tumours: [7, 3], split: 'train' },
  { name: 'liver_3', tumours: [7, 4], split: 'train' },
  { name: 'liver_4', tumours: [], split: 'train' },
  { name: 'liver_5', tumours: [4.2], split: 'test' },
  { name: 'liver_6', tumours: [7, 3.5], split: 'test' },
  { name: 'liver_7', tumours: [], split: 'test' },
] as const;
const colon = [
  { name: 'colon_0', tumours: [4], split: 'train' },
  { name: 'colon_1', tumours: [7], split: 'train' },
  { name: 'colon_2', tumours: [7.2], split: 'train' },
  { name: 'liver_5', tumours: [4.2], split: 'train' },
  { name: 'colon_3', tumours: [4.1], split: 'test' },
  { name: 'colon_4', tumours: [6.9], split: 'test' },
  { name: 'liver_4', tumours: [], split: 'test' },
] as const;

let folder: string;
let tables: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  tables = join(folder, 'tables');
  await writeMirTables(tables, 'liver', liver);
  await writeMirTables(tables, 'colon', colon);
});
afterAll(() => removeFolder(folder));

const run = (to: string, ...args: string[]) =>
  precedentJson<MirDocument>('bench', '3dmir', '--labels', tables, '--splits', tables, '--to', to, ...args);

describe('with images', () => {
  let document: MirDocument;
  let to: string;
  beforeAll(async () => {
    const msd = join(folder, 'msd');
    await writeMsd(join(msd, 'Task03_Liver'), 'liver', liver);
    await writeMsd(
      join(msd, 'Task10_Colon'),
      'colon',
      colon.filter(({ name }) => name.startsWith('colon')),
    );
    const library = join(folder, 'library');
    const encoder = await writeEncoder(join(folder, 'encoder'), tiny.slice);
    await precedentJson('encoders', 'add', encoder, '--library', library);
    to = join(folder, 'report');
    const both = ['--encoder', 'tiny-slice', 'precedent-builtin'];
    document = await run(to, '--input', msd, '--library', library, ...both);
  });

  test('every method runs by organ and mixed, beside the baselines', () => {
    console.log(
      document.methods.map(({ index, name, queries }) => `${index} ${name} ${queries}`),
      document.notes,
      document.agreement,
      document.strata,
    );
  });
});
