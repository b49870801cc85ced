/** A search of this window as it is kept, and back: what it takes to run it again as it was. */
import type { SavedSearch } from '../../../native/contract/savedQueries.ts';
import { callEngine, queryClient } from '../../engine.ts';
import { type SearchOptions, type Subject, searchFor, setSearchOptions, useView } from '../../ui/store.ts';
import { lesionQuery } from '../../viewer/lesionMasks.ts';

/** Null for an image file, which is not in the library. */
export function toSaved(subject: Subject, options: SearchOptions): SavedSearch | null {
  const { query, title, plane, also, combine, marks } = subject;
  if ('image' in query) return null;
  return {
    query,
    title,
    plane,
    also: also.map((term) => ({ ...term })),
    combine,
    marks: marks.map((mark) => ({ ...mark })),
    options: { ...options, where: [...options.where] },
  };
}

/** Of several that are run in a row the last one counts. */
let latest = 0;

/**
 * Searches for it again, unless the user has begun another search meanwhile. Rejects with PrecedentError where what is searched
 * for is not in the library any more.
 */
export async function runSaved(saved: SavedSearch): Promise<void> {
  const turn = ++latest;
  const { subject: before } = useView.getState();
  const found = await placeOf(saved);
  if (turn !== latest || useView.getState().subject !== before) return;
  const { query, title, plane, also, combine, marks, options } = saved;
  setSearchOptions(options);
  useView.setState({ words: 'text' in query ? query.text.trim() : '' });
  searchFor({ query, title, plane, also, combine, marks, ...found });
}

/** Where what is searched for lies, and what it measures. */
async function placeOf({
  query,
}: SavedSearch): Promise<Pick<Subject, 'volume' | 'mask' | 'measurements' | 'lesion'>> {
  if ('text' in query) return { volume: null, mask: null, measurements: null, lesion: null };
  if ('lesion' in query) {
    const { lesion } = await queryClient.fetchQuery(lesionQuery(query.lesion));
    return { volume: lesion.volume, mask: null, measurements: lesion, lesion };
  }
  const { volume } = query;
  if ('roi' in query) return { volume, mask: null, measurements: null, lesion: null };
  const { mask } = query;
  return {
    volume,
    mask,
    measurements: await callEngine('lesion.measure', { volume, mask }),
    lesion: null,
  };
}

/** What it looks for, in a line. */
export function savedWords({ query, title, also, marks, options }: SavedSearch): string {
  const parts = [
    'text' in query ? `words: ${title}` : `like ${title}`,
    ...also.map(({ like, title: name }) => `${like ? 'like' : 'not like'} ${name}`),
    ...options.where.map(({ field, value }) => `${field}:${value}`),
    ...(options.method === null ? [] : [options.method]),
    ...(marks.length > 0 ? [`${marks.length} marked`] : []),
  ];
  return parts.join(' · ');
}
