/**
 * Which requests are written into the audit, and what of each: opaque ids, counts and names of fields, never the words that
 * somebody typed. What changes the catalog by hand writes its own entries with the change (`catalog/changes.ts`).
 */
import type { NewEntry } from '../catalog/audit.ts';
import type { EngineContract } from '../contract/engine.ts';
import type { Method, ParsedParams, Result } from '../contract/rpc.ts';

type Entry = Pick<NewEntry, 'action' | 'subject' | 'detail'>;
type EngineMethod = Method<EngineContract>;

interface Audited<M extends EngineMethod> {
  /** Written before the work, so that what leaves the library was written down whatever happens then. */
  readonly before?: (params: ParsedParams<EngineContract, M>) => Entry;
  /** Written once it is done. */
  readonly after?: (
    params: ParsedParams<EngineContract, M>,
    result: Result<EngineContract, M>,
  ) => Entry | undefined;
  /** Not again by the same user for the same subject within the hour: looking on is not looking again. */
  readonly seldom?: boolean;
}
type AuditedRequests = { readonly [M in EngineMethod]?: Audited<M> };

const exported = (kind: string, subject: string, detail: Entry['detail']): Entry => ({
  action: 'export',
  subject,
  detail: { kind, ...detail },
});
const setting = (what: string, subject = ''): Entry => ({ action: 'setting', subject, detail: { what } });
/** The most ids that an entry names. */
const mostIds = 100;
const some = (ids: readonly string[]) => ids.slice(0, mostIds);

type Query = ParsedParams<EngineContract, 'search.run'>['query'];
function kindOf(query: Query): string {
  if ('like' in query) return [...query.like, ...query.unlike].map(kindOf).join(' + ');
  return 'lesion' in query ? 'lesion' : 'volume' in query ? 'region' : 'image' in query ? 'image' : 'words';
}
function subjectOf(query: Query): string {
  if ('like' in query) return subjectOf(query.like[0] ?? { text: '-' });
  return 'lesion' in query ? query.lesion : 'volume' in query ? query.volume : '';
}

