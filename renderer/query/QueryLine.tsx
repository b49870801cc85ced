/** The line above the hits: what is asked for in words, which filters are set, and the sets that are saved. */
import { LabelMenu, withFilter } from '../ui/LabelMenu.tsx';
import { setSearchOptions, useView } from '../ui/store.ts';
import { FilterChips } from './FilterChips.tsx';
import { FilterSets } from './FilterSets.tsx';
import { QueryBox } from './QueryBox.tsx';
import { SavedQueries } from './saved/SavedQueries.tsx';

export function QueryLine() {
  const where = useView((s) => s.options.where);
  return (
    <search className="query-line" data-testid="query-line" aria-label="Words and filters">
      <QueryBox />
      <LabelMenu
        name="Filter"
        pick={(filter) => setSearchOptions({ where: withFilter(useView.getState().options.where, filter) })}
      />
      <FilterSets where={where} take={(all) => setSearchOptions({ where: all })} />
      <SavedQueries />
      <FilterChips />
    </search>
  );
}
