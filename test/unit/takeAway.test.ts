/** What leaves a library: that it names nobody unless asked, that spreadsheets read it, and that pictures show the lesion as asked. */
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { openDatabase } from '../../native/catalog/database.ts';
import { catalogReads, type PatientIdentifiers } from '../../native/catalog/reads.ts';
import { catalogWrites } from '../../native/catalog/writes.ts';
import type { TakenSearch } from '../../native/contract/takeaway.ts';
import { readTable } from '../../native/ingest/csv.ts';
import { type Comparison, comparisonPage } from '../../native/takeaway/comparisonPage.ts';
import { csvTable } from '../../native/takeaway/csv.ts';
import { Disclosure } from '../../native/takeaway/disclosure.ts';
import { hitsTable } from '../../native/takeaway/hitsTable.ts';
import { isIdentifying, isIdentifyingName } from '../../native/takeaway/identifying.ts';
import { lesionPicture, pictureSide } from '../../native/takeaway/lesionPicture.ts';
import type { Box, Grid, Volume } from '../../native/volume/volume.ts';
import { lesion, volume } from '../support/catalogRows.ts';

const search: TakenSearch = { method: 'lesion', encoder: 'e', scores: 'Cosine similarity', searched: 9 };
const patient: PatientIdentifiers = {
  patientId: 'KAN-0042',
  name: 'Kanarienvogel^Ada',
  birthDate: '19500617',
  accessionNumbers: ['ACC77'],
  merged: [],
};

test('cells with quotes, commas, line ends and other scripts come back as they were', () => {
  const rows = [
    ['a', 'b'],
    ['say "no", or\r\nyes', 'Ödem; χ'],
  ];
  expect(readTable(Buffer.from(csvTable(rows)))).toEqual(rows);
});

test.each(['=1+1', '+1', '-1', '@A1', '\t=1'])('%j is no formula in a spreadsheet', (value) => {
  expect(csvTable([[value]])).toBe(`'${value}\r\n`);
});

test('a number below zero stays a number', () => {
  expect(csvTable([[-12.5, undefined]])).toBe('-12.5,\r\n');
});

test.each([
  'seen in KAN-0042', 'kan 0042', 'Ada', 'cyst of Kanarienvogel', 'order acc77', 'on 2021-03-04', 'on 04.03.2021', '4/3/21', '20210304',
  'born 19500617', '1.2.840.113619.2.55', 'number 123456', 'a@b.example',
])('%j is left out', (value) => {
  expect(isIdentifying(value, patient)).toBe(true);
}); // biome-ignore format: one list

test.each([
  'hemangioma',
  'grade 3',
  'segment 4a',
  '12.5',
  'T2 N1',
  'adenoma',
  'malignant, 2 of 5',
  '10-15 mm',
])('%j stays', (value) => {
  expect(isIdentifying(value, patient)).toBe(false);
});

test('labels that are named for persons, places and times are known by their names', () => {
  for (const name of ['patient', 'PatientID', 'readBy reader', 'scan_date', 'birthDate'])
    expect(isIdentifyingName(name), name).toBe(true);
  for (const name of ['organ', 'kind', 'malignancy', 'spiculation', 'grade'])
    expect(isIdentifyingName(name), name).toBe(false);
});

/** One lesion of a patient whose identity stands in everything that could hold it. */
function namedLibrary() {
  const db = openDatabase(':memory:');
  const writes = catalogWrites(db);
  const named = lesion('GTV Kanarienvogel', {
    organ: 'liver',
    age: '93',
    remark: 'see Ada',
    seen: '20210304',
    known: 'KAN-0042',
  });
  const whole = volume(patient.patientId, 'one', [
    {
      ...named,
      diagnosis: {
        diagnosis: 'cyst',
        proof: 'histology',
        proofDate: '20210304',
        author: 'Dr Kanari',
        source: 'ACC77',
      },
    },
  ]);
  writes.addVolume({
    ...whole,
    read: {
      ...whole.read,
      patient: { patientId: patient.patientId, name: patient.name, birthDate: patient.birthDate },
      study: { uid: '1.2.3.4.5.6', date: '20210304', accessionNumber: 'ACC77' },
    },
  });
  return { library: { reads: catalogReads(db), writes }, id: named.uid, close: () => db.close() };
}

const canary = /kanari|[>,]93[<,]|\bada\b|0042|ACC77|20210304|2021|19500617|1\.2\.3\.4/i;

