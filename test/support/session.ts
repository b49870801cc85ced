/** What a user does to a library while a tape runs, faults strike or another system's rules hold: each way in which its files and the exports come about, change and go. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogContentHash } from '../../native/catalog/contentHash.ts';
import type { ImportOptions } from '../../native/contract/jobs.ts';
import { deidentificationSecret } from '../../native/ingest/settings.ts';
import { tiny, writeEncoder } from './encoderFolder.ts';
import { type EngineHere, engineHere } from './engineHere.ts';
import { writeRampSeries } from './seriesWriter.ts';
import { niftiImage, niftiMask, series, structureSet } from './validFiles.ts';
import { writeZip } from './zipWriter.ts';

interface Step {
  /** What a replay says it came upon. */
  readonly name: string;
  readonly run: (session: Session) => Promise<unknown>;
  /** Either all of it is in the catalog in the end or nothing. */
  readonly isOne: boolean;
}

/** One after the other. */
export const steps: readonly Step[] = [
  { name: 'import', run: (s) => importFrom(s, 'nifti'), isOne: true },
  { name: 'import with copies', run: (s) => importFrom(s, 'dicom', { copy: true }), isOne: true },
  {
    name: 'import of an archive, de-identified',
    run: (s) => importFrom(s, 'packed.zip', { deidentify: true }),
    isOne: true,
  },
  { name: 'import of an archive', run: (s) => importFrom(s, 'other.zip'), isOne: true },
  { name: 'relabelling', run: relabel, isOne: false },
  { name: 'undo', run: undo, isOne: true },
  { name: 'a lesion drawn', run: draw, isOne: true },
  { name: 'a search', run: search, isOne: true },
  { name: 'an encoder added', run: (s) => addEncoder(s), isOne: true },
  { name: 'its embedding', run: embed, isOne: true },
  { name: 'a newer version of it', run: (s) => addEncoder(s, '1.1.0'), isOne: true },
  { name: 'exports', run: exportAll, isOne: true },
  { name: 'a lesion removed', run: removeDrawn, isOne: true },
  { name: 'a repair', run: repair, isOne: true },
  { name: 'an encoder removed', run: removeEncoder, isOne: true },
];

export interface Session {
  readonly here: EngineHere;
  readonly home: string;
  /** Files that were exported, with their SHA-256. */
  readonly exported: Map<string, string>;
}

/** The sources, which lie elsewhere and are on the disk long since. */
export async function writeSources(folder: string): Promise<void> {
  mkdirSync(join(folder, 'nifti'), { recursive: true });
  for (const name of ['a', 'b']) {
    writeFileSync(join(folder, 'nifti', `${name}.nii.gz`), niftiImage(name));
    writeFileSync(join(folder, 'nifti', `${name}_mask.nii.gz`), niftiMask());
  }
  mkdirSync(join(folder, 'dicom'));
  for (const [name, bytes] of Object.entries(series('dicom')))
    writeFileSync(join(folder, 'dicom', name), bytes);
  writeFileSync(join(folder, 'dicom/structures.dcm'), structureSet('dicom'));
  await writeRampSeries(join(folder, 'dicom/ramp'), { patient: 'RAMP' });
  for (const name of ['packed', 'other']) {
    const files = Object.entries(series(name)).map(([file, data]) => ({
      name: `${name}/${file}`,
      data,
      deflate: true,
    }));
    writeFileSync(
      join(folder, `${name}.zip`),
      writeZip([...files, { name: 'rt.dcm', data: structureSet(name) }]),
    );
  }
  // In a window that shows all that the sources hold.
  const input = { ...(tiny.slice.input as object), windows: [{ center: 0, width: 8000 }] };
  for (const version of ['1.0.0', '1.1.0'])
    await writeEncoder(
      join(folder, version),
      { ...tiny.slice, input, version },
      { seed: Number(version[2]) },
    );
}

/** Where the library of a session lies below its home. */
export const libraryOf = (home: string) => join(home, 'library');
const sourcesOf = (home: string) => `${home}-sources`;

export async function beginSession(home: string): Promise<Session> {
  mkdirSync(home);
  await writeSources(sourcesOf(home));
  const here = await engineHere(libraryOf(home));
  // Drawn at random when it is first asked for; another one would give other copies.
  deidentificationSecret(here.engine.library);
  return { here, home, exported: new Map() };
}

/** Opens the library of an earlier session again. */
export async function resumeSession(home: string): Promise<Session> {
  return { here: await engineHere(libraryOf(home), { mayCreate: false }), home, exported: new Map() };
}

