/** What a patient has in the library, as a query. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { type Examination, examinationsOf } from './examinations.ts';

/** More than any patient has: a list is never cut off. */
const limit = 10_000;

function patientSeriesQuery(patient: string | null) {
  return queryOptions({
    queryKey: [libraryKey, 'patientSeries', patient],
    queryFn: async ({ signal }): Promise<readonly Examination[]> => {
      const of = { patient: patient ?? '', limit };
      const [studies, volumes] = await Promise.all([
        callEngine('studies.list', of, { signal }),
        callEngine('volumes.list', of, { signal }),
      ]);
      return examinationsOf(studies.rows, volumes.rows);
    },
    enabled: patient !== null,
  });
}

export function usePatientSeries(patient: string | null): readonly Examination[] | undefined {
  return useQuery(patientSeriesQuery(patient)).data;
}

/** Without waiting: undefined until they were asked for. */
export function knownPatientSeries(patient: string): readonly Examination[] | undefined {
  return queryClient.getQueryData(patientSeriesQuery(patient).queryKey);
}
