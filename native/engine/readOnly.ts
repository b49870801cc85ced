/** Keeps a library whose catalog is damaged as it is: what would change it is refused, and damage that is met is noted. */
import { catalogError } from '../catalog/database.ts';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Method } from '../contract/rpc.ts';
import type { Handlers } from '../process/serve.ts';
import type { Engine } from './engine.ts';

/** What is answered all the same: everything that is not named here might write. */
const answered: readonly Method<EngineContract>[] = [
  'library.info', 'library.lesions', 'library.lesionIds', 'library.health', 'library.changes', 'library.duplicates',
  'patients.list', 'studies.list', 'volumes.list', 'lesions.list', 'volume.get', 'lesion.get', 'organ.mask',
  'lesion.propose', 'lesion.measure', 'annotations.list', 'annotations.export', 'annotations.exportReport',
  'keyImages.list', 'keyImages.export', 'filters.count', 'filterSets.list', 'search.excerpts', 'search.run',
  'search.explain', 'search.similarityMap', 'methods.list', 'feedback.list', 'feedback.simulate', 'evaluate.save',
  'bench.rank', 'jobs.list', 'jobs.report', 'conflicts.list', 'watch.list', 'originals.check', 'originals.header',
  'originals.value', 'reports.list', 'reports.find', 'roiRules.list', 'export.run', 'takeaway.hits',
  'takeaway.teaching', 'takeaway.comparison', 'encoders.list', 'encoders.embed', 'savedQueries.list', 'openSearch.get', 'unsavedMarks.list',
  'verify.run', 'backups.list', 'backups.newest', 'backups.verify', 'backups.restore', 'backups.accept', 'backups.export',
  'archive.write', 'session.get', 'session.signIn', 'session.lock', 'audit.list', 'audit.verify', 'audit.export',
]; // biome-ignore format: one list

/** The handlers with that before them. */
export function onlyReading(engine: Engine, handlers: Handlers<EngineContract>): Handlers<EngineContract> {
  const allowed = new Set<string>(answered);
  const guard =
    (method: string, handler: (params: never, context: never) => unknown) =>
    async (params: never, context: never) => {
      if (engine.library.readOnly && !allowed.has(method)) throw refused();
      try {
        return await handler(params, context);
      } catch (thrown) {
        const error = catalogError(thrown);
        if (isDamage(thrown)) await engine.damaged(error.what);
        throw error;
      }
    };
  return Object.fromEntries(
    Object.entries(handlers).map(([method, handler]) => [method, guard(method, handler)]),
  ) as unknown as Handlers<EngineContract>;
}

function refused(): PrecedentError {
  return new PrecedentError(
    'refused',
    'the library can only be read: its catalog is damaged',
    'catalog.sqlite',
    'restore a backup first',
  );
}

/** Only SQLite's own word counts: a damaged cache is `corrupt` too, and is made again. */
function isDamage(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}
