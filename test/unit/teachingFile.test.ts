/** A teaching file: its planes lie as radiologists look at them, its words name nobody, and it is written whole or not at all. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { Engine } from '../../native/engine/engine.ts';
import { exportTeaching } from '../../native/engine/exportTeaching.ts';
import { Grants } from '../../native/engine/grants.ts';
import { Library } from '../../native/engine/library.ts';
import { createPackage } from '../../native/files/package.ts';
import { packMask } from '../../native/lesion/mask.ts';
import { Disclosure, leftOut } from '../../native/takeaway/disclosure.ts';
import { lesionPictures, pictureSide } from '../../native/takeaway/lesionPicture.ts';
import { teachingPage } from '../../native/takeaway/teachingPage.ts';
import type { Box, Grid, Volume } from '../../native/volume/volume.ts';
import { openVoxelFile, writeVoxelFile } from '../../native/volume/voxelFile.ts';
import { lesion, volume } from '../support/catalogRows.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';

const grid: Grid = {
  dims: [40, 40, 40],
  spacing: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const box: Box = [18, 18, 18, 21, 21, 21];
const packed = () => packMask({ box, bits: new Uint8Array(64).fill(1) });

/** Bright where `bright` says, in LPS mm from the lesion's middle. */
function source(bright: (x: number, y: number, z: number) => boolean) {
  const readBox = async (b: Box): Promise<Volume> => {
    const dims = [b[3] - b[0] + 1, b[4] - b[1] + 1, b[5] - b[2] + 1] as const;
    const voxels = Int16Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, n) => {
      const [i, j, k] = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / dims[0] / dims[1])];
      return bright(i + b[0] - 20, j + b[1] - 20, k + b[2] - 20) ? 240 : -160;
    });
    return { ...grid, dims, origin: [b[0], b[1], b[2]], voxels };
  };
  return { grid, readBox };
}

test.each([
  ['axial', 'left side', (x: number) => x > 5, 'right'],
  ['axial', 'front', (_: number, y: number) => y < -5, 'top'],
  ['coronal', 'left side', (x: number) => x > 5, 'right'],
  ['coronal', 'head', (_: number, __: number, z: number) => z > 5, 'top'],
  ['sagittal', 'back', (_: number, y: number) => y > 5, 'right'],
  ['sagittal', 'head', (_: number, __: number, z: number) => z > 5, 'top'],
] as const)('on the %s picture the %s is where it is looked for', async (plane, _, bright, side) => {
  const view = { window: { width: 400, center: 40 }, fieldMm: 30, color: [255, 0, 0] as const, plane };
  const bits = new Uint8Array(64).fill(1);
  const { plain, outlined } = await lesionPictures(source(bright), { box, mask: { box, bits } }, view);
  const { data, channels } = decode(plain);
  expect(channels).toBe(1);
  const [near, far, middle] = [0.1, 0.9, 0.5].map((part) => Math.round(part * pictureSide));
  const grey = (x: number, y: number) => data[x + pictureSide * y];
  const [there, opposite] =
    side === 'right' ? [grey(far, middle), grey(near, middle)] : [grey(middle, near), grey(middle, far)];
  expect([there, opposite]).toEqual([255, 0]);
  const colored = decode(outlined).data;
  const red = Array.from(
    { length: pictureSide ** 2 },
    (__, n) => colored[3 * n] === 255 && colored[3 * n + 1] === 0,
  );
  expect(red.filter(Boolean).length).toBeGreaterThan(100);
});

test('a slice beside the middle shows what lies there', async () => {
  const above = source((_, __, z) => z >= 5);
  const at = async (offsetMm: number) => {
    const view = { window: { width: 400, center: 40 }, fieldMm: 20, color: [255, 0, 0] as const, offsetMm };
    return decode((await lesionPictures(above, { box }, view)).plain).data[pictureSide ** 2 / 2];
  };
  expect([await at(0), await at(8), await at(-8)]).toEqual([0, 255, 0]);
});

