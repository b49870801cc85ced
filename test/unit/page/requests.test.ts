/** Answers that come late, or in another order than they were asked for: what the user did last counts. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { SavedSearch } from '../../../native/contract/savedQueries.ts';

/** Requests that wait for an answer of the test. */
let asked: { method: string; params: Record<string, unknown>; answer: (result: unknown) => void }[] = [];
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {}, removeItem: () => {} });
vi.mock('../../../renderer/engine.ts', async () => {
  const { QueryClient } = await import('@tanstack/react-query');
  return {
    libraryKey: 'library',
    queryClient: new QueryClient({
      defaultOptions: {
        queries: { staleTime: Number.POSITIVE_INFINITY, retry: false, networkMode: 'always' },
      },
    }),
    callEngine: (method: string, params: Record<string, unknown>) =>
      new Promise((answer) => asked.push({ method, params, answer })),
  };
});
const { deselect, selectAll, selectRow, selectTo, usePage } = await import(
  '../../../renderer/library/page/pageState.ts'
);
const { runSaved } = await import('../../../renderer/query/saved/savedSearch.ts');
const { latestResult } = await import('../../../renderer/query/useShownHits.ts');
const { useResults } = await import('../../../renderer/query/results.ts');
const { useView } = await import('../../../renderer/ui/store.ts');

const initial = useView.getState();
beforeEach(() => {
  asked = [];
  useView.setState(initial, true);
  deselect();
});

test('a range that is still asked for replaces neither a later choice nor another list', async () => {
  const all = selectAll({ where: [] });
  deselect();
  asked[0].answer({ lesions: ['a', 'b'] });
  await all;
  expect([...usePage.getState().selected]).toEqual([]);

  const range = selectTo({ where: [] }, 4, 'name');
  selectRow('c', 7, 'name', false);
  asked[1].answer({ lesions: ['a', 'b'] });
  await range;
  expect([...usePage.getState().selected]).toEqual(['c']);

  const last = selectTo({ where: [] }, 8, 'name');
  asked[2].answer({ lesions: ['c', 'd'] });
  await last;
  expect([...usePage.getState().selected]).toEqual(['c', 'd']);
});

test('of two kept searches that are run in a row the later one counts, whichever is found first', async () => {
  const saved = (lesion: string): SavedSearch => ({
    query: { lesion },
    title: lesion,
    plane: 'axial',
    also: [],
    combine: 'and',
    marks: [],
    options: { method: null, where: [], includeSamePatient: false, hitsPerPatient: 1, top: 10 },
  });
  const runs = [runSaved(saved('first')), runSaved(saved('second'))];
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  for (const { params, answer } of asked)
    answer({ lesion: { id: params.lesion, volume: 'v', name: params.lesion }, mask: null });
  await Promise.all(runs);
  expect(useView.getState().subject?.title).toBe('second');
});

test('what is taken away waits for the search that is shown, without the patients that are hidden', async () => {
  useView.setState({
    subject: {
      token: 1,
      query: { text: 'nodule' },
      title: 'nodule',
      plane: 'axial',
      volume: null,
      mask: null,
      measurements: null,
      lesion: null,
      also: [],
      combine: 'and',
      marks: [],
    },
  });
  useResults.setState({ hidden: ['P'] });
  const result = latestResult();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]).toMatchObject({
    method: 'search.run',
    params: { where: [{ field: 'patient', value: '!"P"' }] },
  });
  asked[0].answer({ hits: [] });
  expect(await result).toEqual({ hits: [] });
});
