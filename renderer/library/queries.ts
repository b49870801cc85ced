/** What the library panels ask the engine for; every key lies below the library's and is asked again when it changes. */
import { queryOptions } from '@tanstack/react-query';
import type { JobRow } from '../../native/contract/jobs.ts';
import type { LesionSelection, ListedLesion } from '../../native/contract/library.ts';
import type { FieldInfo, PatientRow, StudyRow } from '../../native/contract/model.ts';
import { callEngine, libraryKey } from '../engine.ts';
import type { Listing } from './windows.ts';

/** A study has fewer volumes. */
const mostVolumes = 1000;

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

/** Which lesions a list holds, in which order, and the fields of which its rows say the value. */
export function lesionListing(
  selection: LesionSelection,
  fields: readonly string[] = [],
): Listing<ListedLesion> {
  return {
    key: ['lesions', selection, fields],
    ask: (offset, limit, signal) =>
      callEngine('library.lesions', { ...selection, fields: [...fields], offset, limit }, { signal }),
  };
}

export function patientListing(text: string): Listing<PatientRow> {
  return {
    key: ['patients', text],
    ask: (offset, limit, signal) => callEngine('patients.list', { offset, limit, text }, { signal }),
  };
}

export function studyListing(patient: string | null, text: string): Listing<StudyRow> {
  return {
    key: ['studies', patient, text],
    ask: (offset, limit, signal) =>
      callEngine('studies.list', { offset, limit, text, patient: patient ?? undefined }, { signal }),
  };
}

export function volumesQuery(study: StudyRow | null) {
  return queryOptions({
    queryKey: [libraryKey, 'volumes', study?.id ?? null],
    queryFn: ({ signal }) =>
      callEngine(
        'volumes.list',
        { patient: study?.patient, study: study?.studyInstanceUid, limit: mostVolumes },
        { signal },
      ),
    enabled: study !== null,
  });
}