export const auditedRequests: AuditedRequests = {
  'volume.get': { seldom: true, after: ({ volume }) => ({ action: 'view', subject: volume }) },
  'originals.header': { seldom: true, after: ({ volume }) => ({ action: 'view.header', subject: volume }) },
  'reports.list': {
    seldom: true,
    after: (_, reports) =>
      reports[0] && {
        action: 'view.reports',
        subject: reports[0].id,
        detail: { reports: some(reports.map(({ id }) => id)) },
      },
  },
  'patients.list': { seldom: true, after: () => ({ action: 'view.list', subject: '' }) },
  'library.lesions': { seldom: true, after: () => ({ action: 'view.list', subject: '' }) },

  'search.run': {
    after: ({ query, where, top }, { method, encoder, hits }) => ({
      action: 'query',
      subject: subjectOf(query),
      detail: {
        kind: kindOf(query),
        method,
        encoder,
        top,
        filters: where.map(({ field }) => field),
        hits: hits.length,
        found: some(hits.map(({ lesion }) => lesion)),
      },
    }),
  },
  'reports.find': {
    after: (_, { total }) => ({ action: 'query', subject: '', detail: { kind: 'reports', hits: total } }),
  },
  'evaluate.run': {
    after: ({ field }, { n }) => ({
      action: 'query',
      subject: '',
      detail: { kind: 'evaluation', field, queries: n },
    }),
  },

  'bench.rank': {
    after: ({ queries }) => ({
      action: 'query',
      subject: '',
      detail: { kind: 'benchmark', queries: queries.length },
    }),
  },

  'import.run': {
    before: ({ sources }) => ({ action: 'import.begin', subject: '', detail: { sources: sources.length } }),
  },
  'jobs.start': {
    after: ({ sources }, { id }) => ({
      action: 'import.begin',
      subject: id,
      detail: { sources: sources.length },
    }),
  },
  'jobs.change': { after: ({ job, to }) => ({ action: 'import.change', subject: job, detail: { to } }) },
  'conflicts.decide': {
    after: ({ conflict, decision }) => ({ action: 'import.decide', subject: conflict, detail: { decision } }),
  },
  'annotations.save': {
    after: ({ annotation }) => ({
      action: 'measurement.save',
      subject: annotation.volume,
      detail: { measurement: annotation.id, kind: annotation.kind },
    }),
  },
  'annotations.remove': {
    after: ({ annotation }) => ({ action: 'measurement.remove', subject: annotation }),
  },
  'keyImages.save': {
    after: ({ image }) => ({ action: 'keyImage.save', subject: image.volume, detail: { image: image.id } }),
  },
  'keyImages.remove': { after: ({ image }) => ({ action: 'keyImage.remove', subject: image }) },
  'feedback.mark': {
    after: ({ hit, relevant, method }) => ({
      action: 'feedback',
      subject: hit,
      detail: { relevant, method },
    }),
  },
  'feedback.clear': { after: () => ({ action: 'feedback.clear', subject: '' }) },
  'library.keepApart': { after: () => ({ action: 'duplicates.keepApart', subject: '' }) },

  'export.run': {
    before: ({ volume, lesion }) =>
      exported(lesion === undefined ? 'volume' : 'mask', lesion ?? volume ?? '', {}),
  },
  'takeaway.hits': {
    before: ({ hits, identified }) =>
      exported('hits', '', {
        identified,
        hits: hits.length,
        lesions: some(hits.map(({ lesion }) => lesion)),
      }),
  },
  'takeaway.comparison': {
    before: ({ hits, identified }) =>
      exported('comparison', '', { identified, lesions: hits.map(({ lesion }) => lesion) }),
  },
  'takeaway.teaching': {
    before: ({ lesions, identified, reports }) =>
      exported('teaching file', '', { identified, reports, cases: lesions.length, lesions: some(lesions) }),
  },
  'annotations.export': { before: ({ rows }) => exported('measurements', '', { rows: rows.length }) },
  'annotations.exportReport': {
    before: ({ volume, identified }) => exported('structured report', volume, { identified }),
  },
  'keyImages.export': { before: ({ volume, identified }) => exported('key images', volume, { identified }) },
  'evaluate.save': { before: () => exported('evaluation', '', {}) },
  'archive.write': { before: () => exported('everything', '', { identified: true }) },
  'archive.read': {
    after: (_, { volumes, lesions }) => ({ action: 'import.end', subject: '', detail: { volumes, lesions } }),
  },
  'audit.export': { before: ({ details }) => exported('audit', '', { details }) },

  'backups.make': { after: (_, { name }) => ({ action: 'backup', subject: '', detail: { name } }) },
  'backups.remove': { before: ({ name }) => ({ action: 'backup.remove', subject: '', detail: { name } }) },
  'backups.setFolder': { after: () => setting('folder of backups') },
  // The engine ends with these; where the catalog is damaged, nothing can be written into it.
  'backups.restore': { before: ({ name }) => ({ action: 'restore', subject: '', detail: { name } }) },
  'backups.export': { before: () => exported('rows of the catalog', '', { identified: true }) },
  'files.mend': { after: ({ kind, id }) => ({ action: 'repair', subject: id, detail: { kind } }) },

  'encoders.add': { after: (_, { encoder }) => setting('encoder added', encoder.id) },
  'encoders.remove': { after: ({ encoder }) => setting('encoder removed', encoder) },
  'encoders.setDefault': { after: ({ encoder }) => setting('default encoder', encoder) },
  'encoders.embedLibrary': { after: (_, { encoder }) => setting('levels kept embedded', encoder) },
  'roiRules.set': { after: () => setting('rules for names of regions') },
  'filterSets.save': { after: () => setting('set of filters saved') },
  'filterSets.remove': { after: () => setting('set of filters removed') },
  'watch.add': { after: () => setting('watched folder added') },
  'watch.remove': { after: ({ watch }) => setting('watched folder removed', watch) },
  'session.idle': {
    after: ({ minutes }) => ({ ...setting('lock when idle'), detail: { what: 'lock when idle', minutes } }),
  },
  'verify.run': {
    after: ({ repair }, { ok, problems }) => ({
      action: repair ? 'repair' : 'verify',
      subject: '',
      detail: { ok, problems: problems.length },
    }),
  },
};

/** One row of the table for any request. */
export function auditedRequest(method: EngineMethod): Audited<never> | undefined {
  return auditedRequests[method] as Audited<never> | undefined;
}
