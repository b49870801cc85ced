/** Writes into the audit how imports ended; that one began is written with the request. */
import type { JobRow } from '../contract/jobs.ts';
import type { Library } from './library.ts';

/** To be told of every news of a job; the end of each is written once. */
export function jobRecorder({ audit }: Pick<Library, 'audit'>): (job: JobRow) => void {
  const written = new Set<string>();
  return ({ id, state, finishedAt, origin, imported, unchanged, skipped }) => {
    if (finishedAt === undefined || written.has(id)) return;
    written.add(id);
    const detail = { state, origin, ...imported, unchanged, skipped };
    audit.append([{ action: 'import.end', subject: id, detail }]);
  };
}