describe('what is said', () => {
  const patient = { patientId: 'KAN-0042', name: 'Kanarienvogel^Ada', birthDate: '19500617' };
  const named = lesion('GTV', { organ: 'liver' });
  const db = openDatabase(':memory:');
  const writes = catalogWrites(db);
  const whole = volume(patient.patientId, 'one', [named]);
  writes.addVolume({ ...whole, read: { ...whole.read, patient } });
  const library = { reads: catalogReads(db), writes };
  const report = [
    'Patient: Ada Kanarienvogel, KAN-0042.',
    'A hypodense lesion of 12 mm in segment 4. No calcification.',
    'Compared with 04.03.2021; stable.',
    'Signed by A. Reader',
    'Seen with Prof. Finch.',
    'Discussed with Dr.',
    'Sparrow at noon.',
    'Follow-up in a year.',
  ].join('\n');

  test('a text keeps its findings and loses the sentences that may name someone or a day', () => {
    const text = new Disclosure(library, false).text(patient.patientId, report);
    expect(text).toContain('A hypodense lesion of 12 mm in segment 4.\nNo calcification.');
    expect(text).toContain('stable.');
    expect(text).toContain('Follow-up in a year.');
    expect(text).toContain(leftOut);
    expect(text).not.toMatch(/Ada|Kanari|0042|2021|Reader|Finch|Sparrow/);
    expect(new Disclosure(library, true).text(patient.patientId, report)).toBe(report);
  });

  test('an age is its decade, and from ninety on no more than that', () => {
    const age = (years: number, identified = false) =>
      new Disclosure(library, identified).person({ sex: 'F', age: years }).age;
    expect([age(9), age(51), age(89), age(90), age(104), age(51, true)]).toEqual([
      '0–9', '50–59', '80–89', '90 or older', '90 or older', '51',
    ]); // biome-ignore format: one list
  });

  test('a sex is one of the three that DICOM knows, or is not told', () => {
    const sex = (said: string, identified = false) =>
      new Disclosure(library, identified).person({ sex: said, age: undefined }).sex;
    expect([sex('F'), sex('F, Ada'), sex('F, Ada', true)]).toEqual(['F', undefined, 'F, Ada']);
  });

  test('the page shows its cases, refers to its own folder alone, and what it says is no markup', () => {
    writes.setLabel(named.uid, 'kind', '<b>');
    const html = teachingPage({
      title: 'Livers <1>',
      identified: false,
      cases: [
        {
          number: 1,
          said: new Disclosure(library, false).lesion(named.uid),
          sex: 'F',
          age: '50–59',
          caption: 'A lesion.',
          reports: ['Stable.'],
          pictures: [
            { title: 'axial', plain: 'case-001/axial.png', outlined: 'case-001/axial-outlined.png' },
          ],
          fieldMm: 60,
          window: { width: 400, center: 40 },
        },
      ],
    });
    expect(html).toContain('Livers &lt;1&gt;');
    expect(html).toContain('&lt;b&gt;');
    expect(html.match(/src="case-001\/axial(-outlined)?\.png"/g)?.length).toBe(2);
    expect(html).not.toMatch(/<script|https?:|url\(|KAN|Kanari/);
  });
});

describe('the folder and the ZIP', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  test('hold what was added once they are whole, and nothing of it when they are given up', async () => {
    for (const name of ['set', 'set.zip']) {
      const given = await createPackage(join(folder, name));
      await given.add('case/a.txt', Buffer.from('a'));
      await given.abandon();
      expect(await readdir(folder)).toEqual(name === 'set' ? [] : ['set']);
      const whole = await createPackage(join(folder, name));
      await whole.add('case/a.txt', Buffer.from('a'));
      await whole.add('index.html', Buffer.from('page'));
      await whole.commit();
    }
    expect(await readFile(join(folder, 'set', 'case', 'a.txt'), 'utf8')).toBe('a');
    const zipped = unzipSync(await readFile(join(folder, 'set.zip')));
    expect(Object.keys(zipped)).toEqual(['case/a.txt', 'index.html']);
    expect(Buffer.from(zipped['index.html']).toString()).toBe('page');
  });

  test('a ZIP takes no more than it can count, and is as large as was counted', async () => {
    const path = join(folder, 'set.zip');
    const most = { bytes: 310, files: 2 };
    const large = await createPackage(path, most);
    await large.add('a', new Uint8Array(100));
    await expect(large.add('b', new Uint8Array(100))).rejects.toThrow(/more than a ZIP/);
    await large.abandon();
    const whole = await createPackage(path, most);
    for (const name of ['a', 'b']) await whole.add(name, new Uint8Array(50));
    await expect(whole.add('c', new Uint8Array(0))).rejects.toThrow(/more than a ZIP/);
    await whole.commit();
    expect((await readFile(path)).length).toBe(most.bytes);
    expect(Object.keys(unzipSync(await readFile(path)))).toEqual(['a', 'b']);
  });

  test('a folder or file that is there already is not overwritten', async () => {
    await writeFile(join(folder, 'set'), 'mine');
    await expect(createPackage(join(folder, 'set'))).rejects.toThrow(/of that name already/);
    expect(await readFile(join(folder, 'set'), 'utf8')).toBe('mine');
  });
});

