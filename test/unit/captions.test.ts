/** Captions: what is said of lesions and studies, that it follows the catalog, that it can be edited, and that words find it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogCaptions, wordsOf } from '../../native/catalog/captions.ts';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import { type Database, openDatabase } from '../../native/catalog/database.ts';
import { catalogEmbeddings } from '../../native/catalog/embeddings.ts';
import { catalogReads } from '../../native/catalog/reads.ts';
import { catalogReports } from '../../native/catalog/reports.ts';
import { catalogWrites, type NewLesion } from '../../native/catalog/writes.ts';
import { countCaption, lesionCaption, studyCaptions } from '../../native/lesion/caption.ts';
import { lesion, volume } from '../support/catalogRows.ts';

const cyst = { volumeMl: 27.14, diameterMm: 41.7, diameter3dMm: 44, meanHu: 8.2, sdHu: 12.4 };
const nodule = { volumeMl: 0.0934, diameterMm: 6.2, diameter3dMm: 7, meanHu: -612, sdHu: 140 };

test('a caption says site, size, density and margin, as far as they are measured', () => {
  expect(
    lesionCaption({
      ...cyst,
      organ: 'Liver',
      place: 'right upper anterior',
      outline: { sphericity: 0.9, convexity: 0.95, edgeMm: 1.4 },
    }),
  ).toBe(
    'large lesion in the liver, right upper anterior, 42 mm, 27.1 ml, homogeneous, fluid density (mean 8 HU, SD 12 HU), smooth outline, sharp margin',
  );
  expect(lesionCaption({ ...nodule, outline: { sphericity: 0.6, convexity: 0.6 } })).toBe(
    'small lesion, 6 mm, 0.093 ml, heterogeneous, ground-glass density (mean -612 HU, SD 140 HU), irregular outline',
  );
  expect(lesionCaption({ ...nodule, organ: 'Lung_R' })).toMatch(/^small nodule in the right lung, 6 mm/);
});

test('the benchmark’s form says organ, count and longest diameter', () => {
  expect(countCaption('Liver', 7, 24.4)).toBe(
    'CT volume of the liver with 7 lesions, the longest of 2.4 centimeters',
  );
  expect(countCaption('colon', 1, 43)).toBe('CT volume of the colon with a single lesion of 4.3 centimeters');
  expect(countCaption('colon', 0, 0)).toBe('CT volume of the colon without lesions');
  const both = studyCaptions([
    { ...cyst, organ: 'Liver' },
    { ...nodule, organ: 'Lung_L' },
    { ...nodule, organ: 'Lung_L' },
  ]);
  expect(both.count).toBe(
    'CT volume of the left lung with 2 lesions, the longest of 0.7 centimeters; CT volume of the liver with a single lesion of 4.4 centimeters',
  );
  expect(both.generated).toMatch(/^large lesion in the liver.*; small nodule in the left lung/);
});

describe('in a library', () => {
  let folder: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'precedent-captions-'));
    db = openDatabase(join(folder, 'catalog.sqlite'));
  });
  afterEach(async () => {
    db.close();
    await rm(folder, { recursive: true, force: true });
  });

  const measured = (name: string, m: typeof cyst, labels: Record<string, string> = {}): NewLesion => {
    const plain = lesion(name, labels);
    return { ...plain, measurements: { ...plain.measurements, ...m } };
  };

  function filled() {
    const [reads, writes, captions] = [catalogReads(db), catalogWrites(db), catalogCaptions(db)];
    const lesions = {
      cyst: measured('one', cyst, { organ: 'Liver' }),
      nodule: measured('two', nodule, { organ: 'Lung_L', texture: 'spiculated' }),
      plain: measured('three', cyst),
    };
    writes.addVolume(volume('A', 'c1', [lesions.cyst, lesions.nodule]));
    writes.addVolume(volume('B', 'c2', [lesions.plain]));
    captions.refreshSome();
    const ids = Object.fromEntries(Object.entries(lesions).map(([name, { uid }]) => [name, uid]));
    const nameOf = new Map(Object.entries(lesions).map(([name, { uid }]) => [uid, name]));
    const find = (text: string) => captions.find(text).map((hit) => nameOf.get(hit.lesion));
    return { reads, writes, captions, ids, find };
  }

  test('every lesion and every study has captions', () => {
    const { reads, ids } = filled();
    expect(reads.lesion(ids.cyst)).toMatchObject({
      caption: expect.stringMatching(/^large lesion in the liver, 42 mm/),
      captions: { count: 'CT volume of the liver with a single lesion of 4.4 centimeters' },
    });
    const { rows } = reads.studies({ offset: 0, limit: 10 });
    expect(rows[0].captions.count).toMatch(/liver with a single lesion .*; .*left lung with a single lesion/);
    expect(rows[1].captions.generated).toMatch(/^large lesion, 42 mm/);
  });

  test('captions follow what is changed of their lesions', () => {
    const { reads, writes, captions, ids } = filled();
    writes.setLabel(ids.plain, 'organ', 'Spleen');
    writes.setLabel(ids.cyst, 'organ', null);
    captions.refreshSome();
    expect(reads.lesion(ids.plain).caption).toMatch(/in the spleen/);
    expect(reads.lesion(ids.cyst).caption).not.toMatch(/liver/);
    db.prepare('DELETE FROM lesion WHERE uid = ?').run(ids.nodule);
    captions.refreshSome();
    expect(reads.studies({ offset: 0, limit: 1 }).rows[0].captions.count).not.toMatch(/lung/);
    expect(captions.find('nodule')).toEqual([]);
  });

  test('captions of many lesions are made some at a time, whoever waits', () => {
    const [writes, captions] = [catalogWrites(db), catalogCaptions(db)];
    const many = (name: string) => Array.from({ length: 60 }, (_, n) => lesion(`${name} ${n}`));
    for (const name of ['c1', 'c2', 'c3', 'c4', 'c5']) writes.addVolume(volume(name, name, many(name)));
    const captioned = () => db.prepare('SELECT count(*) FROM lesion_caption').pluck().get();
    expect([captions.refreshSome(), captioned()]).toEqual([true, 240]);
    expect([captions.refreshSome(), captioned()]).toEqual([false, 300]);
  });

  test('captions that another version made are made anew', () => {
    const { reads, ids } = filled();
    const generated = reads.lesion(ids.cyst).caption;
    db.exec(`UPDATE lesion_caption SET generated = 'said otherwise'`);
    catalogCaptions(db).refreshSome();
    expect(reads.lesion(ids.cyst).caption).toBe('said otherwise');
    catalogWrites(db).setSetting('captionRule', '0');
    catalogCaptions(db).refreshSome();
    expect(reads.lesion(ids.cyst).caption).toBe(generated);
  });

  test('an edited caption is shown and found, survives what is generated anew, and can be taken back', () => {
    const { reads, writes, captions, ids, find } = filled();
    const key = {
      encoder: 'e',
      version: '1.0.0',
      preprocessing: 'p',
      level: 'caption',
      pooling: '',
    } as const;
    const embeddings = catalogEmbeddings(db);
    embeddings.add(key, 2, [{ owner: ids.cyst, vector: new Uint8Array(4) }]);
    const generated = reads.lesion(ids.cyst).caption;
    const hash = catalogContentHash(db);
    writes.setLesionCaption(ids.cyst, 'haemangioma with filling-in');
    captions.refreshSome();
    expect(embeddings.count(key)).toBe(0);
    expect(catalogContentHash(db)).not.toBe(hash);
    writes.setLabel(ids.cyst, 'organ', 'Spleen');
    captions.refreshSome();
    expect(reads.lesion(ids.cyst)).toMatchObject({
      caption: 'haemangioma with filling-in',
      captions: { edited: 'haemangioma with filling-in', generated: expect.stringMatching(/spleen/) },
    });
    expect(find('haemangioma')).toEqual(['cyst']);
    writes.setLabel(ids.cyst, 'organ', 'Liver');
    writes.setLesionCaption(ids.cyst, null);
    expect(find('haemangioma')).toEqual([]);
    expect(reads.lesion(ids.cyst).caption).toBe(generated);
    const study = reads.studies({ offset: 0, limit: 1 }).rows[0].id;
    writes.setStudyCaption(study, 'follow-up after ablation');
    expect(find('ablation').sort()).toEqual(['cyst', 'nodule']);
    expect(reads.study(study).captions.edited).toBe('follow-up after ablation');
  });

  test('a new caption costs the vector of the old one, an unchanged one does not', () => {
    const { writes, captions, ids } = filled();
    const key = {
      encoder: 'e',
      version: '1.0.0',
      preprocessing: 'p',
      level: 'caption',
      pooling: '',
    } as const;
    const embeddings = catalogEmbeddings(db);
    embeddings.add(
      key,
      2,
      [ids.cyst, ids.plain].map((owner) => ({ owner, vector: new Uint8Array(4) })),
    );
    writes.setLabel(ids.cyst, 'grade', '3');
    captions.refreshSome();
    expect(embeddings.count(key)).toBe(2);
    writes.setLabel(ids.plain, 'organ', 'Spleen');
    captions.refreshSome();
    expect([...embeddings.rows(key)].map(({ owner }) => owner)).toEqual([ids.cyst]);
  });

  test('words find lesions by caption, label, diagnosis and report; any word is enough, more words are better', () => {
    const { writes, ids, find, captions } = filled();
    expect(find('liver')).toEqual(['cyst', 'nodule']);
    expect(find('nodules, livers and spiculations')).toEqual(['nodule', 'cyst']);
    expect(find('ground-glass spiculated')).toEqual(['nodule']);
    writes.setDiagnosis(ids.plain, { diagnosis: 'angiomyolipoma', proof: 'none' });
    expect(find('angiomyolipoma nodule')).toEqual(['plain', 'nodule']);
    catalogReports(db).add('study-B', { path: '/r.txt', text: 'A nodule beside the gallbladder.' });
    expect(find('gallbladder')).toEqual(['plain']);
    expect(find('nodule')).toEqual(['nodule', 'plain']);
    expect(find('nodule').at(0)).toBe('nodule');
    const scores = captions.find('nodule gallbladder lesion').map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores.every((score) => score > 0)).toBe(true);
  });

  test('excluded words leave lesions out, alone they leave all others, and no words at all every one', () => {
    const { find } = filled();
    expect(find('lesion -spiculated').sort()).toEqual(['cyst', 'plain']);
    expect(find('-spiculated').sort()).toEqual(['cyst', 'plain']);
    expect(find('lesion -"ground glass"').sort()).toEqual(['cyst', 'plain']);
    expect(find('').sort()).toEqual(['cyst', 'nodule', 'plain']);
    expect(find(' ?? ')).toEqual([]);
    expect(find('spicul*')).toEqual(['nodule']);
  });

  test('whatever is typed is answered', () => {
    const { captions } = filled();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        for (const { score } of captions.find(text)) expect(Number.isFinite(score)).toBe(true);
      }),
    );
  });

  test('a lesion is found by its own words', () => {
    const { reads, ids, find } = filled();
    expect(find(wordsOf(reads.lesion(ids.nodule)))[0]).toBe('nodule');
    expect(wordsOf({ caption: 'mean -612 HU, "sharp"*' })).toBe('mean HU sharp');
  });

  test('a volume that goes takes its words with it', () => {
    const { reads, writes, ids, captions } = filled();
    writes.removeVolume(reads.lesion(ids.cyst).volume);
    expect(captions.find('liver nodule')).toEqual([]);
    expect(db.prepare('SELECT count(*) FROM lesion_text').pluck().get()).toBe(1);
    expect(db.prepare('SELECT count(*) FROM caption_stale').pluck().get()).toBe(0);
  });
});
