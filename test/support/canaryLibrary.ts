/** A library with two patients: one whose every text and every pixel is a canary, and one who stays. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { DeletionSubject } from '../../native/contract/deletion.ts';
import { importOptions } from '../../native/contract/jobs.ts';
import { Library } from '../../native/engine/library.ts';
import { mergeDuplicates } from '../../native/engine/mergeDuplicates.ts';
import { packMask } from '../../native/lesion/mask.ts';
import { toFloat16 } from '../../native/volume/float16.ts';
import type { Box } from '../../native/volume/volume.ts';
import { writeVoxelFile } from '../../native/volume/voxelFile.ts';
import { byteCanary, type Canary, textCanary } from './canarySearch.ts';
import { lesion, volume } from './catalogRows.ts';

/** The same bytes for the same name, unlike any others. */
function noise(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) =>
    createHash('sha256').update(`${name}${n}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
const floats = (name: string) => Float32Array.from(noise(name, 32), (byte) => byte / 255 - 0.5);
const mask = (name: string) => {
  const bits = Uint8Array.from(noise(name, 512), (byte) => byte & 1);
  bits[0] = 1;
  bits[511] = 1;
  return bits;
};
const key = { encoder: 'e', version: '1', preprocessing: 'p', level: 'lesion' as const, pooling: '' };
const volumeKey = { ...key, level: 'volume' as const };

/** What is known by a canary of each patient (`who`): texts by field, bytes by kind. */
class Planted {
  readonly canaries: Canary[] = [];
  readonly #who: string;
  constructor(who: string) {
    this.#who = who;
  }
  text(field: string): string {
    const text = `Zq${this.#who}${field}`;
    if (!this.canaries.some(({ name }) => name === text)) this.canaries.push(textCanary(text));
    return text;
  }
  bytes(kind: string, bytes: Uint8Array): void {
    this.canaries.push(byteCanary(`${this.#who} ${kind}`, bytes));
  }
}

export interface CanaryLibrary {
  readonly subjects: Readonly<Record<'patient' | 'study' | 'lesion', DeletionSubject>>;
  /** What must be gone when the subject is. */
  readonly canaries: Readonly<Record<'patient' | 'study' | 'lesion', readonly Canary[]>>;
  /** Of the patient who stays. */
  readonly staying: readonly Canary[];
}

const boxOf = (at: number): Box => [at, 0, 0, at + 7, 7, 7];

function lesionOf(library: Library, volumeId: string, name: string, at: number, said: Planted) {
  const box = boxOf(at);
  const bits = mask(name);
  const packed = packMask({ box, bits });
  said.bytes('mask', packed);
  const uid = `les-${name}`;
  library.writes.addLesion(volumeId, {
    ...lesion(said.text('lesion'), {
      [said.text('labelname')]: said.text('label'),
      organ: said.text('organ'),
    }),
    uid,
    box,
    packed,
    diagnosis: {
      diagnosis: said.text('diagnosis'),
      code: said.text('code'),
      proof: 'histology',
      source: said.text('source'),
      author: said.text('author'),
    },
    organs: [
      { organ: said.text('around'), inside: 1, ofOrgan: 1, position: [0, 0, 0], where: said.text('where') },
    ],
  });
  const vector = floats(name);
  said.bytes('embedding', toFloat16(vector));
  library.embeddings.add(key, vector.length, [{ owner: uid, vector: toFloat16(vector) }]);
  const picture = noise(`${name}picture`, 128 * 128);
  said.bytes('thumbnail', picture.subarray(0, 100));
  writeFileSync(
    library.layout.thumbnail(uid),
    encode({ width: 128, height: 128, data: picture, channels: 1 }),
  );
  library.writes.setLesionCaption(uid, said.text('caption'));
  library.edits.apply('editor', said.text('change'), [uid], (before) => ({
    ...before,
    labels: { ...before.labels, grade: said.text('grade') },
  }));
  return uid;
}

