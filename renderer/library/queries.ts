/** What the library panels ask the engine for; every key lies below the library's and is asked again when it changes. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Filter } from '../../native/contract/engine.ts';
import type { JobRow } from '../../native/contract/jobs.ts';
import type { FieldInfo, StudyRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey } from '../engine.ts';

const pageSize = 1000;

interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/** The offset of the page after these, or undefined when all rows are here. */
function nextOffset<T>(_last: Page<T>, pages: readonly Page<T>[]): number | undefined {
  const have = pages.reduce((sum, page) => sum + page.rows.length, 0);
  const last = pages.at(-1);
  return last && last.rows.length > 0 && have < last.total ? have : undefined;
}

export const jobsQuery = queryOptions({
  queryKey: [libraryKey, 'jobs'],
  queryFn: ({ signal }) => callEngine('jobs.list', {}, { signal }),
});

export const conflictsQuery = queryOptions({
  queryKey: [libraryKey, 'conflicts'],
  queryFn: ({ signal }) => callEngine('conflicts.list', {}, { signal }),
});

export const watchQuery = queryOptions({
  queryKey: [libraryKey, 'watch'],
  queryFn: ({ signal }) => callEngine('watch.list', {}, { signal }),
});

/** The report of a job as it is now: it may go on after a decision. */
export function reportQuery({ id, state, finishedAt, conflicts }: JobRow) {
  return queryOptions({
    queryKey: [libraryKey, 'jobReport', id, state, finishedAt, conflicts],
    queryFn: ({ signal }) => callEngine('jobs.report', { job: id }, { signal }),
  });
}

const mostReports = 500;

export function reportsQuery(text: string) {
  return queryOptions({
    queryKey: [libraryKey, 'reports', text],
    queryFn: ({ signal }) => callEngine('reports.find', { text, limit: mostReports }, { signal }),
    enabled: text !== '',
  });
}

export const infoQuery = queryOptions({
  queryKey: [libraryKey, 'info'],
  queryFn: ({ signal }) => callEngine('library.info', {}, { signal }),
});

/** The fields that labels set. */
export function labelsOf(fields: readonly FieldInfo[] | undefined): readonly FieldInfo[] {
  return fields?.filter(({ label }) => label) ?? [];
}

export function lesionsQuery(patient: string | null, where: readonly Filter[]) {
  return infiniteQueryOptions({
    queryKey: [libraryKey, 'lesions', patient, where],
    queryFn: ({ signal, pageParam }) =>
      callEngine(
        'lesions.list',
        { offset: pageParam, limit: pageSize, patient: patient ?? undefined, where: [...where] },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
  });
}

export const patientsQuery = infiniteQueryOptions({
  queryKey: [libraryKey, 'patients'],
  queryFn: ({ signal, pageParam }) =>
    callEngine('patients.list', { offset: pageParam, limit: pageSize }, { signal }),
  initialPageParam: 0,
  getNextPageParam: nextOffset,
});

export function studiesQuery(patient: string | null) {
  return infiniteQueryOptions({
    queryKey: [libraryKey, 'studies', patient],
    queryFn: ({ signal, pageParam }) =>
      callEngine(
        'studies.list',
        { offset: pageParam, limit: pageSize, patient: patient ?? undefined },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
  });
}

export function volumesQuery(study: StudyRow | null) {
  return queryOptions({
    queryKey: [libraryKey, 'volumes', study?.id ?? null],
    queryFn: ({ signal }) =>
      callEngine(
        'volumes.list',
        { patient: study?.patient, study: study?.studyInstanceUid, limit: pageSize },
        { signal },
      ),
    enabled: study !== null,
  });
}
