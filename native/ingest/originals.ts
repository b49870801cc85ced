/** Original files that are referenced and not copied: which of them are no longer where they were, and where they are now. */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { MissingOriginal } from '../contract/engine.ts';
import type { FileDescription, FoundFile } from '../contract/reader.ts';
import { fileExists, readPieces } from '../files/files.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import { describeFiles, walk } from './jobs/callReader.ts';
import type { JobServices } from './jobs/work.ts';

const group = 'originals';
const priority = 0;
const filesPerBatch = 200;

/** The volumes whose files are not all where they were. */
export async function missingOriginals({
  library,
}: Pick<JobServices, 'library'>): Promise<MissingOriginal[]> {
  const { reads } = library;
  const missing: MissingOriginal[] = [];
  for (const [volume, files] of reads.referencedFiles()) {
    let gone = 0;
    for (const { path } of files) if (!(await fileExists(path))) gone++;
    if (gone === 0) continue;
    const { patient, path } = reads.volume(volume);
    missing.push({ volume, patient, path, files: files.length, missing: gone });
  }
  return missing;
}

/**
 * Finds missing originals under a folder: by SOP Instance UID or, where there is none, by name and size; they count only when
 * their content is that of the volume. Returns how many volumes were found.
 */
export async function locateOriginals(
  services: Pick<JobServices, 'library' | 'reader'>,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  const { library, reader } = services;
  const { reads, writes } = library;
  const missing = await missingOriginals(services);
  if (missing.length === 0) return 0;
  const asking = { reader, group, priority, signal };
  const walked = await walk(asking, [folder]);
  const bySop = new Map<string, string>();
  const byName = new Map<string, string>();
  for (let n = 0; n < walked.files.length; n += filesPerBatch) {
    const batch = walked.files.slice(n, n + filesPerBatch);
    for (const file of await describeFiles(asking, batch)) keep(file, bySop);
    for (const { path, bytes } of batch) byName.set(nameKey(path, bytes), path);
  }
  let found = 0;
  const referenced = reads.referencedFiles();
  for (const { volume } of missing) {
    throwIfCancelled(signal);
    const paths = (referenced.get(volume) ?? []).map(
      ({ path, sopInstanceUid, bytes }) =>
        bySop.get(sopInstanceUid ?? '') ?? byName.get(nameKey(path, bytes)) ?? path,
    );
    if ((await hashOf(paths)) !== reads.contentHash(volume)) continue;
    writes.relocate(volume, paths, paths.length === 1 ? paths[0] : dirname(paths[0]));
    found++;
  }
  return found;
}

function keep(file: FileDescription, bySop: Map<string, string>): void {
  if (file.kind === 'image' && file.sopInstanceUid !== undefined) bySop.set(file.sopInstanceUid, file.path);
}

function nameKey(path: string, bytes: FoundFile['bytes'] | undefined): string {
  return `${basename(path)} ${bytes}`;
}

/** SHA-256 over the files in their order; undefined when one cannot be read. */
async function hashOf(paths: readonly string[]): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for (const path of paths) for await (const chunk of readPieces(path)) hash.update(chunk);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
