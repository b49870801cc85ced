/** Writes into the audit how imports ended; that one began is written with the request. */
import type { JobRow } from '../contract/jobs.ts';
import type { Library } from './library.ts';

/** To be told of every news of a job; the end of each is written once. Throws nothing. */
export function jobRecorder({ audit }: Pick<Library, 'audit'>): (job: JobRow) => void {
  const written = new Set<string>();
  return ({ id, state, finishedAt, origin, imported, unchanged, skipped }) => {
    if (finishedAt === undefined || written.has(id)) return;
    const detail = { state, origin, ...imported, unchanged, skipped };
    try {
      audit.append([{ action: 'import.end', subject: id, detail }]);
    } catch {
      // A full disk, of which an import may have ended, must not keep it from ending; its state is in the catalog.
      return;
    }
    written.add(id);
  };
}
