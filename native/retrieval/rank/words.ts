/** Words against captions, labels, diagnoses and reports. */
import type { Probe, Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';

export function rankWords(scope: Scope, { words }: Probe): Scored[] {
  if (words === undefined) return [];
  return scope.sources.words(words).filter(({ id }) => scope.lesions.has(id));
}
