/** The methods as a user chooses among them: what each is, and whether it can run in this library. */
import type { MethodRow } from '../contract/engine.ts';
import { learnable, methods, needsOf, scoreKind } from '../retrieval/methods.ts';
import type { Engine } from './engine.ts';
import { refusal } from './methodSources.ts';

export function methodRows(engine: Engine, encoder: string | undefined): MethodRow[] {
  return methods.map((method) => ({
    name: method.name,
    title: method.title,
    scores: scoreKind(method),
    learns: needsOf(method).some(learnable),
    refusal: refusal(engine, method, { encoder }) ?? undefined,
  }));
}
