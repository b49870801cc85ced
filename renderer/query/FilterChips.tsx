/** The filters of the search as chips, each with how many lesions pass it, and how many pass all. */
import { Pill } from '@mantine/core';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import type { Filter } from '../../native/contract/engine.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { byField, filterWords } from '../ui/filterWords.ts';
import { count, whole } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { setSearchOptions, useView } from '../ui/store.ts';

function passingQuery(where: readonly Filter[]) {
  return queryOptions({
    queryKey: [libraryKey, 'passing', where],
    queryFn: ({ signal }) => callEngine('filters.count', { where: [...where] }, { signal }),
    enabled: where.length > 0,
    placeholderData: keepPreviousData,
  });
}

export function FilterChips() {
  const { hidden } = useIdentity();
  const where = useView((s) => s.options.where);
  const counted = useQuery(passingQuery(where));
  const passing = counted.isPlaceholderData ? undefined : counted.data;
  return (
    <div className="filter-chips" data-testid="filter-chips">
      {byField(where).map(([field, values]) => {
        const words = filterWords(field, values, hidden);
        const alone = passing?.alone.find((one) => one.field === field)?.passing;
        return (
          <Pill
            key={field}
            size="sm"
            withRemoveButton
            title={alone === undefined ? words : `${words}: ${count(alone, 'lesion')} alone`}
            removeButtonProps={{ 'aria-label': `Remove the filter ${words}`, tabIndex: 0 }}
            onRemove={() => setSearchOptions({ where: where.filter((one) => one.field !== field) })}
          >
            {words}
            {alone !== undefined && <span className="chip-count">{whole(alone)}</span>}
          </Pill>
        );
      })}
      {where.length > 0 && passing && (
        <span className="dim passing" data-testid="passing" aria-live="polite">
          {whole(passing.passing)} of {whole(passing.lesions)} pass
        </span>
      )}
    </div>
  );
}
