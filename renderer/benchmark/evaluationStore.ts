/** What is being evaluated and how it went: kept while the page is closed, so that a run goes on and its result stays. */
import { create } from 'zustand';
import type { Evaluation, Filter } from '../../native/contract/engine.ts';
import { PrecedentError } from '../../native/contract/errors.ts';
import { callEngine, type EngineParams, queryClient } from '../engine.ts';
import { failed, notice } from '../ui/notice.ts';
import type { ClassRow } from './classes.ts';

export interface EvaluationForm {
  /** Null until the user chooses: then the most telling label. */
  readonly field: string | null;
  /** Of the label `of`, as the user has changed them; null for its values as they are. */
  readonly classes: { readonly of: string; readonly rows: readonly ClassRow[] | null } | null;
  /** Null for all that can run. */
  readonly methods: readonly string[] | null;
  /** Null for the library's default. */
  readonly encoder: string | null;
  readonly queries: Filter | null;
  readonly gallery: Filter | null;
}

type Params = EngineParams<'evaluate.run'>;

interface EvaluationState {
  readonly form: EvaluationForm;
  readonly running: { readonly abort: AbortController; readonly done: number; readonly total: number } | null;
  readonly result: {
    readonly params: Params;
    readonly evaluation: Evaluation;
    readonly kept: boolean;
  } | null;
  readonly error: PrecedentError | null;
}

const initial: EvaluationState = {
  form: { field: null, classes: null, methods: null, encoder: null, queries: null, gallery: null },
  running: null,
  result: null,
  error: null,
};
export const useEvaluation = create<EvaluationState>(() => initial);

export function setForm(patch: Partial<EvaluationForm>): void {
  useEvaluation.setState(({ form }) => ({ form: { ...form, ...patch } }));
}

/** For another library. */
export function forgetEvaluation(): void {
  useEvaluation.getState().running?.abort.abort();
  useEvaluation.setState(initial);
}

export function cancelEvaluation(): void {
  useEvaluation.getState().running?.abort.abort();
}

/** Runs an evaluation, one at a time; one that was cancelled leaves the result before it. */
export async function runEvaluation(params: Params): Promise<void> {
  if (useEvaluation.getState().running) return;
  const abort = new AbortController();
  const mine = () => useEvaluation.getState().running?.abort === abort;
  useEvaluation.setState({ running: { abort, done: 0, total: 0 }, error: null });
  try {
    const evaluation = await callEngine('evaluate.run', params, {
      signal: abort.signal,
      onProgress: (progress) => {
        if (mine()) useEvaluation.setState({ running: { abort, ...progress } });
      },
    });
    if (mine()) useEvaluation.setState({ result: { params, evaluation, kept: params.keep === true } });
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    if (mine() && error.kind !== 'cancelled') useEvaluation.setState({ error });
  } finally {
    if (mine()) useEvaluation.setState({ running: null });
  }
}

/** Evaluates the same once more and keeps what is fitted: what is kept follows from the library as it is now. */
export async function keepForSearches(): Promise<void> {
  const { result } = useEvaluation.getState();
  if (!result) return;
  await runEvaluation({ ...result.params, keep: true });
  const { error, result: now } = useEvaluation.getState();
  if (error) failed('Nothing was kept', error);
  else if (now?.kept) {
    void queryClient.invalidateQueries({ queryKey: ['search'] });
    notice(
      'done',
      'Kept for searches',
      `Searches now say how often hits as near share ${now.evaluation.field}.`,
    );
  }
}
