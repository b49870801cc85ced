/** The methods as a user chooses among them: what each is, and whether it can run in this library. */
import type { MethodRow } from '../contract/engine.ts';
import { learnable, methods, needsOf, scoreKind } from '../retrieval/methods.ts';
import type { Engine } from './engine.ts';
import { refusal } from './methodSources.ts';

export async function methodRows(engine: Engine, encoder: string | undefined): Promise<MethodRow[]> {
  const rows: MethodRow[] = [];
  for (const method of methods) {
    rows.push({
      name: method.name,
      title: method.title,
      scores: scoreKind(method),
      learns: needsOf(method).some(learnable),
      refusal: (await refusal(engine, method, { encoder })) ?? undefined,
    });
  }
  return rows;
}
