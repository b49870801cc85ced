/** What the first window shows in the place of the hits, while they stand in the second. */
import { Button } from '@mantine/core';
import { useSearch } from '../query/useSearch.ts';
import { count } from '../ui/format.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { openHitsWindow, toggleHitsWindow } from './hitsWindow.ts';
import './windows.css';

export function HitsApart() {
  const { subject, search } = useSearch();
  const keyOf = useShownKey();
  const hits = search.data?.hits.length ?? 0;
  return (
    <section className="hits-apart" data-testid="hits-apart" aria-label="Similar lesions">
      <span aria-live="polite">
        {subject && search.data && !search.isFetching
          ? `${count(hits, 'hit')} for “${subject.title}” in the second window`
          : 'Hits stand in the second window'}
      </span>
      <span className="spacer" />
      <Button size="compact-xs" variant="default" onClick={openHitsWindow}>
        Bring it to the front
      </Button>
      <Button size="compact-xs" variant="default" data-testid="hits-here" onClick={toggleHitsWindow}>
        Hits back in this window <kbd>{keyOf('hitsWindow')}</kbd>
      </Button>
    </section>
  );
}