describe('an export', () => {
  let folder: string;
  let library: Library;
  const [broken, sound] = [lesion('broken'), lesion('sound')].map((one) => ({
    ...one,
    box,
    packed: packed(),
  }));
  beforeEach(async () => {
    folder = await temporaryFolder();
    library = await Library.open(join(folder, 'library'), false);
    for (const [patient, one] of [
      ['A', broken],
      ['B', sound],
    ] as const) {
      const whole = volume(patient, patient, [one]);
      library.writes.addVolume({
        ...whole,
        uid: `vol-${patient}`,
        read: { ...whole.read, study: { uid: '1.2' }, dims: [40, 40, 40] },
      });
      const voxels = new Int16Array(40 ** 3).fill(patient === 'A' ? 240 : -160);
      await writeVoxelFile(library.layout.voxelFile(`vol-${patient}`), { ...grid, voxels });
      library.db.exec(`INSERT INTO report (uid, study, textHash, path, text)
        SELECT 'rep-${patient}', id, 'h', '/r', 'In ${patient === 'A' ? 'the liver' : 'a lung'}.' FROM study
        WHERE patient = (SELECT id FROM patient WHERE identity = '${patient}')`);
    }
    const damaged = library.layout.voxelFile('vol-A');
    const bytes = await readFile(damaged);
    // In the lowest slice, which the axial picture does not show.
    bytes[12] ^= 255;
    await writeFile(damaged, bytes);
  });
  afterEach(async () => {
    await library.close();
    await removeFolder(folder);
  });

  test('holds nothing of a case that failed, whose number the next one takes, and of a study of two patients only their own reports', async () => {
    const path = join(folder, 'set.zip');
    const grants = new Grants();
    grants.add('token', { path, access: 'write' });
    const withVoxels: Engine['withVoxels'] = async (id, use) => {
      const file = await openVoxelFile(library.layout.voxelFile(id));
      try {
        return await use(file);
      } finally {
        await file.close();
      }
    };
    const engine = { library, grants, withVoxels } as unknown as Engine;
    const lesions = [broken.uid, sound.uid];
    const params = { lesions, title: '', identified: false, reports: true, target: 'token' };
    const done = await exportTeaching(engine, params, new AbortController().signal, () => undefined);
    expect(done).toMatchObject({ cases: 1, failed: [{ lesion: broken.uid }] });
    const bytes = await readFile(path);
    // The header before each file of a ZIP: its mark, 26 bytes, the name.
    const headers = bytes.toString('latin1').split('PK\u0003\u0004');
    const entries = headers.filter((header) => header.startsWith('case-001/axial.png', 26));
    expect(entries).toHaveLength(1);
    const files = unzipSync(bytes);
    expect(decode(files['case-001/axial.png']).data[pictureSide ** 2 / 2]).toBe(0);
    const [said] = JSON.parse(Buffer.from(files['cases.json']).toString()).cases;
    expect(said.reports).toEqual(['In a lung.']);
  });
});
