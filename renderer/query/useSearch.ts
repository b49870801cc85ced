/** The search for the current subject under the current options: runs when either changes, is cancelled when superseded. */
import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Filter } from '../../native/contract/engine.ts';
import { callEngine } from '../engine.ts';
import { type SearchOptions, type Subject, useView } from '../ui/store.ts';
import { combined, feedbackOf } from './hitMarks.ts';
import { useResults } from './results.ts';

/** As filters; what is beyond their number is left out of what is shown alone. */
const mostHidden = 50;
function without(hidden: readonly string[]): Filter[] {
  return hidden.slice(0, mostHidden).map((patient) => ({ field: 'patient', value: `!"${patient}"` }));
}

/** @param hidden patients whose lesions are not searched, so that others take their places */
export function searchQuery(subject: Subject | null, options: SearchOptions, hidden: readonly string[] = []) {
  return queryOptions({
    queryKey: [
      'search',
      subject?.token ?? 0,
      options,
      hidden,
      subject?.also,
      subject?.combine,
      subject?.marks,
    ],
    queryFn: ({ signal }) => {
      if (!subject) throw new Error('nothing to search for');
      return callEngine(
        'search.run',
        {
          query: combined(subject.query, subject),
          method: options.method ?? undefined,
          feedback: feedbackOf(subject.marks),
          top: options.top,
          where: [...options.where, ...without(hidden)],
          includeSamePatient: options.includeSamePatient,
          hitsPerPatient: options.hitsPerPatient,
        },
        { signal },
      );
    },
    enabled: subject !== null,
    // The window says that a search was interrupted; asking again is the user's choice.
    retry: false,
    gcTime: 10 * 60_000,
  });
}

export function useSearch() {
  const subject = useView((s) => s.subject);
  const options = useView((s) => s.options);
  const hidden = useResults((s) => s.hidden);
  const client = useQueryClient();
  const search = useQuery({ ...searchQuery(subject, options, hidden), placeholderData: keepPreviousData });
  return {
    subject,
    options,
    search,
    cancel: () => void client.cancelQueries({ queryKey: ['search', subject?.token] }),
  };
}