/** Waits until no job and no embedding runs, and all captions are made. */
export async function settled({ engine }: EngineHere): Promise<void> {
  const busy = () => engine.queue.list().some(({ state }) => state === 'waiting' || state === 'running');
  engine.embedInBackground();
  do {
    while (busy()) await sleep(5);
    await engine.embedded(new AbortController().signal);
  } while (busy());
  while (engine.library.captions.refreshSome());
}

export function contentOf({ engine }: EngineHere): string {
  return catalogContentHash(engine.library.db);
}

/** An import brought no lesion, and its report says why. */
export class NothingCame extends Error {
  readonly reasons: readonly string[];

  constructor(source: string, reasons: readonly string[]) {
    super(`${source}: ${reasons.join('; ')}`);
    this.reasons = reasons;
  }
}

async function importFrom(
  { here, home }: Session,
  source: string,
  options: Partial<ImportOptions> = {},
): Promise<void> {
  const token = here.grant(join(sourcesOf(home), source), 'read');
  const report = await here.call('import.run', { sources: [token], ...options });
  const { imported, skipped, warnings } = report;
  if (imported.lesions === 0)
    throw new NothingCame(source, [...skipped.map(({ reason }) => reason), ...warnings]);
}

async function lesionsOf({ here }: Session) {
  return (await here.call('lesions.list', { offset: 0, limit: 100, where: [] })).rows;
}

async function relabel(session: Session): Promise<void> {
  const lesions = (await lesionsOf(session)).map(({ id }) => id);
  await session.here.call('library.edit', { lesions, changes: [{ name: 'organ', value: 'liver' }] });
  await session.here.call('library.edit', {
    lesions: lesions.slice(1),
    changes: [{ name: 'organ', value: 'lung' }],
  });
}

async function undo({ here }: Session): Promise<void> {
  const [{ id }] = await here.call('library.changes', {});
  await here.call('library.undo', { change: id });
}

async function draw(session: Session): Promise<void> {
  const [{ volume }] = await lesionsOf(session);
  const mask = {
    box: [2, 2, 0, 5, 5, 2] as [number, number, number, number, number, number],
    bits: new Uint8Array(48).fill(1),
  };
  await session.here.call('lesion.save', { volume, mask, name: 'drawn', labels: {} });
}

async function search(session: Session): Promise<void> {
  const [{ id }] = await lesionsOf(session);
  await session.here.call('search.run', { query: { lesion: id } });
}

async function addEncoder({ here, home }: Session, version = '1.0.0'): Promise<void> {
  const folder = here.grant(join(sourcesOf(home), version), 'read');
  await here.call('encoders.add', { folder });
}

async function embed(session: Session): Promise<void> {
  await session.here.call('encoders.embedLibrary', {
    encoder: 'tiny-slice',
    levels: ['lesion', 'lesion-slice'],
  });
  const [{ id }] = await lesionsOf(session);
  await session.here.call('search.run', { query: { lesion: id }, encoder: 'tiny-slice' });
}

async function exportAll(session: Session): Promise<void> {
  const { here, home, exported } = session;
  const [{ id }] = await lesionsOf(session);
  const target = (name: string) => here.grant(join(home, name), 'write');
  await here.call('export.run', { lesion: id, target: target('mask.nii.gz') });
  const teaching = { lesions: [id], title: 'Set', identified: false, reports: false };
  await here.call('takeaway.teaching', { ...teaching, target: target('teaching') });
  await here.call('takeaway.teaching', { ...teaching, target: target('teaching.zip') });
  const folder = readdirSync(join(home, 'teaching'), { recursive: true, withFileTypes: true });
  const inside = folder.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
  for (const path of [...inside, join(home, 'mask.nii.gz'), join(home, 'teaching.zip')])
    exported.set(path, sha256(readFileSync(path)));
}

async function removeDrawn(session: Session): Promise<void> {
  for (const { id, source } of await lesionsOf(session))
    if (source === 'mark') await session.here.call('library.delete', { subject: { lesions: [id] } });
}

async function removeEncoder({ here }: Session): Promise<void> {
  await here.call('encoders.remove', { encoder: 'tiny-slice' });
}

/** A volume whose voxels are gone is read again from its originals. */
async function repair(session: Session): Promise<void> {
  const { here } = session;
  const [{ volume, id }] = await lesionsOf(session);
  const { layout } = here.engine.library;
  await unlink(layout.voxelFile(volume));
  await unlink(layout.thumbnail(id));
  const { ok, problems } = await here.call('verify.run', { repair: true });
  if (!ok || problems.length !== 2) throw new Error(`not repaired: ${JSON.stringify(problems)}`);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
