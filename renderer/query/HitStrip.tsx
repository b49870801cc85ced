/** The hits of the search in rank order, with what a radiologist wants to know of each before opening it. */
import { Button, Loader } from '@mantine/core';
import { IconPlayerStop } from '@tabler/icons-react';
import { Fragment, type KeyboardEvent, useEffect, useRef } from 'react';
import { Empty, Failure, sentence } from '../ui/Empty.tsx';
import { count, ms } from '../ui/format.ts';
import { failed } from '../ui/notice.ts';
import { useLate } from '../ui/useLate.ts';
import { FilterBar } from './FilterBar.tsx';
import { HitCard } from './HitCard.tsx';
import { MethodPicker } from './MethodPicker.tsx';
import { QueryCard } from './QueryCard.tsx';
import { QueryLine } from './QueryLine.tsx';
import { QueryTerms } from './QueryTerms.tsx';
import { ResultsBar } from './ResultsBar.tsx';
import { useResults } from './results.ts';
import { useCardView } from './useCardView.ts';
import { useExcerpts } from './useExcerpts.ts';
import { useSearch } from './useSearch.ts';
import { useHitGroups } from './useShownHits.ts';

export function HitStrip() {
  const { subject, search, cancel } = useSearch();
  const list = useRef<HTMLDivElement>(null);
  const token = subject?.token;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search starts at its first hit
  useEffect(() => {
    list.current?.scrollTo({ left: 0, top: 0 });
  }, [token]);

  const { error } = search;
  useEffect(() => {
    if (error) failed('The search did not finish', error);
  }, [error]);

  const result = search.data;
  const groups = useHitGroups(result);
  const layout = useResults((s) => s.layout);
  const hidden = useResults((s) => s.hidden.length);
  const late = useLate(search.isFetching);
  const old = search.isPlaceholderData;
  const view = useCardView();
  const excerpts = useExcerpts(result);
  return (
    <section
      className="hits"
      data-layout={layout}
      data-testid="hit-strip"
      aria-label="Similar lesions"
      aria-busy={search.isFetching}
    >
      <header className="hits-head">
        <div className="hits-title">
          <b>Similar lesions</b>
          <span className="dim hits-status" aria-live="polite">
            {late ? (
              <span className="hits-busy">
                <Loader size={11} color="cyan" /> Searching…
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="gray"
                  leftSection={<IconPlayerStop size={12} />}
                  onClick={cancel}
                >
                  Cancel
                </Button>
              </span>
            ) : result && !search.isFetching ? (
              `${count(result.hits.length, 'hit')} for “${subject?.title}” among ${count(result.searched, 'lesion')} · ${took(result.tookMs)}`
            ) : null}
          </span>
        </div>
        <MethodPicker />
        <FilterBar />
        <ResultsBar hits={result?.hits ?? []} />
      </header>
      <QueryLine />
      <QueryTerms />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the buttons inside */}
      <div className="hits-body" ref={list} data-old={old || undefined} onKeyDown={moveFocus}>
        {search.error && !search.isFetching ? (
          <Failure error={search.error} retry={() => void search.refetch()} />
        ) : result && groups.some(({ hits }) => hits.length > 0) ? (
          <>
            {subject && <QueryCard subject={subject} view={view} asked={result.asked} />}
            {groups.map(({ title, hits }) => (
              <Fragment key={title ?? ''}>
                {title !== null && (
                  <h3 className="hit-group" data-testid="hit-group">
                    {title} <span className="dim">{hits.length}</span>
                  </h3>
                )}
                {hits.map((shown) => (
                  <HitCard
                    key={shown.hit.lesion}
                    shown={shown}
                    view={view}
                    scores={result.scores}
                    asked={result.asked}
                    expected={result.expected}
                    excerpt={excerpts.get(shown.hit.lesion)}
                  />
                ))}
              </Fragment>
            ))}
          </>
        ) : result && hidden > 0 && !search.isFetching ? (
          <Empty
            title="No hits but hidden ones"
            text="“Show” above the hits shows the patients again that were hidden."
          />
        ) : result && !search.isFetching ? (
          result.searched === 0 && result.notes.length > 0 ? (
            <Empty title="Nothing could be searched" text={result.notes.map(sentence).join(' ')} />
          ) : (
            <Empty
              title="No lesion passes"
              text="No lesion of another patient meets these filters. Fewer filters, or including the same patient, widen the search."
            />
          )
        ) : search.isFetching ? (
          Array.from({ length: 8 }, (_, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
            <div key={n} className="hit-card placeholder" />
          ))
        ) : subject ? (
          <Empty title="Search cancelled">
            <Button size="compact-xs" variant="default" onClick={() => void search.refetch()}>
              Search again
            </Button>
          </Empty>
        ) : (
          <Empty
            title="Nothing searched yet"
            text="Mark a lesion with a region tool, or choose one in the library, then press F to find similar ones. Or press / and type words."
          />
        )}
      </div>
    </section>
  );
}

/** Steps with which a key moves the focus along the hits; Enter on a hit opens it, as on every button. */
const focusSteps: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>('button.hit-card')];
  const now = cards.findIndex((card) => card.parentElement?.contains(document.activeElement));
  const steps = focusSteps[event.key] ?? rowSteps(cards, now, event.key);
  if (now < 0 || steps === undefined) return;
  event.preventDefault();
  cards[Math.min(cards.length - 1, Math.max(0, now + steps))]?.focus();
}

/** How many cards further the nearest one in the next row stands, where the cards stand in rows. */
function rowSteps(cards: readonly HTMLElement[], now: number, key: string): number | undefined {
  const down = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  if (down === 0 || now < 0) return undefined;
  const places = cards.map((card) => card.getBoundingClientRect());
  const { left, top } = places[now];
  const beyond = places.filter((place) => (place.top - top) * down > 1);
  if (beyond.length === 0) return undefined;
  const row = Math.min(...beyond.map((place) => (place.top - top) * down));
  const nearest = beyond
    .filter((place) => (place.top - top) * down < row + 1)
    .reduce((best, place) => (Math.abs(place.left - left) < Math.abs(best.left - left) ? place : best));
  return places.indexOf(nearest) - now;
}

function took(tookMs: Readonly<Record<string, number>>): string {
  const total = tookMs.total ?? Object.values(tookMs).reduce((sum, part) => sum + part, 0);
  return ms(total);
}