test('a table and a page name nobody, under the same pseudonym, unless they are asked to', () => {
  const { library, id, close } = namedLibrary();
  const hits = [{ lesion: id, rank: 1, score: 0.5, expected: 0.25 }];
  const page = (identified: boolean) => {
    const { measurements, ...said } = new Disclosure(library, identified).lesion(id);
    const shown = { said, measurements, picture: new Uint8Array([1, 2, 3]), hit: hits[0] };
    const comparison: Comparison = {
      search,
      lesions: [shown],
      window: { width: 400, center: -40 },
      fieldMm: 50,
      identified,
    };
    return comparisonPage(comparison);
  };
  const table = hitsTable(library, { hits, search, identified: false });
  for (const text of [table, page(false)]) {
    expect(text).not.toMatch(canary);
    expect(text).toContain('liver');
    expect(text).toContain('cyst');
    expect(text).toContain('histology');
    expect(text).toContain('Research use, not for primary diagnosis');
  }
  const pseudonyms = [table, page(false), page(false)].map((text) => /P-[0-9A-Z]{10}/.exec(text)?.[0]);
  expect(new Set(pseudonyms).size).toBe(1);
  expect(pseudonyms[0]).toBeDefined();
  const [head, row] = readTable(Buffer.from(table));
  expect(row[head.indexOf('expected')]).toBe('0.25');
  for (const text of [hitsTable(library, { hits, search, identified: true }), page(true)]) {
    expect(text).toContain('KAN-0042');
    expect(text).toContain('Kanarienvogel^Ada');
    expect(text).not.toMatch(/P-[0-9A-Z]{10}/);
  }
  close();
});

test('a page carries its pictures, refers to nothing else, and what it says is no markup', () => {
  const { library, id, close } = namedLibrary();
  library.writes.setLabel(id, 'kind', '<script>alert(1)</script>');
  const { measurements, ...said } = new Disclosure(library, false).lesion(id);
  const one = { said, measurements, picture: new Uint8Array([1, 2, 3]) };
  const html = comparisonPage({
    search,
    lesions: [
      { ...one, hit: null },
      { ...one, hit: { lesion: id } },
    ],
    window: { width: 400, center: 40 },
    fieldMm: 50,
    identified: false,
  });
  expect(html.match(/href="data:image\/png;base64,AQID"/g)?.length).toBe(2);
  expect(html).not.toMatch(/<script|https?:|url\(/);
  expect(html).toContain('&lt;script&gt;');
  expect(html).toContain('Earlier hit');
  expect(html).toContain('10 mm');
  close();
});

/** A bright cube of 10 mm at the patient's left front of the middle, in fat; `turned` stores it with i and j backwards. */
function cube(turned: boolean): { source: { grid: Grid; readBox: (box: Box) => Promise<Volume> }; box: Box } {
  const sign = turned ? -1 : 1;
  const grid: Grid = {
    dims: [60, 60, 21],
    spacing: [1, 1, 2],
    origin: turned ? [59, 59, 0] : [0, 0, 0],
    direction: [sign, 0, 0, 0, sign, 0, 0, 0, 1],
  };
  const stored = (low: number, high: number) => (turned ? [59 - high, 59 - low] : [low, high]);
  const [i, j] = [stored(30, 39), stored(10, 19)];
  const box: Box = [i[0], j[0], 8, i[1], j[1], 12];
  const readBox = async (b: Box): Promise<Volume> => {
    const dims = [b[3] - b[0] + 1, b[4] - b[1] + 1, b[5] - b[2] + 1] as const;
    const origin = [grid.origin[0] + sign * b[0], grid.origin[1] + sign * b[1], 2 * b[2]] as const;
    const voxels = Int16Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, n) => {
      const at = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / dims[0] / dims[1])].map(
        (value, axis) => value + b[axis],
      );
      return at.every((value, axis) => value >= box[axis] && value <= box[axis + 3]) ? 140 : -160;
    });
    return { ...grid, dims, origin, voxels };
  };
  return { source: { grid, readBox }, box };
}

test.each([false, true])(
  'a picture has the asked window and scale, whatever the storage (turned: %j)',
  async (turned) => {
    const { source, box } = cube(turned);
    const bits = new Uint8Array(10 * 10 * 5).fill(1);
    const view = { window: { width: 400, center: 40 }, fieldMm: 48, color: [79, 209, 232] as const };
    const { width, data, channels } = decode(await lesionPicture(source, { box, mask: { box, bits } }, view));
    expect([width, channels]).toEqual([pictureSide, 3]);
    const at = (xMm: number, yMm: number) => {
      const [x, y] = [xMm, yMm].map((mm) => Math.round(pictureSide / 2 + (mm * pictureSide) / view.fieldMm));
      return [...data.slice(3 * (x + pictureSide * y), 3 * (x + pictureSide * y) + 3)];
    };
    expect(at(0, 0)).toEqual([191, 191, 191]);
    expect(at(20, 0)).toEqual([0, 0, 0]);
    const outlined: number[] = [];
    for (let n = 0; n < pictureSide; n++) {
      const p = 3 * (n + (pictureSide * pictureSide) / 2);
      if (data[p] === 79 && data[p + 1] === 209) outlined.push(n);
    }
    // Two pixels at either side of 10 mm.
    expect(outlined.length).toBe(4);
    expect(((outlined[3] - outlined[0]) * view.fieldMm) / pictureSide).toBeCloseTo(10, 0);
    // The cube is nearer to the patient's front than 20 mm from its middle: beyond, the picture is black, as fat is here.
    expect(at(0, -23)).toEqual([0, 0, 0]);
  },
);