async function studyOf(library: Library, name: string, who: Planted, said: Planted, folder: string) {
  const uid = `vol-${name}`;
  const made = volume(who.text('patientid'), said.text('content'), []);
  const { read } = made;
  const copies = join(library.layout.originals, uid);
  mkdirSync(copies, { recursive: true });
  const copy = join(copies, '00000.dcm');
  writeFileSync(copy, said.text('original'));
  library.writes.addVolume({
    ...made,
    uid,
    copied: true,
    files: [{ path: copy, original: `${folder}/${said.text('file')}.dcm`, sopInstanceUid: said.text('sop') }],
    regionFiles: [{ path: `${folder}/${said.text('region')}.dcm` }],
    organs: [{ uid: `org-${name}`, name: said.text('organname'), box: boxOf(0), packed: packMask({ box: boxOf(0), bits: mask(`${name}organ`) }) }],
    read: {
      ...read,
      patient: { patientId: who.text('patientid'), issuer: who.text('issuer'), name: `${who.text('family')}^${who.text('given')}`, birthDate: who.text('birth') },
      study: { uid: said.text('studyuid'), description: said.text('studydescription'), accessionNumber: said.text('accession'), date: said.text('date'), age: said.text('age') },
      series: { ...read.series, uid: said.text('seriesuid'), description: said.text('series'), kernel: said.text('kernel'), manufacturer: said.text('maker'), model: said.text('model'), contrast: said.text('contrast'), frameOfReferenceUid: said.text('frame') },
      dims: [16, 8, 8],
      identity: said.text('identity'),
      path: folder,
      warnings: [said.text('warning')],
      labels: { [said.text('studylabelname')]: said.text('studylabel') },
    },
  }); // biome-ignore format: one line a part
  const bytes = noise(name, 16 * 8 * 8 * 2);
  const voxels = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  said.bytes('voxels', bytes.subarray(0, 64));
  await writeVoxelFile(library.layout.voxelFile(uid), {
    dims: [16, 8, 8],
    spacing: [1, 1, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    voxels,
  });
  const vector = floats(`${name}volume`);
  said.bytes('volume embedding', toFloat16(vector));
  library.embeddings.add(volumeKey, vector.length, [{ owner: uid, vector: toFloat16(vector) }]);
  library.reports.add(said.text('studyuid'), {
    path: `${folder}/${said.text('reportfile')}.txt`,
    title: said.text('reporttitle'),
    text: `Report of ${said.text('reporttext')}. ${said.text('reporttext')} again.`,
  });
  const study = library.reads
    .studies({ offset: 0, limit: 100 })
    .rows.find(({ studyInstanceUid }) => studyInstanceUid === said.text('studyuid'));
  library.writes.setStudyCaption(study?.id ?? '', said.text('studycaption'));
  library.annotations.save(
    { id: `ann-${name}`, volume: uid, kind: 'length', plane: 'axial', points: [[0, 0, 0], [5, 5, 0]], label: said.text('annotation') },
    said.text('drawer'),
  ); // biome-ignore format: one line a measurement
  library.db
    .prepare(
      `INSERT INTO key_image (uid, volume, plane, slice, view, note, author, createdAt)
       SELECT ?, id, 'axial', 1, '{}', ?, 'u', 't' FROM volume WHERE uid = ?`,
    )
    .run(`key-${name}`, said.text('keynote'), uid);
  return { uid, study: study?.id ?? '' };
}

const options = { method: null, where: [], includeSamePatient: false, hitsPerPatient: 1, top: 10 };
const searchFor = (query: { lesion: string } | { text: string }, title: string) => ({
  ...{ query, title, plane: 'axial' as const, also: [], combine: 'and' as const, marks: [], options },
});

/** What users keep of a lesion beside its rows. */
function searchesOf(library: Library, lesionId: string, said: Planted): void {
  const { savedQueries, feedback, duplicates } = library;
  savedQueries.save('u', said.text('queryname'), searchFor({ lesion: lesionId }, said.text('querytitle')));
  savedQueries.keepOpen(`user of ${lesionId}`, searchFor({ lesion: lesionId }, said.text('opentitle')));
  const asked = JSON.stringify({ like: [{ lesion: lesionId }], said: said.text('asked') });
  feedback.mark('u', { asked, hash: asked }, { hit: lesionId, relevant: true, method: said.text('method') });
  duplicates.keepApart(`lesion ${lesionId} les-two`);
  library.db
    .prepare(
      `UPDATE volume SET warnings = json_insert(warnings, '$[#]', ?) WHERE id = (SELECT volume FROM lesion WHERE uid = ?)`,
    )
    .run(`${said.text('lesion')}: ${said.text('warning')}`, lesionId);
}

/** What users keep that names a patient. */
function searchesFor(library: Library, who: Planted): void {
  const words = searchFor({ text: `like ${who.text('family')}` }, who.text('wordtitle'));
  library.savedQueries.save('u', `words ${who.text('wordname')}`, words);
  const value = `${who.text('patientid')}^^^${who.text('issuer')}`;
  library.filterSets.save({ name: who.text('set'), where: [{ field: 'patient', value }] });
}

/** What an import of a study and a watched folder keep of its files. */
function importOf(library: Library, folder: string, said: Planted): void {
  const { jobs, db } = library;
  const labels = `${folder}/${said.text('labelsfile')}.csv`;
  const job = jobs.add({ origin: 'user', sources: [folder], labels, options: importOptions.parse({}) });
  const found = { kind: 'series', series: { studyUid: said.text('studyuid'), about: said.text('found') } };
  jobs.scanned(
    job,
    said.text('print'),
    [JSON.stringify(found)],
    [{ kind: 'skipped', path: `${folder}/${said.text('skipped')}.txt`, text: 'no image' }],
  );
  jobs.setState(job, 'done');
  db.prepare(`INSERT OR IGNORE INTO watched_folder (uid, path, options) VALUES ('wat', '/data', '{}')`).run();
  db.prepare('INSERT INTO watched_file VALUES (1, ?, 1, 1)').run(`${folder}/${said.text('file')}.dcm`);
}

/** Builds both patients into a new library in `root`. */
export async function plantCanaries(root: string): Promise<CanaryLibrary> {
  const library = await Library.open(root, false);
  const { backups, setAside } = library.layout;
  mkdirSync(backups);
  const backUp = (name: string) => {
    library.db.prepare('VACUUM INTO ?').run(join(backups, `${name}.sqlite`));
    writeFileSync(join(backups, `${name}.json`), '{}');
  };
  backUp('empty');
  const [patient, lesionSaid, twin, other] = ['anna', 'annalesion', 'annatwin', 'berta'].map((who) => new Planted(who));
  const [firstStudy, secondStudy] = [new Planted('annafirst'), new Planted('annasecond')];
  const first = await studyOf(library, 'first', patient, firstStudy, `/data/${patient.text('folder')}/${firstStudy.text('folder')}`);
  const second = await studyOf(library, 'second', patient, secondStudy, `/data/${patient.text('folder')}/${secondStudy.text('folder')}`);
  const staying = await studyOf(library, 'berta', other, other, '/data/shared');
  const one = lesionOf(library, first.uid, 'one', 0, lesionSaid);
  const two = lesionOf(library, first.uid, 'two', 8, twin);
  const third = lesionOf(library, second.uid, 'third', 0, secondStudy);
  const kept = lesionOf(library, staying.uid, 'kept', 0, other);
  // A lesion that was merged into another is kept in the audit, with its mask and vectors.
  const merged = lesionOf(library, first.uid, 'merged', 0, lesionSaid);
  mergeDuplicates(library, { kind: 'lesion', keep: one, other: merged });
  searchesOf(library, one, lesionSaid);
  searchesOf(library, third, secondStudy);
  searchesOf(library, kept, other);
  searchesFor(library, patient);
  searchesFor(library, other);
  importOf(library, `/data/${patient.text('folder')}/${firstStudy.text('folder')}`, firstStudy);
  importOf(library, `/data/${patient.text('folder')}/${secondStudy.text('folder')}`, secondStudy);
  importOf(library, '/data/shared', other);
  // Marked on the hits of the other patient's lesion: that search stays, its mark goes.
  library.feedback.mark('u', { lesion: kept }, { hit: one, relevant: true, method: 'm' });
  library.feedback.mark('u', { lesion: kept }, { hit: third, relevant: false, method: 'm' });
  while (library.captions.refreshSome());
  for (const stored of library.embeddings.keys()) await library.vectors(stored);
  const vectors = await library.vectors({ ...key, dim: 32 });
  for (const [uid, said] of [[one, lesionSaid], [two, twin], [third, secondStudy]] as const) {
    const row = vectors.vectorOf(uid);
    if (row) said.bytes('matrix row', new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
  }
  writeFileSync(join(library.layout.staging, 'left'), lesionSaid.text('staged'));
  backUp('full');
  mkdirSync(join(setAside, 'damaged'), { recursive: true });
  library.db.prepare('VACUUM INTO ?').run(join(setAside, 'damaged', 'catalog.sqlite'));
  const id = library.reads.patients({ offset: 0, limit: 9, text: '' }).rows.find(({ patient: identity }) => identity.startsWith(patient.text('patientid')))?.id ?? '';
  await library.close();
  const ofLesion = lesionSaid.canaries;
  const ofStudy = [...firstStudy.canaries, ...ofLesion, ...twin.canaries];
  return {
    subjects: { patient: { patient: id }, study: { study: first.study }, lesion: { lesions: [one] } },
    canaries: { patient: [...patient.canaries, ...ofStudy, ...secondStudy.canaries], study: ofStudy, lesion: ofLesion },
    staying: other.canaries,
  };
} // biome-ignore format: one line a thing
