/** The hits of the search in rank order, with what a radiologist wants to know of each before opening it. */
import { Button, Loader } from '@mantine/core';
import { IconPlayerStop } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { ScoreKind } from '../../native/contract/engine.ts';
import type { Hit } from '../../native/contract/model.ts';
import { Empty, Failure, sentence } from '../ui/Empty.tsx';
import { count, ml, mm, ms, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { LabelLine } from '../ui/LabelLine.tsx';
import { failed } from '../ui/notice.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { useView } from '../ui/store.ts';
import { Thumbnail } from '../ui/Thumbnail.tsx';
import { useLate } from '../ui/useLate.ts';
import { FilterBar } from './FilterBar.tsx';
import { HitActions } from './HitActions.tsx';
import { markOf } from './hitMarks.ts';
import { MethodPicker } from './MethodPicker.tsx';
import { DiagnosisText } from './proofs.tsx';
import { QueryLine } from './QueryLine.tsx';
import { QueryTerms } from './QueryTerms.tsx';
import { scoreText, scoreTitles } from './scores.ts';
import { useSearch } from './useSearch.ts';

export function HitStrip() {
  const { subject, search, cancel } = useSearch();
  const compare = useView((s) => s.compare);
  const list = useRef<HTMLDivElement>(null);
  const token = subject?.token;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search starts at its first hit
  useEffect(() => {
    list.current?.scrollTo({ left: 0 });
  }, [token]);

  const { error } = search;
  useEffect(() => {
    if (error) failed('The search did not finish', error);
  }, [error]);

  const result = search.data;
  const late = useLate(search.isFetching);
  const old = search.isPlaceholderData;
  return (
    <section
      className="hits"
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
      </header>
      <QueryLine />
      <QueryTerms />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the buttons inside */}
      <div className="hits-body" ref={list} data-old={old || undefined} onKeyDown={moveFocus}>
        {search.error && !search.isFetching ? (
          <Failure error={search.error} retry={() => void search.refetch()} />
        ) : result && result.hits.length > 0 ? (
          result.hits.map((hit) => (
            <HitCard
              key={`${hit.rank}-${hit.lesion}`}
              hit={hit}
              open={compare?.lesion === hit.lesion}
              scores={result.scores}
            />
          ))
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
  const steps = focusSteps[event.key];
  if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>('button.hit-card')];
  const now = cards.findIndex((card) => card.parentElement?.contains(document.activeElement));
  if (now < 0) return;
  event.preventDefault();
  cards[Math.min(cards.length - 1, Math.max(0, now + steps))]?.focus();
}

function took(tookMs: Readonly<Record<string, number>>): string {
  const total = tookMs.total ?? Object.values(tookMs).reduce((sum, part) => sum + part, 0);
  return ms(total);
}

function HitCard({ hit, open, scores }: { hit: Hit; open: boolean; scores: ScoreKind }) {
  const identity = useIdentity();
  const mark = useView(({ subject }) => (subject ? markOf(subject.marks, hit.lesion) : null));
  const card = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) card.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [open]);
  return (
    <div className="hit-box" data-mark={mark === null ? undefined : mark ? 'like' : 'unlike'}>
      <button
        ref={card}
        type="button"
        className="hit-card"
        data-testid="hit-card"
        data-lesion={hit.lesion}
        data-rank={hit.rank}
        data-open={open}
        aria-label={`Hit ${hit.rank}: ${hit.name}, ${scoreTitles[scores].toLowerCase()} ${scoreText(hit.score, scores)}.${mark === null ? '' : mark ? ' Marked as like it.' : ' Marked as unlike it.'} Compare side by side.`}
        aria-pressed={open}
        onClick={() => useView.setState({ compare: hit })}
      >
        <span className="hit-picture">
          <Thumbnail lesion={hit.lesion} size={104} />
          <span className="hit-rank">{hit.rank}</span>
          <SourceMarks source={hit} />
          {/* Words of no weight, or none at all, rank nothing. */}
          {(scores !== 'words' || hit.score > 0) && (
            <span className="hit-score" title={scoreTitles[scores]}>
              {scoreText(hit.score, scores)}
            </span>
          )}
        </span>
        <span className="hit-text">
          <DiagnosisText diagnosis={hit.diagnosis} />
          <span className="hit-name" title={`${identity.whole(hit.patient)} · ${hit.name}`}>
            {identity.patient(hit.patient)} · {hit.name}
          </span>
          <span className="hit-size">
            {mm(hit.diameterMm)} · {ml(hit.volumeMl)}
          </span>
          <span className="dim hit-recon" title={reconstruction(hit)}>
            {reconstruction(hit) || ' '}
          </span>
          <LabelLine
            labels={hit.labels}
            diagnosis={hit.diagnosis?.diagnosis}
            className="hit-labels"
            most={3}
          />
        </span>
      </button>
      <HitActions hit={hit} mark={mark} />
    </div>
  );
}

function reconstruction(hit: Hit): string {
  return [hit.sliceThicknessMm ? thickness(hit.sliceThicknessMm) : '', hit.kernel ?? '', hit.contrast ?? '']
    .filter(Boolean)
    .join(' · ');
}
